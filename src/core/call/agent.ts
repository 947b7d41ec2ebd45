/** From the offer of an agent to the end of the talk, and the same for an outside number. */
import type { Why } from '../queue/why.js';
import { mayDial } from '../tenant.js';
import type { Call, CallState, Offer, OfferMade, OfferOutcome } from './call.js';
import { giveBack, hangUp } from './end.js';
import type { CallEvent } from './event.js';
import { enterTransfer, enterVoicemail, enterWaiting } from './flow.js';
import type { Context, Step } from './step.js';
import { after, enter, limits, nextLeg, nextPlay, recordingFile, settleOffer, stay } from './step.js';

type At<Name extends CallState['at']> = Extract<CallState, { at: Name }>;

/** Rings the agent. The caller goes on hearing music. */
export function offer(call: Call, offered: Offer, why: Why | undefined, ctx: Context): Step {
  const { queue, shortName } = ctx.tenant;
  const next = nextLeg(call);
  const made: OfferMade = { agent: offered.agent, at: ctx.now, outcome: 'pending', ...(why === undefined ? {} : { why }) };
  const asked: Call = { ...next.call, offers: [...call.offers, made] };
  return enter(
    asked,
    { at: 'offered', offer: offered, leg: next.leg, phase: 'ringing', play: undefined },
    { step: queue.ringMs + limits.ringGrace, audit: limits.audit },
    ctx.now,
    {
      do: 'originate',
      leg: next.leg,
      target: { agent: offered.agent },
      callerName: `${shortName} ${call.caller.name}`.trim(),
      callerNumber: call.caller.number,
      ringMs: queue.ringMs,
      tenant: call.tenant,
    },
  );
}

/** An event while an agent's phone rings, while he hears the whisper, or while the bridge is being made. */
export function offeredStep(call: Call, state: At<'offered'>, event: CallEvent, ctx: Context): Step {
  switch (event.type) {
    case 'ready': {
      if (event.leg !== state.leg || state.phase !== 'ringing') return stay(call);
      const next = nextPlay(call);
      return enter(
        next.call,
        { ...state, phase: 'whispering', play: next.play },
        { step: limits.whisper },
        ctx.now,
        { do: 'acceptOffer', offer: state.offer },
        { do: 'play', leg: state.leg, play: next.play, prompt: ctx.tenant.whisper },
      );
    }
    case 'played':
      return state.phase === 'whispering' && event.play === state.play ? bridge(call, state, ctx) : stay(call);
    case 'bridged':
      return event.leg === call.leg && event.other === state.leg ? connect(call, state, ctx) : stay(call);
    case 'failed':
      return event.leg === state.leg ? notTaken(call, state, event.reason, ctx) : stay(call);
    case 'hungup':
      if (event.leg !== state.leg) return stay(call);
      // Before the bridge the caller still hears music; during it, he comes back by `parked`, or the timer fetches him.
      return state.phase === 'bridging' ? stay(call) : notTaken(call, state, 'rejected', ctx);
    case 'parked':
      if (event.leg !== call.leg) return stay(call);
      // Before the bridge only a takeover parks the caller: the agent has refused nothing and need not rest.
      return state.phase === 'bridging'
        ? notTaken(call, state, 'rejected', ctx, 'start')
        : notTaken(call, state, 'withdrawn', ctx, 'start');
    case 'offerExpired':
      return event.offer.token === state.offer.token ? withdraw(call, state, ctx) : stay(call);
    case 'offer':
      // The store gave up the old offer before we did (we were suspended, or it failed over): the new one counts.
      return event.offer.token === state.offer.token
        ? stay(call)
        : after([{ do: 'hangup', leg: state.leg, cause: 'cancel' }], offer(settleOffer(call, 'withdrawn'), event.offer, event.why, ctx));
    case 'timer':
      if (event.name !== 'step') return stay(call);
      if (state.phase === 'whispering') return bridge(call, state, ctx);
      return notTaken(
        call,
        state,
        state.phase === 'ringing' ? 'no-answer' : 'unreachable',
        ctx,
        state.phase === 'ringing' ? 'goes on' : 'start',
      );
    default:
      return stay(call);
  }
}

function bridge(call: Call, state: At<'offered'>, ctx: Context): Step {
  return enter(call, { ...state, phase: 'bridging', play: undefined }, { step: limits.bridge }, ctx.now, {
    do: 'bridge',
    leg: call.leg,
    other: state.leg,
  });
}

