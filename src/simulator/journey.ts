/** One caller's way through the simulated day. */
import type { Call, TimerName } from '../core/call/call.js';
import { isAway } from '../core/call/line.js';
import type { Tenant } from '../core/tenant.js';
import type { Caller } from './callers.js';

/** One caller's way, and what he will do. */
export interface Journey {
  call: Call;
  readonly tenant: Tenant;
  readonly caller: Caller;
  readonly keys: string[];
  /** The earliest timer that is in the calendar. */
  timerAt: number;
  /** On the line, in the queue; also while he arranges a callback from there. */
  waits: boolean;
  /** When the store will be asked for what is due because this call enters a further ring. */
  watched: string;
}

/** Whether he is in the queue now; who arranges a callback from there still is. */
export function waitsNow({ call, waits }: Journey): boolean {
  const { state, callback } = call;
  if (state.at === 'arranging') return waits;
  // Who was called back is on the line again, but in no queue.
  const onLine = !isAway(call) && callback?.reachedAt === undefined;
  return onLine && (state.at === 'waiting' || state.at === 'offered');
}

export function talks({ state }: Call): boolean {
  return state.at === 'connected' || (state.at === 'transferring' && state.phase === 'talking');
}

/**
 * An audit finds out what nobody told, and `enqueue` repeats what a store may not have heard: here everybody tells and hears. But it
 * is also how a caller learns that all agents have left.
 */
export function earliest({ call, tenant }: Journey): { readonly name: TimerName; readonly at: number } | undefined {
  let first: { readonly name: TimerName; readonly at: number } | undefined;
  for (const [name, at] of Object.entries(call.timers) as [TimerName, number][]) {
    if (name === 'audit' || (name === 'enqueue' && (tenant.queue.agentsLeft === undefined || isAway(call)))) continue;
    if (first === undefined || at < first.at) first = { name, at };
  }
  return first;
}
