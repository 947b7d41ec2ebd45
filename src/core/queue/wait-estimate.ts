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
  /** What its tenant's cap leaves it; missing: none holds for it. */
  readonly cap?: {
    /** How many more agents its calls may have; below 0: they have too many. Agents whom no cap keeps from them are counted if they idle. */
    readonly room: number;
    /** How many they have, and how many of the others are busy. */
    readonly busy: number;
    /** Mean time of a call of its own tenant; missing: none has ended yet. */
    readonly handlingMs?: number;
  };
  /** Of the calls `ahead`, those that caps of other tenants hold back, and the busy agents of these tenants: there they go. Missing: none. */
  readonly held?: { readonly calls: number; readonly agents: number };
}

/**
 * Expected time until an agent takes the call, ms; `undefined`: nobody can tell.
 *
 * With s agents at work one of them becomes free every handlingMs / s on average. With k callers before him a place is also
 * won when one of these gives up, so that the k-th place takes 1 / (s/h + k·θ): the mean wait of Erlang A given the queue
 * that is met (Whitt 1999, Improving service by informing customers about anticipated delays, section 3). Agents who
 * pause are not counted on.
 *
 * A tenant's cap makes a queue of its own: the calls before his in his own queue, for the agents that his tenant may have. He waits in
 * both, so the longer wait counts. Calls that other caps hold back leave him those agents whom they may not have, and these alone until
 * they are served: the shorter wait counts.
 */
export function estimateWait({ position, ahead, agents: { idle, busy }, handlingMs, leavesPerMs, cap, held }: Outlook): number | undefined {
  const among = behind(ahead, idle, busy, handlingMs, leavesPerMs);
  const beside = held && behind(Math.max(0, ahead - held.calls), idle, busy - held.agents, handlingMs, leavesPerMs);
  const open = among === undefined || beside === undefined ? among : Math.min(among, beside);
  if (cap === undefined) return open;
  const own = behind(position - 1, cap.room, cap.busy, cap.handlingMs ?? handlingMs, leavesPerMs);
  return open === undefined || own === undefined ? undefined : Math.max(open, own);
}

/** The same behind so many calls that go to these agents. */
function behind(ahead: number, idle: number, busy: number, handlingMs: number | undefined, leavesPerMs: number): number | undefined {
  // Whoever idles takes one call at once.
  const before = ahead - idle;
  if (before < 0) return 0;
  const serving = idle + busy;
  if (serving <= 0 || handlingMs === undefined) return undefined;
  if (handlingMs <= 0) return 0;
  const freedPerMs = serving / handlingMs;
  let ms = 0;
  let places = before + 1;
  for (let k = 0; places > 0; k++, places--) ms += Math.min(places, 1) / (freedPerMs + k * leavesPerMs);
  return Math.round(ms);
}
