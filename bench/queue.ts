/**
 * A caller dials, an agent's phone rings, both talk: our daemon with skills routing beside mod_callcenter, each on a FreeSWITCH of
 * its own with the same configuration, 200 agents, music while waiting. The two take turns.
 */
import type { Sipp } from '../src/lab/sipp.js';
import type { Benchmark, Outcome } from './benchmark.js';
import { interleaved, median, quantile, ratio, rounded, spread } from './figures.js';
import { Bridges } from './load/bridges.js';
import { type Crew, type Desk, startCallcenterDesk, startDaemonDesk, startPhones } from './load/desk.js';
import { between, endPhones, type Run, run } from './load/run.js';
import { type RedisCount, redisTrips } from './load/trips.js';

const crew: Crew = { size: 200, ringMs: 200 };
const talkMs = 5_000;

type Side = 'daemon' | 'callcenter';
const sides: readonly Side[] = ['daemon', 'callcenter'];

interface Case {
  readonly rate: number;
  readonly recording: boolean;
  readonly rounds: number;
  /** A round. */
  readonly calls: number;
}

/** `--quick`: 30/s alone, 1,000 calls a side. */
const cases = (quick: boolean): readonly Case[] =>
  quick
    ? [{ rate: 30, recording: false, rounds: 3, calls: 340 }]
    : [
        { rate: 30, recording: false, rounds: 5, calls: 600 },
        { rate: 20, recording: false, rounds: 3, calls: 400 },
        { rate: 5, recording: false, rounds: 3, calls: 100 },
        { rate: 30, recording: true, rounds: 3, calls: 600 },
      ];

interface Site {
  readonly desk: Desk;
  readonly phones: Sipp;
  readonly bridges: Bridges;
}

async function open(side: Side, recording: boolean): Promise<Site> {
  const phones = await startPhones(crew);
  try {
    const start = side === 'daemon' ? startDaemonDesk : startCallcenterDesk;
    const desk = await start({ ...crew, recording }, phones);
    return { desk, phones, bridges: await Bridges.watch(desk.pbx) };
  } catch (error) {
    await phones.kill();
    throw error;
  }
}

async function close({ desk, phones, bridges }: Site): Promise<void> {
  await bridges.stop();
  await phones.kill();
  await desk.stop();
}

const place = ({ desk, phones }: Site, calls: number, rate: number): Promise<Run<string>> =>
  run(
    { port: desk.pbx.trunkPort, numbers: desk.numbers, pids: { ...desk.pids, phones: phones.pid }, quiet: () => desk.quiet() },
    { calls, rate, talkMs },
  );

interface CaseResult {
  readonly runs: Readonly<Record<Side, readonly Run<string>[]>>;
  readonly rungAt: Readonly<Record<Side, ReadonlyMap<string, number>>>;
  readonly bridges: Readonly<Record<Side, Bridges>>;
  readonly trips: RedisCount;
}

async function measure({ rate, recording, rounds, calls }: Case): Promise<CaseResult> {
  const daemon = await open('daemon', recording);
  const callcenter = await open('callcenter', recording).catch(async (error: unknown) => {
    await close(daemon);
    throw error;
  });
  const sites = { daemon, callcenter };
  try {
    // Warm, and not measured: one call after the other, so that Redis reads no two calls at once.
    const warm = crew.size / 4;
    const trips = await redisTrips(daemon.desk.redisUrl ?? '', warm, () => Promise.all(sides.map((side) => place(sites[side], warm, 10))));
    const runs = await interleaved(rounds, sides, async (side) => {
      const result = await place(sites[side], calls, rate);
      if (result.failed > 0)
        throw new Error(
          `${side}: ${result.failed} of ${calls} calls failed\n${result.unexpected.slice(0, 500)}\n${sites[side].desk.complaints?.() ?? ''}`,
        );
      return result;
    });
    const [ours, theirs] = await Promise.all(sides.map(async (side) => (await endPhones(sites[side].phones)).rungAt));
    return {
      runs,
      rungAt: { daemon: ours ?? new Map(), callcenter: theirs ?? new Map() },
      bridges: { daemon: daemon.bridges, callcenter: callcenter.bridges },
      trips,
    };
  } finally {
    await close(daemon);
    await close(callcenter);
  }
}

interface Row {
  readonly cells: readonly (string | number)[];
  readonly offerP99: Readonly<Record<Side, number>>;
  readonly fs: Readonly<Record<Side, number>>;
  readonly fsRatio: number;
  readonly offerRatio: number;
  readonly daemonMs: number;
}

