/** The behaviour of every RoutingStore. One idle agent and one call make an offer; the rest is who, when and what if. */
import type { Test } from 'tap';
import { id, type OfferToken } from '../../src/core/ids.js';
import {
  agentId,
  callId,
  daemon,
  missed,
  pool,
  poolId,
  queueId,
  scenarios,
  start,
  tenantId,
  type WorldFactory,
} from './routing-store.world.js';

export async function routingStoreContract(t: Test, newWorld: WorldFactory): Promise<void> {
  const scenario = scenarios(t, newWorld);

  await scenario('a ready agent takes the call that waited longest, over all queues of his pool', async (t, one) => {
    await one.enqueue('c2', { enqueuedAt: start + 2 });
    await one.enqueue('c1', { enqueuedAt: start + 1, queue: queueId('support') });
    await one.enqueue('c3', { enqueuedAt: start + 3, queue: queueId('support') });
    await one.ready('ann', 'bob', 'eve');
    t.same(await one.news(), ['c1→ann', 'c2→bob', 'c3→eve']);
  });

  await scenario('a new call takes the agent who is idle longest', async (t, one, world) => {
    await one.ready('bob');
    world.now += 1;
    await one.ready('ann');
    await one.enqueue('c1');
    await one.enqueue('c2');
    t.same(await one.news(), ['c1→bob', 'c2→ann']);
  });

  await scenario('pools share nothing', async (t, one) => {
    await one.ready('ann');
    const { signedIn } = await one.enqueue('c1', { pool: poolId('night') });
    t.equal(signedIn, 0);
    t.same(await one.news(), []);
    await one.signIn('owl', { pools: [poolId('night')] });
    t.same(await one.news(), ['c1→owl']);
  });

  await scenario('an agent is ready again after the talk and his wrap-up', async (t, one, world) => {
    await one.ready('ann');
    await one.enqueue('c1');
    await one.enqueue('c2', { enqueuedAt: start + 1 });
    const offer = await one.offer(t);
    t.same(await one.statuses(), { ann: 'offered' });
    t.equal(await one.store.accept(callId('c1'), offer), true);
    t.same(await one.statuses(), { ann: 'connected' });
    world.now += 60_000;
    await one.store.tick();
    t.same(await one.news(), [], 'a talk has no deadline');
    t.equal(await one.store.release(offer, 5_000), true);
    t.same(await one.statuses(), { ann: 'wrapUp' });
    world.now += 4_999;
    await one.store.tick();
    t.same(await one.news(), []);
    world.now += 1;
    await one.store.tick();
    t.same(await one.news(), ['c2→ann']);
  });

  await scenario('without wrap-up he takes the next call at once', async (t, one) => {
    await one.ready('ann');
    await one.enqueue('c1');
    await one.enqueue('c2');
    const offer = await one.offer(t);
    await one.store.accept(callId('c1'), offer);
    await one.store.release(offer, 0);
    t.same(await one.news(), ['c2→ann']);
  });

  await scenario('a rejected call goes to the next agent, its agent rests, its place is kept', async (t, one, world) => {
    await one.ready('ann', 'bob');
    await one.enqueue('c1');
    const offer = await one.offer(t);
    t.equal(await one.store.reject(callId('c1'), offer, missed(10_000)), true);
    t.same(await one.news(), ['c1→bob']);
    t.same(await one.statuses(), { ann: 'paused', bob: 'offered' });
    await one.enqueue('c2', { enqueuedAt: start + 1 });
    const second = one.heard[1]!.offer;
    await one.store.reject(callId('c1'), second, missed(20_000));
    world.now += 10_000;
    await one.store.tick();
    t.same(await one.news(), ['c1→ann'], 'before c2');
  });

  await scenario('an agent who accepted and left before the bridge rests; the call is at its place', async (t, one) => {
    await one.ready('ann');
    await one.enqueue('c1');
    await one.enqueue('c2', { enqueuedAt: start + 1 });
    const offer = await one.offer(t);
    await one.store.accept(callId('c1'), offer);
    t.equal(await one.store.reject(callId('c1'), offer, missed(10_000)), true);
    t.equal(await one.store.reject(callId('c1'), offer, missed(10_000)), false);
    t.same(await one.statuses(), { ann: 'paused' });
    await one.ready('bob');
    t.same(await one.news(), ['c1→bob']);
  });

  await scenario('a restored talk that is rejected frees its agent; the call has no place', async (t, one, world) => {
    const offer = { agent: agentId('ann'), token: id<OfferToken>('old-1') };
    await one.store.restore(callId('c1'), offer, tenantId('acme'), pool);
    t.equal(await one.store.reject(callId('c1'), offer, missed(0)), true);
    t.same(await one.statuses(), { ann: 'idle' });
    t.same(await world.leftovers(), []);
  });

  await scenario('a rejection without pause makes the agent idle at once, behind the others', async (t, one, world) => {
    await one.ready('ann', 'bob');
    await one.enqueue('c1');
    world.now += 1;
    await one.store.reject(callId('c1'), await one.offer(t), missed(0));
    t.same(await one.news(), ['c1→bob']);
    t.same(await one.statuses(), { ann: 'idle', bob: 'offered' });
  });

  await scenario('a caller who hangs up while waiting is forgotten', async (t, one, world) => {
    await one.enqueue('c1');
    await one.enqueue('c2', { enqueuedAt: start + 1 });
    await one.store.abandon(callId('c1'));
    await one.store.abandon(callId('c1'));
    await one.ready('ann');
    t.same(await one.news(), ['c2→ann']);
    await one.store.abandon(callId('c2'));
    t.same(await world.leftovers(), []);
  });

  await scenario('a caller who hangs up while an agent is asked does not cost him his turn', async (t, one, world) => {
    await one.ready('ann');
    world.now += 1;
    await one.ready('bob');
    world.now += 1;
    await one.enqueue('c1');
    t.same(await one.news(), ['c1→ann']);
    await one.store.abandon(callId('c1'));
    t.same(await one.statuses(), { ann: 'idle', bob: 'idle' });
    await one.enqueue('c2');
    t.same(await one.news(), ['c2→ann']);
  });

  await scenario('the agent of a caller who hung up takes the next call', async (t, one) => {
    await one.ready('ann');
    await one.enqueue('c1');
    await one.enqueue('c2');
    await one.store.abandon(callId('c1'));
    t.same(await one.news(), ['c1→ann', 'c2→ann']);
  });

  await scenario('abandon of one offer takes the call out under that offer only', async (t, one) => {
    await one.ready('ann');
    await one.enqueue('c1');
    const offer = await one.offer(t);
    await one.store.abandon(callId('c1'), { ...offer, token: id<OfferToken>('old') });
    t.same(await one.statuses(), { ann: 'offered' });
    await one.store.abandon(callId('c1'), offer);
    t.same(await one.statuses(), { ann: 'idle' });
    t.equal(await one.store.accept(callId('c1'), offer), false);
  });

  await scenario('abandon leaves a talk alone', async (t, one, world) => {
    await one.ready('ann');
    await one.enqueue('c1');
    const offer = await one.offer(t);
    await one.store.accept(callId('c1'), offer);
    await one.store.abandon(callId('c1'));
    t.same(await one.statuses(), { ann: 'connected' });
    t.equal(await one.store.release(offer, 0), true);
    t.same(await world.leftovers(), []);
  });

  await scenario('an answer with an old token changes nothing', async (t, one) => {
    await one.ready('ann');
    await one.enqueue('c1');
    const old = await one.offer(t);
    await one.store.reject(callId('c1'), old, missed(0));
    const offer = await one.offer(t);
    t.not(offer.token, old.token);
    const before = await one.store.stats();
    t.equal(await one.store.accept(callId('c1'), old), false);
    t.equal(await one.store.reject(callId('c1'), old, missed(0)), false);
    t.equal(await one.store.release(old, 0), false);
    t.same(await one.store.stats(), before);
    t.equal(await one.store.accept(callId('c1'), offer), true);
    t.equal(await one.store.accept(callId('c1'), offer), true, 'repeated: still true');
    t.equal(await one.store.release(offer, 0), true);
    t.equal(await one.store.release(offer, 0), false);
    t.equal(await one.store.accept(callId('never'), offer), false);
    t.equal(await one.store.release({ agent: agentId('nobody'), token: id<OfferToken>('x') }, 0), false);
  });

  await scenario('whoever misses one offer after the other rests longer, until he takes a call', async (t, one, world) => {
    const rule = missed(1_000, { times: 3, follows: { pauseMs: 60_000 } });
    await one.ready('ann');
    await one.enqueue('c1');
    const miss = async () => one.store.reject(callId('c1'), await one.offer(t), rule);
    const wait = async (ms: number) => {
      world.now += ms;
      await one.store.tick();
    };
    await miss();
    await wait(1_000);
    await miss();
    await wait(1_000);
    await one.store.reject(callId('c1'), await one.offer(t), undefined);
    t.same(await one.statuses(), { ann: 'offered' }, 'what was not his doing does not count');
    await miss();
    await wait(59_999);
    t.same(await one.statuses(), { ann: 'paused' });
    await wait(1);
    await miss();
    await wait(1_000);
    const offer = await one.offer(t);
    await one.store.accept(callId('c1'), offer);
    await one.store.reject(callId('c1'), offer, rule);
    await wait(1_000);
    await miss();
    await wait(1_000);
    t.same(await one.statuses(), { ann: 'offered' }, 'a call that he took ended the row');
  });

  await scenario('why an agent rests is told', async (t, one) => {
    await one.ready('ann');
    await one.enqueue('c1');
    await one.store.reject(callId('c1'), await one.offer(t), missed(1_000));
    t.same([...(await one.store.stats()).rests], [['ann', 'no-answer']]);
  });

  await scenario('whoever worked too much of the window gets a breather after his wrap-up', async (t, one, world) => {
    const rule = { windowMs: 600_000, mostPercent: 80, breatherMs: 60_000 };
    await one.ready('ann');
    let calls = 0;
    const pass = async (ms: number) => {
      world.now += ms;
      await one.store.tick();
    };
    const talk = async (ms: number, wrapUpMs: number) => {
      const call = `c${++calls}`;
      await one.enqueue(call, { enqueuedAt: world.now });
      const offer = await one.offer(t);
      await one.store.accept(callId(call), offer);
      world.now += ms;
      await one.store.release(offer, wrapUpMs, rule);
    };
    await talk(200_000, 0);
    t.same(await one.statuses(), { ann: 'idle' }, 'less than half a window tells nothing');
    await talk(150_000, 10_000);
    t.same(await one.statuses(), { ann: 'wrapUp' });
    await pass(10_000);
    t.same(await one.statuses(), { ann: 'paused' }, 'without a pause for six minutes');
    t.same([...(await one.store.stats()).rests], [['ann', 'breather']]);
    await one.enqueue('late', { enqueuedAt: world.now });
    t.same(await one.news(), []);
    await pass(60_000);
    t.same(await one.news(), ['late→ann']);
    await one.store.abandon(callId('late'));
    await pass(200_000);
    await talk(200_000, 0);
    t.same(await one.statuses(), { ann: 'idle' }, 'he had idled');
    await talk(400_000, 0);
    t.same(await one.statuses(), { ann: 'paused' });
  });

  await scenario('a pause is no work', async (t, one, world) => {
    const rule = { windowMs: 100_000, mostPercent: 80, breatherMs: 60_000 };
    await one.ready('ann');
    await one.enqueue('c1');
    await one.store.reject(callId('c1'), await one.offer(t), missed(90_000));
    world.now += 90_000;
    await one.store.tick();
    const offer = await one.offer(t);
    await one.store.accept(callId('c1'), offer);
    world.now += 10_000;
    await one.store.release(offer, 0, rule);
    t.same(await one.statuses(), { ann: 'idle' });
  });

  await scenario('a caller who gave up lately is due sooner, with this tenant only, and keeps that', async (t, one, world) => {
    const gaveUp = { caller: '+33612345678', withinMs: 60_000, boostMs: 30_000 };
    await one.store.gaveUp(tenantId('acme'), gaveUp.caller, start, 60_000);
    world.now += 10_000;
    await one.enqueue('c1', { enqueuedAt: start + 1_000 });
    await one.enqueue('c2', { enqueuedAt: start + 10_000, gaveUp });
    await one.enqueue('c3', { enqueuedAt: start + 500, gaveUp, tenant: tenantId('other') });
    // He tries with a second telephone: what becomes of that does not move him.
    await one.store.gaveUp(tenantId('acme'), gaveUp.caller, start + 50_000, 60_000);
    const two = await daemon(world, 'two');
    await two.enqueue('c2', { enqueuedAt: start + 10_000, gaveUp });
    await one.ready('ann', 'bob', 'eve');
    t.same(await one.news(), ['c3→bob', 'c1→eve']);
    const [made] = await two.assignments();
    t.match(made, { call: callId('c2'), offer: { agent: agentId('ann') }, why: { boostMs: 30_000 } });
    await one.enqueue('c4', { enqueuedAt: start + 110_000, gaveUp });
    await one.ready('joe');
    t.equal((await one.assignments())[0]?.why.boostMs, undefined, 'too long ago');
  });

  await scenario('an offer that nobody answers is taken back', async (t, one, world) => {
    await one.ready('ann');
    await one.enqueue('c1', { offerMs: 20_000 });
    const old = await one.offer(t);
    world.now += 20_000;
    await one.store.tick();
    t.same(await one.statuses(), { ann: 'paused' });
    t.equal(await one.store.accept(callId('c1'), old), false);
    await one.ready('bob');
    t.same(await one.news(), ['c1→bob']);
    world.now += 5_000;
    await one.store.tick();
    t.same(await one.statuses(), { ann: 'idle', bob: 'offered' });
  });

  await scenario('an agent who leaves gets no more offers', async (t, one) => {
    await one.ready('ann');
    await one.store.agentGone(agentId('ann'));
    await one.store.agentGone(agentId('ann'));
    t.equal((await one.enqueue('c1')).signedIn, 0);
    t.same(await one.news(), []);
    t.same(await one.statuses(), {});
  });

  await scenario('an agent who leaves during an offer or a talk is signed out when that ends', async (t, one) => {
    await one.ready('ann', 'bob');
    await one.enqueue('c1');
    await one.enqueue('c2');
    const [first, second] = await one.assignments();
    await one.store.accept(callId('c1'), first!.offer);
    await one.store.agentGone(agentId('ann'));
    await one.store.agentGone(agentId('bob'));
    t.same(await one.statuses(), { ann: 'connected', bob: 'offered' });
    t.equal((await one.enqueue('c3')).signedIn, 0, 'nobody will take it');
    await one.store.release(first!.offer, 5_000);
    await one.store.reject(callId('c2'), second!.offer, missed(5_000));
    t.same(await one.statuses(), {});
    t.same(await one.news(), []);
  });

  await scenario('an agent who comes back before that stays', async (t, one) => {
    await one.ready('ann');
    await one.enqueue('c1');
    const offer = await one.offer(t);
    await one.store.agentGone(agentId('ann'));
    await one.ready('ann');
    await one.store.reject(callId('c1'), offer, missed(1_000));
    t.same(await one.statuses(), { ann: 'paused' });
  });

  await scenario('signing in twice changes nothing; another pool moves the agent', async (t, one, world) => {
    await one.ready('ann');
    world.now += 1;
    await one.ready('bob', 'ann');
    await one.enqueue('c1');
    t.same(await one.news(), ['c1→ann'], 'still idle longest');
    await one.signIn('bob', { pools: [poolId('night')] });
    t.equal((await one.enqueue('c2', { pool: poolId('night') })).signedIn, 1);
    t.same(await one.news(), ['c2→bob']);
    t.equal((await one.enqueue('c3')).signedIn, 1);
  });

  await scenario('enqueueing twice changes nothing, and an offer is told once', async (t, one) => {
    t.equal((await one.enqueue('c1')).signedIn, 0);
    await one.enqueue('c1');
    t.same(await one.queues(), { sales: { length: 1, oldest: start } });
    await one.ready('ann');
    t.equal((await one.enqueue('c1')).signedIn, 1);
    t.same(await one.news(), ['c1→ann']);
    t.same(await one.statuses(), { ann: 'offered' });
  });

  await scenario('stats count what waits by queue', async (t, one) => {
    await one.enqueue('c2', { enqueuedAt: start + 2 });
    await one.enqueue('c1', { enqueuedAt: start + 1 });
    await one.enqueue('c3', { enqueuedAt: start + 3, queue: queueId('support') });
    await one.enqueue('c4', { enqueuedAt: start, pool: poolId('night') });
    t.same(await one.queues(), { sales: { length: 3, oldest: start }, support: { length: 1, oldest: start + 3 } });
  });

  await scenario('each daemon hears of the calls that it enqueued, whoever made the offer', async (t, one, world) => {
    const two = await daemon(world, 'two');
    await one.enqueue('c1');
    await two.enqueue('c2', { enqueuedAt: start + 1 });
    await two.ready('ann');
    await one.ready('bob');
    t.same(await one.news(), ['c1→ann']);
    t.same(await two.news(), ['c2→bob']);
  });

  await scenario('a daemon that takes over gets its calls at their place', async (t, one, world) => {
    const two = await daemon(world, 'two');
    await one.enqueue('c1');
    await one.enqueue('c2', { enqueuedAt: start + 1 });
    await two.enqueue('c2', { enqueuedAt: start + 1 });
    await two.enqueue('c1');
    await two.ready('ann', 'bob');
    t.same(await one.news(), []);
    t.same(await two.news(), ['c1→ann', 'c2→bob']);
  });

  await scenario('a daemon that takes over an offered call withdraws the offer', async (t, one, world) => {
    const two = await daemon(world, 'two');
    await one.ready('ann');
    await one.enqueue('c1');
    const old = await one.offer(t);
    await two.enqueue('c1');
    const offer = await two.offer(t);
    t.not(offer.token, old.token);
    t.equal(await one.store.accept(callId('c1'), old), false);
    t.equal(await two.store.accept(callId('c1'), offer), true);
  });

  await scenario('calls of a daemon that is gone do not hold agents up; its successor finds their place', async (t, one, world) => {
    const two = await daemon(world, 'two');
    await two.enqueue('c1');
    await two.enqueue('c3', { enqueuedAt: start + 3 });
    await world.leave(two.store);
    await one.enqueue('c2', { enqueuedAt: start + 2 });
    await one.ready('ann');
    t.same(await one.news(), ['c2→ann'], 'c1 cannot be served');
    await one.enqueue('c4', { enqueuedAt: start + 4 });
    await one.enqueue('c1');
    await one.enqueue('c3', { enqueuedAt: start + 3 });
    await one.ready('bob', 'eve');
    t.same(await one.news(), ['c1→bob', 'c3→eve']);
  });

  await scenario('a call that is enqueued while its agent talks was given back', async (t, one, world) => {
    const two = await daemon(world, 'two');
    await one.ready('ann');
    await one.enqueue('c1');
    const offer = await one.offer(t);
    await one.store.accept(callId('c1'), offer);
    await two.enqueue('c1');
    t.same(await two.news(), ['c1→ann']);
    t.equal(await one.store.release(offer, 0), false);
  });

  await scenario('a restored talk signs its agent in, busy', async (t, one, world) => {
    const offer = { agent: agentId('ann'), token: id<OfferToken>('old-7') };
    await one.store.restore(callId('c1'), offer, tenantId('acme'), pool);
    await one.store.restore(callId('c1'), offer, tenantId('acme'), pool);
    await one.ready('ann');
    t.equal((await one.enqueue('c2')).signedIn, 1);
    t.same(await one.statuses(), { ann: 'connected' });
    t.same(await one.news(), []);
    t.equal(await one.store.release(offer, 0), true);
    t.same(await one.news(), ['c2→ann']);
    await one.store.abandon(callId('c2'));
    t.same(await world.leftovers(), []);
  });

  await scenario('a restored talk overrules what the store believed', async (t, one) => {
    await one.ready('ann', 'bob');
    await one.enqueue('c1');
    await one.enqueue('c2');
    await one.enqueue('c3', { enqueuedAt: start + 1 });
    t.same(await one.news(), ['c1→ann', 'c2→bob']);
    // c1 talks to bob: ann is free for c2, which bob cannot take.
    await one.store.restore(callId('c1'), { agent: agentId('bob'), token: id<OfferToken>('old-1') }, tenantId('acme'), pool);
    t.same(await one.statuses(), { ann: 'offered', bob: 'connected' });
    t.same(await one.news(), ['c2→ann']);
    // c3 was thought to wait.
    await one.store.restore(callId('c3'), { agent: agentId('eve'), token: id<OfferToken>('old-2') }, tenantId('acme'), pool);
    t.same(await one.queues(), {});
  });

  await scenario('verbs about unknown calls and agents do nothing', async (t, one, world) => {
    await one.store.abandon(callId('c1'));
    await one.store.agentGone(agentId('ann'));
    await one.store.tick();
    t.same(await one.statuses(), {});
    t.same(await world.leftovers(), []);
  });

  await scenario('who talks, and whether another daemon that is there has the call', async (t, one, world) => {
    const two = await daemon(world, 'two');
    await one.ready('ann', 'bob');
    await two.enqueue('c1');
    const offer = await two.offer(t);
    t.same(await one.store.talks(), [], 'he is only asked');
    await two.store.accept(callId('c1'), offer);
    const talk = { call: callId('c1'), offer: { agent: offer.agent, token: offer.token } };
    t.same(await one.store.talks(), [{ ...talk, held: true }]);
    t.same(await two.store.talks(), [{ ...talk, held: false }], 'whoever asks knows himself what he has');
    await world.leave(two.store);
    t.same(await one.store.talks(), [{ ...talk, held: false }]);
    t.ok(await one.store.release(offer, undefined), 'anybody can end it');
    t.same(await one.store.talks(), []);
  });
}