export function connect(call: Call, state: At<'offered'>, ctx: Context): Step {
  const file = recordingFile(call);
  const talking: Call = {
    ...settleOffer(call, 'answered'),
    answeredByAgentAt: call.answeredByAgentAt ?? ctx.now,
    recording: ctx.tenant.recording ? { file, ms: undefined, bytes: undefined } : call.recording,
  };
  return enter(
    talking,
    { at: 'connected', offer: state.offer, leg: state.leg },
    { audit: limits.audit },
    ctx.now,
    ...(ctx.tenant.recording ? [{ do: 'record', leg: call.leg, file } as const] : []),
  );
}

/** The agent did not take the call: the caller keeps his place and the next agent is asked. */
function notTaken(call: Call, state: At<'offered'>, outcome: OfferOutcome, ctx: Context, music: 'start' | 'goes on' = 'goes on'): Step {
  return after(
    [
      { do: 'hangup', leg: state.leg, cause: 'cancel' },
      { do: 'rejectOffer', offer: state.offer, pauseMs: outcome === 'withdrawn' ? 0 : ctx.tenant.queue.noAnswerPauseMs },
    ],
    enterWaiting(settleOffer(call, outcome), ctx, music),
  );
}

/** The agent is no longer ours: he must not hear a caller whom the store may have given to another. */
function withdraw(call: Call, state: At<'offered'>, ctx: Context): Step {
  return after(
    [{ do: 'hangup', leg: state.leg, cause: 'cancel' }],
    enterWaiting(settleOffer(call, 'withdrawn'), ctx, state.phase === 'bridging' ? 'start' : 'goes on'),
  );
}

/** An event while caller and agent talk. */
export function connectedStep(call: Call, state: At<'connected'>, event: CallEvent, ctx: Context): Step {
  switch (event.type) {
    case 'parked': // the agent hung up
      return event.leg === call.leg ? hangUp(call, ctx, 'answered') : stay(call);
    case 'hungup': // the caller follows by `parked`; should he not, he is not left in silence
      return event.leg === state.leg ? enter(call, state, { step: limits.hangup, audit: limits.audit }, ctx.now) : stay(call);
    case 'timer':
      return event.name === 'step' ? hangUp(call, ctx, 'answered') : stay(call);
    case 'referred':
      return event.leg === call.leg ? refer(call, event.target, ctx) : stay(call);
    default:
      return stay(call);
  }
}

/** The agent sent the caller elsewhere with his phone's transfer key. */
function refer(call: Call, target: string, ctx: Context): Step {
  const { call: freed, effects } = giveBack(call, ctx);
  // Only an outside number that the tenant allows; anything else brings the caller back to his place in the queue.
  const step = mayDial(ctx.tenant, target) ? enterTransfer(freed, target, ctx) : enterWaiting(freed, ctx, 'start');
  return after(effects, step);
}

/** An event while the caller is put through to an outside number, or talks to it. */
export function transferringStep(call: Call, state: At<'transferring'>, event: CallEvent, ctx: Context): Step {
  switch (event.type) {
    case 'ready':
      return event.leg === state.leg && state.phase === 'ringing'
        ? enter(call, { ...state, phase: 'bridging' }, { step: limits.bridge }, ctx.now, { do: 'bridge', leg: call.leg, other: state.leg })
        : stay(call);
    case 'bridged':
      return event.leg === call.leg && event.other === state.leg
        ? enter(call, { ...state, phase: 'talking' }, { audit: limits.audit }, ctx.now)
        : stay(call);
    case 'failed':
      return event.leg === state.leg ? unanswered(call, ctx) : stay(call);
    case 'hungup':
      if (event.leg !== state.leg) return stay(call);
      return enter(call, state, { step: limits.hangup }, ctx.now);
    case 'parked':
      if (event.leg !== call.leg) return stay(call);
      return state.phase === 'talking' ? hangUp(call, ctx, 'transferred') : unanswered(call, ctx);
    case 'timer':
      if (event.name !== 'step') return stay(call);
      return state.phase === 'talking' ? hangUp(call, ctx, 'transferred') : unanswered(call, ctx);
    default:
      return stay(call);
  }
}

/** Nobody there: the caller can leave a message. */
function unanswered(call: Call, ctx: Context): Step {
  const { effects } = giveBack(call, ctx);
  return after([...effects, { do: 'stopPlay', leg: call.leg }], enterVoicemail({ ...call, transferredTo: undefined }, ctx));
}