function figures({ rate, recording }: Case, { runs, rungAt, bridges }: CaseResult): Row {
  const each = (side: Side, figure: (one: Run<string>) => number) => runs[side].map(figure);
  const offers = (side: Side, part: number) => each(side, ({ invitedAt }) => quantile(between(invitedAt, rungAt[side]), part));
  const bridged = (side: Side, part: number) =>
    each(side, ({ invitedAt }) => quantile(between(invitedAt, { get: (caller) => bridges[side].of(caller) }), part));
  const cpu = (side: Side, name: string) => each(side, ({ cpuMsPerCall }) => cpuMsPerCall[name] ?? 0);
  const both = (of: (side: Side) => string) => sides.map(of).join(' / ');
  const offerP99 = { daemon: median(offers('daemon', 0.99)), callcenter: median(offers('callcenter', 0.99)) };
  return {
    cells: [
      `${rate}/s${recording ? ', recorded' : ''}`,
      both((side) => spread(offers(side, 0.5))),
      both((side) => spread(offers(side, 0.99))),
      both((side) => `${rounded(median(bridged(side, 0.5)))}, ${rounded(median(bridged(side, 0.99)))}`),
      both((side) => spread(cpu(side, 'freeswitch'))),
      spread(cpu('daemon', 'daemon')),
      spread(cpu('daemon', 'redis')),
    ],
    offerP99,
    offerRatio: ratio(offers('daemon', 0.99), offers('callcenter', 0.99)),
    fs: { daemon: median(cpu('daemon', 'freeswitch')), callcenter: median(cpu('callcenter', 'freeswitch')) },
    fsRatio: ratio(cpu('daemon', 'freeswitch'), cpu('callcenter', 'freeswitch')),
    daemonMs: median(cpu('daemon', 'daemon')),
  };
}

export const queue: Benchmark = {
  name: 'queue',
  says: 'A queued and bridged call: our daemon with skills routing and mod_callcenter, 200 agents, 5 s talk',
  async run({ quick }) {
    const measured: { readonly one: Case; readonly result: CaseResult; readonly row: Row }[] = [];
    for (const one of cases(quick)) {
      const result = await measure(one);
      measured.push({ one, result, row: figures(one, result) });
    }
    return told(measured);
  },
};

function told(measured: readonly { readonly one: Case; readonly result: CaseResult; readonly row: Row }[]): Outcome {
  const first = measured[0];
  if (first === undefined) throw new Error('nothing was measured');
  const { row, result, one } = first;
  const all = measured.flatMap(({ result: { runs } }) => sides.flatMap((side) => runs[side]));
  const sipp = Math.max(...all.map(({ sippPercent }) => sippPercent));
  return {
    keys: {
      offer_p99_ms: rounded(row.offerP99.daemon),
      native_offer_p99_ms: rounded(row.offerP99.callcenter),
      fs_ms_per_call: rounded(row.fs.daemon),
      native_fs_ms_per_call: rounded(row.fs.callcenter),
      daemon_ms_per_call: rounded(row.daemonMs),
    },
    columns: [
      'calls',
      'INVITE → agent INVITE p50, ms: ours / callcenter',
      'p99',
      'INVITE → bridge p50, p99',
      'FreeSWITCH, ms of CPU a call',
      'daemon',
      'Redis',
    ],
    rows: measured.map(({ row: { cells } }) => cells),
    notes: [
      `At ${one.rate}/s the p99 of the offer is ${rounded(row.offerRatio)} × mod_callcenter's (bar: 0.5), FreeSWITCH's CPU a call ${rounded(row.fsRatio)} × (bar: 0.9), the daemon's ${rounded(row.daemonMs)} ms (bar: 2.5).`,
      `Redis, at 10 calls a second: ${rounded(result.trips.trips)} pipelined trips a call (bar: 6), ${rounded(result.trips.commands)} commands.`,
      `${measured.map(({ one: { rate, rounds, calls, recording } }) => `${rounds} × ${calls} calls a side at ${rate}/s${recording ? ', both legs recorded in stereo' : ''}`).join('; ')}. Runs alternate; medians of the runs, with the least and the greatest.`,
      'Ours: default configuration, i.e. guards, each transition saved in Redis (append-only file), records in a file and a stream, metrics; four tenants that ask for four skills of which each agent has three. No whisper, no greeting, no wrap-up. mod_callcenter: longest-idle-agent, its database in memory. Both: our freeswitch-conf, hold music, phones at fixed addresses that ring 200 ms, callers who hang up 5 s after they were answered; no audio from SIPp.',
      `SIPp: the callers’ took at most ${sipp.toFixed(0)} % of a core, the phones’ ${rounded(Math.max(...all.map(({ cpuMsPerCall }) => cpuMsPerCall['phones'] ?? 0)))} ms a call. Its clock is not used: the scenarios log the time of day.`,
      'The bridge is told by one more listener on the event socket, on both sides.',
    ],
    noise: [...new Set(all.flatMap(({ noise }) => noise))].slice(0, 3),
  };
}
