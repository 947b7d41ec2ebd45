/**
 * Callers who wait for agents that are not there, hearing the hold music: what FreeSWITCH and the daemon need for 10, 100 and 300 of
 * them, guards on, beside mod_callcenter with the same music, and beside that music alone.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../src/lab/child.js';
import { residentMb } from '../src/lab/process-stat.js';
import { type Sipp, type SippResult, startCallers } from '../src/lab/sipp.js';
import type { Benchmark, Outcome } from './benchmark.js';
import { interleaved, median, ratio, rounded, spread } from './figures.js';
import { close, open, type Site } from './load/comparison.js';
import { type Crew, type Desk, startCallcenterDesk, startDaemonDesk, startMusicDesk } from './load/desk.js';
import { callerNumber, silence } from './load/run.js';
import { MachineWatch, type Noise, worst } from './machine.js';

export interface Plan {
  /** Callers who wait at a time, rising. */
  readonly levels: readonly number[];
  /** Of those, the ones that are measured without a daemon too. */
  readonly peerLevels: readonly number[];
  /** How long each level is measured, ms: whole periods of the guards' renewals. */
  readonly windowMs: number;
  readonly rounds: number;
}

const arrivalsPerSecond = 120;
/** From the last answer to the first measurement: greetings are over, music plays, guards are renewed. */
const settleMs = 1_500;

/** Of one level. */
interface Level {
  readonly waiting: number;
  /** Per cent of a core. */
  readonly percent: Readonly<Record<string, number>>;
  readonly residentMb: Readonly<Record<string, number>>;
  readonly noise: readonly Noise[];
}

const starters = { daemon: startDaemonDesk, native: startCallcenterDesk, music: startMusicDesk } satisfies Record<
  string,
  (crew: Crew, phones: Sipp) => Promise<Desk>
>;
type Side = keyof typeof starters;
const sides = ['daemon', 'native', 'music'] as const satisfies readonly Side[];
/** Nobody is there to take a call. */
const crew = { size: 10, ringMs: 200, absent: true };

/** Callers come in portions and all leave at about the same time. */
async function fill({ desk }: Site, { levels, windowMs }: Plan): Promise<readonly Level[]> {
  const spans = levels.map((level, i) => ((level - (levels[i - 1] ?? 0)) / arrivalsPerSecond) * 1_000 + settleMs + windowMs);
  // Some more for a machine that is slow to connect them.
  const stays = spans.map((_, i) => spans.slice(i).reduce((sum, ms) => sum + ms, 3_000));
  const arrivals: Promise<SippResult>[] = [];
  const found: Level[] = [];
  for (const [i, level] of levels.entries()) {
    const count = level - (levels[i - 1] ?? 0);
    const calls = Array.from({ length: count }, (_, call) => ({
      number: desk.numbers[call % desk.numbers.length] ?? '',
      caller: callerNumber(),
      ms: stays[i] ?? 0,
    }));
    const sipp = await startCallers({
      scenario: 'caller-hears-and-hangs-up',
      port: desk.pbx.trunkPort,
      calls,
      rate: arrivalsPerSecond,
      timeoutMs: (stays[i] ?? 0) + 60_000,
      receiveTimeoutMs: 20_000,
    });
    arrivals.push(sipp.finished);
    await until(`${level} waiting callers`, async () => ((await desk.pbx.channels()).length >= level ? true : undefined), {
      timeoutMs: 20_000,
      everyMs: 200,
    });
    await pause(settleMs);
    const watch = await MachineWatch.start(desk.pids);
    await pause(windowMs);
    const { cpuMs, wallMs, noise } = await watch.stop();
    found.push({
      waiting: level,
      percent: Object.fromEntries(Object.entries(cpuMs).map(([name, ms]) => [name, (ms / wallMs) * 100])),
      residentMb: Object.fromEntries(
        await Promise.all(Object.entries(desk.pids).map(async ([name, pid]) => [name, await residentMb(pid)])),
      ),
      noise,
    });
  }
  for (const { ok, unexpected } of await Promise.all(arrivals))
    if (!ok) throw new Error(`callers did not wait: ${unexpected.slice(0, 500)}\n${(await desk.complaints?.()) ?? ''}`);
  await silence(desk);
  return found;
}

