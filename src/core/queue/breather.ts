/**
 * Maximum occupancy: whoever worked too large a part of the time lately gets a breather after his call. Counted without a
 * history: two marks of how much he had worked by then, half a window apart, so that the share is always that of the last half
 * to whole window. `redis/commands/includes/agents.lua` does the same.
 */

export interface BreatherRule {
  /** Over how long the share is taken, ms. */
  readonly windowMs: number;
  /** At this share of the time and above: per cent of being offered calls, talking and wrapping up. */
  readonly mostPercent: number;
  readonly breatherMs: number;
}

/** How much he had worked since he signed in, ms, at a moment, epoch ms. */
export interface Mark {
  readonly at: number;
  readonly busyMs: number;
}

export type Marks = readonly [older: Mark, newer: Mark];

/** Whether an agent who has worked for `now.busyMs` is due a breather; and the marks for the next time. */
export function tired(
  [older, newer]: Marks,
  now: Mark,
  { windowMs, mostPercent }: BreatherRule,
): { readonly marks: Marks; readonly tired: boolean } {
  const marks: Marks = now.at - newer.at >= windowMs / 2 ? [newer, now] : [older, newer];
  const [since] = marks;
  const elapsed = now.at - since.at;
  return { marks, tired: elapsed >= windowMs / 2 && (now.busyMs - since.busyMs) * 100 >= mostPercent * elapsed };
}
