import { createClient } from 'redis';
import t from 'tap';
import type { Assignment, RoutingStore } from '../../src/ports/routing-store.js';
import { RedisLink } from '../../src/redis/link.js';
import { RedisRoutingStore } from '../../src/redis/store.js';
import { startRedis } from '../support/redis.js';
import { leftoversOf, RedisTested } from './redis-tested.js';
import { routingModel } from './routing.model.js';
import { routingDutyContract } from './routing-duty.contract.js';
import { routingOutlookContract } from './routing-outlook.contract.js';
import { ownAgentContract } from './routing-own-agent.contract.js';
import { ringAllContract } from './routing-ring-all.contract.js';
import { severalCallsContract } from './routing-several.contract.js';
import { routingSkillsContract } from './routing-skills.contract.js';
import { routingStoreContract } from './routing-store.contract.js';
import { agentId, Daemon, daemon, pool, type RoutingWorld, start } from './routing-store.world.js';

const runs = Number(process.env['TCORE_FUZZ_RUNS'] ?? 20);
t.setTimeout(Math.max(60, runs) * 1_000);

const redis = await startRedis();
const inspector = createClient({ url: redis.url });
await inspector.connect();
t.teardown(async () => {
  inspector.destroy();
  await redis.stop();
});

let worlds = 0;
let commands = 0;

async function redisWorld(): Promise<RoutingWorld> {
  const names = new Map<RoutingStore, string>();
  const domain = `world${++worlds}`;
  const world: RoutingWorld = {
    now: start,
    async open(name, heard) {
      // A busy machine is no outage here.
      const link = new RedisLink({ url: redis.url, commandTimeoutMs: 30_000, onLatency: () => commands++ });
      const store = new RedisRoutingStore({ link, keyPrefix: 'test', domain, daemon: name, now: () => world.now });
      names.set(store, name);
      await store.start({ assigned: (assignment) => heard.push(assignment), ready: () => undefined, down: () => undefined });
      return store;
    },
    async leave(store) {
      await store.close();
      const channel = `{test:${domain}}:daemon:${names.get(store)}`;
      // Redis learns of the end of a connection when it reads it.
      for (let listeners = 1; listeners > 0; ) listeners = (await inspector.pubSubNumSub(channel))[channel] ?? 0;
    },
    leftovers: () => leftoversOf(inspector, domain),
    async close() {
      for (const store of names.keys()) await store.close();
    },
  };
  return world;
}

await t.test('contract', (t) => routingStoreContract(t, redisWorld));
await t.test('skills', (t) => routingSkillsContract(t, redisWorld));
await t.test('outlook', (t) => routingOutlookContract(t, redisWorld));
await t.test('ring all', (t) => ringAllContract(t, redisWorld));
await t.test('own agent', (t) => ownAgentContract(t, redisWorld));
await t.test('duty', (t) => routingDutyContract(t, redisWorld));
await t.test('several calls', (t) => severalCallsContract(t, redisWorld));
// A million events: routing.million.ts.
await t.test('model', { timeout: Math.max(60, runs) * 1_000 }, (t) =>
  routingModel(t, () => RedisTested.open(redis.url, inspector), { runs, length: 400 }),
);

await t.test('a domain without calls and agents keeps its generation and what was asked for', async (t) => {
  const world = await redisWorld();
  t.teardown(() => world.close());
  const one = await daemon(world, 'one');
  await one.ready('ann');
  await one.enqueue('c1');
  const offer = await one.offer(t);
  await one.store.agentGone(agentId('ann'));
  await one.store.accept(one.heard[0]!.call, offer);
  await one.store.release(offer, 5_000);
  t.same((await inspector.keys(`{test:world${worlds}}:*`)).sort(), [
    `{test:world${worlds}}:away:ann`,
    `{test:world${worlds}}:demands:desk`,
    `{test:world${worlds}}:domain`,
    `{test:world${worlds}}:pace`,
  ]);
});

await t.test('an offer whose reply was lost is told again, with its reason', async (t) => {
  const world = await redisWorld();
  t.teardown(() => world.close());
  const one = await daemon(world, 'one');
  await one.ready('ann');
  await one.enqueue('c1');
  const again = await daemon(world, 'one');
  await again.enqueue('c1');
  t.match(await again.assignments(), [{ why: { rule: 'longestIdle', by: 'call' } }]);
});

await t.test('what calls will ask for is looked up ahead, little by little; agents who come and go meanwhile are right', async (t) => {
  const link = new RedisLink({ url: redis.url, commandTimeoutMs: 30_000 });
  const domain = `world${++worlds}`;
  const heard: Assignment[] = [];
  const store = new RedisRoutingStore({ link, keyPrefix: 'test', domain, daemon: 'one', now: () => start, matchAtOnce: 3 });
  await store.start({ assigned: (one) => heard.push(one), ready: () => undefined, down: () => undefined });
  t.teardown(() => store.close());
  const one = new Daemon('one', store, heard);
  const names = Array.from({ length: 10 }, (_, index) => `a${index}`);
  for (const [index, name] of names.entries()) await one.signIn(name, { skills: { english: index * 10 } });
  const rings = [{ afterMs: 0, pools: [pool], requires: { english: 50 } }] as const;
  const able = async () => (await inspector.sMembers(`{test:${domain}}:able:longestIdle/desk/english=50`)).sort();
  // All is sent before the first reply: the first command of `prepare` matches three agents only.
  const prepared = store.prepare([{ strategy: 'longestIdle', rings }]);
  const others = [store.agentGone(agentId('a9')), one.signIn('a10', { skills: { english: 70 } }), one.signIn('a8')];
  await Promise.all([prepared, ...others]);
  t.same(await able(), ['a10', 'a5', 'a6', 'a7']);
  t.same(await inspector.keys(`{test:${domain}}:pending:*`), []);
  t.match(await one.enqueue('c1', { rings }), { signedIn: 4 });
  t.same(await one.news(), ['c1→a10'], 'all idle since the same instant');
  // A call that comes in the middle finds everybody.
  const wider = [{ afterMs: 0, pools: [pool], requires: { english: 20 } }] as const;
  const again = store.prepare([{ strategy: 'longestIdle', rings: wider }]);
  const [found] = await Promise.all([one.enqueue('c2', { rings: wider }), again]);
  t.equal(found.signedIn, 7);
});

await t.test('a queued call costs three commands', async (t) => {
  const world = await redisWorld();
  t.teardown(() => world.close());
  const one = await daemon(world, 'one');
  await one.ready('ann');
  const before = commands;
  await one.enqueue('c1');
  const { call, offer } = one.heard[0]!;
  await one.store.accept(call, offer);
  await one.store.release(offer, 0);
  t.equal(commands - before, 3);
  t.comment(`routing: ${commands - before} round trips a queued call (enqueue, accept, release)`);
});
