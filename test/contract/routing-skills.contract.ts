/** Skills, rings, classes, shares and strategies: who may take which call, who goes first, who is asked, and the reason told. */
import type { Test } from 'tap';
import type { Share } from '../../src/core/queue/waiting-call.js';
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

const english = (level: number) => [{ afterMs: 0, pools: [pool], requires: { english: level } }] as const;
const share = (guaranteePercent: number, capPercent: number): Share => ({ pool, guaranteePercent, capPercent });

export async function routingSkillsContract(t: Test, newWorld: WorldFactory): Promise<void> {
  const scenario = scenarios(t, newWorld);

  await scenario('only an agent with every skill at its level takes the call', async (t, one) => {
    await one.signIn('ann', { skills: { english: 49 } });
    t.equal((await one.enqueue('c1', { rings: english(50) })).signedIn, 0);
    await one.signIn('bob', { skills: { english: 50, medical: 10 } });
    t.same(await one.news(), ['c1→bob']);
    t.equal((await one.enqueue('c2', { rings: english(40) })).signedIn, 2);
    t.same(await one.news(), ['c2→ann']);
  });

  await scenario('an agent takes the first call that he may take, not the first of all', async (t, one) => {
    await one.enqueue('c1', { rings: english(50) });
    await one.enqueue('c2', { enqueuedAt: start + 1 });
    await one.signIn('ann');
    t.same(await one.news(), ['c2→ann']);
    await one.signIn('bob', { skills: { english: 60 } });
    t.same(await one.news(), ['c1→bob']);
  });

  await scenario('what keeps a waiting call from an agent is told whenever it is asked', async (t, one) => {
    const held = async (call: string, change: Parameters<typeof one.enqueue>[1] = {}) => (await one.enqueue(call, change)).held;
    const capped = { tenant: tenantId('capped'), share: share(0, 50) };
    t.equal(await held('c1', { rings: english(50) }), 'nobody');
    await one.signIn('ann');
    t.equal(await held('c1', { rings: english(50) }), 'nobody', 'who may take it');
    t.equal(await held('c2', capped), undefined, 'it is offered');
    t.equal(await held('c3', capped), 'busy');
    await one.signIn('bob');
    t.same(await one.news(), ['c2→ann'], 'bob idles');
    t.equal(await held('c3', capped), 'cap');
    t.equal(await held('c4', { callback: { capPercent: 50 } }), undefined, 'ann has no callback');
    t.same(await one.news(), ['c4→bob']);
    await one.signIn('eve');
    await one.signIn('fay');
    t.same(await one.news(), ['c3→eve']);
    t.equal(await held('c5', { callback: { capPercent: 25 } }), 'callbacks');
    await one.store.wish(agentId('fay'), { do: 'pause', reason: undefined }, false);
    t.equal(await held('c5', { callback: { capPercent: 25 } }), 'busy', 'who pauses is not free');
  });

  await scenario('skills that an agent learns count at once', async (t, one) => {
    await one.signIn('ann');
    await one.enqueue('c1', { rings: english(50) });
    t.same(await one.news(), []);
    await one.signIn('ann', { skills: { english: 70 } });
    t.same(await one.news(), ['c1→ann']);
  });

  await scenario('a ring lowers the level, the next one adds a pool; the place is kept', async (t, one, world) => {
    const rings = [
      { afterMs: 0, pools: [pool], requires: { english: 80 } },
      { afterMs: 10_000, pools: [pool], requires: { english: 40 } },
      { afterMs: 20_000, pools: [pool, poolId('night')], requires: {} },
    ] as const;
    await one.signIn('ann', { skills: { english: 50 } });
    await one.signIn('owl', { pools: [poolId('night')] });
    await one.enqueue('c1', { rings });
    await one.enqueue('c2', { rings, enqueuedAt: start + 1 });
    await one.store.tick();
    t.same(await one.news(), []);
    world.now += 10_000;
    await one.store.tick();
    const [first] = await one.assignments();
    t.match(first, { call: callId('c1'), why: { by: 'ring', ring: 1, requires: { english: 40 }, pools: [pool], passedOver: [] } });
    world.now += 10_001;
    await one.store.tick();
    const [second] = await one.assignments();
    t.match(second, {
      call: callId('c2'),
      offer: { agent: agentId('owl') },
      why: { ring: 2, requires: {}, pools: [pool, poolId('night')] },
    });
    t.same(await one.queues(), {});
  });

  await scenario('a call that comes back is in the ring that its wait has reached', async (t, one, world) => {
    const rings = [
      { afterMs: 0, pools: [pool], requires: { english: 80 } },
      { afterMs: 10_000, pools: [pool], requires: {} },
    ] as const;
    await one.signIn('eve', { skills: { english: 90 } });
    await one.enqueue('c1', { rings });
    const offer = await one.offer(t);
    await one.signIn('ann');
    world.now += 10_000;
    await one.store.tick();
    t.same(await one.news(), [], 'it is offered already');
    await one.store.reject(callId('c1'), offer, missed(60_000));
    t.same(await one.news(), ['c1→ann']);
    t.equal(one.heard[1]?.why.by, 'back');
  });

  await scenario('emergencies overtake VIPs, and those all others; then deadlines count', async (t, one) => {
    await one.enqueue('c1', { deadline: start + 20_000 });
    await one.enqueue('c2', { deadline: start + 10_000, queue: queueId('support') });
    await one.enqueue('c3', { class: 1, deadline: start + 90_000 });
    await one.enqueue('c4', { class: 0, deadline: start + 99_000, tenant: tenantId('other') });
    await one.ready('a1', 'a2', 'a3', 'a4');
    t.same(await one.news(), ['c4→a1', 'c3→a2', 'c2→a3', 'c1→a4']);
    t.same(
      one.heard.map(({ why }) => why.order),
      ['emergency', 'deadline', 'deadline', 'deadline'],
    );
  });

  await scenario('equal deadlines go by arrival', async (t, one) => {
    await one.enqueue('c1', { enqueuedAt: start + 5, deadline: start + 20_000 });
    await one.enqueue('c2', { enqueuedAt: start + 3, deadline: start + 20_000 });
    await one.ready('ann', 'bob');
    t.same(await one.news(), ['c2→ann', 'c1→bob']);
  });

  await scenario('the agent who fits best is asked, with the reason', async (t, one, world) => {
    await one.signIn('ann', { skills: { english: 60 } });
    world.now += 1_000;
    await one.signIn('bob', { skills: { english: 70, medical: 40 } });
    await one.signIn('eve', { skills: { medical: 99 } });
    await one.enqueue('c1', { rings: english(50), rankBy: ['english', 'medical'] });
    const [made] = await one.assignments();
    t.same(made?.offer.agent, agentId('bob'));
    t.same(made?.why, {
      by: 'call',
      rule: 'fit',
      order: 'deadline',
      ring: 0,
      pools: [pool],
      requires: { english: 50 },
      idle: 2,
      considered: 2,
      idleMs: 0,
      fit: 110,
      passedOver: [{ agent: agentId('ann'), fit: 60 }],
      notSticky: undefined,
      heldBack: [],
    });
  });

  await scenario('round robin asks whoever was not asked for longest, fixed order the first who is idle', async (t, one, world) => {
    await one.signIn('ann', { order: 2 });
    await one.signIn('bob', { order: 1 });
    world.now += 1;
    await one.enqueue('c1', { strategy: 'roundRobin' });
    await one.store.reject(callId('c1'), await one.offer(t), missed(0));
    t.same(await one.news(), ['c1→bob']);
    await one.store.abandon(callId('c1'));
    await one.enqueue('c2', { strategy: 'fixedOrder' });
    await one.enqueue('c3', { strategy: 'fixedOrder' });
    t.same(await one.news(), ['c2→bob', 'c3→ann']);
  });

  await scenario('least occupied asks whoever worked the smallest part of his time', async (t, one, world) => {
    await one.signIn('ann');
    await one.enqueue('c1');
    const offer = await one.offer(t);
    await one.store.accept(callId('c1'), offer);
    world.now += 10_000;
    await one.signIn('bob');
    world.now += 10_000;
    await one.store.release(offer, 0);
    await one.enqueue('c2', { strategy: 'leastOccupied' });
    t.same(await one.news(), ['c2→bob']);
  });

  await scenario('what an idle agent learns does not change how occupied he was', async (t, one, world) => {
    await one.signIn('ann');
    await one.enqueue('c1');
    world.now += 1_000;
    await one.store.abandon(callId('c1'));
    await one.signIn('bob');
    await one.enqueue('c2', { class: 0 });
    world.now += 2_000;
    await one.store.abandon(callId('c2'));
    const before = one.heard.length;
    world.now += 60_000;
    await one.signIn('ann', { skills: { english: 10 } });
    await one.enqueue('c3', { strategy: 'leastOccupied' });
    t.equal((await one.assignments()).at(-1)?.offer.agent, agentId('bob'));
    t.equal(one.heard.length, before + 1);
  });

  await scenario('the caller’s own agent is preferred while he is idle and remembered', async (t, one, world) => {
    const sticky = { caller: '+33612345678', ms: 60_000 };
    await one.ready('ann', 'bob');
    await one.enqueue('c1', { sticky });
    const offer = await one.offer(t);
    await one.store.accept(callId('c1'), offer);
    world.now += 1;
    await one.store.release(offer, 0);
    await one.enqueue('c2', { sticky });
    const [made] = await one.assignments();
    t.match(made, { offer: { agent: agentId('ann') }, why: { rule: 'sticky', passedOver: [{ agent: agentId('bob') }] } });
    await one.enqueue('c3', { sticky });
    const [other] = await one.assignments();
    t.match(other, {
      offer: { agent: agentId('bob') },
      why: { rule: 'longestIdle', notSticky: { agent: agentId('ann'), state: 'offered' } },
    });
    await one.store.abandon(callId('c2'));
    await one.store.abandon(callId('c3'));
    world.now += 60_000;
    await one.signIn('bob');
    await one.store.agentGone(agentId('bob'));
    await one.signIn('ann');
    await one.enqueue('c4', { sticky, tenant: tenantId('other') });
    const [third] = await one.assignments();
    t.equal(third?.why.rule, 'longestIdle', 'forgotten, and never known to another tenant');
  });

  await scenario('who took a call and never talked is nobody’s own agent, and no call was handled', async (t, one, world) => {
    const sticky = { caller: '+33612345678', ms: 60_000 };
    await one.ready('ann');
    await one.enqueue('c1', { sticky });
    const offer = await one.offer(t);
    t.ok(await one.store.accept(callId('c1'), offer));
    world.now += 5_000;
    t.ok(await one.store.release(offer, undefined));
    t.same(await one.statuses(), { ann: 'idle' });
    await one.ready('bob');
    await one.enqueue('c2', { sticky });
    t.match(await one.assignments(), [{ offer: { agent: agentId('ann') }, why: { rule: 'longestIdle' } }]);
    await one.enqueue('c3');
    await one.enqueue('c4');
    t.equal((await one.store.outlook(callId('c4')))?.handlingMs, undefined);
    for (const call of ['c2', 'c3', 'c4']) await one.store.abandon(callId(call));
  });

  await scenario('a tenant at its cap waits beside an idle agent, an emergency does not', async (t, one) => {
    const acme = { share: share(0, 50) };
    await one.ready('a1', 'a2', 'a3');
    for (const call of ['c1', 'c2', 'c3']) await one.enqueue(call, acme);
    t.same(await one.news(), ['c1→a1', 'c2→a2'], 'half of three, rounded up');
    await one.enqueue('c4', { ...acme, class: 0, enqueuedAt: start + 4 });
    t.same(await one.news(), ['c4→a3']);
    await one.store.abandon(callId('c1'));
    await one.enqueue('o1', { tenant: tenantId('other'), enqueuedAt: start + 9 });
    const [made] = await one.assignments();
    t.match(made, { call: callId('o1'), why: { by: 'call' } }, 'the cap counts the emergency');
  });

  await scenario('a capped tenant goes on when its share is free, with any agent who idles', async (t, one) => {
    const acme = { share: share(0, 50) };
    await one.signIn('a1');
    await one.signIn('a2', { skills: { english: 90 } });
    await one.enqueue('c1', acme);
    await one.enqueue('c2', { ...acme, enqueuedAt: start + 1, rings: english(50) });
    t.same(await one.news(), ['c1→a1']);
    await one.store.abandon(callId('c1'));
    const [made] = await one.assignments();
    t.match(made, { call: callId('c2'), offer: { agent: agentId('a2') }, why: { by: 'share' } });
    await one.enqueue('c3', { ...acme, enqueuedAt: start + 2 });
    t.same(await one.news(), []);
    await one.signIn('a3');
    t.same(await one.news(), ['c3→a1'], 'half of three is two');
  });

  await scenario('a tenant below its guarantee goes before an earlier call of another', async (t, one) => {
    const late = { tenant: tenantId('small'), share: share(50, 100), enqueuedAt: start + 9_000 };
    await one.enqueue('o1');
    await one.enqueue('o2', { enqueuedAt: start + 1 });
    await one.enqueue('s1', late);
    await one.ready('a1');
    const [made] = await one.assignments();
    t.match(made, { call: callId('s1'), why: { order: 'guarantee', heldBack: [{ tenant: tenantId('acme'), rule: 'guarantee' }] } });
    await one.enqueue('s2', late);
    await one.ready('a2');
    t.same(await one.news(), ['o1→a2'], 'one of two is its half');
  });

  const callback = (capPercent: number) => ({ callback: { capPercent } });

  await scenario('callbacks keep their place, and no more agents busy than their cap allows, wrap-up included', async (t, one, world) => {
    await one.ready('a1', 'a2', 'a3', 'a4');
    for (const [call, at] of [
      ['b1', 0],
      ['b2', 1],
      ['b3', 2],
    ] as const)
      await one.enqueue(call, { ...callback(50), enqueuedAt: start + at });
    t.same(await one.news(), ['b1→a1', 'b2→a2'], 'half of four');
    t.match(await one.queues(), { sales: { length: 1 } });
    await one.enqueue('c1', { enqueuedAt: start + 9 });
    t.same(await one.news(), ['c1→a3'], 'live callers go on');
    await one.enqueue('o1', { ...callback(75), tenant: tenantId('other'), enqueuedAt: start + 10 });
    t.same(await one.news(), ['o1→a4'], 'each has its own cap, counted over all tenants');
    for (const call of ['b2', 'o1']) await one.store.abandon(callId(call));
    t.same(await one.news(), ['b3→a2'], 'the first that may');
    const talk = one.heard.find(({ call }) => call === callId('b3'))!.offer;
    await one.store.accept(callId('b3'), talk);
    await one.store.release(talk, 5_000);
    await one.enqueue('b4', callback(50));
    t.same(await one.news(), [], 'one is offered, one wraps up');
    world.now += 5_000;
    await one.store.tick();
    const [made] = await one.assignments();
    t.match(made, { call: callId('b4'), why: { by: 'share' } });
  });

  await scenario('a callback held back by its cap is passed by, and told', async (t, one) => {
    await one.signIn('a1');
    await one.enqueue('b1', callback(30));
    await one.enqueue('b2', { ...callback(30), enqueuedAt: start + 1, tenant: tenantId('other') });
    t.same(await one.news(), ['b1→a1'], 'one agent at least');
    await one.enqueue('c1', { enqueuedAt: start + 2 });
    await one.signIn('a2');
    const [made] = await one.assignments();
    t.match(made, { call: callId('c1'), why: { heldBack: [{ tenant: tenantId('other'), rule: 'callbacks' }] } });
    await one.ready('a3', 'a4');
    t.same(await one.news(), ['b2→a3'], 'two of four');
  });

  await scenario('an emergency is called back whatever the cap says; a talk that is restored counts', async (t, one) => {
    await one.ready('a1', 'a2', 'a3');
    await one.enqueue('b1', callback(30));
    await one.enqueue('b2', { ...callback(30), class: 0 });
    t.same(await one.news(), ['b1→a1', 'b2→a2']);
    await one.store.abandon(callId('b2'));
    await one.store.restore(callId('b1'), one.heard[0]!.offer, tenantId('acme'), pool, true);
    await one.enqueue('b3', callback(30));
    t.same(await one.news(), []);
  });

  await scenario('wrap-up counts in a share, a pause does not', async (t, one, world) => {
    const acme = { share: share(0, 50) };
    await one.ready('a1', 'a2');
    await one.enqueue('c1', acme);
    const offer = await one.offer(t);
    await one.store.accept(callId('c1'), offer);
    await one.store.release(offer, 5_000);
    await one.enqueue('c2', acme);
    t.same(await one.news(), []);
    world.now += 5_000;
    await one.store.tick();
    const second = await one.offer(t);
    await one.store.reject(callId('c2'), second, missed(5_000));
    t.equal((await one.assignments()).length, 1, 'the other agent is asked at once');
  });

  await scenario('a successor gets the call with its class, deadline and ring', async (t, one, world) => {
    const two = await daemon(world, 'two');
    await one.enqueue('c1', { rings: english(50), class: 1 });
    await two.enqueue('c2', { rings: english(50) });
    await two.enqueue('c1', { rings: english(50), class: 1 });
    await one.signIn('ann', { skills: { english: 50 } });
    t.same(await one.news(), []);
    t.same(await two.news(), ['c1→ann']);
  });
}
