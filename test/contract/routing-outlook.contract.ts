/** What a waiting call can expect: the facts that `estimateWait` needs, the same from every store. */
import type { Test } from 'tap';
import { estimateWait } from '../../src/core/queue/wait-estimate.js';
import {
  agentId,
  callId,
  type Daemon,
  missed,
  pool,
  poolId,
  queueId,
  type RoutingWorld,
  scenarios,
  start,
  tenantId,
  type WorldFactory,
} from './routing-store.world.js';

const half = { pool, guaranteePercent: 0, capPercent: 50 };
const english = (level: number) => [{ afterMs: 0, pools: [pool], requires: { english: level } }] as const;

export async function routingOutlookContract(t: Test, newWorld: WorldFactory): Promise<void> {
  const scenario = scenarios(t, newWorld);

  await scenario('who waits at which place, and who may take his call', async (t, one) => {
    await one.ready('ann', 'bob');
    for (const [index, call] of ['c1', 'c2', 'c3', 'c4'].entries()) await one.enqueue(call, { enqueuedAt: start + index });
    t.match(await one.store.outlook(callId('c3')), { position: 1, ahead: 0, agents: { idle: 0, busy: 2, paused: 0 }, leavesPerMs: 0 });
    t.match(await one.store.outlook(callId('c4')), { position: 2, ahead: 1, agents: { idle: 0, busy: 2, paused: 0 } });
    t.equal((await one.store.outlook(callId('c4')))?.handlingMs, undefined, 'no call has ended yet');
  });

  await scenario('a call that is offered, that talks or that nobody knows expects nothing', async (t, one) => {
    await one.ready('ann');
    await one.enqueue('c1');
    const offer = await one.offer(t);
    t.equal(await one.store.outlook(callId('c1')), undefined);
    await one.store.accept(callId('c1'), offer);
    t.equal(await one.store.outlook(callId('c1')), undefined);
    t.equal(await one.store.outlook(callId('c9')), undefined);
  });

  await scenario('the place counts the calls of the own queue, in all its lanes, by class and deadline', async (t, one) => {
    await one.enqueue('c1', { rings: english(50) });
    await one.enqueue('c2', { enqueuedAt: start + 1, class: 0 });
    await one.enqueue('c3', { enqueuedAt: start + 2 });
    await one.enqueue('c4', { enqueuedAt: start + 3, tenant: tenantId('other'), queue: queueId('other'), deadline: start });
    t.match(await one.store.outlook(callId('c2')), { position: 1 });
    t.match(await one.store.outlook(callId('c1')), { position: 2 });
    t.match(await one.store.outlook(callId('c3')), { position: 3 });
    t.match(await one.store.outlook(callId('c4')), { position: 1 });
  });

  await scenario('calls of other queues delay it by the share of their agents who may take it too', async (t, one) => {
    await one.signIn('ann', { skills: { english: 60 } });
    await one.signIn('bob');
    await one.enqueue('b1', { rings: english(50) });
    await one.enqueue('b2');
    const other = { tenant: tenantId('other'), queue: queueId('other') };
    await one.enqueue('c1', { ...other, enqueuedAt: start + 1 });
    await one.enqueue('c2', { ...other, enqueuedAt: start + 2 });
    await one.enqueue('c3', { rings: english(50), enqueuedAt: start + 3 });
    await one.enqueue('c4', { enqueuedAt: start + 4 });
    t.match(await one.store.outlook(callId('c3')), { position: 1, ahead: 1, agents: { busy: 1 } }, 'two calls, each to one of ann and bob');
    t.match(await one.store.outlook(callId('c4')), { position: 2, ahead: 3, agents: { busy: 2 } });
  });

  await scenario('a pool that shares nobody delays nobody; a pool without agents leaves the place', async (t, one) => {
    await one.ready('ann');
    await one.enqueue('b1');
    await one.enqueue('c1', { pool: poolId('night'), tenant: tenantId('other'), queue: queueId('night') });
    await one.enqueue('c2', { enqueuedAt: start + 1 });
    t.match(await one.store.outlook(callId('c2')), { position: 1, ahead: 0 });
    await one.enqueue('c3', { pool: poolId('night'), tenant: tenantId('other'), queue: queueId('night'), enqueuedAt: start + 2 });
    t.match(await one.store.outlook(callId('c3')), { position: 2, ahead: 1, agents: { idle: 0, busy: 0, paused: 0 } });
  });

  await scenario('a ring brings more agents', async (t, one, world) => {
    await one.signIn('ann');
    await one.enqueue('b1');
    await one.signIn('owl', { pools: [poolId('night')] });
    await one.enqueue('b2', { pool: poolId('night') });
    const rings = [
      { afterMs: 0, pools: [pool], requires: {} },
      { afterMs: 10_000, pools: [pool, poolId('night')], requires: {} },
    ] as const;
    await one.enqueue('c1', { rings });
    t.match(await one.store.outlook(callId('c1')), { agents: { busy: 1 } });
    world.now += 10_000;
    await one.store.tick();
    t.match(await one.store.outlook(callId('c1')), { agents: { busy: 2 } });
  });

  await scenario('an agent who pauses or has left is not counted on', async (t, one, world) => {
    await one.ready('ann', 'bob', 'eve');
    await one.enqueue('b1');
    await one.store.reject(callId('b1'), await one.offer(t), missed(30_000));
    const [second] = await one.assignments();
    await one.store.reject(callId('b1'), second!.offer, missed(30_000));
    await one.enqueue('c1', { enqueuedAt: start + 1 });
    t.match(await one.store.outlook(callId('c1')), { agents: { idle: 0, busy: 1, paused: 2 } });
    await one.store.agentGone((await one.assignments())[0]!.offer.agent);
    t.match(await one.store.outlook(callId('c1')), { agents: { idle: 0, busy: 0, paused: 2 } });
    t.equal(world.now, start);
  });

  await scenario('a tenant at its cap waits for agents whom it has, whoever idles', async (t, one, world) => {
    const acme = { share: half };
    await talk(one, world, 100_000, 0);
    await talk(one, world, 300_000, 0, 'other');
    await one.ready('ann', 'bob', 'eve', 'dan');
    for (const [index, call] of ['b1', 'b2', 'c1', 'c2'].entries()) await one.enqueue(call, { ...acme, enqueuedAt: world.now + index });
    const outlook = await one.store.outlook(callId('c2'));
    t.match(outlook, { position: 2, agents: { idle: 2, busy: 2 }, cap: { room: 0, busy: 2, handlingMs: 100_000 } });
    t.equal(estimateWait(outlook!), 100_000, 'c1 goes first');
    await one.enqueue('o1', {
      tenant: tenantId('other'),
      queue: queueId('other'),
      enqueuedAt: world.now,
      pool: poolId('night'),
      share: half,
    });
    t.notOk('cap' in (await one.store.outlook(callId('o1')))!, 'of other pools it has no share');
    await one.enqueue('c3', { share: { ...half, capPercent: 100 }, enqueuedAt: world.now + 9, rings: english(50) });
    t.notOk('cap' in (await one.store.outlook(callId('c3')))!, 'a cap of all agents is none');
  });

  await scenario('an emergency knows no cap; agents whom a ring adds are not shared out', async (t, one) => {
    const acme = { share: half };
    await one.ready('ann', 'bob');
    await one.signIn('owl', { pools: [poolId('night')] });
    await one.signIn('cat', { pools: [poolId('night')] });
    await one.enqueue('b1', acme);
    await one.enqueue('n1', { ...acme, pool: poolId('night') });
    await one.enqueue('e1', { ...acme, class: 0, rings: english(50) });
    t.notOk('cap' in (await one.store.outlook(callId('e1')))!);
    t.same(await one.news(), ['b1→ann', 'n1→cat']);
    await one.store.agentGone(agentId('owl'));
    await one.enqueue('c1', { ...acme, enqueuedAt: start + 1, rings: [{ afterMs: 0, pools: [pool, poolId('night')], requires: {} }] });
    t.match(await one.store.outlook(callId('c1')), { agents: { idle: 1, busy: 2 }, cap: { room: 0, busy: 2 } });
  });

  await scenario('calls that caps of other tenants hold back leave the other agents free', async (t, one) => {
    const acme = { share: half };
    const other = { tenant: tenantId('other'), queue: queueId('other') };
    await one.ready('ann', 'bob');
    for (const [index, call] of ['b1', 'b2', 'b3'].entries()) await one.enqueue(call, { ...acme, enqueuedAt: start + index });
    await one.enqueue('c1', { ...other, enqueuedAt: start + 10 });
    await one.enqueue('c2', { ...other, enqueuedAt: start + 11 });
    const outlook = await one.store.outlook(callId('c2'));
    t.match(outlook, { position: 1, ahead: 2, agents: { idle: 0, busy: 2 }, held: { calls: 2, agents: 1 } });
    t.equal(estimateWait({ ...outlook!, handlingMs: 100_000 }), 100_000, 'for the agent of c1, not after b2 and b3');
    await one.ready('eve', 'dan');
    t.same((await one.news()).slice(-2), ['b2→eve', 'c2→dan']);
    await one.enqueue('c3', { ...other, enqueuedAt: start + 12 });
    t.match(await one.store.outlook(callId('c3')), { ahead: 1, agents: { busy: 4 }, held: { calls: 1, agents: 2 } });
    await one.enqueue('b3', { share: undefined, enqueuedAt: start + 2 });
    t.notOk('held' in (await one.store.outlook(callId('c3')))!, 'without a cap');
  });

  await scenario('handling times are learned from ring to wrap-up, and shared by all daemons', async (t, one, world) => {
    await talk(one, world, 100_000, 20_000);
    await talk(one, world, 200_000, 20_000);
    await one.enqueue('b1');
    await one.enqueue('c1', { enqueuedAt: world.now });
    const outlook = await one.store.outlook(callId('c1'));
    t.equal(outlook?.handlingMs, 170_000);
    t.equal(estimateWait(outlook!), 170_000);
  });

  await scenario('the handling time is that of the work at hand: of those who talk and of those who go first', async (t, one, world) => {
    await talk(one, world, 100_000, 0);
    await talk(one, world, 300_000, 0, 'other');
    await one.enqueue('b1', { enqueuedAt: world.now, tenant: tenantId('other'), queue: queueId('other') });
    await one.enqueue('c1', { enqueuedAt: world.now });
    t.equal((await one.store.outlook(callId('c1')))?.handlingMs, 200_000, 'b1 keeps the agent busy, then comes c1');
    await one.enqueue('c2', { enqueuedAt: world.now + 1, tenant: tenantId('new'), queue: queueId('new') });
    t.equal((await one.store.outlook(callId('c2')))?.handlingMs, 200_000, 'of its own tenant nothing is known');
  });

  await scenario('callers who give up are counted against the time that all have waited', async (t, one, world) => {
    await one.enqueue('c1', { enqueuedAt: world.now });
    world.now += 50_000;
    await one.store.abandon(callId('c1'));
    await one.enqueue('c2', { enqueuedAt: world.now });
    t.match(await one.store.outlook(callId('c2')), { leavesPerMs: 1 / 50_000 });
    await one.ready('ann');
    await one.store.accept(callId('c2'), await one.offer(t));
    await one.enqueue('c3', { enqueuedAt: world.now });
    const leaves = (await one.store.outlook(callId('c3')))?.leavesPerMs ?? 0;
    t.ok(Math.abs(leaves - 1 / 50_000) < 1e-12, 'a wait of no time changes no rate');
  });

  await scenario('a full queue takes no new call that would wait', async (t, one, world) => {
    await one.ready('ann');
    t.match(await one.enqueue('c1', { atMost: 1 }), { full: false, signedIn: 1 });
    t.same(await one.news(), ['c1→ann'], 'an offered call does not wait');
    t.match(await one.enqueue('c2', { atMost: 1 }), { full: false });
    t.match(await one.enqueue('c3', { atMost: 1, rings: english(50) }), { full: true, signedIn: 0 });
    t.match(await one.enqueue('c2', { atMost: 1 }), { full: false }, 'it has its place');
    await one.enqueue('away', { tenant: tenantId('third'), queue: queueId('third'), callback: { capPercent: 30 } });
    const third = { atMost: 1, tenant: tenantId('third'), queue: queueId('third') };
    t.match(await one.enqueue('c6', third), { full: false }, 'who is to be called back waits elsewhere');
    for (const call of ['away', 'c6']) await one.store.abandon(callId(call));
    t.match(await one.enqueue('c4', { atMost: 1, tenant: tenantId('other'), queue: queueId('other') }), { full: false });
    await one.signIn('bob', { skills: { english: 60 }, pools: [poolId('night')] });
    const rings = [{ afterMs: 0, pools: [poolId('night')], requires: { english: 50 } }] as const;
    t.match(await one.enqueue('c5', { atMost: 1, rings }), { full: false, signedIn: 1 }, 'an agent is idle for him');
    t.same(await one.news(), ['c5→bob']);
    t.same(await one.queues(), { sales: { length: 1, oldest: start }, other: { length: 1, oldest: start } });
    for (const call of ['c1', 'c2', 'c4', 'c5']) await one.store.abandon(callId(call));
    t.same(await world.leftovers(), [], 'nothing is kept of c3');
  });
}

/** One call of a tenant from offer to the end of the wrap-up. */
async function talk(one: Daemon, world: RoutingWorld, talkMs: number, wrapUpMs: number, tenant = 'acme'): Promise<void> {
  await one.ready('ann');
  await one.enqueue('t1', { enqueuedAt: world.now, tenant: tenantId(tenant), queue: queueId(tenant) });
  const [made] = await one.assignments();
  await one.store.accept(callId('t1'), made!.offer);
  world.now += talkMs;
  await one.store.release(made!.offer, wrapUpMs);
  world.now += wrapUpMs;
  await one.store.tick();
}
