/**
 * The life of a call, in one pure function. The rules, with the file that holds each part:
 *
 *   arriving ─answered→ greeting ─played→ the tenant's flow            flow.ts (nothing to be heard before the queue: waiting at once)
 *     flow:  menu ⟲ keys | playing → … | waiting | voicemail | transferring | ending
 *   waiting ─offer→ offered: ringing ─ready→ whispering ─played→ bridging ─bridged→ connected       agent.ts
 *     an agent at a number outside: ringing ─ready→ (asked to press 1) ─1→ bridging
 *   offered ─failed, hungup, wrong key, timer→ waiting, at the old place; the store asks the next agent
 *     (ring all: several phones ring, the first `ready` wins; waiting again when none is left)
 *   waiting ─maxWait, noAgent, full, closing, a key→ what the tenant wants then                     flow.ts, announce.ts
 *   menu, waiting ─key→ arranging ⟲ → callback ─offer→ offered → callingBack → offered: bridging     callback.ts opens with the rest
 *   connected ─agent hangs up→ ending ─hungup→ ended                                                end.ts
 *   any step ─the caller hangs up→ ended
 *   connected may have a supervisor at its side, with a small life of his own                     supervision.ts
 *   any step ─parked→ the same step again: the call was taken over from a daemon that died
 *
 * What always holds (test/unit/core/call): a call that has not ended has a timer; a call that ends has given back its
 * agent, its place and its other leg, and writes one record.
 */
import type { CallId, LegId, NodeId, TenantId } from '../ids.js';
import { id } from '../ids.js';
import { enqueueEffect } from '../queue/place.js';
import type { HeldBy } from '../queue/why.js';
import { openingAt } from '../schedule/opening.js';
import type { Opening } from '../schedule/schedule.js';
import { connectedStep, offer, offeredStep, transferringStep } from './agent.js';
import { announce, announced, tellOutlook } from './announce.js';
import { arrangingStep } from './arranging.js';
import type { Call, CallState, TimerName } from './call.js';
import { awaitTurn, inPlaceOf, putBack, withdrawn } from './callback.js';
import { callingBackStep } from './calling-back.js';
import { callerLeft, finish, giveBack, hangUp, vanished } from './end.js';
import type { Arrival, CallEvent } from './event.js';
import {
  answeredNow,
  arrive,
  callerAnswered,
  claimOnceAdmitted,
  closing,
  endOfKeys,
  enqueued,
  enterGreeting,
  enterMenu,
  enterPlaying,
  enterVoicemail,
  enterWaiting,
  failMenu,
  full,
  leaveQueue,
  noAgent,
  pressKey,
  pressWaiting,
  run,
  takeMessage,
} from './flow.js';
import { hasAgreed, isAway, isQueued } from './line.js';
import type { Context, Step } from './step.js';
import { after, enter, limits, stay, withTimer } from './step.js';
import { supervisionStep } from './supervision.js';

/** How many reasons for waiting are kept. */
const mostHeld = 30;

/** A caller has been taken from the dialplan. */
export function begin(arrival: Arrival, dialled: string, opening: Opening, ctx: Context): Step {
  const call: Call = {
    id: id<CallId>(arrival.leg),
    leg: arrival.leg,
    node: arrival.node satisfies NodeId,
    tenant: ctx.tenant.id satisfies TenantId,
    caller: arrival.caller,
    dialled,
    opening,
    arrivedAt: ctx.now,
    state: { at: 'arriving' },
    timers: {},
    revision: 0,
    sequence: 0,
    enqueuedAt: undefined,
    answeredByAgentAt: undefined,
    offers: [],
    digits: [],
    recording: undefined,
    message: undefined,
    transferredTo: undefined,
    ended: undefined,
  };
  return arrive(call, ctx);
}

export function transition(call: Call, event: CallEvent, ctx: Context): Step {
  const next = react(call, event, ctx);
  return next.call === call ? next : { call: { ...next.call, revision: call.revision + 1 }, effects: next.effects };
}

