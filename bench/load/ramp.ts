/** A load that rises until it is too much. */
import { setTimeout as pause } from 'node:timers/promises';
import { startCallers } from '../../src/lab/sipp.js';
import { quantile } from '../figures.js';
import { MachineWatch, type Noise, type Watched } from '../machine.js';
import type { Site } from './comparison.js';
import { byCaller, callerNumber, endPhones } from './run.js';

export interface RampPlan {
  /** Calls a second. */
  readonly from: number;
  readonly to: number;
  /** Calls a second more after each second. */
  readonly step: number;
  readonly talkMs: number;
}

/** One second of the ramp. */
export interface Second {
  /** Calls that came in it. */
  readonly rate: number;
  /** That should have come. */
  readonly planned: number;
  readonly offerP99: number;
  readonly failed: number;
}

export interface Ramp {
  readonly seconds: readonly Second[];
  readonly kneeRate: number;
  readonly watched: Watched<string>;
  /** The daemon's event-loop delay in each second, p99, ms. */
  readonly loopP99Ms: readonly number[];
}

/** A caller who waits longer than this for an agent's phone to ring waits for too long, ms. */
export const limitMs = 200;

export async function ramp({ desk, phones }: Site, plan: RampPlan, loopP99: () => Promise<number>): Promise<Ramp> {
  const seconds = Math.floor((plan.to - plan.from) / plan.step) + 1;
  const count = Array.from({ length: seconds }, (_, i) => plan.from + i * plan.step).reduce((sum, rate) => sum + rate, 0);
  const watch = await MachineWatch.start({ ...desk.pids, phones: phones.pid } as Readonly<Record<string, number>>);
  const sipp = await startCallers({
    scenario: 'caller-hears-and-hangs-up',
    port: desk.pbx.trunkPort,
    calls: Array.from({ length: count }, (_, i) => ({
      number: desk.numbers[i % desk.numbers.length] ?? '',
      caller: callerNumber(),
      ms: plan.talkMs,
    })),
    rate: plan.from,
    rise: { perSecond: plan.step, most: plan.to },
    timeoutMs: seconds * 1_000 + plan.talkMs + 8_000,
    receiveTimeoutMs: 8_000,
    measured: true,
  });
  const loopP99Ms: number[] = [];
  while (sipp.running && loopP99Ms.length < seconds) {
    await pause(1_000);
    loopP99Ms.push(await loopP99().catch(() => 0));
  }
  const result = await sipp.finished;
  const watched = await watch.stop();
  const { rungAt } = await endPhones(phones);
  const table = bySecond(byCaller(result.moments, 'invite'), rungAt, byCaller(result.moments, 'ended'), plan);
  return { seconds: table, kneeRate: kneeOf(table), watched, loopP99Ms };
}

/** Calls by the second in which they came; one that was not over in the end has failed. */
export function bySecond(
  invited: ReadonlyMap<string, number>,
  rung: ReadonlyMap<string, number>,
  ended: ReadonlyMap<string, number>,
  { from, to, step }: Pick<RampPlan, 'from' | 'to' | 'step'>,
): readonly Second[] {
  const start = Math.min(...invited.values());
  const seconds: { came: number; offers: number[]; failed: number }[] = [];
  for (const [caller, at] of invited) {
    const index = Math.floor((at - start) / 1_000);
    seconds[index] ??= { came: 0, offers: [], failed: 0 };
    const second = seconds[index];
    if (second === undefined) continue;
    second.came++;
    const rang = rung.get(caller);
    if (rang !== undefined) second.offers.push(rang - at);
    if (rang === undefined || !ended.has(caller)) second.failed++;
  }
  return Array.from(seconds, (second = { came: 0, offers: [], failed: 0 }, i) => ({
    rate: second.came,
    planned: Math.min(to, from + i * step),
    offerP99: quantile(second.offers, 0.99),
    failed: second.failed,
  }));
}

/** The rate up to which every second was good. A single late call in a second is its p99: two bad seconds in a row are the knee. */
export function kneeOf(seconds: readonly Second[]): number {
  const bad = ({ offerP99, failed }: Second): boolean => failed > 0 || offerP99 > limitMs;
  let last = 0;
  for (const [i, second] of seconds.entries()) {
    const next = seconds[i + 1];
    if (second.failed > 0 || (bad(second) && (next === undefined || bad(next)))) return last;
    // They come as SIPp gets to it: a second may have fewer than the one before, and the last has what was left.
    last = Math.max(last, second.rate);
  }
  return last;
}

/** How far SIPp strayed from the plan, the worst second. The last has what was left, and a few calls more or less are the seconds' edges. */
export function strayed(seconds: readonly Second[]): readonly Noise[] {
  const off = seconds.slice(0, -1).map(({ rate, planned }) => (Math.abs(rate - planned) <= 2 ? 0 : Math.abs(rate / planned - 1)));
  const percent = Math.round(Math.max(0, ...off) * 100);
  return percent > 10 ? [{ why: `SIPp called up to ${percent} % more or less often than planned`, percent }] : [];
}
