/** Waiting for one's own agent: for whom, how long, in which order, and when it ends before its time. */
import type { Test } from 'tap';
import type { Offer } from '../../src/core/call/call.js';
import { agentId, callId, type Daemon, daemon, missed, pool, poolId, scenarios, start, type WorldFactory } from './routing-store.world.js';

const sticky = { caller: '+33612345678', ms: 600_000, waitMs: 30_000 };
const c2 = callId('c2');

/** Ann knows the caller, and talks to another (c1). Bob idles. */
async function busyAnn(t: Test, one: Daemon): Promise<Offer> {
  await one.signIn('ann', { skills: { english: 50 } });
  await one.enqueue('c0', { sticky });
  const known = await one.offer(t);
  await one.store.accept(callId('c0'), known);
  await one.store.release(known, 0);
  await one.enqueue('c1');
  const talk = await one.offer(t);
  await one.store.accept(callId('c1'), talk);
  await one.signIn('bob', { skills: { english: 50 } });
  return talk;
}

export async function ownAgentContract(t: Test, newWorld: WorldFactory): Promise<void> {
  const scenario = scenarios(t, newWorld);

  await scenario('the caller waits for his own agent while another idles, and gets him when he is free', async (t, one) => {
    const talk = await busyAnn(t, one);
    t.match(await one.enqueue('c2', { sticky }), { held: 'ownAgent' });
    t.same(await one.news(), []);
    t.same(await one.queues(), { sales: { length: 1, oldest: start } });
    await one.store.release(talk, 0);
    const [made] = await one.assignments();
    t.match(made, { call: c2, offer: { agent: agentId('ann') }, why: { rule: 'sticky', by: 'agent', ring: 0, pools: [pool] } });
    await one.enqueue('c3');
    t.same(await one.news(), ['c3→bob'], 'whom nothing kept');
  });

  await scenario('two wait for him, and what he may be asked changes meanwhile: both get him', async (t, one) => {
    const talk = await busyAnn(t, one);
    for (const call of ['c2', 'c3']) await one.enqueue(call, { sticky });
    await one.signIn('ann', { skills: { english: 60 } });
    t.same(await one.news(), []);
    await one.store.release(talk, 0);
    const next = await one.offer(t);
    t.match(next, { agent: agentId('ann') });
    await one.store.accept(c2, next);
    await one.store.release(next, 0);
    t.same(await one.news(), ['c3→ann']);
  });

  await scenario('his after-call work is waited for too', async (t, one, world) => {
    const talk = await busyAnn(t, one);
    await one.store.release(talk, 5_000);
    await one.enqueue('c2', { sticky });
    t.same(await one.news(), []);
    world.now += 5_000;
    await one.store.tick();
    t.same(await one.news(), ['c2→ann']);
  });

  await scenario('the wait ends on time: then the call is everybody’s, at its place', async (t, one, world) => {
    await busyAnn(t, one);
    await one.enqueue('c2', { sticky });
    world.now += 29_999;
    await one.store.tick();
    t.same(await one.news(), []);
    world.now += 1;
    await one.store.tick();
    const [made] = await one.assignments();
    t.match(made, {
      offer: { agent: agentId('bob') },
      why: { by: 'waited', rule: 'longestIdle', notSticky: { agent: agentId('ann'), state: 'connected' } },
    });
  });

  await scenario('a ring that has come due meanwhile holds when the wait ends', async (t, one, world) => {
    await busyAnn(t, one);
    const rings = [
      { afterMs: 0, pools: [pool], requires: { english: 50 } },
      { afterMs: 10_000, pools: [pool], requires: { english: 20 } },
    ] as const;
    await one.signIn('bob', { skills: { english: 20 } });
    await one.enqueue('c2', { sticky, rings });
    world.now += 10_000;
    await one.store.tick();
    t.same(await one.news(), []);
    world.now += 20_000;
    await one.store.tick();
    t.match(await one.assignments(), [{ offer: { agent: agentId('bob') }, why: { ring: 1 } }]);
  });

  await scenario('nobody waits for an agent who is signed out, paused, unknown or may not take the call', async (t, one) => {
    const talk = await busyAnn(t, one);
    await one.enqueue('c2', { sticky, rings: [{ afterMs: 0, pools: [poolId('night')], requires: {} }] });
    await one.enqueue('c3', { sticky: { ...sticky, caller: '+33699999999' } });
    t.same(await one.news(), ['c3→bob']);
    await one.store.abandon(callId('c3'));
    await one.store.reject(callId('c1'), talk, missed(60_000));
    t.same(await one.news(), ['c1→bob']);
    await one.store.abandon(callId('c1'));
    t.match(await one.statuses(), { ann: 'paused' });
    await one.enqueue('c4', { sticky });
    t.same(await one.news(), ['c4→bob']);
    await one.store.abandon(callId('c4'));
    await one.store.agentGone(agentId('ann'));
    await one.enqueue('c5', { sticky });
    t.same(await one.news(), ['c5→bob']);
  });

  await scenario('the agent leaves, or loses the skill: those who wait for him are everybody’s at once', async (t, one) => {
    await busyAnn(t, one);
    const rings = [{ afterMs: 0, pools: [pool], requires: { english: 50 } }] as const;
    await one.enqueue('c2', { sticky, rings });
    await one.signIn('ann', { skills: { english: 60 } });
    t.same(await one.news(), [], 'what he learns ends no wait');
    await one.signIn('ann', { skills: { english: 10 } });
    t.match(await one.assignments(), [{ call: c2, offer: { agent: agentId('bob') }, why: { by: 'waited' } }]);
    await one.store.abandon(c2);
    await one.enqueue('c3', { sticky });
    t.same(await one.news(), []);
    await one.store.agentGone(agentId('ann'));
    t.same(await one.news(), ['c3→bob']);
  });

  await scenario('the agent rests after an offer that he did not take: the wait is over', async (t, one) => {
    const talk = await busyAnn(t, one);
    await one.enqueue('c2', { sticky });
    await one.store.reject(callId('c1'), talk, missed(60_000));
    t.same((await one.news()).length, 1);
    await one.signIn('eve');
    t.same(
      [...one.heard.map(({ call, offer }) => `${call}→${offer.agent}`)].slice(-2).sort(),
      ['c1→bob', 'c2→eve'],
      'both calls are everybody’s',
    );
  });

  await scenario('his other calls keep their order: an earlier one goes first, a later one after', async (t, one) => {
    const talk = await busyAnn(t, one);
    await one.store.agentGone(agentId('bob'));
    await one.enqueue('c3', { enqueuedAt: start - 5 });
    await one.enqueue('c2', { sticky });
    await one.enqueue('c4', { enqueuedAt: start + 5 });
    await one.store.release(talk, 0);
    t.same(await one.news(), ['c3→ann']);
    await one.store.release(one.heard.at(-1)!.offer, 0);
    t.same(await one.news(), ['c2→ann']);
  });

  await scenario('a tenant at its cap waits also for its own agent', async (t, one) => {
    const acme = { sticky, share: { pool, guaranteePercent: 0, capPercent: 50 } };
    const talk = await busyAnn(t, one);
    await one.enqueue('c2', acme);
    await one.enqueue('c3', { share: acme.share, class: 0 });
    t.same(await one.news(), ['c3→bob']);
    await one.store.release(talk, 0);
    t.same(await one.news(), [], 'one of two is its half');
    await one.store.abandon(callId('c3'));
    t.same(await one.news(), ['c2→ann']);
  });

  await scenario('a successor gets the call waiting as before; who gives up leaves nothing', async (t, one, world) => {
    const talk = await busyAnn(t, one);
    const two = await daemon(world, 'two');
    await one.enqueue('c2', { sticky });
    await two.enqueue('c2', { sticky });
    await one.enqueue('c3', { sticky, enqueuedAt: start + 1 });
    await one.store.abandon(callId('c3'));
    await one.store.release(talk, 0);
    t.same(await one.news(), []);
    t.same(await two.news(), ['c2→ann']);
    await two.store.abandon(c2);
    t.same(await world.leftovers(), []);
  });
}
