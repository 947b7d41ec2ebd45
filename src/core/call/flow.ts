/** Carrying out the steps of a tenant's flow: what entering each of them does. */

import type { MenuId } from '../ids.js';
import { afterFailure, type Failure, readKeys } from '../ivr/menu.js';
import { enqueueEffect } from '../queue/place.js';
import { openForMs } from '../schedule/opening.js';
import { type Action, mayDial } from '../tenant.js';
import { nextAnnouncement } from './announce.js';
import type { Admission, Call } from './call.js';
import { awaitTurn, callableNumber } from './callback.js';
import type { Effect } from './effect.js';
import { giveBack, hangUp } from './end.js';
import { isAway } from './line.js';
import { enterArranging } from './proposal.js';
import type { Context, Step } from './step.js';
import { after, enter, limits, nextLeg, nextPlay, recordingFile, stay, withTimer } from './step.js';

/**
 * A new caller. Who is to hear nothing before the queue enters it at once: an agent's phone rings while FreeSWITCH needs its 20 to
 * 40 ms for the answer.
 */
export function arrive(call: Call, ctx: Context): Step {
  const answer = { do: 'answer', leg: call.leg } as const;
  if (ctx.tenant.greetings[call.opening] === undefined) {
    const step = run({ ...call, unanswered: 'queued' }, ctx.tenant.flow[call.opening], ctx);
    if (step.call.state.at === 'waiting') return after([answer], step);
  }
  return enter(call, { at: 'arriving' }, { step: limits.answer }, ctx.now, answer);
}

/** The end of the answer is not waited for any more. */
export function answeredNow({ unanswered, ...call }: Call): Call {
  return unanswered !== undefined && call.state.at === 'waiting' ? withTimer(call, 'step', undefined) : call;
}

/** The caller hears us: what the store has said meanwhile counts from now on. */
export function callerAnswered(call: Call, ctx: Context): Step {
  const { unanswered, state, leg } = call;
  const answered = answeredNow(call);
  if (state.at === 'offered' && state.phase === 'bridging') return stay(answered, { do: 'bridge', leg, other: state.leg });
  if (state.at !== 'waiting') return stay(answered);
  return unanswered === 'noAgent' ? noAgent(answered, ctx) : unanswered === 'full' ? full(answered, ctx) : stay(answered);
}

export function enterGreeting(call: Call, ctx: Context): Step {
  const prompt = ctx.tenant.greetings[call.opening];
  if (prompt === undefined) return run(call, ctx.tenant.flow[call.opening], ctx);
  const next = nextPlay(call);
  return enter(next.call, { at: 'greeting', play: next.play }, { step: limits.prompt }, ctx.now, {
    do: 'play',
    leg: call.leg,
    play: next.play,
    prompt,
  });
}

export function run(call: Call, action: Action, ctx: Context): Step {
  switch (action.do) {
    case 'menu':
      return enterMenu(call, action.menu, ctx);
    case 'queue':
      return enterWaiting(action.asks === undefined ? call : { ...call, asks: action.asks }, ctx, 'start');
    case 'voicemail':
      return enterVoicemail(call, ctx);
    case 'callback': {
      const rules = ctx.tenant.queue.callback;
      // A reload has taken callbacks away: a receptionist is better than the beginning.
      return rules === undefined ? enterWaiting(call, ctx, 'start') : enterArranging(call, rules, ctx);
    }
    case 'transfer':
      return enterTransfer(call, action.number, ctx);
    case 'play':
      return enterPlaying(call, action, ctx);
    case 'hangup':
      return hangUp(call, ctx, 'completed');
    default:
      return action satisfies never;
  }
}

export function enterPlaying(call: Call, action: Action & { do: 'play' }, ctx: Context): Step {
  const next = nextPlay(call);
  return enter(next.call, { at: 'playing', play: next.play, action }, { step: limits.prompt }, ctx.now, {
    do: 'play',
    leg: call.leg,
    play: next.play,
    prompt: action.prompt,
  });
}

/** `failures`: how often the caller failed in this menu already. `prompt`: what to say if not the menu's own. */
export function enterMenu(call: Call, id: MenuId, ctx: Context, failures = 0, prompt = ctx.tenant.menus[id]?.prompt): Step {
  // A reload may have removed the menu in which the caller stands: a receptionist is better than the beginning.
  if (prompt === undefined) return enterWaiting(call, ctx, 'start');
  const next = nextPlay(call);
  return enter(next.call, { at: 'menu', menu: id, play: next.play, typed: '', failures }, { step: limits.prompt }, ctx.now, {
    do: 'play',
    leg: call.leg,
    play: next.play,
    prompt,
  });
}

