/** Where the caller is: on a line of his own, or off it, to be called back. */
import type { LegId } from '../ids.js';
import type { Call } from './call.js';

/** Whether he is off the line, to be called back. */
export function isAway({ callback, state }: Call): boolean {
  return callback !== undefined && callback.reachedAt === undefined && ['callback', 'offered', 'callingBack'].includes(state.at);
}

/** He said yes and hears that we will call: from now on hanging up means to wait for that. */
export function hasAgreed({ state }: Call): boolean {
  return state.at === 'arranging' && (state.phase === 'asking' || state.phase === 'leaving');
}

/** Whether the routing store holds the call as waiting. */
export function isQueued({ state }: Pick<Call, 'state'>): boolean {
  return state.at === 'waiting' || (state.at === 'callback' && state.phase === 'queued');
}

/** The leg on which he is now, if any. */
export function lineOf(call: Call): LegId | undefined {
  if (!isAway(call)) return call.leg;
  return call.state.at === 'callingBack' && call.state.phase === 'confirming' ? call.state.callee : undefined;
}