function react(call: Call, event: CallEvent, ctx: Context): Step {
  if (call.state.at === 'ended') return event.type === 'offer' ? stay(call, { do: 'dequeue' }) : stay(call);
  const supervised = supervisionStep(call, event, ctx);
  if (supervised !== undefined) return supervised;
  if ((event.type === 'enqueued' || event.type === 'noAgent') && event.held !== undefined && isQueued(call))
    return step(heldBy(call, event.held, ctx.now), event, ctx);
  switch (event.type) {
    case 'hungup':
      if (event.leg !== call.leg) break;
      if (isAway(call)) return stay(call);
      return hasAgreed(call) ? awaitTurn(call, ctx) : callerLeft(call, ctx, event.cause);
    case 'bridged': {
      if (event.leg !== call.leg) break;
      // The daemon before us need not have saved that he was answered.
      const answered = call.unanswered === undefined ? call : answeredNow(call);
      return mayBeBridged(call) ? step(answered, event, ctx) : talksToStranger(answered, event.other, ctx);
    }
    case 'vanished':
      if (isAway(call)) break;
      return hasAgreed(call) ? awaitTurn(call, ctx) : vanished(call, ctx);
    case 'callbackWithdrawn':
      return isAway(call) ? withdrawn(call, event.why, ctx) : stay(call);
    case 'placeFound':
      return takePlace(call, event.enqueuedAt, ctx);
    case 'callbackKept':
      // He is back in the queue meanwhile; the callback that this one replaced had an earlier place.
      if (call.state.at === 'arranging') break;
      return isAway(call) || event.enqueuedAt === undefined ? stay(call) : takePlace(call, event.enqueuedAt, ctx);
    case 'answered':
      if (call.unanswered !== undefined && event.leg === call.leg) return callerAnswered(call, ctx);
      break;
    case 'parked':
      if (call.unanswered === undefined || event.leg !== call.leg) break;
      // The daemon before us may not have got as far as to answer him. If it had, nobody tells again: not to be waited for.
      return after([{ do: 'answer', leg: call.leg }], step(answeredNow(call), event, ctx));
    case 'timer':
      return timer(withTimer(call, event.name, undefined), event.name, ctx);
    case 'recorded':
      if (call.recording?.file !== event.file) return stay(call);
      return stay({ ...call, recording: { file: event.file, ms: event.ms, bytes: event.bytes } });
    case 'offer':
      // An agent for someone who no longer waits goes back at once.
      if (!['waiting', 'offered', 'callback'].includes(call.state.at)) return stay(call, { do: 'dequeue' });
      break;
    default:
      break;
  }
  return step(call, event, ctx);
}

/** Why a call waits is kept with it: who asks later, when it has long gone, is told. */
function heldBy(call: Call, by: HeldBy, now: number): Call {
  const { held = [], offers } = call;
  const last = held.at(-1);
  const known = last?.by === by && last.at > (offers.at(-1)?.at ?? Number.NEGATIVE_INFINITY);
  return known || held.length >= mostHeld ? call : { ...call, held: [...held, { at: now, by }] };
}

/** From the caller's own callback, which is withdrawn. */
function takePlace(call: Call, enqueuedAt: number, ctx: Context): Step {
  const moved = inPlaceOf(call, enqueuedAt, ctx);
  if (moved === call) return stay(call);
  return stay(moved, ...(call.state.at === 'waiting' ? [enqueueEffect(moved, ctx.tenant, enqueuedAt)] : []));
}

/** Whether this call has asked for a bridge, or has one. */
function mayBeBridged({ state }: Call): boolean {
  return state.at === 'offered' || state.at === 'connected' || state.at === 'transferring' || state.at === 'ending';
}

/**
 * The caller talks, and not by our doing: a daemon before us connected him and could not save that. He must not be played
 * to, offered or put through to anybody while he talks.
 */
