/** Agreeing on a callback: the number is read back digit by digit, confirmed with 1 or typed anew; star leads back to the queue. */
import { openingAt } from '../schedule/opening.js';
import type { CallbackRules } from '../tenant.js';
import type { Call } from './call.js';
import { awaitTurn, callableNumber, inPlaceOf, pendingOf } from './callback.js';
import type { CallEvent } from './event.js';
import { enterWaiting } from './flow.js';
import { type Arranging, askForNumber, readBack, say } from './proposal.js';
import type { Context, Step } from './step.js';
import { after, enter, limits, stay } from './step.js';

/** How often he hears it again after silence or a number that cannot be called. */
const mostFailures = 2;
/** E.164 has 15 digits; with 00 in front and one to spare. */
const mostDigits = 18;

export function arrangingStep(call: Call, state: Arranging, event: CallEvent, ctx: Context): Step {
  const rules = ctx.tenant.queue.callback;
  if (rules === undefined && state.phase !== 'leaving') return withoutRules(call, event, ctx);
  switch (event.type) {
    case 'played':
      return event.play === state.play ? heard(call, { ...state, play: undefined }, ctx) : stay(call);
    case 'digit':
      return event.leg === call.leg && rules !== undefined ? pressed(call, state, event.digit, rules, ctx) : stay(call);
    case 'parked':
      return event.leg === call.leg ? again(call, state, ctx) : stay(call);
    case 'callbackKept':
      return state.phase === 'asking' ? agreed(call, state, event.enqueuedAt, ctx) : stay(call);
    case 'callbackRefused':
      return state.phase === 'asking' ? refused(call, state, ctx) : stay(call);
    case 'timer':
      return event.name === 'step' && rules !== undefined ? silent(call, state, rules, ctx) : leaveOnTime(call, state, event, ctx);
    default:
      return stay(call);
  }
}

/** A prompt has ended. */
function heard(call: Call, state: Arranging, ctx: Context): Step {
  if (state.phase === 'leaving') {
    return enter(call, state, { step: limits.hangup }, ctx.now, { do: 'hangup', leg: call.leg, cause: 'normal' });
  }
  return state.phase === 'returning' ? backToQueue(call, ctx) : enter(call, state, { step: limits.key }, ctx.now);
}

function pressed(call: Call, state: Arranging, digit: string, rules: CallbackRules, ctx: Context): Step {
  if (state.phase !== 'confirming' && state.phase !== 'typing') return stay(call);
  if (digit === '*') return after(silence(call, state), backToQueue(call, ctx));
  if (state.phase === 'confirming') {
    if (digit === '1' && state.number !== undefined) return ask(call, { ...state, number: state.number }, rules, ctx);
    return digit === '2' ? askForNumber(call, state, rules, ctx) : stay(call);
  }
  if (digit === '#') return typed(call, state, rules, ctx);
  const further: Arranging = { ...state, typed: state.typed + digit, play: undefined };
  const step =
    further.typed.length >= mostDigits ? typed(call, further, rules, ctx) : enter(call, further, { step: limits.nextDigit }, ctx.now);
  return after(silence(call, state), step);
}

/** The number is complete. */
function typed(call: Call, state: Arranging, rules: CallbackRules, ctx: Context): Step {
  const number = callableNumber(state.typed, ctx.tenant, rules);
  if (number !== undefined) return readBack(call, { ...state, number }, rules, ctx);
  const failures = state.failures + 1;
  if (failures > mostFailures) return after(silence(call, state), backToQueue(call, ctx));
  return askForNumber(call, { ...state, failures }, rules, ctx, rules.prompts.wrongNumber.files);
}

