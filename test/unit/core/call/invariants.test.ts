/** No sequence of events, however absurd, leaves a call without a timer, an agent without an end, or a caller without a record. */
import fc from 'fast-check';
import t from 'tap';
import { otherLegs, ringing } from '../../../../src/core/call/call.js';
import type { CallEvent } from '../../../../src/core/call/event.js';
import { supervisionModes } from '../../../../src/core/call/supervised.js';
import { type AgentId, id, type LegId, type OfferToken, type PlayId, type SupervisorId } from '../../../../src/core/ids.js';
import type { Opening } from '../../../../src/core/schedule/schedule.js';

import { agentA, agentB, callbackRules, mainMenu, menu, prompt, queue, tenant } from '../../../support/tenants.js';
import { Journey } from './journey.js';

const always = Array.from({ length: 7 }, () => [{ from: 0, to: 1440 }]);
/** Everything that a call can meet, and callbacks whose end is not days away. */
const desk = tenant({
  schedule: { timezone: 'Europe/Paris', week: always, closures: [], holidays: new Set() },
  menus: { [mainMenu]: menu({ keys: { ...menu().keys, '4': { do: 'callback' } } }) },
  queue: queue({ callback: callbackRules({ maxAgeMs: 120_000, retryMs: 20_000 }) }),
});

