/** The API of a running daemon, over its socket: tokens by reload, a call followed in the stream of events, its record and its story. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readEvents, type SseReader, type Told } from '../support/sse.js';
import { hears } from './hearing.js';
import { backends, Site } from './site.js';
import { desk, hertz, martin, numbers } from './tenants.js';

t.setTimeout(120_000);

const tokens = [
  { id: 'floor', role: 'supervisor', pools: ['reception'] },
  { id: 'crm-desk', role: 'tenant', tenants: ['desk'] },
  { id: 'crm-martin', role: 'tenant', tenants: ['martin'] },
  { id: 'alice-app', role: 'agent', agent: 'alice' },
] as const;
type TokenId = (typeof tokens)[number]['id'];
const bearer = (who: TokenId) => ({ authorization: `Bearer the-token-of-${who}` });

/** Adds the tokens to the configuration and has it read again. */
async function giveTokens({ daemon }: Site): Promise<number> {
  const file = join(daemon.configDir, 'telephony.yaml');
  const telephony = JSON.parse(await readFile(file, 'utf8')) as { http: Record<string, unknown> };
  telephony.http['tokens'] = tokens.map((token) => ({ ...token, token: { file: `${token.id}.secret` } }));
  for (const { id } of tokens) await writeFile(join(daemon.configDir, `${id}.secret`), `the-token-of-${id}\n`);
  await writeFile(file, JSON.stringify(telephony));
  return (await daemon.api('/v1/reload', 'POST')).status;
}

/** Everything up to the event that `last` knows. */
async function until(reader: SseReader, last: (event: Told) => boolean): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (let event = await reader.next(); event !== undefined; event = await reader.next()) {
    told.push(event);
    if (last(event)) return told;
  }
  throw new Error(`the stream ended after ${JSON.stringify(told)}`);
}

for (const { on, skip } of backends)
  t.test(`API on ${on}`, { skip }, async (t) => {
    const site = await Site.start(t, { on, tenants: [martin, desk] });
    const { daemon } = site;
    const ask = (who: TokenId, path: string, method = 'GET') => fetch(`${daemon.url}${path}`, { method, headers: bearer(who) });
    const listen = async (t: Test, who: TokenId, last?: string) => {
      const reader = await readEvents(t, `${daemon.url}/v1/events`, {
        ...bearer(who),
        ...(last === undefined ? {} : { 'last-event-id': last }),
      });
      return { reader, ready: await reader.next() };
    };

    t.test('tokens hold after a reload, without a restart', async (t) => {
      t.equal((await ask('floor', '/v1/status')).status, 401);
      t.equal(await giveTokens(site), 200);
      t.equal((await ask('floor', '/v1/status')).status, 200);
      t.equal((await ask('crm-desk', '/v1/status')).status, 404);
      t.equal((await ask('alice-app', '/v1/agents/benoit')).status, 404);
    });

    t.test('a call from its arrival to its record, for each who may know of it', async (t) => {
      const alice = await site.signIn('alice');
      const [floor, crm, other, herself] = await Promise.all([
        listen(t, 'floor'),
        listen(t, 'crm-desk'),
        listen(t, 'crm-martin'),
        listen(t, 'alice-app'),
      ]);
      t.match(floor.ready, { type: 'ready', data: { resumed: false } });
      const call = await site.dial(numbers.desk);
      const leg = await alice.rings();
      leg.answer();
      await hears(leg, hertz.deskWhisper);
      const { call: id } = await site.reaches(call, 'connected');
      const now = (await (await ask('crm-desk', `/v1/calls/${id}/explain`)).json()) as { lines: string[] };
      t.match(now.lines.join('\n'), /it was offered to alice: he took it\.[\s\S]*it is connected, alice\.$/);
      await call.hangUp();

      const ended = ({ type, data }: Told) => type === 'call' && data['state'] === 'ended';
      const told = await until(crm.reader, ended);
      t.notMatch(JSON.stringify(told), call.from, 'the caller’s number is masked');
      const states = told.filter(({ type }) => type === 'call').map(({ data }) => data['state']);
      t.same([...new Set(states)], ['waiting', 'offered', 'connected', 'ended']);
      t.match(told.at(-1), { data: { call: id, tenant: 'desk', outcome: 'answered' } });
      const offers = told.filter(({ type }) => type === 'offer').map(({ data }) => data['outcome']);
      t.same(offers, ['pending', 'answered']);

      const hers = await until(herself.reader, ({ type, data }) => type === 'agent' && data['status'] === 'idle');
      t.match(
        hers.filter(({ type }) => type === 'call').map(({ data }) => data['state']),
        ['offered', 'connected'],
      );
      t.ok(hers.some(({ type, data }) => type === 'agent' && data['status'] === 'connected'));
      const floors = await until(floor.reader, ({ type, data }) => type === 'agent' && data['status'] === 'idle');
      t.ok(floors.some(ended) && floors.some(({ type }) => type === 'offer'));

      await site.record(call);
      const page = (await (await ask('crm-desk', '/v1/records')).json()) as { records: { call: string; caller: { number: string } }[] };
      t.match(page.records, [{ call: id, caller: { number: /^\*+\d\d$/ }, outcome: 'answered', agent: 'alice' }]);
      const story = (await (await ask('crm-desk', `/v1/calls/${id}/explain`)).json()) as { lines: string[] };
      t.match(story.lines.at(-1), /It ended as answered/);
      const { queues } = (await (await ask('crm-desk', '/v1/queues')).json()) as { queues: unknown[] };
      t.match(queues, [{ queue: 'desk', length: 0, today: { queued: 1, answered: 1, answeredInTime: 1 } }]);

      // Whoever may not know of it heard of nothing until now.
      const mine = await site.dial(numbers.martin);
      t.match(await other.reader.next(), { type: 'call', data: { tenant: 'martin' } });
      await mine.hangUp();
      t.equal((await ask('crm-martin', `/v1/records/${id}`)).status, 404);
      t.same(
        ((await (await ask('crm-martin', '/v1/calls')).json()) as { calls: { tenant: string }[] }).calls.filter(
          ({ tenant }) => tenant !== 'martin',
        ),
        [],
      );
      await site.signOut('alice', alice);
      await site.quiet();
    });

    t.test('who comes back gets what he missed; from a restarted daemon he hears that he must read anew', async (t) => {
      const { reader, ready } = await listen(t, 'crm-martin');
      reader.close();
      const call = await site.dial(numbers.martin);
      await hears(call, hertz.martinGreeting);
      const again = await listen(t, 'crm-martin', ready?.id);
      t.match(again.ready, { data: { resumed: true } });
      t.match(await again.reader.next(), { type: 'call', data: { state: 'arriving' } });
      await call.hangUp();
      const last = (await until(again.reader, ({ data }) => data['state'] === 'ended')).at(-1);
      await daemon.kill();
      await t.rejects(
        until(again.reader, () => false),
        'the stream broke',
      );
      await daemon.start();
      t.match((await listen(t, 'crm-martin', last?.id)).ready, { data: { resumed: false } });
      await site.quiet();
    });

    t.test('the daemon that leaves says so', async (t) => {
      const { reader } = await listen(t, 'floor');
      const exit = daemon.terminate();
      t.match((await until(reader, ({ type }) => type === 'bye')).at(-1), { data: { reason: 'The daemon leaves.' } });
      t.equal(await reader.next(), undefined);
      t.match(await exit, { code: 0 });
    });
  });
