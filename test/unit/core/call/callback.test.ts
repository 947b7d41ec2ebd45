/** A caller who is called back instead of waiting: what he agrees to, and what becomes of it. */
import t from 'tap';
import type { Effect } from '../../../../src/core/call/effect.js';
import { summaryOf } from '../../../../src/core/call/summary.js';
import type { Tenant } from '../../../../src/core/tenant.js';
import { agentA, agentB, callbackRules, menu, queue, tenant } from '../../../support/tenants.js';
import { callerLeg, Journey } from './journey.js';

const always = Array.from({ length: 7 }, () => [{ from: 0, to: 1440 }]);
const open = { timezone: 'Europe/Paris', week: always, closures: [], holidays: new Set<string>() };
const keys = { '1': { do: 'queue' }, '2': { do: 'callback' } } as const;

function desk(change: Parameters<typeof callbackRules>[0] = {}, more: Partial<Tenant> = {}): Tenant {
  const whole = { schedule: open, menus: { [menu().id]: menu({ keys }) }, queue: queue({ callback: callbackRules(change) }), ...more };
  return tenant(whole);
}

const effect = <Name extends Effect['do']>(journey: Journey, name: Name) =>
  journey.last.find((one): one is Extract<Effect, { do: Name }> => one.do === name);
const said = (journey: Journey) => effect(journey, 'play')?.prompt.files.map((file) => /([^/]+)\.wav$/.exec(file)?.[1]);

/** As far as the number being read back. */
const asking = (of = desk()) => new Journey(of).answered().press('2');
/** He agreed and hung up. */
function away(of = desk()): Journey {
  const journey = asking(of).press('1');
  journey.happen({ type: 'callbackKept', enqueuedAt: undefined }).played();
  return journey.happen({ type: 'hungup', leg: callerLeg, cause: 'NORMAL_CLEARING' });
}
/** The agent has taken it, and the caller's phone rings. */
function ringing(of = desk()): Journey {
  const journey = away(of).offer(agentA, 't1');
  journey.happen({ type: 'ready', leg: journey.other() });
  return journey.happen({ type: 'played', leg: journey.other(), play: journey.playing(), failed: false });
}

t.test('the number is read back digit by digit, and confirmed', async (t) => {
  const journey = asking();
  t.same(said(journey), ['numberIs', ...'0612345678', 'confirm']);
  journey.press('1');
  t.ok(journey.did('stopPlay'), 'a key ends the prompt');
  t.match(effect(journey, 'askCallback'), { limit: 20, callback: { number: '+33612345678', tenant: 'martin', askedAt: journey.now } });
  journey.happen({ type: 'callbackKept', enqueuedAt: undefined });
  t.same(said(journey), ['agreed']);
  journey.played();
  t.ok(journey.did('hangup'));
  journey.happen({ type: 'hungup', leg: callerLeg, cause: 'NORMAL_CLEARING' });
  t.match(journey.call.state, { at: 'callback', phase: 'queued' });
  t.match(effect(journey, 'enqueue')?.waiting, { callback: { capPercent: 30 }, enqueuedAt: journey.call.enqueuedAt });
  t.notOk(journey.call.timers.audit, 'there is no leg to look after');
});

t.test('another number is typed, ends with #, and is checked', async (t) => {
  const journey = asking().press('2');
  t.same(said(journey), ['typeNumber']);
  journey.press('0987#');
  t.same(said(journey), ['wrongNumber', 'typeNumber'], 'no allowed prefix');
  journey.press('0033611223344#');
  t.same(said(journey), ['numberIs', ...'0611223344', 'confirm']);
  journey.press('1');
  t.equal(effect(journey, 'askCallback')?.callback.number, '+33611223344');
  t.same(journey.call.digits, ['2'], 'the number is not kept among the menu’s keys');
});

