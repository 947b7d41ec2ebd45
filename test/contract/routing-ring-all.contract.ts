/** Ring all: several agents are offered one call at once, the first who takes it has it, and it costs the others nothing. */
import type { Test } from 'tap';
import type { Offer } from '../../src/core/call/call.js';
import { id, type OfferToken } from '../../src/core/ids.js';
import { agentId, callId, daemon, missed, pool, poolId, scenarios, start, tenantId, type WorldFactory } from './routing-store.world.js';

const all = { strategy: 'ringAll' } as const;
const c1 = callId('c1');

export async function ringAllContract(t: Test, newWorld: WorldFactory): Promise<void> {
  const scenario = scenarios(t, newWorld);

  await scenario('all idle agents who may take it are asked, each under a token of his own, with one reason', async (t, one, world) => {
    await one.signIn('ann');
    world.now += 1_000;
    await one.signIn('bob');
    await one.signIn('owl', { pools: [poolId('night')] });
    world.now += 500;
    await one.enqueue('c1', { ...all, rankBy: ['english'] });
    const [made] = await one.assignments();
    t.match(made, { offer: { agent: agentId('ann') }, also: [{ agent: agentId('bob') }] });
    t.not(made?.offer.token, made?.also?.[0]?.token);
    t.match(made?.why, { rule: 'ringAll', by: 'call', idle: 2, considered: 2, idleMs: 1_500, fit: undefined, passedOver: [] });
    t.same(await one.statuses(), { ann: 'offered', bob: 'offered', owl: 'idle' });
    t.same(await one.queues(), {});
  });

  await scenario(
    'the first who takes it has it; the others are idle as before, and their answers change nothing',
    async (t, one, world) => {
      for (const agent of ['ann', 'bob', 'eve']) {
        await one.signIn(agent);
        world.now += 1_000;
      }
      await one.enqueue('c1', all);
      const [ann, bob, eve] = (await one.round(t)) as [Offer, Offer, Offer];
      t.equal(await one.store.accept(c1, bob), true);
      t.same(await one.statuses(), { ann: 'idle', bob: 'connected', eve: 'idle' });
      t.equal(await one.store.accept(c1, ann), false);
      t.equal(await one.store.reject(c1, eve, missed(60_000)), false);
      t.equal(await one.store.release(ann, 60_000), false);
      await one.store.abandon(c1, ann);
      t.same(await one.statuses(), { ann: 'idle', bob: 'connected', eve: 'idle' });
      await one.enqueue('c2');
      t.same(await one.news(), ['c2→ann'], 'the longest idle still');
      t.equal(await one.store.release(bob, 0), true);
    },
  );

  await scenario('who does not take it rests; the call waits again only when nobody is left', async (t, one) => {
    await one.ready('ann', 'bob');
    await one.enqueue('c1', all);
    await one.enqueue('c2', { enqueuedAt: start + 1 });
    const [ann, bob] = (await one.round(t)) as [Offer, Offer];
    t.equal(await one.store.reject(c1, ann, missed(5_000)), true);
    t.equal(await one.store.reject(c1, ann, missed(5_000)), false, 'once');
    t.same(await one.statuses(), { ann: 'paused', bob: 'offered' });
    t.same(await one.queues(), { sales: { length: 1, oldest: start + 1 } });
    t.equal(await one.store.reject(c1, bob, missed(0)), true);
    t.same(await one.news(), ['c1→bob'], 'at its old place, before c2');
  });

  await scenario('who becomes idle while phones ring does not join, and takes the next call', async (t, one) => {
    await one.signIn('ann');
    await one.enqueue('c1', all);
    const [ann] = (await one.round(t)) as [Offer];
    await one.signIn('bob');
    t.same(await one.news(), []);
    await one.enqueue('c2', { ...all, enqueuedAt: start + 1 });
    t.same(await one.news(), ['c2→bob']);
    await one.store.abandon(callId('c2'));
    await one.store.reject(c1, ann, missed(0));
    t.same(await one.news(), ['c1→ann+bob'], 'the next round asks him too');
  });

  await scenario('calls that wait get the agents whom an answer sets free', async (t, one) => {
    await one.ready('ann', 'bob', 'eve');
    await one.enqueue('c1', all);
    const [ann] = (await one.round(t)) as [Offer];
    await one.enqueue('c2', { ...all, enqueuedAt: start + 1 });
    await one.enqueue('c3', { enqueuedAt: start + 2 });
    await one.store.accept(c1, ann);
    t.same(await one.news(), ['c2→bob+eve']);
  });

  await scenario('as many ring as are allowed, those who are idle longest', async (t, one, world) => {
    for (const agent of ['zoe', 'bob', 'ann']) {
      await one.signIn(agent);
      world.now += 1;
    }
    await one.enqueue('c1', { ...all, ringAtMost: 2 });
    const [made] = await one.assignments();
    t.match(made, { offer: { agent: agentId('zoe') }, also: [{ agent: agentId('bob') }] });
    t.match(made?.why, { idle: 3, considered: 2 });
  });

  await scenario('a cap holds for those who ring, an emergency ignores it', async (t, one) => {
    const acme = { ...all, share: { pool, guaranteePercent: 0, capPercent: 50 } };
    await one.ready('a1', 'a2', 'a3', 'a4');
    await one.enqueue('c1', acme);
    const [made] = await one.assignments();
    t.match(made, { offer: { agent: agentId('a1') }, also: [{ agent: agentId('a2') }] });
    t.match(made?.why.passedOver, [{ agent: agentId('a3') }, { agent: agentId('a4') }]);
    await one.enqueue('c2', { ...acme, class: 0 });
    t.same(await one.news(), ['c2→a3+a4']);
    await one.enqueue('c3', { ...acme, enqueuedAt: start + 3 });
    t.same(await one.news(), []);
    await one.store.abandon(callId('c2'));
    t.same(await one.news(), []);
    await one.store.abandon(c1);
    t.same(await one.news(), ['c3→a1+a2']);
  });

  await scenario('a caller who is called back rings one agent at a time: nobody hears it ring', async (t, one) => {
    await one.ready('ann', 'bob');
    await one.enqueue('c1', { ...all, callback: { capPercent: 100 } });
    t.same(await one.news(), ['c1→ann']);
  });

  await scenario('the caller’s own agent is asked alone while he is idle', async (t, one) => {
    const sticky = { caller: '+33612345678', ms: 60_000 };
    await one.ready('ann', 'bob');
    await one.enqueue('c1', { ...all, sticky });
    const [, bob] = (await one.round(t)) as [Offer, Offer];
    await one.store.accept(c1, bob);
    await one.store.release(bob, 0);
    await one.enqueue('c2', { ...all, sticky });
    t.same(await one.news(), ['c2→bob']);
    await one.store.reject(callId('c2'), one.heard.at(-1)!.offer, missed(5_000));
    t.same(await one.news(), ['c2→ann']);
  });

  await scenario('the caller who hangs up frees all, those who leave are signed out then', async (t, one) => {
    await one.ready('ann', 'bob');
    await one.enqueue('c1', all);
    await one.store.agentGone(agentId('bob'));
    await one.store.abandon(c1);
    t.same(await one.statuses(), { ann: 'idle' });
  });

  await scenario('a release of one of the offers ends the call for all', async (t, one) => {
    await one.ready('ann', 'bob');
    await one.enqueue('c1', all);
    const [, bob] = (await one.round(t)) as [Offer, Offer];
    t.equal(await one.store.release(bob, 0), true);
    t.same(await one.statuses(), { ann: 'idle', bob: 'idle' });
    t.same(await one.queues(), {});
  });

  await scenario('nobody answers: the store takes all offers back by itself', async (t, one, world) => {
    await one.ready('ann', 'bob');
    await one.enqueue('c1', { ...all, offerMs: 20_000 });
    const [ann] = (await one.round(t)) as [Offer];
    world.now += 20_000;
    await one.store.tick();
    t.same(await one.statuses(), { ann: 'paused', bob: 'paused' });
    t.same(await one.queues(), { sales: { length: 1, oldest: start } });
    t.equal(await one.store.accept(c1, ann), false);
    world.now += 60_000;
    await one.store.tick();
    t.match((await one.news()).join(' '), /^c1→ann/);
  });

  await scenario('enqueued again, the offers that are left stay; a successor gets the call waiting', async (t, one, world) => {
    await one.ready('ann', 'bob', 'eve');
    await one.enqueue('c1', all);
    const [ann, bob] = (await one.round(t)) as [Offer, Offer];
    await one.store.reject(c1, ann, missed(60_000));
    await one.enqueue('c1', all);
    t.same(await one.statuses(), { ann: 'paused', bob: 'offered', eve: 'offered' });
    const two = await daemon(world, 'two');
    await two.enqueue('c1', all);
    t.same(await two.news(), ['c1→bob+eve']);
    t.not(two.heard[0]?.offer.token, bob.token);
    t.equal(await one.store.accept(c1, bob), false);
  });

  await scenario('a talk that was under way ends the ringing of all others', async (t, one) => {
    await one.ready('ann', 'bob', 'eve');
    await one.enqueue('c1', all);
    const talk: Offer = { agent: agentId('bob'), token: id<OfferToken>('elsewhere-1') };
    await one.store.restore(c1, talk, tenantId('acme'), pool);
    t.same(await one.statuses(), { ann: 'idle', bob: 'connected', eve: 'idle' });
    await one.enqueue('c2', { ...all, enqueuedAt: start + 1 });
    t.same((await one.news()).at(-1), 'c2→ann+eve');
    await one.store.restore(callId('c3'), { agent: agentId('ann'), token: id<OfferToken>('elsewhere-2') }, tenantId('acme'), pool);
    t.same(await one.statuses(), { ann: 'connected', bob: 'connected', eve: 'offered' });
    t.same(await one.queues(), {}, 'c2 rings still');
  });

  await scenario('a daemon that is gone rings nobody', async (t, one, world) => {
    const two = await daemon(world, 'two');
    await two.enqueue('c1', all);
    await world.leave(two.store);
    await one.ready('ann', 'bob');
    t.same(await one.statuses(), { ann: 'idle', bob: 'idle' });
  });
}
