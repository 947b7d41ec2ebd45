import t from 'tap';
import type { NodeLink } from '../../../src/asterisk/link.js';
import type { AsteriskOptions } from '../../../src/asterisk/options.js';
import { Phones } from '../../../src/asterisk/phones.js';
import { type DeviceId, id } from '../../../src/core/ids.js';
import { FakeClock } from '../../support/fake-clock.js';

/** Alice's phone, 1001, at which a leg of ours is, and what Asterisk has of channels. */
function desk() {
  const clock = new FakeClock();
  const told: unknown[] = [];
  const asked: string[] = [];
  let channels: readonly unknown[] = [];
  let ours = true;
  const watched: string[] = [];
  const users = ['1001'];
  const link = {
    do: (send: (ari: unknown) => Promise<unknown>) =>
      send({
        post: async (_path: string, { eventSource }: { readonly eventSource: string }) => {
          watched.push(eventSource);
          return { ok: true };
        },
      }),
    ask: async (path: string) => {
      asked.push(path);
      return { ok: true, status: 200, body: path === '/channels' ? channels : [{ resource: '1001', state: 'online' }] };
    },
  };
  const devices = () => users.map((user) => ({ id: id<DeviceId>(user === '1001' ? 'alice' : user), kind: 'phone', user }));
  const phones = new Phones({
    options: { clock, devices } as unknown as AsteriskOptions,
    link: link as unknown as NodeLink,
    emit: (event) => told.push(event),
    ours: () => ours,
  });
  return {
    told,
    watched,
    users,
    lost: () => phones.forget(),
    questions: () => asked.filter((path) => path === '/channels').length,
    /** What Asterisk says of it, and a moment. */
    async is(state: string, roles: readonly string[] = []) {
      channels = roles.map((role, index) => ({ id: `${index}`, name: `PJSIP/1001-0000000${index}`, channelvars: { TCORE_ROLE: role } }));
      phones.state({ name: 'PJSIP/1001', state });
      await clock.advance(200);
    },
    async oursEnds(roles: readonly string[]) {
      ours = false;
      channels = roles.map((role, index) => ({ id: `${index}`, name: `PJSIP/1001-0000000${index}`, channelvars: { TCORE_ROLE: role } }));
      phones.look('1001');
      await clock.advance(200);
    },
    start: () => phones.reachable(),
  };
}
const ownCall = (on: boolean) => ({ type: 'ownCall', device: 'alice', on });

t.test('a call of ours costs no question', async (t) => {
  const { start, is, told, questions } = desk();
  await start();
  await is('RINGING', ['ours']);
  await is('INUSE', ['ours']);
  await is('NOT_INUSE');
  t.equal(questions(), 0);
  t.same(told, []);
});

t.test('who holds a caller and dials a colleague is on a call of his own before the caller hangs up', async (t) => {
  const { start, is, oursEnds, told } = desk();
  await start();
  await is('RINGING', ['ours']);
  await is('INUSE', ['ours']);
  await is('ONHOLD', ['ours']);
  t.same(told, []);
  await is('INUSE', ['ours', 'own']);
  t.same(told, [ownCall(true)]);
  await oursEnds(['own']);
  t.same(told, [ownCall(true)], 'once');
  await is('NOT_INUSE');
  t.same(told, [ownCall(true), ownCall(false)]);
});

t.test('a colleague who rings during a talk, and gives up', async (t) => {
  const { start, is, told } = desk();
  await start();
  await is('INUSE', ['ours']);
  await is('RINGINUSE', ['ours', 'own']);
  await is('INUSE', ['ours']);
  t.same(told, [ownCall(true), ownCall(false)]);
});

t.test('each phone is watched by its name, once, and anew after a loss; never all of them', async (t) => {
  const { start, watched, users, lost } = desk();
  await start();
  await start();
  t.same(watched, ['deviceState:PJSIP/1001']);
  users.push('1002', '1003');
  await start();
  t.same(watched.splice(0), ['deviceState:PJSIP/1001', 'deviceState:PJSIP/1002,deviceState:PJSIP/1003']);
  users.push(...Array.from({ length: 200 }, (_, i) => `${'u'.repeat(60)}${1_000 + i}`));
  lost();
  await start();
  t.same(
    watched.flatMap((sources) => sources.split(',')),
    users.map((user) => `deviceState:PJSIP/${user}`),
  );
  t.notOk(
    watched.some(
      (sources) => `POST /ari/applications/telephony-core/subscription?eventSource=${encodeURIComponent(sources)}`.length > 4_000,
    ),
    'Asterisk reads 4 KB of a first line',
  );
});
