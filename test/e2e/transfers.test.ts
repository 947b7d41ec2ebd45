/** Calls that leave for an outside number, from a menu or by an agent's transfer key; and those that must not. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { check } from '../../src/cli/check.js';
import { tone } from '../../src/lab/audio.js';
import { until } from '../../src/lab/child.js';
import { memoryIo } from '../unit/cli/io.js';
import { fallsSilent, heardMs, hears } from './hearing.js';
import type { Call, IncomingCall } from './sip/call.js';
import { Phone } from './sip/phone.js';
import { type PlacedCall, Site, withoutFreeswitch } from './site.js';
import { desk, hertz, martin, numbers, prompt, yaml } from './tenants.js';

t.setTimeout(240_000);
const beep = 1_000;
const mobile = '+33612345001';
const office = '+33199000007';
const premium = '+33899123456';

const keys = { 1: 'queue', 2: { transfer: mobile } };
/** Its menu puts callers through. */
const reception = {
  ...martin,
  id: 'reception',
  numbers: [office],
  allowedPrefixes: ['+336'],
  menus: { accueil: { ...martin.menus.accueil, keys, noInputSeconds: 20 } },
};
/** Its agents put callers through. */
const switchboard = { ...desk, allowedPrefixes: ['+336'], queue: { ...desk.queue, wrapUpSeconds: 2 } };

const speak = (call: Call, frequency: number): void => call.media.say(tone(frequency, 1_000), true);
const dialled = (leg: IncomingCall): string => /^sip:([^@;]*)/.exec(leg.request.uri)?.[1] ?? '';