/** What happens next, seen from the call: `now` is its present leg or prompt, `old` an earlier or foreign one. */
const happening = fc.record({
  // Half of all events are the next of a healthy journey; without them random ones would hardly get past the menu.
  kind: fc.oneof(
    { weight: 5, arbitrary: fc.constant('next' as const) },
    {
      weight: 5,
      arbitrary: fc.constantFrom(
        'fire' as const,
        'answered' as const,
        'played' as const,
        'digit' as const,
        'key' as const,
        'ready' as const,
        'failed' as const,
        'bridged' as const,
        'parked' as const,
        'referred' as const,
        'recorded' as const,
        'message' as const,
        'hungup-other' as const,
        'supervise' as const,
        'unsupervise' as const,
        'supervisor-ready' as const,
        'supervisor-failed' as const,
        'supervisor-hungup' as const,
        'hungup' as const,
        'offer' as const,
        'enqueued' as const,
        'noAgent' as const,
        'offerExpired' as const,
        'enqueueFailed' as const,
        'adopted' as const,
        'vanished' as const,
        'callbackKept' as const,
        'callbackRefused' as const,
        'callbackWithdrawn' as const,
        'placeFound' as const,
      ),
    },
  ),
  aim: fc.constantFrom('now', 'now', 'now', 'old'),
  /** Which of several phones, and how many more of them ring. */
  which: fc.nat(2),
  digit: fc.constantFrom('1', '1', '1', '1', '2', '3', '4', '4', '9', '#', '*'),
  wait: fc.integer({ min: 0, max: 40_000 }),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

let tokens = 0;
/** What a healthy journey would bring now. */
function healthy(journey: Journey): Exclude<Happening['kind'], 'next'> {
  const { state } = journey.call;
  switch (state.at) {
    case 'arriving':
      return 'answered';
    case 'greeting':
    case 'playing':
      return 'played';
    case 'menu':
      return state.typed === '' ? 'digit' : 'fire';
    case 'waiting':
      return 'offer';
    case 'offered':
      if (state.question !== undefined) return 'key';
      return state.phase === 'ringing' ? 'ready' : state.phase === 'whispering' ? 'played' : 'bridged';
    case 'transferring':
      return state.phase === 'ringing' ? 'ready' : state.phase === 'bridging' ? 'bridged' : 'parked';
    case 'arranging':
      return state.phase === 'asking'
        ? 'callbackKept'
        : state.phase === 'leaving'
          ? state.play === undefined
            ? 'hungup'
            : 'played'
          : 'digit';
    case 'callback':
      return 'offer';
    case 'callingBack':
      return state.phase === 'ringing' ? 'ready' : 'digit';
    case 'connected':
      // A talk is where supervisors come and go.
      if (journey.call.supervision?.phase === 'ringing') return 'supervisor-ready';
      return journey.call.supervision === undefined ? 'supervise' : 'recorded';
    case 'voicemail':
      return state.phase === 'greeting' ? 'played' : 'message';
    default:
      return 'hungup';
  }
}

function eventOf(happening: Happening, journey: Journey): CallEvent | 'fire' {
  const kind = happening.kind === 'next' ? healthy(journey) : happening.kind;
  const { digit, which } = happening;
  const aim = happening.kind === 'next' ? 'now' : happening.aim;
  const { state } = journey.call;
  const callerLeg = journey.call.leg;
  const legs = state.at === 'arranging' ? [callerLeg] : otherLegs(state);
  const leg = (aim === 'now' ? legs[happening.kind === 'next' ? 0 : which % legs.length] : undefined) ?? id<LegId>('foreign');
  const play = aim === 'now' && 'play' in state && state.play !== undefined ? state.play : id<PlayId>('old');
  const token = id<OfferToken>(`t${++tokens}`);
  const supervisor = aim === 'now' && journey.call.supervision !== undefined ? journey.call.supervision.leg : id<LegId>('foreign');
  switch (kind) {
    case 'fire':
      return 'fire';
    case 'answered':
    case 'parked':
      return { type: kind, leg: callerLeg };
    case 'played':
      return { type: 'played', leg: callerLeg, play, failed: aim === 'old' };
    case 'digit':
      // A healthy caller who is asked for his consent gives it.
      if (happening.kind === 'next' && state.at !== 'menu') return { type: 'digit', leg, digit: '1' };
      return { type: 'digit', leg: 'callee' in state ? leg : callerLeg, digit };
    case 'key':
      return { type: 'digit', leg, digit };
    case 'ready':
      return { type: 'ready', leg };
    case 'failed':
      return { type: 'failed', leg, reason: 'no-answer', cause: 'NO_ANSWER' };
    case 'bridged':
      return { type: 'bridged', leg: callerLeg, other: leg };
    case 'referred':
      return { type: 'referred', leg: callerLeg, target: aim === 'now' ? '+33612121212' : 'fallback' };
    case 'recorded':
      return { type: 'recorded', leg: callerLeg, file: journey.call.recording?.file ?? 'x', ms: 1, bytes: 60 };
    case 'message':
      return { type: 'message', leg: callerLeg, play, file: 'm.wav', ms: aim === 'now' ? 900 : 0 };
    case 'hungup-other':
      return { type: 'hungup', leg, cause: 'NORMAL_CLEARING' };
    case 'hungup':
      return { type: 'hungup', leg: callerLeg, cause: 'ORIGINATOR_CANCEL' };
    case 'offer':
      return {
        type: 'offer',
        offer: { agent: tokens % 2 ? agentA : agentB, token, ...(digit === '1' && which % 2 === 0 ? { confirm: prompt('press-1') } : {}) },
        also: Array.from({ length: which }, (_, index) => ({ agent: id<AgentId>(`also${index}`), token: id<OfferToken>(`t${++tokens}`) })),
      };
    case 'supervise':
      return {
        type: 'supervise',
        supervisor: id<SupervisorId>(aim === 'now' ? 'claire' : 'paul'),
        mode: supervisionModes[tokens % 3] ?? 'listen',
        via: 'api',
        ...(happening.wait % 3 === 0 ? { leg: id<LegId>(`desk-${tokens}`) } : {}),
      };
    case 'supervisor-ready':
      return { type: 'ready', leg: supervisor };
    case 'supervisor-failed':
      return { type: 'failed', leg: supervisor, reason: 'no-answer', cause: 'NO_ANSWER' };
    case 'supervisor-hungup':
      return { type: 'hungup', leg: supervisor, cause: 'NORMAL_CLEARING' };
    case 'offerExpired':
      return { type: 'offerExpired', offer: ringing(state)[which % legs.length]?.offer ?? { agent: agentA, token } };
    case 'callbackKept':
      return { type: 'callbackKept', enqueuedAt: aim === 'now' ? undefined : 1 };
    case 'callbackWithdrawn':
      return { type: 'callbackWithdrawn', why: 'cancelled' };
    case 'placeFound':
      return { type: 'placeFound', enqueuedAt: 1 };
    default:
      return { type: kind };
  }
}

/** Tokens that the store still holds for this call, told by what it was asked to do. */
function openOffers(journey: Journey, given: readonly string[], lost: ReadonlySet<string>): string[] {
  const open = new Set(given.filter((token) => !lost.has(token)));
  for (const effect of journey.effects) {
    if (effect.do === 'rejectOffer' || effect.do === 'releaseAgent') open.delete(effect.offer.token);
  }
  return [...open];
}

t.test('whatever happens', async (t) => {
  const reached = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.array(happening, { maxLength: 60, size: 'max' }),
      fc.constantFrom<Opening>('open', 'closed', 'holiday'),
      fc.boolean(),
      (happenings, opening, callback) => {
        const flow = callback ? { ...desk.flow, open: { do: 'callback' } as const } : desk.flow;
        const journey = new Journey({ ...desk, flow }, opening);
        const given: string[] = [];
        const lost = new Set<string>();
        const accepted = new Set<string>();
        const bridged = new Set<LegId>();
        const gone = new Set<LegId>();
        const check = () => {
          const { call } = journey;
          if (call.state.at === 'ended') {
            if (Object.keys(call.timers).length > 0) throw new Error('an ended call has a timer');
          } else if (Object.keys(call.timers).length === 0) {
            throw new Error(`no timer in ${JSON.stringify(call.state)}`);
          }
          if (call.supervision !== undefined && call.state.at !== 'connected') throw new Error(`supervised in ${call.state.at}`);
          const open = call.supervised?.filter(({ to }) => to === null).length ?? 0;
          if (open !== (call.supervision?.phase === 'attending' ? 1 : 0)) throw new Error(`${open} open uses in ${call.state.at}`);
          const records = journey.effects.filter((effect) => effect.do === 'writeRecord').length;
          if (records !== (call.state.at === 'ended' ? 1 : 0)) throw new Error(`${records} records in ${call.state.at}`);
        };
        const apply = (event: CallEvent | 'fire') => {
          if (event !== 'fire' && event.type === 'offer') {
            // A new offer for a call means that the store gave up the old one.
            for (const token of given) lost.add(token);
            given.push(...[event.offer, ...(event.also ?? [])].map((offer) => offer.token));
          }
          if (event !== 'fire' && event.type === 'offerExpired') lost.add(event.offer.token);
          if (event !== 'fire' && event.type === 'bridged') bridged.add(event.other);
          if (event !== 'fire' && (event.type === 'hungup' || event.type === 'failed')) gone.add(event.leg);
          if (event !== 'fire' && event.type === 'vanished') gone.add(journey.call.leg);
          if (event === 'fire') journey.fire();
          else journey.happen(event);
          // The store frees all others with the first who takes it.
          for (const effect of journey.last) {
            if (effect.do !== 'acceptOffer') continue;
            accepted.add(effect.offer.token);
            for (const token of given) if (token !== effect.offer.token) lost.add(token);
          }
          // `dequeue` frees whoever was offered this call, but nobody who has taken it.
          if (journey.did('dequeue')) for (const token of given) if (!accepted.has(token)) lost.add(token);
          check();
          reached.set(journey.call.state.at, (reached.get(journey.call.state.at) ?? 0) + 1);
        };
        check();
        for (const next of happenings) {
          if (journey.call.state.at === 'ended') break;
          journey.now += next.wait;
          apply(eventOf(next, journey));
        }
        // Then nothing but time: every call ends, and within a bounded number of steps.
        for (let steps = 0; journey.call.state.at !== 'ended'; steps++) {
          if (steps > 120) throw new Error(`still ${journey.call.state.at} after ${steps} timers`);
          apply('fire');
          if (journey.did('audit')) apply({ type: 'vanished' });
        }
        const open = openOffers(journey, given, lost);
        if (open.length > 0) throw new Error(`agents never freed: ${open}`);
        // Each leg that we rang was hung up, or had been bridged (then the PBX ends both).
        const ended = new Set(journey.effects.flatMap((effect) => (effect.do === 'hangup' ? [effect.leg] : [])));
        for (const effect of journey.effects) {
          if (effect.do !== 'originate' || ended.has(effect.leg) || bridged.has(effect.leg) || gone.has(effect.leg)) continue;
          throw new Error(`${effect.leg} may ring on`);
        }
      },
    ),
    { numRuns: 5_000 },
  );
  for (const state of [
    'menu',
    'waiting',
    'arranging',
    'callback',
    'callingBack',
    'offered',
    'connected',
    'transferring',
    'voicemail',
    'ending',
    'ended',
  ]) {
    t.ok((reached.get(state) ?? 0) > 500, `${state} was reached ${reached.get(state)} times`);
  }
});