function talksToStranger(call: Call, other: LegId, ctx: Context): Step {
  const { call: freed, effects } = giveBack(call, ctx);
  return after(effects, enter(freed, { at: 'transferring', leg: other, phase: 'talking' }, { audit: limits.audit }, ctx.now));
}

/** Events that mean something in one step only. */
function step(call: Call, event: CallEvent, ctx: Context): Step {
  const { state } = call;
  switch (state.at) {
    case 'arriving':
      if (event.type === 'answered') return enterGreeting(call, ctx);
      // Taken up: the daemon before us may have died before the switch answered him, and nobody else would.
      return event.type === 'parked' ? after([{ do: 'answer', leg: call.leg }], enterGreeting(call, ctx)) : stay(call);
    case 'greeting':
      if (event.type === 'played' && event.play === state.play) return run(call, ctx.tenant.flow[call.opening], ctx);
      if (event.type === 'digit') return typeAhead(call, event.digit, ctx);
      return event.type === 'parked' ? enterGreeting(call, ctx) : stay(call);
    case 'playing':
      if (event.type === 'played' && event.play === state.play) return run(call, state.action.then, ctx);
      return event.type === 'parked' ? enterPlaying(call, state.action, ctx) : stay(call);
    case 'menu':
      if (event.type === 'played' && event.play === state.play) return awaitKey(call, ctx);
      if (event.type === 'digit') return pressKey(call, event.digit, ctx);
      return event.type === 'parked' ? enterMenu(call, state.menu, ctx, state.failures) : stay(call);
    case 'waiting':
      return waitingStep(call, event, ctx);
    case 'offered':
      return event.type === 'adopted' && isAway(call) ? putBack(call, ctx) : offeredStep(call, state, event, ctx);
    case 'arranging':
      return arrangingStep(call, state, event, ctx);
    case 'callback':
      return callbackStep(call, state, event, ctx);
    case 'callingBack':
      return callingBackStep(call, state, event, ctx);
    case 'connected':
      return connectedStep(call, state, event, ctx);
    case 'transferring':
      return transferringStep(call, state, event, ctx);
    case 'voicemail':
      if (state.phase === 'recording' && event.type === 'message' && event.play === state.play) {
        const left = event.ms > 0;
        return hangUp(left ? { ...call, message: { file: event.file, ms: event.ms } } : call, ctx, left ? 'voicemail' : 'abandoned');
      }
      if (state.phase === 'greeting' && event.type === 'played' && event.play === state.play) return takeMessage(call, ctx);
      if (state.phase === 'greeting' && event.type === 'digit') return after([{ do: 'stopPlay', leg: call.leg }], takeMessage(call, ctx));
      return event.type === 'parked' ? enterVoicemail(call, ctx) : stay(call);
    case 'ending':
      return event.type === 'parked' ? hangUp(call, ctx, state.outcome) : stay(call);
    case 'ended':
      return stay(call);
    default:
      return state satisfies never;
  }
}

/** Off the line, waiting for his turn. */
function callbackStep(call: Call, { phase }: Extract<CallState, { at: 'callback' }>, event: CallEvent, ctx: Context): Step {
  switch (event.type) {
    case 'offer':
      // Closing time may have come since he was looked at.
      if (phase === 'resting' || openingAt(ctx.tenant.schedule, ctx.now) !== 'open')
        return after([{ do: 'dequeue' }], awaitTurn(call, ctx));
      return offer(call, event, ctx);
    case 'enqueued':
    case 'noAgent':
      return stay(withTimer(call, 'enqueue', undefined));
    // He hung up before he could be told.
    case 'callbackRefused':
      return callerLeft(call, ctx, 'CALLBACK_REFUSED');
    case 'adopted':
      return awaitTurn(call, ctx);
    case 'timer':
      return event.name === 'step' ? awaitTurn(call, ctx) : stay(call);
    default:
      return stay(call);
  }
}

