/** Agents who may have several calls: when they get the next one, what keeps it away, and what follows on the last. */
import type { Test } from 'tap';
import type { Offer } from '../../src/core/call/call.js';
import { id, type OfferToken } from '../../src/core/ids.js';
import type { BreatherRule } from '../../src/core/queue/breather.js';
import type { ReadyAgent } from '../../src/ports/routing-store.js';
import { agentId, callId, type Daemon, missed, pool, scenarios, tenantId, type WorldFactory } from './routing-store.world.js';

const ann = agentId('ann');

/** Ann, who may have `maxCalls`, talks to c1. */
async function talking(t: Test, one: Daemon, maxCalls: number, change: Partial<ReadyAgent> = {}): Promise<Offer> {
  await one.signIn('ann', { maxCalls, ...change });
  return next(t, one, 'c1');
}

/** This call comes, and its agent takes it. */
async function next(t: Test, one: Daemon, call: string, change: Parameters<Daemon['enqueue']>[1] = {}): Promise<Offer> {
  await one.enqueue(call, change);
  const offer = await one.offer(t);
  t.ok(await one.store.accept(callId(call), offer));
  return offer;
}

const status = async (one: Daemon) => (await one.statuses())['ann'];
const calls = async (one: Daemon) => (await one.store.talks()).map(({ call }) => call).sort();
/** Ann is done with it. */
const release = (one: Daemon, offer: Offer, wrapUpMs: number | undefined = 0, breather?: BreatherRule) =>
  one.store.release(offer, wrapUpMs, breather);

