/** One simulated stretch of days from its parts: callers, agents, a store; and what came of it. */
import type { Site } from '../core/site.js';
import type { CallbackStore } from '../ports/callback-store.js';
import type { Assignment, RoutingStore } from '../ports/routing-store.js';
import type { Assumptions } from './assumptions.js';
import type { Caller } from './callers.js';
import { Estimates } from './estimates.js';
import { Floor } from './floor.js';
import { dayAfter, midnight } from './local-day.js';
import { Openings } from './openings.js';
import { Random } from './random.js';
import { type Shift, shiftsOf } from './shifts.js';
import { Simulation, type VirtualClock } from './simulation.js';
import { Tally } from './tally.js';

/** A store whose present is the virtual clock's. */
export interface SimulatedStore {
  readonly name: 'memory' | 'redis';
  readonly store: RoutingStore;
  readonly callbacks: CallbackStore;
  readonly clock: VirtualClock;
  readonly turnOf?: (assignment: Assignment) => number;
}

export interface SimulatedDay {
  readonly site: Site;
  readonly assumptions: Assumptions;
  readonly timezone: string;
  readonly seed: string;
  readonly callers: readonly Caller[];
  /** Missing: those of the assumptions. */
  readonly shifts?: readonly Shift[];
  /** Whether callers’ waits are estimated, to see how far off the estimates are. */
  readonly estimates?: boolean;
}

export interface Played {
  readonly tally: Tally;
  readonly floor: Floor;
  readonly estimates: Estimates | undefined;
}

export async function simulate(day: SimulatedDay, { store, callbacks, clock, turnOf }: SimulatedStore): Promise<Played> {
  const { site, assumptions, timezone, seed, callers } = day;
  const { date, days } = assumptions;
  const dayEnd = midnight(timezone, dayAfter(date, days));
  const tally = new Tally(midnight(timezone, date), dayEnd, (tenant) => site.tenants.get(tenant));
  const floor = new Floor((does, from, to) => tally.spend(does, from, to));
  const estimates = day.estimates ? new Estimates() : undefined;
  const simulation = new Simulation({
    site,
    store,
    callbacks,
    clock,
    callers,
    shifts: day.shifts ?? shiftsOf(site, assumptions, timezone),
    assumptions,
    random: new Random(`${seed}/agents`),
    openings: new Openings(),
    floor,
    observers: [tally],
    ...(estimates === undefined ? {} : { estimates }),
    ...(turnOf === undefined ? {} : { turnOf }),
  });
  await simulation.run();
  await store.close();
  return { tally, floor, estimates };
}
