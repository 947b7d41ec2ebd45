/** What agents ask for themselves, and calls of their own: the part of the contract about core/queue/duty.ts. */
import type { Test } from 'tap';
import type { Wish } from '../../src/core/queue/duty.js';
import type { Missed } from '../../src/core/queue/missed.js';
import { agentId, callId, type Daemon, daemon, missed, scenarios, start, type WorldFactory } from './routing-store.world.js';

const ann = agentId('ann');
const pause: Wish = { do: 'pause', reason: 'lunch' };
const extend: Wish = { do: 'extendWrapUp', ms: 5_000, mostMs: 8_000 };

export async function routingDutyContract(t: Test, newWorld: WorldFactory): Promise<void> {
  const scenario = scenarios(t, newWorld);
  const wish = (one: Daemon, what: Wish | Wish['do'], manual = false) =>
    one.store.wish(ann, typeof what === 'string' ? ({ do: what } as Wish) : what, manual);
  /** Ann talks to c1. */
  async function talk(t: Test, one: Daemon) {
    await one.ready('ann');
    await one.enqueue('c1');
    const offer = await one.offer(t);
    await one.store.accept(callId('c1'), offer);
    return offer;
  }
  const status = async (one: Daemon) => (await one.statuses())['ann'];

  await scenario('who signs out gets no calls, however often the phone registers, until he signs in', async (t, one, world) => {
    await one.ready('ann');
    t.equal(await wish(one, 'signOut'), 'done');
    t.equal(await wish(one, 'signOut'), 'already');
    t.equal(await status(one), undefined);
    await one.store.agentGone(ann);
    await one.ready('ann');
    t.match(await one.enqueue('c1'), { signedIn: 0 });
    t.same(await one.news(), []);
    const two = await daemon(world, 'another');
    t.same([...(await two.store.duties())], [[ann, { state: 'out' }]], 'any daemon knows it');
    t.equal(await two.store.wish(ann, { do: 'signIn' }, false), 'done', 'any daemon can be asked');
    t.same(await one.news(), ['c1→ann']);
    t.equal(await wish(one, 'signIn'), 'already');
    await one.store.abandon(callId('c1'));
    await two.store.close();
  });

  await scenario('who signs in without a phone is there as soon as it is', async (t, one) => {
    t.equal(await wish(one, 'signOut'), 'done');
    t.equal(await wish(one, 'signIn'), 'done');
    t.equal(await status(one), undefined);
    await one.ready('ann');
    t.equal(await status(one), 'idle');
  });

  await scenario('manual: nobody is signed in who did not ask for it', async (t, one) => {
    await one.signIn('ann', { manual: true });
    t.equal(await status(one), undefined);
    t.equal(await wish(one, pause, true), 'signedOut');
    t.equal(await wish(one, 'ready', true), 'signedOut');
    t.equal(await wish(one, extend, true), 'signedOut');
    t.equal(await wish(one, 'signOut', true), 'already');
    t.equal(await wish(one, 'signIn', true), 'done');
    t.equal(await status(one), 'idle');
    await one.store.agentGone(ann);
    await one.signIn('ann', { manual: true });
    t.equal(await status(one), 'idle', 'and stays so');
  });

  await scenario('a pause lasts until ready, whatever the phone and the daemons do', async (t, one, world) => {
    await one.ready('ann');
    t.equal(await wish(one, pause), 'done');
    t.equal(await status(one), 'paused');
    world.now += 3_600_000;
    await one.store.tick();
    t.equal(await status(one), 'paused');
    t.same((await one.store.stats()).until.get(ann), undefined, 'nothing ends it by itself');
    t.same((await one.store.duties()).get(ann), { state: 'in', pause: { reason: 'lunch', since: start } });
    t.equal(await wish(one, pause), 'already');
    await one.store.agentGone(ann);
    await one.ready('ann');
    t.equal(await status(one), 'paused');
    t.match(await one.enqueue('c1'), { signedIn: 1 }, 'he is signed in');
    t.same(await one.news(), []);
    t.equal(await wish(one, { do: 'pause', reason: undefined }), 'done', 'another reason');
    t.same((await one.store.duties()).get(ann), { state: 'in', pause: { reason: undefined, since: start + 3_600_000 } });
    t.equal(await wish(one, 'ready'), 'done');
    t.same(await one.news(), ['c1→ann']);
    t.equal(await wish(one, 'ready'), 'already');
    await one.store.abandon(callId('c1'));
  });

  await scenario('signing out ends a pause', async (t, one) => {
    await one.ready('ann');
    await wish(one, pause);
    t.equal(await wish(one, 'signOut'), 'done');
    t.equal(await wish(one, 'signIn'), 'done');
    t.equal(await status(one), 'idle');
  });

  await scenario('a pause during a talk begins at its end: no wrap-up, no offer in between', async (t, one) => {
    const offer = await talk(t, one);
    t.equal(await wish(one, pause), 'later');
    t.equal(await status(one), 'connected');
    await one.enqueue('c2');
    t.ok(await one.store.release(offer, 10_000));
    t.equal(await status(one), 'paused');
    t.same(await one.news(), []);
    await one.store.abandon(callId('c2'));
  });

  await scenario('ready during a talk takes the pause back', async (t, one) => {
    const offer = await talk(t, one);
    await wish(one, pause);
    t.equal(await wish(one, 'ready'), 'done');
    await one.store.release(offer, 0);
    t.equal(await status(one), 'idle');
  });

  await scenario('signing out during a talk, and back in: the talk goes on', async (t, one) => {
    const offer = await talk(t, one);
    t.equal(await wish(one, 'signOut'), 'later');
    t.equal(await status(one), 'connected');
    t.equal(await wish(one, 'signIn'), 'done');
    await one.store.release(offer, 0);
    t.equal(await status(one), 'idle');
    await one.enqueue('c2');
    const next = await one.offer(t);
    t.equal(await wish(one, 'signOut'), 'later', 'also while the phone rings');
    await one.store.reject(callId('c2'), next, missed(5_000));
    t.equal(await status(one), undefined);
    await one.store.abandon(callId('c2'));
  });

  await scenario('a pause while the phone rings: the offer stands, after it there is none', async (t, one) => {
    await one.ready('ann');
    await one.enqueue('c1');
    const offer = await one.offer(t);
    t.equal(await wish(one, pause), 'later');
    await one.store.reject(callId('c1'), offer, missed(0));
    t.equal(await status(one), 'paused');
    t.same(await one.news(), []);
    await one.store.abandon(callId('c1'));
  });

  await scenario('after-call work: a pause or ready ends it, and it can be extended up to a limit', async (t, one, world) => {
    let offer = await talk(t, one);
    t.equal(await wish(one, extend), 'notWrappingUp');
    await one.store.release(offer, 10_000);
    t.equal((await one.store.stats()).until.get(ann), start + 10_000);
    t.equal(await wish(one, extend), 'done');
    t.equal((await one.store.stats()).until.get(ann), start + 15_000);
    t.equal(await wish(one, extend), 'done');
    t.equal((await one.store.stats()).until.get(ann), start + 18_000, 'no more than all that is allowed');
    t.equal(await wish(one, extend), 'capped');
    world.now += 17_999;
    await one.store.tick();
    t.equal(await status(one), 'wrapUp');
    t.equal(await wish(one, 'ready'), 'done');
    t.equal(await status(one), 'idle');
    await one.enqueue('c2');
    offer = await one.offer(t);
    await one.store.accept(callId('c2'), offer);
    await one.store.release(offer, 10_000);
    t.equal(await wish(one, extend), 'done', 'each call anew');
    t.equal(await wish(one, pause), 'done');
    t.equal(await status(one), 'paused');
    world.now += 60_000;
    await one.store.tick();
    t.equal(await status(one), 'paused');
  });

  await scenario('ready also ends the rest after an offer that was not answered', async (t, one) => {
    await one.ready('ann');
    await one.enqueue('c1');
    const offer = await one.offer(t);
    await one.store.reject(callId('c1'), offer, missed(10_000));
    t.equal(await status(one), 'paused');
    t.equal(await wish(one, 'ready'), 'done');
    t.same(await one.news(), ['c1→ann']);
    await one.store.abandon(callId('c1'));
  });

  await scenario('a missed offer may pause him until he is ready, or sign him out', async (t, one, world) => {
    const follows = (duty: 'paused' | 'out'): Missed => ({ reason: 'no-answer', follows: { pauseMs: 0, duty }, inARow: undefined });
    await one.ready('ann');
    await one.enqueue('c1');
    await one.store.reject(callId('c1'), await one.offer(t), follows('paused'));
    t.equal(await status(one), 'paused');
    world.now += 3_600_000;
    await one.store.tick();
    t.equal(await status(one), 'paused');
    t.same((await one.store.duties()).get(ann), { state: 'in', pause: { reason: undefined, since: start } });
    t.equal(await wish(one, 'ready'), 'done');
    await one.store.reject(callId('c1'), await one.offer(t), {
      ...follows('out'),
      inARow: { times: 2, follows: { pauseMs: 0, duty: 'out' } },
    });
    t.equal(await status(one), undefined);
    await one.ready('ann');
    t.equal(await status(one), undefined, 'however often his phone registers');
    t.equal(await wish(one, 'signIn'), 'done');
    t.same(await one.news(), ['c1→ann']);
    await one.store.abandon(callId('c1'));
  });

  await scenario('a phone that registers anew ends no rest, and what he missed counts', async (t, one, world) => {
    const again = async () => {
      await one.store.agentGone(ann);
      t.equal(await status(one), undefined);
      await one.ready('ann');
    };
    const twoInARow = { times: 2, follows: { pauseMs: 300_000 } };
    await one.ready('ann');
    await one.enqueue('c1');
    await one.store.reject(callId('c1'), await one.offer(t), missed(10_000, twoInARow));
    await again();
    t.equal(await status(one), 'paused');
    t.same([...(await one.store.stats()).until], [[ann, start + 10_000]]);
    t.same([...(await one.store.stats()).rests], [[ann, 'no-answer']]);
    world.now += 10_000;
    await one.store.tick();
    const offer = await one.offer(t);
    await one.store.agentGone(ann);
    await one.store.reject(callId('c1'), offer, missed(10_000, twoInARow));
    await one.ready('ann');
    t.equal((await one.store.stats()).until.get(ann), world.now + 300_000, 'also who misses it while his phone is gone');
    world.now += 200_000;
    await again();
    t.equal((await one.store.stats()).until.get(ann), world.now + 100_000);
    t.equal(await wish(one, 'signOut'), 'done');
    t.equal(await wish(one, 'signIn'), 'done');
    t.same(await one.news(), ['c1→ann'], 'whoever signs out himself begins anew');
    await one.store.abandon(callId('c1'));
  });

  await scenario('nor does it end after-call work; once that is over he is idle', async (t, one, world) => {
    await one.store.release(await talk(t, one), 10_000);
    world.now += 4_000;
    await one.store.agentGone(ann);
    await one.ready('ann');
    t.equal(await status(one), 'wrapUp');
    t.equal((await one.store.stats()).until.get(ann), start + 10_000);
    await one.store.agentGone(ann);
    world.now += 6_000;
    await one.ready('ann');
    t.equal(await status(one), 'idle');
  });

  await scenario('a call of his own: no offers until it ends', async (t, one) => {
    await one.signIn('ann', { ownCall: true });
    t.equal(await status(one), 'ownCall');
    t.match(await one.enqueue('c1'), { signedIn: 1 });
    t.same(await one.news(), []);
    await one.signIn('ann', { ownCall: true });
    t.equal(await status(one), 'ownCall');
    await one.signIn('ann');
    const offer = await one.offer(t);
    await one.store.accept(callId('c1'), offer);
    await one.signIn('ann', { ownCall: true });
    t.equal(await status(one), 'connected', 'he asks a colleague');
    await one.store.release(offer, 10_000);
    t.equal(await status(one), 'wrapUp');
    t.equal(await wish(one, 'ready'), 'done');
    t.equal(await status(one), 'ownCall', 'and goes on talking to him');
    await wish(one, pause);
    t.equal(await status(one), 'paused');
    await one.signIn('ann');
    t.equal(await status(one), 'paused');
    t.equal(await wish(one, 'ready'), 'done');
    t.equal(await status(one), 'idle');
  });

  await scenario('a store that lost it is told what agents asked for; what it knows counts', async (t, one) => {
    await one.ready('ann', 'bob', 'cid');
    await wish(one, 'signOut');
    const since = start - 1_000;
    await one.store.restoreDuties(
      new Map([
        [ann, { state: 'in', pause: undefined }],
        [agentId('bob'), { state: 'in', pause: { reason: 'lunch', since } }],
        [agentId('cid'), { state: 'out' }],
      ]),
    );
    t.same(await one.statuses(), { bob: 'paused' });
    t.same((await one.store.duties()).get(agentId('bob')), { state: 'in', pause: { reason: 'lunch', since } });
    t.same((await one.store.duties()).get(ann), { state: 'out' });
  });
}