export async function severalCallsContract(t: Test, newWorld: WorldFactory): Promise<void> {
  const scenario = scenarios(t, newWorld);

  await scenario('an agent gets the next call while he talks, one offer at a time, until he has as many as he may', async (t, one) => {
    await talking(t, one, 3);
    await one.enqueue('c2');
    const second = await one.offer(t);
    t.match(second, { agent: ann });
    t.equal(await status(one), 'offered');
    t.same(await calls(one), ['c1'], 'an offer is no talk yet');
    for (const call of ['c3', 'c4']) await one.enqueue(call);
    t.same(await one.news(), [], 'never two offers');
    await one.store.accept(callId('c2'), second);
    const third = await one.offer(t);
    await one.store.accept(callId('c3'), third);
    t.same(await one.news(), [], 'no more than three');
    t.equal(await status(one), 'connected');
    t.same(await calls(one), ['c1', 'c2', 'c3']);
    await release(one, second);
    t.same(await one.news(), ['c4→ann']);
    t.same(await calls(one), ['c1', 'c3']);
  });

  await scenario('with one call at a time, and where nothing was said, he gets none while he talks', async (t, one) => {
    for (const maxCalls of [1, undefined]) {
      await one.signIn('ann', maxCalls === undefined ? {} : { maxCalls });
      const talk = await next(t, one, 'c1');
      await one.enqueue('c2');
      t.same(await one.news(), []);
      await one.store.abandon(callId('c2'));
      await release(one, talk);
    }
  });

  await scenario(
    'whoever idles goes before whoever talks, fewer calls before more, whatever the fit; then the strategy',
    async (t, one, world) => {
      const english = (level: number) => ({ skills: { english: level }, maxCalls: 3 });
      const wants = { rankBy: ['english'] };
      await one.signIn('ann', english(90));
      await next(t, one, 'c1', wants);
      world.now += 1_000;
      await one.signIn('bob', english(10));
      await one.signIn('cid', english(20));
      await one.enqueue('c2', wants);
      const [second] = await one.assignments();
      t.match(second, { offer: { agent: 'cid' }, why: { rule: 'fit', idle: 2, considered: 2, passedOver: [{ agent: 'bob' }] } });
      t.equal(second?.why.talks, undefined);
      await one.store.accept(callId('c2'), second!.offer);
      world.now += 1_000;
      await next(t, one, 'c3', wants);
      t.same((await calls(one)).length, 3, 'bob had c3');
      world.now += 1_000;
      await one.enqueue('c4', wants);
      const [fourth] = await one.assignments();
      t.match(
        fourth,
        { offer: { agent: ann }, why: { rule: 'fit', idle: 3, talks: 1, idleMs: 3_000 } },
        'of three with one call he fits best',
      );
      await one.store.accept(callId('c4'), fourth!.offer);
      await one.enqueue('c5');
      t.match(await one.assignments(), [{ offer: { agent: 'cid' }, why: { rule: 'longestIdle', idle: 2, talks: 1, idleMs: 2_000 } }]);
    },
  );

  await scenario('his own caller gets him beside a talk when nobody is freer, or when the caller waits for him', async (t, one) => {
    const sticky = { caller: '+33612345678', ms: 600_000 };
    await one.signIn('ann', { maxCalls: 3 });
    await release(one, await next(t, one, 'c1', { sticky }));
    await next(t, one, 'c2');
    await one.signIn('bob', { maxCalls: 2 });
    await one.enqueue('c3', { sticky });
    t.match(await one.assignments(), [{ offer: { agent: 'bob' }, why: { notSticky: { agent: ann, state: 'connected' } } }]);
    await one.enqueue('c4', { sticky: { ...sticky, waitMs: 30_000 } });
    t.match(await one.assignments(), [{ offer: { agent: ann }, why: { rule: 'sticky', talks: 1 } }]);
  });

  await scenario('ring all rings those who idle; where nobody does, those with the fewest calls', async (t, one) => {
    for (const agent of ['ann', 'bob', 'cid']) await one.signIn(agent, { maxCalls: 2 });
    await next(t, one, 'c1', { strategy: 'fixedOrder' });
    await one.enqueue('c2', { strategy: 'ringAll' });
    const round = await one.round(t);
    t.same(round.map(({ agent }) => agent).sort(), ['bob', 'cid']);
    await one.store.accept(callId('c2'), round[0]!);
    const last = await next(t, one, 'c3');
    t.not(last.agent, round[0]!.agent, 'the other one was freed by the answer');
    await one.enqueue('c4', { strategy: 'ringAll' });
    t.equal((await one.round(t)).length, 3);
  });

  await scenario('after-call work begins when the last call ends, as long as the longest that is owed', async (t, one, world) => {
    const first = await talking(t, one, 2);
    const second = await next(t, one, 'c2');
    await release(one, first, 9_000);
    t.equal(await status(one), 'connected');
    world.now += 30_000;
    await release(one, second, 2_000);
    t.equal(await status(one), 'wrapUp');
    t.equal((await one.store.stats()).until.get(ann), world.now + 9_000);
    await one.enqueue('c3');
    t.same(await one.news(), [], 'none during after-call work');
    world.now += 9_000;
    await one.store.tick();
    t.same(await one.news(), ['c3→ann']);
  });

  await scenario('an offer that comes to nothing after his talk ended does not spare him its after-call work', async (t, one, world) => {
    const first = await talking(t, one, 2);
    await one.enqueue('c2');
    await release(one, first, 5_000);
    t.equal(await status(one), 'offered');
    await one.store.abandon(callId('c2'));
    t.equal(await status(one), 'wrapUp');
    t.equal((await one.store.stats()).until.get(ann), world.now + 5_000);
  });

  await scenario('a missed offer leaves him alone while he talks on, and beyond', async (t, one, world) => {
    const first = await talking(t, one, 2);
    await one.enqueue('c2');
    await one.store.reject(callId('c2'), await one.offer(t), missed(5_000));
    t.equal(await status(one), 'connected');
    t.equal((await one.store.stats()).until.get(ann), world.now + 5_000);
    t.same(await one.news(), []);
    world.now += 5_000;
    await one.store.tick();
    const [again] = await one.assignments();
    t.match(again, { call: 'c2', offer: { agent: ann } });
    await one.store.reject(callId('c2'), again!.offer, missed(5_000));
    world.now += 1_000;
    await release(one, first);
    t.equal(await status(one), 'paused');
    t.equal((await one.store.stats()).rests.get(ann), 'no-answer');
    t.equal((await one.store.stats()).until.get(ann), world.now + 4_000);
    t.equal(await one.store.wish(ann, { do: 'ready' }, false), 'done');
    t.same(await one.news(), ['c2→ann']);
  });

  await scenario('“ready” ends it in the middle of a talk; an overdue offer counts as missed', async (t, one, world) => {
    await talking(t, one, 2);
    await one.enqueue('c2', { offerMs: 1_000 });
    await one.offer(t);
    world.now += 1_000;
    await one.store.tick();
    t.equal(await status(one), 'connected');
    t.same(await one.news(), []);
    t.equal(await one.store.wish(ann, { do: 'ready' }, false), 'done');
    t.same(await one.news(), ['c2→ann']);
  });

  await scenario('a miss that signs him out, or pauses him until he is ready, waits for the end of his talks', async (t, one) => {
    const first = await talking(t, one, 2);
    await one.enqueue('c2');
    await one.store.reject(callId('c2'), await one.offer(t), {
      reason: 'no-answer',
      follows: { duty: 'paused', pauseMs: 0 },
      inARow: undefined,
    });
    t.same(await one.news(), []);
    t.equal(await status(one), 'connected');
    await one.store.wish(ann, { do: 'ready' }, false);
    await one.store.reject(callId('c2'), await one.offer(t), {
      reason: 'no-answer',
      follows: { duty: 'out', pauseMs: 0 },
      inARow: undefined,
    });
    t.equal(await status(one), 'connected');
    t.same(await calls(one), ['c1']);
    await release(one, first, 9_000);
    t.equal(await status(one), undefined);
  });

  await scenario('pause, sign-out and a call of his own: nothing more from now on, and the talks go on', async (t, one) => {
    const first = await talking(t, one, 3);
    t.equal(await one.store.wish(ann, { do: 'pause', reason: 'lunch' }, false), 'later');
    await one.enqueue('c2');
    t.same(await one.news(), []);
    t.equal(await one.store.wish(ann, { do: 'ready' }, false), 'done');
    const second = await one.offer(t);
    t.equal(await one.store.wish(ann, { do: 'pause', reason: 'lunch' }, false), 'later');
    await one.store.accept(callId('c2'), second);
    await one.enqueue('c3');
    await release(one, second, 5_000);
    t.same(await one.news(), [], 'one talk is left');
    await release(one, first, 5_000);
    t.equal(await status(one), 'paused', 'without after-call work');
    await one.store.wish(ann, { do: 'ready' }, false);
    const third = await one.offer(t);
    await one.store.accept(callId('c3'), third);
    await one.signIn('ann', { maxCalls: 3, ownCall: true });
    await one.enqueue('c4');
    t.same(await one.news(), []);
    await one.signIn('ann', { maxCalls: 3 });
    t.same(await one.news(), ['c4→ann']);
    t.equal(await one.store.wish(ann, { do: 'signOut' }, false), 'later');
    await one.store.abandon(callId('c4'));
    await one.enqueue('c5');
    t.same(await one.news(), []);
    await release(one, third);
    t.equal(await status(one), undefined);
  });

  await scenario('who is due a breather gets no further call, and has it after the last', async (t, one, world) => {
    const rule = { windowMs: 60_000, mostPercent: 50, breatherMs: 20_000 };
    const first = await talking(t, one, 2);
    const second = await next(t, one, 'c2');
    world.now += 60_000;
    await release(one, first, 0, rule);
    await one.enqueue('c3');
    t.same(await one.news(), []);
    await release(one, second, 0, rule);
    t.equal(await status(one), 'paused');
    t.equal((await one.store.stats()).rests.get(ann), 'breather');
  });

  await scenario('each call counts for its tenant’s cap', async (t, one) => {
    const share = { pool, guaranteePercent: 0, capPercent: 50 };
    await one.signIn('ann', { maxCalls: 3 });
    await one.signIn('bob', { maxCalls: 3 });
    const first = await next(t, one, 'c1', { share });
    await one.enqueue('c2', { share });
    t.same(await one.news(), [], 'one of two agents');
    await one.enqueue('c3', { tenant: tenantId('other'), strategy: 'fixedOrder' });
    t.equal((await one.news()).length, 1);
    await release(one, first, 3_000);
    t.same(await one.news(), [], 'after-call work counts');
  });

  await scenario('after-call work counts for its tenant while he talks to another’s caller', async (t, one, world) => {
    const share = { pool, guaranteePercent: 0, capPercent: 50 };
    await one.signIn('ann', { maxCalls: 2 });
    const first = await next(t, one, 'c1', { share });
    const second = await next(t, one, 'c2', { tenant: tenantId('other') });
    await release(one, first, 3_000);
    await one.signIn('bob', { maxCalls: 1 });
    await one.enqueue('c3', { share });
    t.same(await one.news(), []);
    await release(one, second);
    t.equal(await status(one), 'wrapUp');
    world.now += 3_000;
    await one.store.tick();
    t.equal((await one.news()).length, 1);
  });

  await scenario('a change of how many he may have counts at once; what he has he keeps', async (t, one) => {
    const first = await talking(t, one, 1);
    await one.enqueue('c2');
    await one.signIn('ann', { maxCalls: 2 });
    const second = await one.offer(t);
    await one.store.accept(callId('c2'), second);
    await one.signIn('ann', { maxCalls: 1 });
    await one.enqueue('c3');
    await release(one, first);
    t.same(await one.news(), [], 'one is left');
    t.same(await calls(one), ['c2']);
    await release(one, second);
    t.same(await one.news(), ['c3→ann']);
  });

  await scenario('talks are restored beside each other, also before he is known', async (t, one) => {
    const offer = (token: string) => ({ agent: ann, token: id<OfferToken>(token) });
    const restore = (call: string, token: string) => one.store.restore(callId(call), offer(token), tenantId('acme'), pool);
    await restore('c1', 'old-1');
    await restore('c2', 'old-2');
    t.same(await calls(one), ['c1', 'c2']);
    await one.signIn('ann', { maxCalls: 2 });
    await restore('c2', 'old-2');
    await one.enqueue('c3');
    t.same(await one.news(), []);
    t.ok(await release(one, offer('old-1')));
    t.notOk(await release(one, offer('old-1')), 'once');
    const third = await one.offer(t);
    t.match(third, { agent: ann });
    await restore('c4', 'old-4');
    t.equal(await status(one), 'connected', 'the offer gave way: he has two talks');
    t.same(await calls(one), ['c2', 'c4']);
    t.notOk(await one.store.accept(callId('c3'), third));
    await restore('c5', 'old-5');
    t.same(await calls(one), ['c4', 'c5'], 'the oldest gave way');
    await release(one, offer('old-4'));
    t.same(await one.news(), ['c3→ann']);
  });

  await scenario('a phone that registers anew during his talks changes nothing of them', async (t, one) => {
    const first = await talking(t, one, 2);
    await one.store.agentGone(ann);
    await one.enqueue('c2');
    t.same(await one.news(), []);
    await one.signIn('ann', { maxCalls: 2 });
    const second = await one.offer(t);
    await one.store.accept(callId('c2'), second);
    t.same(await calls(one), ['c1', 'c2']);
    for (const offer of [first, second]) t.ok(await release(one, offer));
    t.equal(await status(one), 'idle');
  });

  await scenario('what a waiting call can expect counts the calls that agents may have', async (t, one) => {
    const share = { pool, guaranteePercent: 0, capPercent: 100 };
    await talking(t, one, 3);
    await one.signIn('bob', { maxCalls: 2, skills: {} });
    await one.store.wish(agentId('bob'), { do: 'pause', reason: 'lunch' }, false);
    await one.store.wish(ann, { do: 'pause', reason: 'lunch' }, false);
    await one.enqueue('c2', { share });
    t.match(await one.store.outlook(callId('c2')), { agents: { idle: 0, busy: 1, paused: 2 } });
  });
}
