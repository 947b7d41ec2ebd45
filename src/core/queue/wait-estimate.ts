/** How long a caller will wait, from what the routing store sees of the calls before him and of the agents who may take his. */

/** What a waiting call can expect. The store gives the facts, at one instant; nothing in here is a promise. */
export interface Outlook {
  /** Place among the waiting calls of its own queue; 1: no other goes before it. */
  readonly position: number;
  /**
   * Calls of all queues that go before it, each counted by the share of its agents who may take this call too: one that has
   * agents of its own hardly delays anybody.
   */
  readonly ahead: number;
  /** Signed-in agents who may take it in its present ring. Busy: offered, talking or wrapping up. */
  readonly agents: { readonly idle: number; readonly busy: number; readonly paused: number };
  /** Mean time that a call keeps one of these agents busy, wrap-up included; `undefined`: none has ended yet. */
  readonly handlingMs: number | undefined;
  /** How many callers give up, for each ms that one of them waits. */
  readonly leavesPerMs: number;
}

/**
 * Expected time until an agent takes the call, ms; `undefined`: nobody can tell.
 *
 * With s agents at work one of them becomes free every handlingMs / s on average. With k callers before him a place is also
 * won when one of these gives up, so that the k-th place takes 1 / (s/h + k·θ): the mean wait of Erlang A given the queue
 * that is met (Whitt 1999, Improving service by informing customers about anticipated delays, section 3). Agents who
 * pause are not counted on.
 */
export function estimateWait({ ahead, agents, handlingMs, leavesPerMs }: Outlook): number | undefined {
  // Whoever idles takes one call at once.
  const before = ahead - agents.idle;
  if (before < 0) return 0;
  const serving = agents.idle + agents.busy;
  if (serving === 0 || handlingMs === undefined) return undefined;
  if (handlingMs <= 0) return 0;
  const freedPerMs = serving / handlingMs;
  let ms = 0;
  let places = before + 1;
  for (let k = 0; places > 0; k++, places--) ms += Math.min(places, 1) / (freedPerMs + k * leavesPerMs);
  return Math.round(ms);
}