/** He agreed. It is promised only once it is kept where it outlives this daemon, and not where closing time would break it at once. */
function ask(call: Call, state: Arranging & { number: string }, rules: CallbackRules, ctx: Context): Step {
  if (rules.outsideHours === 'giveUp' && openingAt(ctx.tenant.schedule, ctx.now) !== 'open') {
    return after(silence(call, state), refused(call, { ...state, play: undefined }, ctx));
  }
  const wanting: Call = { ...call, callback: { number: state.number, askedAt: ctx.now, tries: [] } };
  const pending = pendingOf(wanting, ctx);
  if (pending === undefined) return stay(call);
  return after(
    silence(call, state),
    enter(wanting, { ...state, phase: 'asking', play: undefined }, { step: limits.ask }, ctx.now, {
      do: 'askCallback',
      callback: pending,
      limit: rules.maxPending,
    }),
  );
}

/** `earlier`: the place of a callback to the same number, which this one replaces. */
function agreed(call: Call, state: Arranging, earlier: number | undefined, ctx: Context): Step {
  const place = Math.min(call.enqueuedAt ?? call.callback?.askedAt ?? ctx.now, earlier ?? Number.POSITIVE_INFINITY);
  const prompt = ctx.tenant.queue.callback?.prompts.agreed ?? { files: [] };
  return say({ ...call, enqueuedAt: place }, { ...state, phase: 'leaving' }, prompt, ctx);
}

function refused(call: Call, state: Arranging, ctx: Context): Step {
  const { callback, ...others } = call;
  const prompt = ctx.tenant.queue.callback?.prompts.refused ?? { files: [] };
  const step = say(others, { ...state, phase: 'returning' }, prompt, ctx);
  // The store's answer may have been lost on the way.
  return callback === undefined ? step : after([{ do: 'endCallback', number: callback.number }], step);
}

/** Nothing was pressed, or an answer did not come. */
function silent(call: Call, state: Arranging, rules: CallbackRules, ctx: Context): Step {
  switch (state.phase) {
    case 'asking':
      return refused(call, state, ctx);
    case 'leaving':
      return awaitTurn(call, ctx);
    case 'returning':
      return backToQueue(call, ctx);
    case 'typing':
      if (state.typed !== '') return typed(call, state, rules, ctx);
      break;
    default:
      break;
  }
  const failures = state.failures + 1;
  if (failures > mostFailures) return after(silence(call, state), backToQueue(call, ctx));
  const { number } = state;
  return number === undefined
    ? askForNumber(call, { ...state, failures }, rules, ctx)
    : readBack(call, { ...state, failures, number }, rules, ctx);
}

function leaveOnTime(call: Call, state: Arranging, event: CallEvent & { type: 'timer' }, ctx: Context): Step {
  return event.name === 'step' && state.phase === 'leaving' ? awaitTurn(call, ctx) : stay(call);
}

/** Another daemon has him, and he stands in silence: he hears the present step again. */
function again(call: Call, state: Arranging, ctx: Context): Step {
  const rules = ctx.tenant.queue.callback;
  const { number } = state;
  if (rules === undefined || state.phase === 'returning') return backToQueue(call, ctx);
  const fresh: Arranging = { ...state, play: undefined };
  if (state.phase === 'typing' || number === undefined) return askForNumber(call, fresh, rules, ctx);
  if (state.phase === 'confirming') return readBack(call, { ...fresh, number }, rules, ctx);
  return state.phase === 'asking' ? ask(call, { ...fresh, number }, rules, ctx) : agreed(call, fresh, undefined, ctx);
}

/** A reload took callbacks away: he waits on. If the store has kept his by now, one that it replaced had an earlier place. */
function withoutRules(call: Call, event: CallEvent, ctx: Context): Step {
  const earlier = event.type === 'callbackKept' ? event.enqueuedAt : undefined;
  return backToQueue(earlier === undefined ? call : inPlaceOf(call, earlier, ctx), ctx);
}

function backToQueue(call: Call, ctx: Context): Step {
  const { callback, ...others } = call;
  const step = enterWaiting(others, ctx, 'start');
  // It was asked for: whether the store has it is not known here.
  return callback === undefined ? step : after([{ do: 'endCallback', number: callback.number }], step);
}

const silence = (call: Call, { play }: Arranging) => (play === undefined ? [] : [{ do: 'stopPlay', leg: call.leg } as const]);
