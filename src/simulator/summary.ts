/** The outcome of a simulation as plain data: for tables, JSON and the report. Shares are 0 to 1, times are in seconds. */
import type { Site } from '../core/site.js';
import type { Errors, Estimates } from './estimates.js';
import { occupancyOf } from './floor.js';
import type { Played } from './simulate.js';
import { type Count, type Slot, slotMs } from './tally.js';

export interface CountSummary {
  readonly queued: number;
  readonly answered: number;
  readonly serviceLevel: number;
  readonly asaS: number;
  /** The wait that nine in ten of the answered did not exceed. */
  readonly p90S: number;
  readonly abandonment: number;
  /** Left the queue for something else: a message, an outside number. */
  readonly overflowed: number;
  /** Missing: nobody asked to be called back. */
  readonly callbacks?: CallbackSummary;
}

/** Callers who asked to be called back. */
export interface CallbackSummary {
  readonly promised: number;
  readonly reached: number;
  /** How long after they had asked they talked to an agent, on average. */
  readonly reachedAfterS: number;
  readonly unreached: number;
}

export interface TenantSummary extends CountSummary {
  readonly tenant: string;
  readonly promise: { readonly percent: number; readonly withinS: number };
  readonly kept: boolean;
}

export interface AgentSummary {
  readonly agent: string;
  readonly calls: number;
  readonly occupancy: number;
  readonly signedInS: number;
  readonly ringS: number;
  readonly talkS: number;
  readonly wrapUpS: number;
  readonly notAnswered: number;
  /** Without offers: after those that he missed, and on breathers. */
  readonly pausedS: number;
  /** Of all calls that were answered for each tenant, how many by him. */
  readonly tenants: Readonly<Record<string, number>>;
}

/** A half hour of the day, the mean of all days. */
export interface SlotSummary extends CountSummary {
  /** `08:30` */
  readonly from: string;
  readonly signedIn: number;
  readonly busy: number;
  readonly meanQueue: number;
  readonly longestQueue: number;
}

/** How far off waits were that callers could have been told. */
export interface EstimateSummary {
  readonly when: 'entry' | 'announcement';
  readonly callers: number;
  readonly ours: { readonly meanAbsoluteErrorS: number; readonly biasS: number };
  /** The running average of Asterisk's app_queue. */
  readonly holdtime: { readonly meanAbsoluteErrorS: number; readonly biasS: number };
}

export interface Summary {
  readonly seed: string;
  readonly store: string;
  readonly date: string;
  readonly days: number;
  readonly calls: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly all: CountSummary;
  readonly occupancy: number;
  readonly tenants: readonly TenantSummary[];
  readonly agents: readonly AgentSummary[];
  readonly slots: readonly SlotSummary[];
  readonly estimates: readonly EstimateSummary[] | undefined;
  /** Share of the answered who had waited at most so many seconds. */
  readonly waits: readonly { readonly withinS: number; readonly share: number }[];
}

export function summarize(
  site: Site,
  { tally, floor, estimates }: Played,
  about: Pick<Summary, 'seed' | 'store' | 'date' | 'days' | 'calls'>,
): Summary {
  const { all } = tally;
  const agents = [...floor.sheets].map(([agent, sheet]): AgentSummary => {
    const { calls, notAnswered, signedInMs, ringMs, talkMs, wrapUpMs, pauseMs, tenants } = sheet;
    return {
      agent,
      calls,
      occupancy: occupancyOf(sheet),
      signedInS: signedInMs / 1000,
      ringS: ringMs / 1000,
      talkS: talkMs / 1000,
      wrapUpS: wrapUpMs / 1000,
      notAnswered,
      pausedS: pauseMs / 1000,
      tenants: Object.fromEntries(tenants),
    };
  });
  const sum = (of: 'signedInMs' | 'ringMs' | 'talkMs' | 'wrapUpMs' | 'pauseMs') =>
    [...floor.sheets.values()].reduce((total, sheet) => total + sheet[of], 0);
  return {
    ...about,
    outcomes: Object.fromEntries(tally.outcomes),
    all: countOf(all),
    occupancy: (sum('ringMs') + sum('talkMs') + sum('wrapUpMs')) / Math.max(1, sum('signedInMs') - sum('pauseMs')),
    tenants: [...site.tenants.values()].flatMap(({ id, serviceLevel: { percent, withinMs } }): TenantSummary[] => {
      const count = tally.tenants.get(id);
      if (count === undefined) return [];
      const promise = { percent, withinS: withinMs / 1000 };
      return [{ tenant: id, promise, kept: count.serviceLevel * 100 >= percent, ...countOf(count) }];
    }),
    agents: agents.sort((a, b) => (a.agent < b.agent ? -1 : 1)),
    slots: tally.slots.map((slot, index) => slotOf(slot, index, about.days)),
    estimates: estimates === undefined ? undefined : (['entry', 'announcement'] as const).map((when) => estimateOf(estimates, when)),
    waits: waitCurve(all),
  };
}

function countOf(count: Count): CountSummary {
  const { queued, answered, serviceLevel, asaS, abandonment, overflowed, promised, reached, reachedAfterMs, unreached } = count;
  const reachedAfterS = reachedAfterMs / 1000 / Math.max(1, reached);
  const callbacks = promised === 0 ? {} : { callbacks: { promised, reached, reachedAfterS, unreached } };
  return { queued, answered, serviceLevel, asaS, p90S: count.quantileS(0.9), abandonment, overflowed, ...callbacks };
}

function estimateOf({ errors }: Estimates, when: EstimateSummary['when']): EstimateSummary {
  const { ours, holdtime } = errors[when];
  const told = ({ meanAbsoluteErrorS, biasS }: Errors) => ({ meanAbsoluteErrorS, biasS });
  return { when, callers: ours.count, ours: told(ours), holdtime: told(holdtime) };
}

function slotOf(slot: Slot, index: number, days: number): SlotSummary {
  const minutes = (index * slotMs) / 60_000;
  const mean = (ms: number) => ms / slotMs / days;
  return {
    from: `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`,
    ...countOf(slot),
    signedIn: mean(slot.signedInMs),
    busy: mean(slot.busyMs),
    meanQueue: mean(slot.queueMs),
    longestQueue: slot.longestQueue,
  };
}

function waitCurve({ waits, answered }: Count): Summary['waits'] {
  const curve: { withinS: number; share: number }[] = [];
  let sum = 0;
  for (const [seconds, count] of [...waits].sort(([a], [b]) => a - b)) {
    sum += count;
    curve.push({ withinS: seconds + 1, share: sum / Math.max(1, answered) });
  }
  return curve;
}
