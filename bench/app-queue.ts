/** The `queue` comparison on Asterisk: our daemon over ARI and app_queue, 100 agents. */
import { findAsterisk } from '../src/lab/asterisk-root.js';
import type { Benchmark, Outcome } from './benchmark.js';
import { rounded } from './figures.js';
import { startAppQueueDesk, startDaemonOnAsterisk } from './load/asterisk.js';
import { allRuns, type Case, columns, commonNotes, compare, keysOf, noiseOf } from './load/comparison.js';

const common = { recording: false, crew: { size: 100, ringMs: 200 } };

const cases = (quick: boolean): readonly Case[] =>
  quick
    ? [{ ...common, talkMs: 2_000, rate: 20, rounds: 2, calls: 100 }]
    : [
        { ...common, talkMs: 4_000, rate: 20, rounds: 5, calls: 400 },
        { ...common, talkMs: 4_000, rate: 5, rounds: 3, calls: 100 },
      ];

export const appQueue: Benchmark = {
  name: 'app-queue',
  says: 'A queued and bridged call on Asterisk: our daemon and app_queue, 100 agents',
  measures: ['src/core', 'src/engine', 'src/asterisk', 'src/redis'],
  run: ({ quick }) => compareOnAsterisk(cases(quick)),
};

export async function compareOnAsterisk(all: readonly Case[]): Promise<Outcome> {
  const lines = await compare(all, { daemon: startDaemonOnAsterisk, native: startAppQueueDesk }, 'asterisk');
  const version = (await findAsterisk(process.env)).program?.version ?? 'unknown';
  const [{ row, result, one }] = lines;
  return {
    keys: keysOf(row, 'asterisk'),
    columns: columns('Asterisk', 'app_queue'),
    rows: lines.map(({ row: { cells } }) => cells),
    verdicts: [
      `At ${one.rate}/s the p99 of the offer is ${rounded(row.offerRatio)} × app_queue's, Asterisk's CPU a call ${rounded(row.pbxRatio)} ×.`,
    ],
    notes: [
      `Redis, at ${Math.min(10, one.rate)} calls a second: ${rounded(result.exchanged.trips)} pipelined trips a call.`,
      `app_queue: leastrecent, autofill, retry = 1, which is the least; ours as in \`queue\`. Callers hang up ${one.talkMs / 1_000} s after they were answered. The bridge is not measured here.`,
      ...commonNotes(lines),
    ],
    noise: noiseOf(allRuns(lines)),
    versions: { Asterisk: version },
  };
}
