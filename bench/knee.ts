/** How many calls a second one machine takes: the load rises until agents' phones ring later than 200 ms (p99) or a call fails. */
import type { Benchmark, Outcome } from './benchmark.js';
import { median, rounded, spread } from './figures.js';
import { close, open, type Side, sides, warmUp } from './load/comparison.js';
import { type Crew, type DaemonDesk, startCallcenterDesk, startDaemonDesk } from './load/desk.js';
import { limitMs, type Ramp, type RampPlan, ramp, strayed } from './load/ramp.js';
import { worst } from './machine.js';

interface Plan extends RampPlan {
  readonly rounds: number;
  readonly crew: Crew;
}

const crew: Crew = { size: 300, ringMs: 100 };

/** A desk is used for one ramp: what broke under it must not be measured again. */
async function rampOf(side: Side, plan: Plan): Promise<Ramp> {
  const site = await open(plan.crew, side === 'daemon' ? startDaemonDesk : startCallcenterDesk);
  try {
    // As in `queue`; mod_callcenter has nothing to warm.
    if (side === 'daemon') await warmUp(site);
    const loop = side === 'daemon' ? () => loopDelayP99Ms((site.desk as DaemonDesk).daemon) : () => Promise.resolve(0);
    await loop();
    return await ramp(site, plan, loop);
  } finally {
    await close(site);
  }
}

/** Node's own histogram, emptied at each reading. */
async function loopDelayP99Ms(daemon: DaemonDesk['daemon']): Promise<number> {
  const page = await (await daemon.api('/metrics')).text();
  return Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(page)?.[1] ?? 0) * 1_000;
}

export async function findKnees(plan: Plan): Promise<Outcome> {
  const ramps: Record<Side, Ramp[]> = { daemon: [], native: [] };
  for (let round = 0; round < plan.rounds; round++) for (const side of sides) ramps[side].push(await rampOf(side, plan));
  const knees = (side: Side) => ramps[side].map(({ kneeRate }) => kneeRate);
  const atKnee = ramps.daemon.map(({ seconds, kneeRate, loopP99Ms }) => loopP99Ms[seconds.findIndex(({ rate }) => rate >= kneeRate)] ?? 0);
  const [ours, theirs] = [ramps.daemon[0], ramps.native[0]];
  const cells = (one: Ramp | undefined, second: number): readonly (string | number)[] => {
    const { rate, offerP99, failed } = one?.seconds[second] ?? {};
    if (rate === undefined || offerP99 === undefined) return ['–', '–'];
    return [rate, `${rounded(offerP99)}${failed === 0 ? '' : `, ${failed} failed`}`];
  };
  return {
    keys: { knee_cps: rounded(median(knees('daemon'))), native_knee_cps: rounded(median(knees('native'))) },
    columns: ['calls planned a second', 'came to ours', 'offer p99, ms', 'came to mod_callcenter', 'offer p99, ms'],
    rows: (ours?.seconds ?? []).map(({ planned }, i) => [planned, ...cells(ours, i), ...cells(theirs, i)]),
    verdicts: [
      `Good up to ${spread(knees('daemon'))} calls a second with us, ${spread(knees('native'))} with mod_callcenter: no call failed and no two seconds in a row had a p99 over ${limitMs} ms.`,
    ],
    notes: [
      `The daemon's event loop was late by ${spread(atKnee)} ms (p99) in the last good second.`,
      `${plan.from} calls a second, ${plan.step} more each second; ${plan.talkMs / 1_000} s of talk, ${plan.crew.size} agents. ${plan.rounds} × each, in turns; the table is the first round. SIPp's callers and phones run on the same machine.`,
    ],
    noise: worst(sides.flatMap((side) => ramps[side].flatMap(({ watched, seconds }) => [...watched.noise, ...strayed(seconds)]))),
  };
}

export const knee: Benchmark = {
  name: 'knee',
  says: 'Rising load until p99 of the offer is over 200 ms or a call fails: our daemon and mod_callcenter',
  measures: ['bench/load/ramp.ts', 'src/core', 'src/engine', 'src/freeswitch', 'src/redis'],
  run: ({ quick }) =>
    findKnees(
      quick ? { from: 20, to: 60, step: 5, talkMs: 2_000, rounds: 1, crew } : { from: 10, to: 80, step: 1, talkMs: 3_000, rounds: 3, crew },
    ),
};
