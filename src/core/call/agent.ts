/** From the offer of an agent to the end of the talk, and the same for an outside number. */
import { type MissReason, missed } from '../queue/missed.js';
import { withOrigin } from '../queue/place.js';
import { mayDial, type Prompt } from '../tenant.js';
import { type Call, type CallState, type OfferOutcome, type Ringing, ringing } from './call.js';
import { callBack, pendingOf } from './callback.js';
import type { Effect } from './effect.js';
import { giveBack, hangUp } from './end.js';
import type { CallEvent } from './event.js';
import { enterTransfer, enterVoicemail, enterWaiting, pressWaiting } from './flow.js';
import { isAway } from './line.js';
import type { Context, Step } from './step.js';
import { after, enter, limits, nextLeg, nextPlay, recordingFile, settleOffer, stay, withTimer } from './step.js';

type OfferEvent = Extract<CallEvent, { type: 'offer' }>;
type At<Name extends CallState['at']> = Extract<CallState, { at: Name }>;

/** What an agent at a number outside presses to take the call. */
const confirmKey = '1';

/** Rings the agent, or with ring all several at once. The caller goes on hearing music. */
export function offer(call: Call, { offer: first, also = [], why }: OfferEvent, ctx: Context): Step {
  const { queue, shortName } = ctx.tenant;
  const callback = isAway(call) ? pendingOf(call, ctx) : undefined;
  let asked: Call = { ...call, admitted: { attended: true } };
  const rung = [first, ...also].map((offered): Ringing => {
    const reason = offered !== first ? { beside: first.agent } : why === undefined ? {} : { why: withOrigin(why, call, ctx.tenant) };
    const next = nextLeg(asked);
    asked = { ...next.call, offers: [...asked.offers, { agent: offered.agent, at: ctx.now, outcome: 'pending', ...reason }] };
    return { offer: offered, leg: next.leg };
  });
  return enter(
    asked,
    offeredTo(rung),
    // A caller who is off the line has no leg to look after.
    { step: queue.ringMs + limits.ringGrace, ...(isAway(call) ? {} : { audit: limits.audit }) },
    ctx.now,
    ...rung.map(
      ({ offer: { agent, confirm }, leg }): Effect => ({
        do: 'originate',
        leg,
        target: { agent },
        callerName: `${shortName} ${call.caller.name}`.trim(),
        // A carrier lets us show our own numbers only.
        callerNumber: confirm === undefined ? (call.callback?.number ?? call.caller.number) : call.dialled,
        ringMs: queue.ringMs,
        tenant: call.tenant,
        ...(callback === undefined ? {} : { callback }),
      }),
    ),
  );
}

/** At least one phone rings. */
function offeredTo([first, ...also]: readonly Ringing[]): At<'offered'> {
  if (first === undefined) throw new Error('nobody is asked');
  return { at: 'offered', ...first, phase: 'ringing', play: undefined, ...(also.length === 0 ? {} : { also }) };
}

