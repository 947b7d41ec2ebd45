/** An agent who may have several calls: talks side by side, over a death of the daemon and a loss of the store. */
import t from 'tap';
import { type CallId, id, type LegId } from '../../../src/core/ids.js';
import { MemoryCallStore } from '../../../src/memory/call-store.js';
import { settle } from '../../support/fake-clock.js';
import { agentA, queue } from '../../support/tenants.js';
import { desk, deviceOf, siteOf, World } from './world.js';

const plain = desk({ queue: queue({ maxWaitMs: 600_000, wrapUpMs: 0 }) });

async function start(maxCalls: number): Promise<World> {
  const site = siteOf([plain], [agentA]);
  const world = new World({ ...site, agents: new Map([...site.agents].map(([name, agent]) => [name, { ...agent, maxCalls }])) });
  await world.boot();
  return world;
}

/** His phone rings, he answers. */
async function answer(world: World): Promise<LegId> {
  const leg = world.switch.rung(deviceOf(agentA)).find(({ answered }) => !answered)?.leg;
  if (leg === undefined) throw new Error('nobody rings');
  world.switch.pickUp(leg);
  await settle();
  await world.pass(1_000);
  return leg;
}

/** Two callers talk to him; a third waits. */
async function busy(): Promise<{ readonly world: World; readonly callers: readonly [LegId, LegId, LegId] }> {
  const world = await start(2);
  const first = await world.call();
  await answer(world);
  const second = await world.call();
  await answer(world);
  return { world, callers: [first, second, await world.call()] };
}

const talks = async (world: World) => world.stored.domain.talks('nobody').map(({ call }) => call);

t.test('his phone rings for the second call while he talks; the third waits until one of them has ended', async (t) => {
  const { world, callers } = await busy();
  const [first, second, third] = callers;
  t.same(
    callers.map((caller) => world.at(caller)),
    ['connected', 'connected', 'waiting'],
  );
  t.ok(world.bridgedTo(first) !== undefined && world.bridgedTo(second) !== undefined);
  t.notOk(world.rings(agentA));
  await world.hangUp(first);
  t.ok(world.rings(agentA));
  await answer(world);
  t.same([world.at(second), world.at(third)], ['connected', 'connected']);
  for (const caller of [second, third]) await world.hangUp(caller);
  t.equal(world.status(agentA), 'idle');
  t.same(world.leftovers(), []);
});

t.test('with one call at a time the second waits', async (t) => {
  const world = await start(1);
  await world.call();
  await answer(world);
  const second = await world.call();
  t.equal(world.at(second), 'waiting');
  t.notOk(world.rings(agentA));
});

t.test('a phone that refuses the second call has rejected it: the talk goes on, the caller waits', async (t) => {
  const world = await start(2);
  const first = await world.call();
  await answer(world);
  const second = await world.call();
  const ringing = world.switch.rung(deviceOf(agentA)).find(({ answered }) => !answered)!;
  world.switch.hangUp(ringing.leg, 'USER_BUSY');
  await settle();
  t.same([world.at(first), world.at(second)], ['connected', 'waiting']);
  t.equal(world.status(agentA), 'connected');
  await world.pass(120_000);
  t.ok(world.rings(agentA), 'and he is rung again when the rest is over');
});

t.test('a daemon dies: its successor finds both talks, and rings for no third', async (t) => {
  const { world, callers } = await busy();
  const before = await talks(world);
  t.equal(before.length, 2);
  await world.restart();
  t.same(await talks(world), before);
  t.same(
    callers.map((caller) => world.at(caller)),
    ['connected', 'connected', 'waiting'],
  );
  await world.pass(600_000 - 10_000);
  t.equal(world.status(agentA), 'connected');
  await world.hangUp(callers[1]);
  t.same(await talks(world), [id<CallId>(callers[0])]);
});

t.test('one of two talks is lost for good: he is freed of that one only', async (t) => {
  const { world, callers } = await busy();
  const [first, second, third] = callers;
  await world.hangUp(third);
  world.kill();
  const saved = world.stored.calls;
  world.stored.calls = new MemoryCallStore();
  world.switch.hangUp(second);
  await world.boot();
  t.same((await talks(world)).sort(), [first, second].map((leg) => id<CallId>(leg)).sort());
  await world.pass(121_000);
  t.same(await talks(world), [id<CallId>(first)], 'the other one has legs still');
  t.ok(saved.size > 0);
  await world.call();
  t.ok(world.rings(agentA));
});