t.test('who withholds his number must type one; the tenant’s own and the person on call are refused', async (t) => {
  const own = desk({}, { emergencyNumber: '+33699999999', allowedPrefixes: ['+336', '+331'] });
  const journey = new Journey(own);
  journey.call = { ...journey.call, caller: { number: 'anonymous', name: '' } };
  journey.answered().press('2');
  t.same(said(journey), ['typeNumber']);
  journey.press('0123456701#');
  t.same(said(journey), ['wrongNumber', 'typeNumber']);
  t.equal(
    effect(new Journey(desk({}, { emergencyNumber: '+33123456789' })).answered().press('22').press('0123456789#'), 'askCallback'),
    undefined,
  );
  journey.press('0987#');
  t.same(said(journey), ['wrongNumber', 'typeNumber']);
  journey.press('1234#');
  t.equal(journey.call.state.at, 'waiting', 'then a person must help');
});

t.test('star, silence and a refusal lead back to his place', async (t) => {
  const place = (journey: Journey) => [journey.call.state.at, journey.call.enqueuedAt, journey.call.callback];
  const queued = () => {
    const journey = new Journey(desk()).answered().press('1');
    const since = journey.call.enqueuedAt;
    journey.now += 30_000;
    // A key while waiting leads here through the flow; the place in it is given up meanwhile.
    journey.call = { ...journey.call, state: { at: 'menu', menu: menu().id, play: undefined, typed: '', failures: 0 } };
    return { journey: journey.press('2'), since };
  };
  const star = queued();
  star.journey.press('*');
  t.same(place(star.journey), ['waiting', star.since, undefined]);
  const silent = queued();
  for (let i = 0; i < 3; i++) silent.journey.played().fire();
  t.same(place(silent.journey), ['waiting', silent.since, undefined]);
  const full = queued();
  full.journey.press('1').happen({ type: 'callbackRefused' });
  t.same(said(full.journey), ['refused']);
  full.journey.played();
  t.same(place(full.journey), ['waiting', full.since, undefined]);
  const lost = queued();
  lost.journey.press('1').fire();
  t.same(said(lost.journey), ['refused'], 'no answer of the store');
  t.ok(lost.journey.did('endCallback'), 'in case that it was kept');
});

t.test('hanging up before yes is giving up, after it it is waiting', async (t) => {
  const before = asking().happen({ type: 'hungup', leg: callerLeg, cause: 'NORMAL_CLEARING' });
  t.match(before.call.ended, { outcome: 'abandoned' });
  const during = asking().press('1').happen({ type: 'hungup', leg: callerLeg, cause: 'NORMAL_CLEARING' });
  t.equal(during.call.state.at, 'callback');
  during.happen({ type: 'callbackRefused' });
  t.match(during.call.ended, { outcome: 'abandoned', cause: 'CALLBACK_REFUSED' });
  const vanished = asking().press('1').happen({ type: 'vanished' });
  t.equal(vanished.call.state.at, 'callback');
  vanished.happen({ type: 'vanished' });
  t.equal(vanished.call.state.at, 'callback', 'an old leg is gone, so what');
});

t.test('his turn: the agent, the whisper, then his phone, a key, the talk', async (t) => {
  const journey = away();
  journey.offer(agentA, 't1');
  t.match(effect(journey, 'originate'), { target: { agent: agentA }, callerNumber: '+33612345678' });
  const agentLeg = journey.other();
  journey.happen({ type: 'ready', leg: agentLeg });
  t.same(said(journey), ['callback', 'whisper']);
  t.ok(journey.did('acceptOffer'));
  journey.happen({ type: 'played', leg: agentLeg, play: journey.playing(), failed: false });
  t.match(journey.call.state, { at: 'callingBack', phase: 'ringing' });
  t.match(effect(journey, 'originate'), {
    target: { number: '+33612345678' },
    callerNumber: '+33123456701',
    callerName: 'Martin',
    ringMs: 30_000,
  });
  t.match(effect(journey, 'music'), { leg: agentLeg });
  const callee = journey.other();
  journey.happen({ type: 'ready', leg: callee });
  t.same(said(journey), ['greeting']);
  journey.happen({ type: 'digit', leg: agentLeg, digit: '1' });
  t.equal(journey.call.state.at, 'callingBack', 'the agent’s key is not his');
  journey.happen({ type: 'digit', leg: callee, digit: '1' });
  t.match(effect(journey, 'bridge'), { leg: callee, other: agentLeg });
  t.match(effect(journey, 'endCallback'), { number: '+33612345678' });
  journey.happen({ type: 'bridged', leg: callee, other: agentLeg });
  t.equal(journey.call.state.at, 'connected');
  t.match(effect(journey, 'record'), { leg: callee });
  journey.happen({ type: 'parked', leg: callee }).happen({ type: 'hungup', leg: callee, cause: 'NORMAL_CLEARING' });
  t.match(effect(journey, 'writeRecord')?.record, {
    outcome: 'answered',
    agent: agentA,
    callback: { number: '+33612345678', tries: [{ agent: agentA, outcome: 'reached' }] },
  });
});