/** A key in a menu; it cuts the prompt short (barge-in). */
export function pressKey(call: Call, digit: string, ctx: Context): Step {
  const { state } = call;
  const menu = state.at === 'menu' ? ctx.tenant.menus[state.menu] : undefined;
  if (state.at !== 'menu' || menu === undefined) return stay(call);
  const typed = state.typed + digit;
  const silence = state.play === undefined ? [] : [{ do: 'stopPlay', leg: call.leg } as const];
  const keyed = readKeys(menu, typed);
  switch (keyed.verdict) {
    case 'chosen':
      return after(silence, run({ ...call, digits: [...call.digits, typed] }, keyed.action, ctx));
    case 'more':
      return after(silence, enter(call, { ...state, play: undefined, typed }, { interDigit: menu.interDigitMs }, ctx.now));
    case 'wrong':
      return after(silence, failMenu({ ...call, digits: [...call.digits, typed] }, 'wrong key', ctx));
    default:
      return keyed satisfies never;
  }
}

/** No more digits came: what was typed so far decides. */
export function endOfKeys(call: Call, ctx: Context): Step {
  const { state } = call;
  const menu = state.at === 'menu' ? ctx.tenant.menus[state.menu] : undefined;
  if (state.at !== 'menu' || menu === undefined) return run(call, { do: 'queue' }, ctx);
  const keyed = readKeys(menu, state.typed);
  const typed = { ...call, digits: [...call.digits, state.typed] };
  const action = keyed.verdict === 'more' ? keyed.ifSilent : keyed.verdict === 'chosen' ? keyed.action : undefined;
  return action === undefined ? failMenu(typed, 'wrong key', ctx) : run(typed, action, ctx);
}

export function failMenu(call: Call, failure: Failure, ctx: Context): Step {
  const { state } = call;
  const menu = state.at === 'menu' ? ctx.tenant.menus[state.menu] : undefined;
  if (state.at !== 'menu' || menu === undefined) return run(call, { do: 'queue' }, ctx);
  const failures = state.failures + 1;
  const next = afterFailure(menu, failures, failure);
  return 'leave' in next ? run(call, next.leave, ctx) : enterMenu(call, menu.id, ctx, failures, next.replay);
}

/**
 * Into the queue, or back to the caller's old place in it: `enqueuedAt` is set once and kept. `music`: `start` when the caller
 * hears nothing now, `goes on` when it was never interrupted.
 */
export function enterWaiting(call: Call, ctx: Context, music: 'start' | 'goes on'): Step {
  if (isAway(call)) return awaitTurn(call, ctx);
  const { queue } = ctx.tenant;
  const enqueuedAt = call.enqueuedAt ?? ctx.now;
  const left = (call.onLineSince ?? enqueuedAt) + queue.maxWaitMs - ctx.now;
  const waiting = { ...call, enqueuedAt };
  // An overflow that leads back here (a transfer that failed) must not go round for ever.
  if (left <= 0) return after([{ do: 'dequeue' }, { do: 'stopPlay', leg: call.leg }], run(waiting, queue.overflow, ctx));
  // Closed since the agent's phone began to ring, or since the caller came into the menu.
  const openMs = closesIn(call, ctx);
  if (openMs === 0 && queue.atClosing !== undefined)
    return after([{ do: 'dequeue' }, { do: 'stopPlay', leg: call.leg }], run(waiting, queue.atClosing, ctx));
  const { announce } = queue;
  const step = enter(
    waiting,
    { at: 'waiting' },
    {
      maxWait: left,
      enqueue: limits.enqueueRetry,
      audit: limits.audit,
      ...(call.unanswered === undefined ? {} : { step: limits.answer }),
      ...(announce === undefined ? {} : { announce: nextAnnouncement(announce, enqueuedAt, ctx.now) - ctx.now }),
      ...(openMs === undefined ? {} : { closing: openMs }),
    },
    ctx.now,
    ...(music === 'start' ? [{ do: 'music', leg: call.leg, file: queue.music } as const] : []),
  );
  return {
    call: step.call,
    effects: [
      ...step.effects,
      enqueueEffect(waiting, ctx.tenant, enqueuedAt),
      ...(queue.maxLength === undefined ? claimPlace(call, ctx) : []),
    ],
  };
}

/** Who calls while a callback is to come has its place, instead of that. */
function claimPlace(call: Call, { tenant }: Context): readonly Effect[] {
  const rules = tenant.queue.callback;
  const number = call.enqueuedAt !== undefined || rules === undefined ? undefined : callableNumber(call.caller.number, tenant, rules);
  return number === undefined ? [] : [{ do: 'claimPlace', number }];
}

/** Where a queue may be full he has the callback until he is in: who is turned away is still called back. */
export function claimOnceAdmitted(call: Call, ctx: Context): readonly Effect[] {
  const first = call.admitted === undefined && ctx.tenant.queue.maxLength !== undefined;
  return first ? claimPlace({ ...call, enqueuedAt: undefined }, ctx) : [];
}

/** How long the caller may wait before the tenant closes, ms; `undefined`: that does not matter to him. */
function closesIn(call: Call, { tenant, now }: Context): number | undefined {
  // Who came while it was closed and waits all the same (an emergency line) is not sent away for it.
  if (tenant.queue.atClosing === undefined || call.opening !== 'open') return undefined;
  return openForMs(tenant.schedule, now);
}

