/**
 * How fast a tenant's calls are handled and how soon its callers lose patience, as moving figures. Kept in the routing store,
 * so that all daemons share them; `redis/commands/includes/pace.lua` computes the same.
 */
export interface Pace {
  /** Calls that count in `handlingMs`, `window` at most. */
  readonly handled: number;
  /** Mean time that a call keeps an agent busy: ring, talk and wrap-up. */
  readonly handlingMs: number;
  /** Callers who left without an agent, and how long all callers waited, ms; older ones count less and less. */
  readonly left: number;
  readonly waitedMs: number;
}

/** A call more moves the mean by a 50th: an hour of a busy desk, a day of a quiet one. */
const window = 50;
/** What counted 1 counts this much after another caller. */
const fading = 0.995;

export const unknownPace: Pace = { handled: 0, handlingMs: 0, left: 0, waitedMs: 0 };

/** A call has kept an agent busy for `ms`. */
export function afterCall(pace: Pace, ms: number): Pace {
  const handled = Math.min(pace.handled + 1, window);
  return { ...pace, handled, handlingMs: pace.handlingMs + (ms - pace.handlingMs) / handled };
}

/** A caller's wait of `ms` is over: an agent took the call, or he `left`. */
export function afterWait(pace: Pace, ms: number, left: boolean): Pace {
  return { ...pace, left: pace.left * fading + (left ? 1 : 0), waitedMs: pace.waitedMs * fading + ms };
}

/** The pace of several tenants, each with its weight. */
export function mixed(parts: Iterable<readonly [Pace, weight: number]>): {
  readonly handlingMs: number | undefined;
  readonly leavesPerMs: number;
} {
  let [handlings, handlingMs, waits, leaves] = [0, 0, 0, 0];
  for (const [pace, weight] of parts) {
    if (pace.handled > 0) {
      handlings += weight;
      handlingMs += weight * pace.handlingMs;
    }
    if (pace.waitedMs > 0) {
      waits += weight;
      leaves += (weight * pace.left) / pace.waitedMs;
    }
  }
  return { handlingMs: handlings === 0 ? undefined : handlingMs / handlings, leavesPerMs: waits === 0 ? 0 : leaves / waits };
}