t.test('without confirmation he is put through at once', async (t) => {
  const { prompts } = callbackRules();
  const journey = ringing(desk({ prompts: { ...prompts, greeting: undefined } }));
  journey.happen({ type: 'ready', leg: journey.other() });
  t.ok(journey.did('bridge'));
});

t.test('while the caller’s phone rings the call is its agent’s: he may see it', async (t) => {
  t.match(summaryOf(ringing().call), { state: 'callingBack', agent: agentA, agents: [agentA] });
});

t.test('not reached: the agent is free at once, the next try comes later, at the old place', async (t) => {
  for (const [reason, outcome] of [
    ['busy', 'busy'],
    ['no-answer', 'no-answer'],
    ['unreachable', 'unreachable'],
  ] as const) {
    const journey = ringing();
    const since = journey.call.enqueuedAt;
    journey.happen({ type: 'failed', leg: journey.other(), reason, cause: 'X' });
    t.match(effect(journey, 'releaseAgent'), { wrapUpMs: undefined, offer: { agent: agentA } });
    t.match(journey.call, { state: { at: 'callback', phase: 'resting' }, callback: { tries: [{ outcome }] } });
    const until = journey.now + 600_000;
    while (!journey.did('enqueue')) journey.fire();
    t.equal(journey.now, until - (until % 1), 'when the pause is over');
    t.equal(effect(journey, 'enqueue')?.enqueuedAt, since);
  }
});

t.test('a machine presses no key', async (t) => {
  const journey = ringing();
  const callee = journey.other();
  journey.happen({ type: 'ready', leg: callee });
  journey.happen({ type: 'played', leg: callee, play: journey.playing(), failed: false });
  t.same(said(journey), ['greeting'], 'once more');
  journey.fire();
  t.ok(journey.last.some((one) => one.do === 'hangup' && one.leg === callee));
  t.match(journey.call.callback?.tries, [{ outcome: 'unconfirmed' }]);
});

t.test('an agent who hangs up meanwhile counts a try, so that no phone rings for ever', async (t) => {
  const journey = ringing();
  const callee = journey.other();
  const { state } = journey.call;
  if (state.at !== 'callingBack') throw new Error(state.at);
  journey.happen({ type: 'hungup', leg: state.leg, cause: 'NORMAL_CLEARING' });
  t.ok(
    journey.last.some((one) => one.do === 'hangup' && one.leg === callee),
    'the caller’s phone stops ringing',
  );
  t.ok(journey.did('rejectOffer'));
  t.match(journey.call, { state: { at: 'callback', phase: 'resting' }, callback: { tries: [{ outcome: 'withdrawn' }] } });
});

t.test('it ends: tries, age, a withdrawal, closing time', async (t) => {
  const tries = ringing(desk({ tries: 1 }));
  tries.happen({ type: 'failed', leg: tries.other(), reason: 'busy', cause: 'USER_BUSY' });
  t.match(effect(tries, 'writeRecord')?.record, { outcome: 'unreached', cause: 'TRIES_USED_UP', agent: null, talkMs: null });
  t.ok(tries.did('endCallback'));

  const old = away(desk({ maxAgeMs: 90_000 })).happen({ type: 'enqueued' });
  const asked = old.now;
  while (old.call.state.at !== 'ended') old.fire();
  t.equal(old.now - asked, 90_000);
  t.match(old.call.ended, { outcome: 'unreached', cause: 'EXPIRED' });

  for (const [why, cause] of [
    ['calledAgain', 'CALLED_AGAIN'],
    ['cancelled', 'CANCELLED'],
  ] as const) {
    const gone = ringing().happen({ type: 'callbackWithdrawn', why });
    t.match(gone.call.ended, { outcome: 'cancelled', cause });
    t.equal(gone.last.filter((one) => one.do === 'hangup').length, 2, 'both phones are let go');
  }

  const closed = { ...open, week: [[], [], [], [], [], [], []] };
  const late = away(desk({ outsideHours: 'giveUp' }));
  late.tenant = desk({ outsideHours: 'giveUp' }, { schedule: closed });
  while (late.call.ended === undefined) late.fire();
  t.match(late.call.ended, { outcome: 'unreached', cause: 'CLOSED' });
  t.match(away(desk({}, { schedule: closed })).call.state, { at: 'callback', phase: 'resting' });
});