/** The opening hours end, or seem to. */
export function closing(call: Call, ctx: Context): Step {
  const { atClosing } = ctx.tenant.queue;
  const openMs = closesIn(call, ctx);
  if (call.state.at !== 'waiting' || atClosing === undefined || openMs === undefined) return stay(call);
  return openMs > 0 ? stay(withTimer(call, 'closing', ctx.now + openMs)) : leaveQueue(call, atClosing, ctx);
}

/** The store has given the call a place, or has it still, and somebody is there to take it. */
export function enqueued(call: Call, ctx: Context): Step {
  const admitted: Call = call.unanswered === undefined ? call : { ...call, unanswered: 'queued' };
  return admit(admitted, { attended: true }, ctx.now + limits.enqueueCheck, ctx);
}

/**
 * The store has the call, but nobody is signed in who could take it. One who has just come meets what the tenant wants then; for
 * one who waits already the agents have left, and they are given some time to come back: phones may register anew.
 */
export function noAgent(call: Call, ctx: Context): Step {
  if (call.unanswered !== undefined) return stay({ ...call, unanswered: 'noAgent' });
  const { noAgent: action, agentsLeft } = ctx.tenant.queue;
  const { attended, nobodySince = ctx.now } = call.admitted ?? { attended: false };
  if (!attended && action !== undefined) return leaveQueue(call, action, ctx);
  if (!attended || agentsLeft === undefined) return admit(call, { attended }, ctx.now + limits.enqueueCheck, ctx);
  const until = nobodySince + agentsLeft.graceMs;
  return until <= ctx.now
    ? leaveQueue(call, agentsLeft.action, ctx)
    : admit(call, { attended, nobodySince }, Math.min(until, ctx.now + limits.enqueueCheck), ctx);
}

/** Announcements and hours are looked at again with each check: a reload may have changed them. */
function admit(call: Call, admitted: Admission, checkAt: number, ctx: Context): Step {
  const { announce } = ctx.tenant.queue;
  const checked = withTimer({ ...call, admitted }, 'enqueue', checkAt);
  const quiet = announce === undefined || call.enqueuedAt === undefined || call.timers.announce !== undefined;
  const timed = quiet ? checked : withTimer(checked, 'announce', nextAnnouncement(announce, call.enqueuedAt, ctx.now));
  return after(claimOnceAdmitted(call, ctx), closing(timed, ctx));
}

/** Too many wait already. */
export function full(call: Call, ctx: Context): Step {
  if (call.unanswered !== undefined) return stay({ ...call, unanswered: 'full' });
  return call.admitted === undefined ? leaveQueue(call, ctx.tenant.queue.full, ctx) : stay(call);
}

/** A key while waiting, or while an agent's phone rings, of which the caller knows nothing. */
export function pressWaiting(call: Call, digit: string, ctx: Context): Step {
  const { keys } = ctx.tenant.queue;
  const action = Object.hasOwn(keys, digit) ? keys[digit] : undefined;
  return action === undefined ? stay(call) : leaveQueue({ ...call, digits: [...call.digits, digit] }, action, ctx);
}

/** Out of the queue into another step: what the caller hears is silenced first. */
export function leaveQueue(call: Call, action: Action, ctx: Context): Step {
  const { call: freed, effects } = giveBack(call, ctx);
  return after([...effects, { do: 'stopPlay', leg: call.leg }], run(freed, action, ctx));
}

export function enterVoicemail(call: Call, ctx: Context): Step {
  const next = nextPlay(call);
  return enter(next.call, { at: 'voicemail', phase: 'greeting', play: next.play }, { step: limits.prompt }, ctx.now, {
    do: 'play',
    leg: call.leg,
    play: next.play,
    prompt: ctx.tenant.voicemail.greeting,
  });
}

/** After the beep. */
export function takeMessage(call: Call, ctx: Context): Step {
  const { maxMs, silenceMs } = ctx.tenant.voicemail;
  const next = nextPlay(call);
  const file = recordingFile(next.call, `-message-${next.call.sequence}`);
  return enter(next.call, { at: 'voicemail', phase: 'recording', play: next.play }, { step: maxMs + limits.messageGrace }, ctx.now, {
    do: 'takeMessage',
    leg: call.leg,
    play: next.play,
    file,
    maxMs,
    silenceMs,
  });
}

/** Toll fraud stops here, whatever was configured or asked for: the number must be allowed for this tenant now. */
export function enterTransfer(call: Call, number: string, ctx: Context): Step {
  if (!mayDial(ctx.tenant, number)) return enterVoicemail(call, ctx);
  const next = nextLeg({ ...call, transferredTo: number });
  return enter(
    next.call,
    { at: 'transferring', leg: next.leg, phase: 'ringing' },
    { step: limits.transferRing + limits.ringGrace },
    ctx.now,
    { do: 'music', leg: call.leg, file: ctx.tenant.queue.music },
    {
      do: 'originate',
      leg: next.leg,
      target: { number },
      callerName: ctx.tenant.shortName,
      callerNumber: call.dialled,
      ringMs: limits.transferRing,
      tenant: call.tenant,
    },
  );
}
