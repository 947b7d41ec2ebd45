/**
 * What theory says of one queue: Erlang C (A. K. Erlang, 1917: callers wait for ever) and Erlang A (C. Palm, 1946: they lose patience
 * after an exponential time). Poisson arrivals, exponential handling times, agents who are all alike. All times in one unit.
 */

export interface Traffic {
  /** Calls in a unit of time. */
  readonly rate: number;
  /** Mean handling time, wrap-up included. */
  readonly handling: number;
}

export interface Forecast {
  /** Share of the callers who do not get an agent at once. */
  readonly waits: number;
  /** Share of all callers who are answered within `target`. */
  readonly serviceLevel: number;
  /** Mean wait of those who are answered (ASA). */
  readonly asa: number;
  /** Share of the callers who give up. */
  readonly abandonment: number;
  /** Share of the agents' time that is spent on calls. */
  readonly occupancy: number;
}

/** Probability that all of `agents` are busy when nobody waits: Erlang B, by the recursion that never overflows. */
export function blocking(load: number, agents: number): number {
  let probability = 1;
  for (let count = 1; count <= agents; count++) probability = (load * probability) / (count + load * probability);
  return probability;
}

/** Callers wait as long as it takes. With no more agents than load the queue grows for ever. */
export function erlangC({ rate, handling }: Traffic, agents: number, target: number): Forecast {
  const load = rate * handling;
  if (agents <= load) return { waits: 1, serviceLevel: 0, asa: Number.POSITIVE_INFINITY, abandonment: 0, occupancy: 1 };
  const blocked = blocking(load, agents);
  const waits = (agents * blocked) / (agents - load * (1 - blocked));
  return {
    waits,
    serviceLevel: 1 - waits * Math.exp((-(agents - load) * target) / handling),
    asa: (waits * handling) / (agents - load),
    abandonment: 0,
    occupancy: load / agents,
  };
}

/**
 * Callers give up after an exponential time of mean `patience`. The steady state of the birth-and-death process is summed up
 * numerically; see A. Mandelbaum and S. Zeltyn, "Service Engineering in Action: The Palm/Erlang-A Queue" (2007).
 */
export function erlangA({ rate, handling }: Traffic, agents: number, target: number, patience: number): Forecast {
  const servers = agents / handling;
  const theta = 1 / patience;
  // Probabilities of each number of callers, relative to that of exactly `agents`; then of each number who wait.
  let below = 0;
  for (let count = agents, weight = 1; count > 0 && weight > 1e-18; count--) {
    weight *= count / handling / rate;
    below += weight;
  }
  const waiting: number[] = [];
  for (let count = 0, weight = 1; weight > 1e-15 || rate > servers + count * theta; count++) {
    waiting.push(weight);
    weight *= rate / (servers + (count + 1) * theta);
  }
  const total = below + waiting.reduce((sum, weight) => sum + weight, 0);
  const waits = waiting.reduce((sum, weight) => sum + weight, 0) / total;
  const meanWaiting = waiting.reduce((sum, weight, count) => sum + weight * count, 0) / total;
  const abandonment = (theta * meanWaiting) / rate;

  // Someone who finds `count` callers before him is answered when count + 1 of them have left: a sum of exponential times. He
  // himself must not have given up by then. Integrated over his wait by small steps of the pure death process.
  const { inTime, waitOfAnswered } = answeredWithin(waiting, servers, theta, target);
  const answered = 1 - abandonment;
  return {
    waits,
    serviceLevel: 1 - waits + inTime / total,
    asa: waitOfAnswered / total / answered,
    abandonment,
    occupancy: (rate * answered * handling) / agents,
  };
}

/**
 * Of callers who find all agents busy, weighted by how many wait already: how many are answered within `target`, and the sum of
 * the waits of all who are answered. Backward equations, solved by uniformization.
 */
function answeredWithin(
  waiting: readonly number[],
  servers: number,
  theta: number,
  target: number,
): { readonly inTime: number; readonly waitOfAnswered: number } {
  // From `ahead` before him: the next event is that one of them leaves or is served (he moves up), that he is served (ahead 0), or that
  // he gives up.
  const fastest = servers + waiting.length * theta;
  // Chance to be answered by then, by callers ahead, as jumps at rate `fastest` go on.
  let chance: number[] = waiting.map(() => 0);
  const jumps = fastest * target;
  let inTime = 0;
  // Poisson weights from their logarithms: `jumps` may be in the hundreds.
  let log = -jumps;
  for (let jump = 0; jump <= jumps + 12 * Math.sqrt(jumps) + 20; jump++) {
    const weight = Math.exp(log);
    if (weight > 0) for (let ahead = 0; ahead < waiting.length; ahead++) inTime += weight * (waiting[ahead] ?? 0) * (chance[ahead] ?? 0);
    log += Math.log(jumps) - Math.log(jump + 1);
    chance = chance.map((here, ahead) => {
      const forward = (servers + ahead * theta) / fastest;
      const leaves = theta / fastest;
      return forward * (ahead === 0 ? 1 : (chance[ahead - 1] ?? 0)) + (1 - forward - leaves) * here;
    });
  }
  // Wait and chance of being answered, place by place: with `ahead` before him an event comes after 1/(servers + (ahead + 1) θ) on average.
  let answered = 1;
  let wait = 0;
  let waitOfAnswered = 0;
  for (let ahead = 0; ahead < waiting.length; ahead++) {
    const speed = servers + (ahead + 1) * theta;
    const stays = (servers + ahead * theta) / speed;
    wait = stays * (wait + answered / speed);
    answered *= stays;
    waitOfAnswered += (waiting[ahead] ?? 0) * wait;
  }
  return { inTime, waitOfAnswered };
}

/** The fewest agents who keep the promise: `percent` of the callers answered within `target`. */
export function agentsNeeded(forecast: (agents: number) => Forecast, percent: number): number {
  let agents = 1;
  while (forecast(agents).serviceLevel * 100 < percent && agents < 100_000) agents++;
  return agents;
}