t.test('carried to the next opening, to the minute', async (t) => {
  const journey = away(desk());
  journey.tenant = desk({}, { schedule: { ...open, closures: [{ from: '2023-11-14', to: '2023-11-14' }] } });
  journey.offer(agentA, 't1');
  t.ok(journey.did('dequeue'), 'closing time came before the agent');
  t.match(journey.call.state, { at: 'callback', phase: 'resting' });
  while (!journey.did('enqueue')) journey.fire();
  t.equal(new Date(journey.now).toISOString(), '2023-11-14T23:00:00.000Z', 'midnight in Paris');
});

t.test('the rules are removed by a reload: the promise is kept', async (t) => {
  const journey = away();
  journey.tenant = tenant({ schedule: open });
  journey.offer(agentA, 't1').happen({ type: 'ready', leg: journey.other() });
  journey.happen({ type: 'played', leg: journey.other(), play: journey.playing(), failed: false });
  t.match(effect(journey, 'originate'), { target: { number: '+33612345678' } });
  journey.happen({ type: 'ready', leg: journey.other() });
  t.ok(journey.did('bridge'));
  journey.tenant = tenant({ schedule: open, allowedPrefixes: [] });
  const refused = away();
  refused.tenant = journey.tenant;
  refused.offer(agentB, 't2').happen({ type: 'ready', leg: refused.other() });
  refused.happen({ type: 'played', leg: refused.other(), play: refused.playing(), failed: false });
  t.match(refused.call.ended, { outcome: 'unreached', cause: 'NOT_ALLOWED' });
});

t.test('who calls again has the place of his callback', async (t) => {
  const journey = new Journey(desk()).answered().press('1');
  t.match(effect(journey, 'claimPlace'), { number: '+33612345678' });
  const own = journey.call.enqueuedAt ?? 0;
  journey.happen({ type: 'placeFound', enqueuedAt: own - 900_000 });
  t.equal(effect(journey, 'enqueue')?.enqueuedAt, own - 900_000);
  journey.offer(agentA, 't1').happen({ type: 'failed', leg: journey.other(), reason: 'busy', cause: 'USER_BUSY' });
  t.equal(journey.call.state.at, 'waiting', 'the longest wait counts from now, not from then');
  t.equal(journey.call.timers.maxWait, own + queue().maxWaitMs);
});

t.test('taken over by another daemon', async (t) => {
  const waiting = away().happen({ type: 'adopted' });
  t.ok(waiting.did('enqueue'));
  const offered = away().offer(agentA, 't1').happen({ type: 'adopted' });
  t.match(offered.call.state, { at: 'callback', phase: 'queued' });
  const calling = ringing().happen({ type: 'adopted' });
  t.equal(calling.last.filter((one) => one.do === 'hangup').length, 2);
  t.match(calling.call.state, { at: 'callback', phase: 'resting' });
  const talking = ringing();
  const { state } = talking.call;
  if (state.at !== 'callingBack') throw new Error(state.at);
  talking.happen({ type: 'bridged', leg: state.callee, other: state.leg });
  t.equal(talking.call.state.at, 'connected', 'a talk is not torn');
});