/** An event while the caller hears music. */
function waitingStep(call: Call, event: CallEvent, ctx: Context): Step {
  switch (event.type) {
    case 'offer':
      return after(claimOnceAdmitted(call, ctx), offer(call, event, ctx));
    case 'enqueued':
      return enqueued(call, ctx);
    case 'noAgent':
      return noAgent(call, ctx);
    case 'full':
      return full(call, ctx);
    case 'outlook':
      return tellOutlook(call, event.outlook, ctx);
    case 'played':
      return announced(call, event.play);
    case 'digit':
      return event.leg === call.leg ? pressWaiting(call, event.digit, ctx) : stay(call);
    case 'parked':
      return enterWaiting(call, ctx, 'start');
    default:
      return stay(call);
  }
}

/** A key during the greeting: the caller knows the menu already. */
function typeAhead(call: Call, digit: string, ctx: Context): Step {
  const flow = ctx.tenant.flow[call.opening];
  if (flow.do !== 'menu') return stay(call);
  const silenced: Call = { ...call, state: { at: 'menu', menu: flow.menu, play: undefined, typed: '', failures: 0 } };
  return after([{ do: 'stopPlay', leg: call.leg }], pressKey(silenced, digit, ctx));
}

/** The menu's prompt has ended without a key. */
function awaitKey(call: Call, ctx: Context): Step {
  const { state } = call;
  if (state.at !== 'menu') return stay(call);
  const noInput = ctx.tenant.menus[state.menu]?.noInputMs ?? 0;
  return enter(call, { ...state, play: undefined }, { noInput }, ctx.now);
}

/** A timer is due; it is no longer armed in `call`. */
function timer(call: Call, name: TimerName, ctx: Context): Step {
  switch (name) {
    case 'supervisor':
      return stay(call);
    case 'audit':
      return isAway(call) ? stay(call) : stay(withTimer(call, 'audit', ctx.now + limits.audit), { do: 'audit', leg: call.leg });
    case 'enqueue':
      if (!isQueued(call) || call.enqueuedAt === undefined) return stay(call);
      return stay(withTimer(call, 'enqueue', ctx.now + limits.enqueueRetry), enqueueEffect(call, ctx.tenant, call.enqueuedAt));
    case 'announce':
      return announce(call, ctx);
    case 'closing':
      return closing(call, ctx);
    case 'maxWait':
      return leaveQueue(call, ctx.tenant.queue.overflow, ctx);
    case 'noInput':
      return failMenu(call, 'no key', ctx);
    case 'interDigit':
      return endOfKeys(call, ctx);
    case 'step':
      return tooLong(call, ctx);
    default:
      return name satisfies never;
  }
}

function neverAnswered(call: Call, ctx: Context): Step {
  return after([{ do: 'fallback', leg: call.leg }], finish(call, ctx, 'lost', 'NO_ANSWER_EVENT'));
}

/**
 * A step's event never came. The caller goes on to whatever comes next; silence is the one thing that he must not meet. Or
 * he is not there any more.
 */
function tooLong(call: Call, ctx: Context): Step {
  const { state } = call;
  const audit = { do: 'audit', leg: call.leg } as const;
  switch (state.at) {
    case 'waiting':
      return call.unanswered === undefined ? stay(call) : neverAnswered(call, ctx);
    case 'arriving':
      return neverAnswered(call, ctx);
    case 'greeting':
      return after([audit, { do: 'stopPlay', leg: call.leg }], run(call, ctx.tenant.flow[call.opening], ctx));
    case 'playing':
      return after([audit, { do: 'stopPlay', leg: call.leg }], run(call, state.action.then, ctx));
    case 'menu':
      return after([audit], awaitKey(call, ctx));
    case 'voicemail':
      return state.phase === 'greeting' ? after([audit], takeMessage(call, ctx)) : hangUp(call, ctx, 'abandoned');
    case 'ending':
      return finish(call, ctx, state.outcome, 'NO_HANGUP_EVENT');
    default:
      return step(call, { type: 'timer', name: 'step' }, ctx);
  }
}