export async function compareBacklogs(plan: Plan): Promise<Outcome> {
  const opening = await Promise.allSettled(sides.map(async (side) => [side, await open(crew, starters[side])] as const));
  const opened = opening.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  try {
    for (const one of opening) if (one.status === 'rejected') throw one.reason;
    const sites = Object.fromEntries(opened) as Record<Side, Site>;
    const levels = (side: Side) => (side === 'daemon' ? plan.levels : plan.peerLevels);
    const run = (side: Side) => fill(sites[side], { ...plan, levels: levels(side) });
    return told(plan, await interleaved(plan.rounds, sides, run));
  } finally {
    await Promise.all(opened.map(([, site]) => close(site)));
  }
}

export const backlog: Benchmark = {
  name: 'backlog',
  says: 'Callers who wait while no agent is there: CPU of FreeSWITCH and daemon together, of mod_callcenter, and of the music alone',
  measures: ['src/core', 'src/engine', 'src/freeswitch', 'src/redis'],
  run: ({ quick }) =>
    compareBacklogs(
      quick
        ? { levels: [10, 300], peerLevels: [300], windowMs: 3_000, rounds: 1 }
        : { levels: [10, 100, 300], peerLevels: [10, 100, 300], windowMs: 12_000, rounds: 3 },
    ),
};

function told({ levels, peerLevels, windowMs, rounds }: Plan, runs: Readonly<Record<Side, readonly (readonly Level[])[]>>): Outcome {
  const at = (side: Side, level: number, figure: (one: Level) => number): readonly number[] =>
    runs[side].flatMap((run) => run.filter(({ waiting }) => waiting === level).map(figure));
  const together = ({ percent }: Level): number => (percent['freeswitch'] ?? 0) + (percent['daemon'] ?? 0);
  const of =
    (name: string) =>
    ({ percent }: Level): number =>
      percent[name] ?? 0;
  const [least = 0, most = 0] = [levels[0], levels.at(-1)];
  const perCall = (level: number) => median(at('daemon', level, of('daemon'))) / level;
  const memory = (side: Side, name: string) => {
    const mb = (level: number) => median(at(side, level, ({ residentMb }) => residentMb[name] ?? 0));
    return rounded(((mb(most) - mb(least)) / (most - least)) * 1_024);
  };
  return {
    keys: {
      [`cpu_pct_${most}`]: rounded(median(at('daemon', most, together))),
      [`native_cpu_pct_${most}`]: rounded(median(at('native', most, together))),
      cpu_flatness: rounded(perCall(most) / perCall(least)),
    },
    figures: { fs_kb_per_waiting: memory('daemon', 'freeswitch'), daemon_kb_per_waiting: memory('daemon', 'daemon') },
    columns: [
      'waiting',
      'ours, FreeSWITCH and daemon, % of a core',
      'FreeSWITCH',
      'daemon',
      'Redis',
      'mod_callcenter, %',
      'the music alone, %',
    ],
    rows: levels.map((level) => [
      level,
      spread(at('daemon', level, together)),
      spread(at('daemon', level, of('freeswitch'))),
      spread(at('daemon', level, of('daemon'))),
      spread(at('daemon', level, of('redis'))),
      ...(['native', 'music'] as const).map((side) => (peerLevels.includes(level) ? spread(at(side, level, together)) : '–')),
    ]),
    verdicts: [
      `With ${most} waiting ours takes ${rounded(ratio(at('daemon', most, together), at('native', most, together)))} × what mod_callcenter takes (bar: 0.85).`,
      `The music alone, from the dialplan, takes ${rounded(ratio(at('music', most, together), at('native', most, together)))} × what mod_callcenter takes.`,
      `The daemon's CPU a waiting call with ${most} is ${rounded(perCall(most) / perCall(least))} × that with ${least}, where what it does anyway (its heartbeat on the node) is shared by few.`,
    ],
    notes: [
      `Memory a waiting call: daemon ${memory('daemon', 'daemon')} KB (garbage included), Redis ${memory('daemon', 'redis')} KB, FreeSWITCH ${memory('daemon', 'freeswitch')} KB${peerLevels.includes(least) ? `; under mod_callcenter FreeSWITCH ${memory('native', 'freeswitch')} KB` : ''}.`,
      `All play local_stream://moh. Each waiting caller has a guard on the switch, renewed every 3 s. ${rounds} × ${windowMs / 1_000} s a level, in turns.`,
    ],
    noise: worst(sides.flatMap((side) => runs[side].flat().flatMap(({ noise }) => noise))),
  };
}