t.test('closed, and callbacks are given up at closing time: nobody is promised one', async (t) => {
  const closed = { ...open, week: always.map(() => []) };
  const journey = asking(desk({ outsideHours: 'giveUp' }, { schedule: closed })).press('1');
  t.same(said(journey), ['refused']);
  t.notOk(journey.effects.some(({ do: what }) => what === 'askCallback'));
  t.match(journey.played().call.state, { at: 'waiting' });
  t.equal(journey.call.callback, undefined);
  t.ok(
    asking(desk({ outsideHours: 'carry' }, { schedule: closed }))
      .press('1')
      .did('askCallback'),
    'one that is carried over is kept',
  );
});

t.test('withdrawn at another daemon: neither the agent nor the caller is rung before that is known', async (t) => {
  const offered = away().offer(agentA, 't1');
  t.match(offered.last, [{ do: 'originate', target: { agent: agentA }, callback: { number: '+33612345678' } }]);
  offered.happen({ type: 'callbackWithdrawn', why: 'calledAgain' });
  t.match(offered.call.ended, { outcome: 'cancelled', cause: 'CALLED_AGAIN' });
  t.equal(offered.last.filter((one) => one.do === 'hangup').length, 1);
  const dialled = ringing();
  t.match(dialled.call.state, { at: 'callingBack' });
  t.match(effect(dialled, 'originate'), { target: { number: '+33612345678' }, callback: { number: '+33612345678' } });
  const live = new Journey(desk()).answered().press('1').offer(agentA, 't1');
  t.equal(effect(live, 'originate')?.callback, undefined, 'who is on the line has nothing to look up');
});

t.test('while it rests its rings stand still', async (t) => {
  const { pool } = queue();
  const rings: Tenant['queue']['rings'] = [
    { afterMs: 0, pools: [pool], requires: { english: 60 } },
    { afterMs: 30_000, pools: [pool], requires: {} },
  ];
  const with2 = (more: Partial<Tenant> = {}) => desk({}, { queue: queue({ callback: callbackRules(), rings }), ...more });
  const widens = (journey: Journey) => {
    const { waiting } = effect(journey, 'enqueue') ?? { waiting: undefined };
    return (waiting?.enqueuedAt ?? 0) + (waiting?.rings[1]?.afterMs ?? 0) - journey.now;
  };
  const journey = away(with2());
  t.ok(widens(journey) > 20_000, 'not yet');
  const left = widens(journey) - 5_000;
  journey.now += 5_000;
  journey.tenant = with2({ schedule: { ...open, closures: [{ from: '2023-11-14', to: '2023-11-14' }] } });
  journey.offer(agentA, 't1');
  t.match(journey.call.state, { at: 'callback', phase: 'resting' });
  while (!journey.did('enqueue')) journey.fire();
  t.equal(widens(journey), left, 'the next day it stands where it stood');
  journey.tenant = with2();
  journey.offer(agentA, 't2').happen({ type: 'ready', leg: journey.other() });
  journey.happen({ type: 'played', leg: journey.other(), play: journey.playing(), failed: false });
  journey.happen({ type: 'failed', leg: journey.other(), reason: 'busy', cause: 'USER_BUSY' });
  while (!journey.did('enqueue')) journey.fire();
  t.equal(widens(journey), left, 'and after a try in vain');
});

t.test('a reload takes callbacks away while he is asked: he waits on, and nothing of it stays behind', async (t) => {
  const journey = asking().press('1');
  const place = journey.call.enqueuedAt ?? journey.now;
  journey.tenant = tenant({ schedule: open });
  journey.happen({ type: 'callbackKept', enqueuedAt: place - 60_000 });
  t.equal(journey.call.state.at, 'waiting');
  t.match(effect(journey, 'endCallback'), { number: '+33612345678' });
  t.equal(effect(journey, 'enqueue')?.enqueuedAt, place - 60_000, 'the place of the earlier callback, which this one replaced');
  const late = asking().press('1');
  late.tenant = journey.tenant;
  late.happen({ type: 'digit', leg: callerLeg, digit: '5' });
  t.match(effect(late, 'endCallback'), { number: '+33612345678' });
  late.happen({ type: 'callbackKept', enqueuedAt: place - 60_000 });
  t.equal(late.call.enqueuedAt, place - 60_000, 'also when the store’s answer comes later');
});