/** An event while agents' phones ring, while one hears the whisper, or while the bridge is being made. */
export function offeredStep(call: Call, state: At<'offered'>, event: CallEvent, ctx: Context): Step {
  const asked = ringing(state);
  switch (event.type) {
    case 'ready': {
      const winner = asked.find(({ leg }) => leg === event.leg);
      if (winner === undefined || state.phase !== 'ringing' || winner.question !== undefined) return stay(call);
      return winner.offer.confirm === undefined ? answered(call, winner, asked, ctx) : ask(call, winner, asked, ctx);
    }
    case 'played':
      if (state.phase === 'whispering' && event.play === state.play) return bridge(call, state, ctx);
      return askAgain(
        call,
        asked.find(({ question }) => question === event.play && !event.failed),
        asked,
        ctx,
      );
    case 'digit': {
      // The caller's own key; once an agent has answered he gets the caller.
      if (event.leg === call.leg) return state.phase === 'ringing' ? pressWaiting(call, event.digit, ctx) : stay(call);
      const one = asked.find(({ leg, question }) => leg === event.leg && question !== undefined);
      if (one === undefined) return stay(call);
      return event.digit === confirmKey ? confirmed(call, one, asked, ctx) : notTaken(call, state, [one], 'no-answer', ctx);
    }
    case 'bridged': {
      const partner = asked.find(({ leg }) => leg === event.other);
      if (event.leg !== call.leg || partner === undefined) return stay(call);
      if (state.phase !== 'ringing') return connect(call, state, ctx);
      // The daemon before us put them through, and died before it could save that.
      const { call: his, effects } = taken(call, partner, asked);
      return after(effects, connect(his, offeredTo([partner]), ctx));
    }
    case 'failed':
      return notTaken(
        call,
        state,
        asked.filter(({ leg }) => leg === event.leg),
        event.reason,
        ctx,
      );
    case 'hungup':
      // Before the bridge the caller still hears music; during it, he comes back by `parked`, or the timer fetches him.
      if (state.phase === 'bridging') return stay(call);
      return notTaken(
        call,
        state,
        asked.filter(({ leg }) => leg === event.leg),
        'rejected',
        ctx,
      );
    case 'parked':
      if (event.leg !== call.leg) return stay(call);
      // Before the bridge only a takeover parks the caller: the agents have refused nothing and need not rest.
      return notTaken(call, state, asked, state.phase === 'bridging' ? 'rejected' : 'withdrawn', ctx, 'start');
    case 'offerExpired':
      return withdraw(
        call,
        state,
        asked.filter(({ offer: { token } }) => token === event.offer.token),
        ctx,
      );
    case 'offer':
      // The store gave up the old offers before we did (we were suspended, or it failed over): the new ones count.
      return asked.some(({ offer: { token } }) => token === event.offer.token)
        ? stay(call)
        : after(
            asked.map(({ leg }) => ({ do: 'hangup', leg, cause: 'cancel' })),
            offer(settleOffer(call, 'withdrawn'), event, ctx),
          );
    case 'timer':
      if (event.name !== 'step') return stay(call);
      if (state.phase === 'whispering') return bridge(call, state, ctx);
      return state.phase === 'ringing'
        ? notTaken(call, state, asked, 'no-answer', ctx)
        : notTaken(call, state, asked, 'unreachable', ctx, 'start');
    default:
      return stay(call);
  }
}

/** He takes the call; with ring all the other phones stop, as after a call that was taken elsewhere. */
function taken(call: Call, winner: Ringing, asked: readonly Ringing[]): { readonly call: Call; readonly effects: readonly Effect[] } {
  const others = asked.filter((one) => one !== winner);
  const agents = others.map(({ offer: { agent } }) => agent);
  return {
    call: settleOffer(call, 'elsewhere', agents),
    effects: [{ do: 'acceptOffer', offer: winner.offer }, ...others.map(({ leg }): Effect => ({ do: 'hangup', leg, cause: 'elsewhere' }))],
  };
}

/** The first who answers hears the whisper, if the tenant has one. */
function answered(call: Call, winner: Ringing, asked: readonly Ringing[], ctx: Context): Step {
  const { call: his, effects } = taken(call, winner, asked);
  const whisper = whisperOf(call, ctx);
  if (whisper.files.length === 0) return after(effects, bridge(his, offeredTo([winner]), ctx));
  const next = nextPlay(his);
  return enter(
    next.call,
    { at: 'offered', ...winner, phase: 'whispering', play: next.play },
    { step: limits.whisper },
    ctx.now,
    ...effects,
    { do: 'play', leg: winner.leg, play: next.play, prompt: whisper },
  );
}

/** Whoever answers a number outside (a voicemail, a child) gets the whisper and the question. Other phones ring on meanwhile. */
function ask(call: Call, one: Ringing, asked: readonly Ringing[], ctx: Context): Step {
  const until = Math.max(call.timers.step ?? 0, ctx.now + limits.confirm);
  return askAgain(withTimer(call, 'step', until), one, asked, ctx);
}

/** Over and over until the time is up: he has to take the telephone from his ear to press a key. */
function askAgain(call: Call, one: Ringing | undefined, asked: readonly Ringing[], ctx: Context): Step {
  if (one === undefined) return stay(call);
  const next = nextPlay(call);
  const files = [...whisperOf(call, ctx).files, ...(one.offer.confirm?.files ?? [])];
  const state = offeredTo(asked.map((other) => (other === one ? { ...one, question: next.play } : other)));
  return stay({ ...next.call, state }, { do: 'play', leg: one.leg, play: next.play, prompt: { files } });
}

/** It is the agent: he has heard the whisper. */
function confirmed(call: Call, winner: Ringing, asked: readonly Ringing[], ctx: Context): Step {
  const { call: his, effects } = taken(call, winner, asked);
  return after(effects, bridge(his, offeredTo([{ offer: winner.offer, leg: winner.leg }]), ctx));
}

