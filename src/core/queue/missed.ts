/** What follows for an agent who was offered a call and did not take it. */

/** `no-answer`: it rang in vain. `rejected`: he declined, or hung up. `unreachable`: the phone could not be rung. */
export type MissReason = 'no-answer' | 'busy' | 'rejected' | 'unreachable';

/** He gets no offer for so long, ms; 0: he is idle at once. */
export interface Consequence {
  readonly pauseMs: number;
  /** Instead, as if he had asked for it: paused until he is ready, or signed out. */
  readonly duty?: 'paused' | 'out';
}

/** The rules of a queue. */
export interface MissRules {
  readonly each: Readonly<Record<MissReason, Consequence>>;
  /** Instead, once he has missed so many offers in a row, of whatever queue; it is counted anew then. `undefined`: never. */
  readonly inARow: { readonly times: number; readonly follows: Consequence } | undefined;
}

/** One offer that was missed, as the routing store is told of it. */
export interface Missed {
  readonly reason: MissReason;
  readonly follows: Consequence;
  readonly inARow: MissRules['inARow'];
}

export function missed({ each, inARow }: MissRules, reason: MissReason): Missed {
  return { reason, follows: each[reason], inARow };
}