t.test('transfers to the outside', { skip: withoutFreeswitch }, async (t) => {
  const carrier = await Phone.open();
  t.teardown(() => carrier.close());
  const site = await Site.start(t, { tenants: [reception, switchboard], carrier: carrier.port });
  t.afterEach(async () => {
    carrier.onRing = () => undefined;
    await site.quiet();
    carrier.forget();
  });

  async function press(key: string): Promise<PlacedCall> {
    const call = await site.dial(office);
    await hears(call, hertz.martinMenu);
    await call.media.dial(key);
    return call;
  }

  /** Caller and outside number talk. */
  async function joined(t: Test, call: PlacedCall, outside: IncomingCall): Promise<void> {
    outside.answer();
    speak(call, hertz.caller);
    speak(outside, hertz.other);
    await hears(call, hertz.other);
    const since = await hears(outside, hertz.caller);
    await hears(call, hertz.other, { forMs: 1_000 });
    await hears(outside, hertz.caller, { forMs: 1_000 });
    for (const strange of ['music', 'martinWhisper', 'deskWhisper'] as const)
      t.equal(heardMs(outside, hertz[strange]), 0, `the outside does not hear ${strange}`);
    t.equal(heardMs(call, hertz.music, since + 200), 0, 'no music in the talk');
    await site.reaches(call, 'transferring');
  }

  async function leavesNoMessage(t: Test, call: PlacedCall): Promise<void> {
    await hears(call, hertz.martinVoicemail);
    await call.hangUp();
    t.match(await site.record(call), { outcome: 'abandoned', transferredTo: null });
  }

  t.test('a menu key: they hear each other; the outside hangs up, the caller gets a BYE', async (t) => {
    const call = await press('2');
    const outside = await carrier.rings();
    t.equal(dialled(outside), mobile, 'E.164');
    t.equal(outside.callerNumber, office, 'the number that was called');
    await hears(call, hertz.music);
    await joined(t, call, outside);
    await outside.hangUp();
    t.match(await call.ended, { by: 'them' });
    t.match(await site.record(call), { outcome: 'transferred', transferredTo: mobile, agent: null, digits: ['2'] });
    await site.quiet();
    t.equal((await site.recordsOf(call)).length, 1, 'one record');
  });

  t.test('the caller hangs up: the outside gets a BYE', async (t) => {
    const call = await press('2');
    const outside = await carrier.rings();
    await joined(t, call, outside);
    await call.hangUp();
    t.match(await outside.ended, { by: 'them', status: 200 });
    t.match(await site.record(call), { outcome: 'transferred', transferredTo: mobile });
  });

  t.test('the caller hangs up while it rings: nobody pays for a call to a mailbox', async (t) => {
    const call = await press('2');
    const outside = await carrier.rings();
    await call.hangUp();
    t.match(await outside.ended, { by: 'them', status: 487 });
    t.match(await site.record(call), { outcome: 'abandoned' });
  });

  t.test('busy: voicemail', async (t) => {
    carrier.onRing = (leg) => leg.refuse('486 Busy Here');
    const call = await press('2');
    await hears(call, hertz.martinVoicemail);
    await hears(call, beep);
    await fallsSilent(call);
    call.media.say(tone(hertz.caller, 1_500));
    t.match(await call.ended, { by: 'them' });
    t.match(await site.record(call), { outcome: 'voicemail', transferredTo: null });
    t.equal(carrier.rang.length, 4, 'it was dialled once');
  });

  for (const status of ['480 Temporarily Unavailable', '503 Service Unavailable', '404 Not Found']) {
    t.test(`${status}: voicemail`, async (t) => {
      carrier.onRing = (leg) => leg.refuse(status);
      await leavesNoMessage(t, await press('2'));
    });
  }

  t.test('nobody answers: voicemail, after music', async (t) => {
    const call = await press('2');
    const outside = await carrier.rings();
    t.match(await outside.ended, { by: 'them', status: 487 });
    t.ok((outside.end?.at ?? 0) - outside.rangAt > 40_000, 'it had time');
    await leavesNoMessage(t, call);
    t.ok(heardMs(call, hertz.music) > 35_000, `he was not left in silence: ${heardMs(call, hertz.music)} ms`);
  });

  t.test('toll fraud: a number outside allowedPrefixes is refused, by check and by a reload', async (t) => {
    const { daemon } = site;
    const { agents } = JSON.parse(await readFile(join(daemon.configDir, 'telephony.yaml'), 'utf8')) as {
      agents: readonly { device: { phone: { password: { env: string } } } }[];
    };
    const secrets = Object.fromEntries(agents.map(({ device }) => [device.phone.password.env, 'some-secret']));
    const io = () => memoryIo({ ...secrets, TCORE_PBX_PASSWORD: 'some-secret', TCORE_ADMIN_TOKEN: daemon.adminToken });
    const before = io();
    t.equal(await check([daemon.configDir], before), 0, before.said.join('\n'));
    const menus = { accueil: { ...reception.menus.accueil, keys: { ...keys, 3: { transfer: premium } } } };
    await daemon.writeTenant('reception', yaml({ ...reception, menus }));
    const after = io();
    t.not(await check([daemon.configDir], after), 0);
    t.match(after.said.join('\n'), /reception\.yaml:\d+.*menus\.accueil\.keys\.3.*\+33899123456.*allowedPrefixes/);
    t.equal((await daemon.api('/v1/reload', 'POST')).status, 422);
    const call = await press('3');
    await hears(call, hertz.martinInvalid);
    await call.hangUp();
    await daemon.writeTenant('reception', yaml(reception));
  });

  t.test('toll fraud: allowed when the call came, but no more after a reload: not dialled', async (t) => {
    const { daemon } = site;
    // The caller hears this for 4 s, and what follows is in his call's state already.
    // biome-ignore lint/suspicious/noThenProperty: a step of a flow, not a promise
    const later = { play: prompt('music'), then: { transfer: mobile } };
    const menus = { accueil: { ...reception.menus.accueil, keys: { 3: later } } };
    await daemon.writeTenant('reception', yaml({ ...reception, menus }));
    t.equal((await daemon.api('/v1/reload', 'POST')).status, 200);
    const rang = carrier.rang.length;
    const call = await press('3');
    await site.reaches(call, 'playing');
    await daemon.writeTenant('reception', yaml({ ...reception, allowedPrefixes: ['+331'], menus: martin.menus }));
    t.equal((await daemon.api('/v1/reload', 'POST')).status, 200);
    await site.reaches(call, 'playing');
    await leavesNoMessage(t, call);
    t.equal(carrier.rang.length, rang, 'no INVITE');
    await daemon.writeTenant('reception', yaml(reception));
    t.equal((await daemon.api('/v1/reload', 'POST')).status, 200);
  });

  t.test('an agent’s transfer key', async (t) => {
    const alice = await site.signIn('alice');

    /** She talks to whoever rings her. */
    async function talks(call: PlacedCall): Promise<IncomingCall> {
      const leg = await alice.rings();
      t.equal(leg.callerNumber, call.from);
      leg.answer();
      speak(leg, hertz.agent);
      speak(call, hertz.caller);
      await hears(leg, hertz.caller);
      await hears(call, hertz.agent);
      await site.reaches(call, 'connected');
      return leg;
    }

    async function refers(t: Test, leg: IncomingCall, uri: string): Promise<void> {
      t.equal(await leg.refer(uri), 202);
      t.match(await leg.ended, { by: 'them' }, 'her phone is free');
    }
    const onSwitch = (user: string): string => `sip:${user}@127.0.0.1:${site.pbx.phonePort}`;

    for (const number of ['0612345002', '+33612345002', '0033612345002']) {
      await t.test(`${number}: the caller is put through, she is free`, async (t) => {
        const call = await site.dial(numbers.desk);
        const leg = await talks(call);
        await refers(t, leg, onSwitch(number));
        t.strictSame(leg.transfers, [200], 'her phone is told');
        const outside = await carrier.rings();
        t.equal(dialled(outside), '+33612345002', 'E.164');
        t.equal(outside.callerNumber, numbers.desk);
        await site.agentIs('alice', 'wrapUp');
        await hears(call, hertz.music);
        await joined(t, call, outside);
        await site.agentIs('alice', 'idle');
        await outside.hangUp();
        t.match(await call.ended, { by: 'them' });
        t.match(await site.record(call), { outcome: 'transferred', transferredTo: '+33612345002', agent: 'alice' });
      });
    }

    await t.test('to a number that is not allowed, or to no number: the caller is back at his old place', async (t) => {
      const rang = carrier.rang.length;
      const call = await site.dial(numbers.desk);
      let leg = await talks(call);
      const behind = await site.dial(numbers.desk);
      await site.reaches(behind, 'waiting');
      const place = (await site.calls()).find(({ caller }) => caller.number === call.from)?.enqueuedAt;
      for (const target of ['0899123456', premium, '15', 'fallback', 'after-bridge', 'handover', 'sales']) {
        const referredAt = performance.now();
        await refers(t, leg, onSwitch(target));
        await site.agentIs('alice', 'wrapUp');
        t.match(await site.reaches(call, 'waiting'), { enqueuedAt: place }, `${target}: in the queue, at his old place`);
        await until('music', async () => (heardMs(call, hertz.music, referredAt) > 300 ? true : undefined));
        leg = await talks(call);
      }
      t.equal(carrier.rang.length, rang, 'no INVITE');
      await leg.hangUp();
      t.match(await call.ended, { by: 'them' });
      t.match(await site.record(call), { outcome: 'answered', agent: 'alice', transferredTo: null });
      const next = await talks(behind);
      await next.hangUp();
      await behind.ended;
    });

    await t.test('a REFER that pretends to complete a call elsewhere dials nothing past the daemon', async (t) => {
      const rang = carrier.rang.length;
      const call = await site.dial(numbers.desk);
      const leg = await talks(call);
      const replaces = encodeURIComponent('no-such-call;to-tag=a;from-tag=b');
      await leg.refer(`sip:${premium}@127.0.0.1:${carrier.port}?Replaces=${replaces}`);
      await until('the verdict', async () => (leg.transfers.some((status) => status >= 200) ? true : undefined), {
        timeoutMs: 5_000,
      }).catch(() => undefined);
      t.equal(carrier.rang.length, rang, 'no INVITE');
      t.strictSame(
        leg.transfers.filter((status) => status >= 200),
        [403],
      );
      await hears(leg, hertz.caller, { forMs: 300 });
      await hears(call, hertz.agent, { forMs: 300 });
      await leg.hangUp();
      await call.ended;
      t.match(await site.record(call), { outcome: 'answered', transferredTo: null });
    });

    await t.test('a phone that forwards its calls (302) does not have them dialled elsewhere', async (t) => {
      const rang = carrier.rang.length;
      alice.onRing = (leg) => leg.refuse('302 Moved Temporarily', `sip:${premium}@127.0.0.1:${carrier.port}`);
      const call = await site.dial(numbers.desk);
      await alice.rings();
      await until('a verdict', async () => ((await site.agentStates())['alice'] === 'offered' ? undefined : true));
      await hears(call, hertz.music);
      t.match(await site.reaches(call, 'waiting'), { state: 'waiting' });
      alice.onRing = () => undefined;
      await call.hangUp();
      t.match(await site.record(call), { outcome: 'abandoned', agent: null, offers: [{ agent: 'alice', outcome: 'unreachable' }] });
      t.equal(carrier.rang.length, rang, 'no INVITE');
    });

    await site.signOut('alice', alice);
  });
});
