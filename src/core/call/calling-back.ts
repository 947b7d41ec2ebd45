/** An agent waits on the line while the caller's phone rings, and until a person there presses a key. */
import { missed as missedOffer } from '../queue/missed.js';
import { connect } from './agent.js';
import type { Call, CallbackTry, CallState } from './call.js';
import { awaitTurn, putBack, tried } from './callback.js';
import type { CallEvent } from './event.js';
import type { Context, Step } from './step.js';
import { after, enter, limits, nextPlay, settleOffer, stay } from './step.js';

type CallingBack = Extract<CallState, { at: 'callingBack' }>;

export function callingBackStep(call: Call, state: CallingBack, event: CallEvent, ctx: Context): Step {
  switch (event.type) {
    case 'ready':
      return event.leg === state.callee && state.phase === 'ringing' ? answered(call, state, ctx) : stay(call);
    case 'played':
      // Until the time is over: who takes the phone to his ear late hears it as well.
      return event.play === state.play && !event.failed ? askForKey(call, state, ctx) : stay(call);
    case 'digit':
      return event.leg === state.callee && state.phase === 'confirming' && event.digit === '1' ? reached(call, state, ctx) : stay(call);
    case 'bridged':
      // The daemon before us put them through, and died before it could save that.
      return event.leg === state.callee && event.other === state.leg ? talks(call, state, ctx) : stay(call);
    case 'failed':
      return event.leg === state.callee ? missed(call, state, event.reason, ctx) : stay(call);
    case 'hungup':
      if (event.leg === state.callee) return missed(call, state, 'rejected', ctx);
      return event.leg === state.leg ? leftByAgent(call, state, ctx) : stay(call);
    case 'offerExpired':
      return event.offer.token === state.offer.token ? putBack(tried(settleOffer(call, 'withdrawn'), 'withdrawn', ctx), ctx) : stay(call);
    case 'parked':
      return event.leg === state.callee ? putBack(tried(settleOffer(call, 'withdrawn'), 'withdrawn', ctx), ctx) : stay(call);
    case 'adopted':
    case 'vanished':
      return putBack(tried(settleOffer(call, 'withdrawn'), 'withdrawn', ctx), ctx);
    case 'timer':
      return event.name === 'step' ? missed(call, state, state.phase === 'ringing' ? 'no-answer' : 'unconfirmed', ctx) : stay(call);
    default:
      return stay(call);
  }
}

/** A machine presses no key: it costs the agent a few seconds, and no caller is told off by it. */
function answered(call: Call, state: CallingBack, ctx: Context): Step {
  const greeting = ctx.tenant.queue.callback?.prompts.greeting;
  if (greeting === undefined) return reached(call, state, ctx);
  const { callee } = state;
  const next = nextPlay(call);
  return enter(next.call, { ...state, phase: 'confirming', play: next.play }, { step: limits.confirm }, ctx.now, {
    do: 'play',
    leg: callee,
    play: next.play,
    prompt: greeting,
  });
}

function askForKey(call: Call, state: CallingBack, ctx: Context): Step {
  const greeting = ctx.tenant.queue.callback?.prompts.greeting;
  if (greeting === undefined) return reached(call, state, ctx);
  const next = nextPlay(call);
  const asked: Call = { ...next.call, state: { ...state, play: next.play } };
  return { call: asked, effects: [{ do: 'play', leg: state.callee, play: next.play, prompt: greeting }] };
}

/** From here on he is a caller on the line like any other. */
function reached(call: Call, state: CallingBack, ctx: Context): Step {
  const onLine = onTheLine(call, state, ctx);
  return after(
    state.play === undefined ? [] : [{ do: 'stopPlay', leg: state.callee }],
    enter(
      onLine,
      { at: 'offered', offer: state.offer, leg: state.leg, phase: 'bridging', play: undefined },
      { step: limits.bridge, audit: limits.audit },
      ctx.now,
      { do: 'bridge', leg: state.callee, other: state.leg },
      ...over(call),
    ),
  );
}

function talks(call: Call, state: CallingBack, ctx: Context): Step {
  const { offer, leg } = state;
  return after(over(call), connect(onTheLine(call, state, ctx), { at: 'offered', offer, leg, phase: 'bridging', play: undefined }, ctx));
}

function onTheLine(call: Call, { callee }: CallingBack, ctx: Context): Call {
  return { ...tried(call, 'reached', ctx), leg: callee, onLineSince: ctx.now };
}

const over = ({ callback }: Call) => (callback === undefined ? [] : [{ do: 'endCallback', number: callback.number } as const]);

/** The agent did his part, so he is free at once; the caller keeps his place for the next try. */
function missed(call: Call, state: CallingBack, outcome: CallbackTry['outcome'], ctx: Context): Step {
  return after(
    [
      { do: 'hangup', leg: state.callee, cause: 'cancel' },
      { do: 'hangup', leg: state.leg, cause: 'normal' },
      { do: 'releaseAgent', offer: state.offer, wrapUpMs: undefined },
    ],
    awaitTurn({ ...tried(settleOffer(call, 'withdrawn'), outcome, ctx), state: { at: 'callback', phase: 'resting' } }, ctx),
  );
}

function leftByAgent(call: Call, state: CallingBack, ctx: Context): Step {
  return after(
    [
      { do: 'hangup', leg: state.callee, cause: 'cancel' },
      { do: 'rejectOffer', offer: state.offer, missed: missedOffer(ctx.tenant.queue.missed, 'rejected') },
    ],
    // The store has the call at its place again; where it must rest first it leaves the queue.
    awaitTurn({ ...tried(settleOffer(call, 'rejected'), 'withdrawn', ctx), state: { at: 'callback', phase: 'queued' } }, ctx),
  );
}
