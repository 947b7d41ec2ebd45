/** How a transition is put together: a call in its new state, and what must be done. */
import type { AgentId, LegId, PlayId } from '../ids.js';
import { id } from '../ids.js';
import type { Tenant } from '../tenant.js';
import type { Call, CallState, OfferMade, OfferOutcome, TimerName } from './call.js';
import type { Effect } from './effect.js';

/** What a transition may look at besides the call. `now`: epoch ms. */
export interface Context {
  readonly now: number;
  readonly tenant: Tenant;
}

export interface Step {
  readonly call: Call;
  readonly effects: readonly Effect[];
}

/** Longest times, ms. None is reached in a healthy call: each one ends a step whose event never came. */
export const limits = {
  answer: 5_000,
  prompt: 180_000,
  whisper: 15_000,
  bridge: 5_000,
  hangup: 5_000,
  /** On top of the ring time that the PBX itself enforces. */
  ringGrace: 3_000,
  /** On top of a message's greatest length. */
  messageGrace: 15_000,
  enqueueRetry: 2_000,
  /** Arranging a callback: for a key after the prompt, between two digits, for the store's answer. */
  key: 8_000,
  nextDigit: 5_000,
  ask: 3_000,
  /** From the answer of a number outside to the key that says that it is the agent, or the caller who is called back. */
  confirm: 20_000,
  /** How often the store is asked whether it still holds a waiting call, and whether anybody is there to take it. */
  enqueueCheck: 15_000,
  transferRing: 45_000,
  supervisorRing: 30_000,
  audit: 60_000,
} as const;

/** Nothing changes. */
export function stay(call: Call, ...effects: Effect[]): Step {
  return { call, effects };
}

/**
 * A new state with its own timers: whatever was timed before is void. Delays in ms from now. Only an audit keeps its time: else a
 * caller of whose end nobody told would be offered again and again, each time with a fresh audit.
 */
export function enter(
  call: Call,
  state: CallState,
  timers: Readonly<Partial<Record<TimerName, number>>>,
  now: number,
  ...effects: Effect[]
): Step {
  const due: Partial<Record<string, number>> = Object.fromEntries(Object.entries(timers).map(([name, delay]) => [name, now + delay]));
  const { audit } = call.timers;
  if (due['audit'] !== undefined && audit !== undefined) due['audit'] = Math.min(due['audit'], audit);
  return { call: { ...call, state, timers: due }, effects };
}

/** The same effects first, then another step's. */
export function after(effects: readonly Effect[], step: Step): Step {
  return { call: step.call, effects: [...effects, ...step.effects] };
}

/** Arms or (with `undefined`) clears one timer. */
export function withTimer(call: Call, name: TimerName, due: number | undefined): Call {
  const { [name]: _, ...others } = call.timers;
  return { ...call, timers: due === undefined ? others : { ...others, [name]: due } };
}

/** The next id of a prompt, message or leg: unique within the call and the same in replay. */
export function nextPlay(call: Call): { readonly call: Call; readonly play: PlayId } {
  const sequence = call.sequence + 1;
  return { call: { ...call, sequence }, play: id<PlayId>(`${call.id}:${sequence}`) };
}

export function nextLeg(call: Call): { readonly call: Call; readonly leg: LegId } {
  const sequence = call.sequence + 1;
  return { call: { ...call, sequence }, leg: id<LegId>(`${call.id}-${sequence}`) };
}

/**
 * Whoever takes a call up does not know which ids its last owner gave: what he saved last may have been lost. Counted from the present
 * they differ from all before, as no call uses up one each millisecond.
 */
export function countAnew(call: Call, now: number): Call {
  return { ...call, sequence: Math.max(call.sequence, now) };
}

/** What came of the offers that are open now; `agents`: of theirs only. */
export function settleOffer(call: Call, outcome: OfferOutcome, agents?: readonly AgentId[]): Call {
  const settles = (offer: OfferMade) => offer.outcome === 'pending' && (agents?.includes(offer.agent) ?? true);
  return { ...call, offers: call.offers.map((offer) => (settles(offer) ? { ...offer, outcome } : offer)) };
}

/** Where a recording of this call goes, below the node's recordings folder: tenant, UTC day, call. Ids only, no caller's text. */
export function recordingFile(call: Call, suffix = ''): string {
  const day = new Date(call.arrivedAt).toISOString().slice(0, 10);
  return `${call.tenant}/${day}/${call.id}${suffix}.wav`;
}