/** Whom the call is for; and that the caller must be called first. */
function whisperOf(call: Call, { tenant }: Context): Prompt {
  return isAway(call) ? (tenant.queue.callback?.prompts.whisper ?? tenant.whisper) : tenant.whisper;
}

function bridge(call: Call, state: At<'offered'>, ctx: Context): Step {
  if (isAway(call)) return callBack(call, state, ctx);
  // Who is not answered yet is put through as soon as he is: `callerAnswered`.
  const { leg } = call;
  const next: Effect = call.unanswered === undefined ? { do: 'bridge', leg, other: state.leg } : { do: 'answer', leg };
  return enter(call, { ...state, phase: 'bridging', play: undefined }, { step: limits.bridge }, ctx.now, next);
}

export function connect(call: Call, state: At<'offered'>, ctx: Context): Step {
  const file = recordingFile(call);
  // Some still ring when a daemon before us bridged him and could not save that.
  const others = ringing(state).filter(({ leg }) => leg !== state.leg);
  const agents = others.map(({ offer: { agent } }) => agent);
  const talking: Call = {
    ...settleOffer(settleOffer(call, 'elsewhere', agents), 'answered'),
    answeredByAgentAt: call.answeredByAgentAt ?? ctx.now,
    talkingSince: ctx.now,
    recording: ctx.tenant.recording ? { file, ms: undefined, bytes: undefined } : call.recording,
  };
  return enter(
    talking,
    { at: 'connected', offer: state.offer, leg: state.leg },
    { audit: limits.audit },
    ctx.now,
    ...others.flatMap(({ leg, offer: lost }): Effect[] => [
      { do: 'hangup', leg, cause: 'elsewhere' },
      { do: 'releaseAgent', offer: lost, wrapUpMs: undefined },
    ]),
    ...(ctx.tenant.recording ? [{ do: 'record', leg: call.leg, file } as const] : []),
  );
}

/** These agents did not take the call. */
function notTaken(
  call: Call,
  state: At<'offered'>,
  agents: readonly Ringing[],
  outcome: MissReason | 'withdrawn',
  ctx: Context,
  music: 'start' | 'goes on' = 'goes on',
): Step {
  const follows = outcome === 'withdrawn' ? undefined : missed(ctx.tenant.queue.missed, outcome);
  return without(call, state, agents, outcome, ctx, music, ({ offer: refused }) => [
    { do: 'rejectOffer', offer: refused, missed: follows },
  ]);
}

/** These agents are no longer ours: they must not hear a caller whom the store may have given to another. */
function withdraw(call: Call, state: At<'offered'>, agents: readonly Ringing[], ctx: Context): Step {
  return without(call, state, agents, 'withdrawn', ctx, state.phase === 'bridging' ? 'start' : 'goes on', () => []);
}

/** Stops these phones. While others ring nothing else changes; after the last one the caller keeps his place and the next is asked. */
function without(
  call: Call,
  state: At<'offered'>,
  agents: readonly Ringing[],
  outcome: OfferOutcome,
  ctx: Context,
  music: 'start' | 'goes on',
  tell: (one: Ringing) => readonly Effect[],
): Step {
  if (agents.length === 0) return stay(call);
  const effects = agents.flatMap((one): readonly Effect[] => [{ do: 'hangup', leg: one.leg, cause: 'cancel' }, ...tell(one)]);
  const names = agents.map(({ offer: { agent } }) => agent);
  const settled = settleOffer(call, outcome, names);
  const left = ringing(state).filter(({ offer: { agent } }) => !names.includes(agent));
  return left.length > 0 ? stay({ ...settled, state: offeredTo(left) }, ...effects) : after(effects, enterWaiting(settled, ctx, music));
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
  const { call: freed, effects } = giveBack(endTalk(call, ctx.now), ctx);
  // Only an outside number that the tenant allows; anything else brings the caller back to his place in the queue.
  // There his wait begins anew: the talk was none.
  const step = mayDial(ctx.tenant, target)
    ? enterTransfer(freed, target, ctx)
    : enterWaiting({ ...freed, sentBack: true, onLineSince: ctx.now }, ctx, 'start');
  return after(effects, step);
}

/** What the caller does from now on, waiting or talking to somebody else, is no talk of this agent's. */
function endTalk(call: Call, now: number): Call {
  const { talkingSince = call.answeredByAgentAt ?? now, ...others } = call;
  return { ...others, talkedMs: (call.talkedMs ?? 0) + now - talkingSince };
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
