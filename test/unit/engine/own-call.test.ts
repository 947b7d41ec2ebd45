/** Calls of agents that are none of ours, and agents, pools and queues that a reload takes away. */
import t from 'tap';
import { type AgentId, id, type PoolId } from '../../../src/core/ids.js';
import { settle } from '../../support/fake-clock.js';
import { agentA, agentB, queue } from '../../support/tenants.js';
import { desk, deviceOf, World } from './world.js';

t.test('an own call: no offer until it ends', async (t) => {
  const world = await World.start([desk()], [agentA]);
  world.switch.ownCall(deviceOf(agentA), true);
  await settle();
  t.equal(world.status(agentA), 'ownCall');
  const caller = await world.call();
  t.notOk(world.rings(agentA));
  world.switch.ownCall(deviceOf(agentA), false);
  await settle();
  t.ok(world.rings(agentA));
  await world.hangUp(caller);
  t.same(world.leftovers(), []);
});

t.test('the next daemon sees from the PBX who is on a call of his own, and who is not any more', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  world.switch.ownCall(deviceOf(agentA), true);
  await settle();
  world.kill();
  world.switch.ownCall(deviceOf(agentA), false);
  world.switch.ownCall(deviceOf(agentB), true);
  await world.boot();
  t.equal(world.status(agentA), 'idle');
  t.equal(world.status(agentB), 'ownCall');
});

t.test('a colleague is asked during a talk: the talk goes on, after it there is no offer while they speak', async (t) => {
  const world = await World.start([desk({ queue: queue({ wrapUpMs: 0 }) })], [agentA]);
  const caller = await world.call();
  await world.talk(agentA);
  world.switch.ownCall(deviceOf(agentA), true);
  await settle();
  t.equal(world.at(caller), 'connected');
  await world.hangUp(caller);
  t.equal(world.status(agentA), 'ownCall');
});

t.test('a reload removes an agent who talks: the talk goes on, then he is gone', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  const caller = await world.call();
  const talks = world.rings(agentA) ? agentA : agentB;
  await world.talk(talks);
  await world.reload([desk()], [talks === agentA ? agentB : agentA]);
  await world.pass(5_000);
  t.equal(world.at(caller), 'connected');
  await world.hangUp(caller);
  t.match(world.record(caller), { outcome: 'answered', agent: talks });
  t.equal(world.status(talks), 'signed out', 'without after-call work');
  t.same(world.leftovers(), []);
});

t.test('a reload removes an agent whose phone rings: the caller keeps his place and the next one is asked', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  const caller = await world.call();
  const [rung, other] = world.rings(agentA) ? [agentA, agentB] : [agentB, agentA];
  const ringing = world.ringing(rung);
  await world.reload([desk()], [other]);
  world.switch.hangUp(ringing.leg, 'CALL_REJECTED');
  await settle();
  t.equal(world.status(rung), 'signed out');
  t.ok(world.rings(other));
  await world.hangUp(caller);
});

t.test('a reload gives a queue with callers another pool: they wait on, at their places, for its agents', async (t) => {
  const night = id<PoolId>('night');
  const world = await World.start([desk()], []);
  const [first, second] = [await world.call(), await world.call()];
  await world.pass(3_000);
  t.same([world.at(first), world.at(second)], ['waiting', 'waiting']);
  const moved = desk({ queue: queue({ pool: night, rings: [{ afterMs: 0, pools: [night], requires: {} }] }) });
  await world.reload([moved], [agentA]);
  const { agents } = world.site;
  const agent = agents.get(agentA);
  if (agent === undefined) throw new Error('no agent');
  world.site = { ...world.site, pools: new Set([night]), agents: new Map<AgentId, typeof agent>([[agentA, { ...agent, pools: [night] }]]) };
  world.switch.register(deviceOf(agentA));
  await world.engine.reconfigured();
  await settle();
  t.equal(world.at(first), 'offered', 'who came first is first');
  t.equal(world.at(second), 'waiting');
  for (const caller of [first, second]) await world.hangUp(caller);
});

t.test('a reload removes a tenant with callers: they are served to the end as they were promised', async (t) => {
  const world = await World.start([desk()], [agentA]);
  world.switch.ownCall(deviceOf(agentA), true);
  await settle();
  const caller = await world.call();
  t.equal(world.at(caller), 'waiting');
  await world.reload([], [agentA]);
  world.switch.ownCall(deviceOf(agentA), false);
  await settle();
  t.ok(world.rings(agentA));
  await world.talk(agentA);
  t.equal(world.at(caller), 'connected');
  await world.hangUp(caller);
  t.match(world.record(caller), { outcome: 'answered' });
});
