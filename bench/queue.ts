/**
 * A caller dials, an agent's phone rings, both talk: our daemon with skills routing beside mod_callcenter, each on a FreeSWITCH of
 * its own with the same configuration, 200 agents, music while waiting. The two take turns.
 */
import type { Benchmark, Outcome } from './benchmark.js';
import { median, rounded } from './figures.js';
import { allRuns, type Case, columns, commonNotes, compare, keysOf, noiseOf } from './load/comparison.js';
import { type Crew, startCallcenterDesk, startDaemonDesk } from './load/desk.js';

const crew: Crew = { size: 200, ringMs: 200 };
const common = { recording: false, talkMs: 5_000, crew };

/** `--quick`: 30/s alone, 1,000 calls a side. */
const cases = (quick: boolean): readonly Case[] =>
  quick
    ? [{ ...common, rate: 30, rounds: 3, calls: 340 }]
    : [
        { ...common, rate: 30, rounds: 5, calls: 600 },
        { ...common, rate: 20, rounds: 3, calls: 400 },
        { ...common, rate: 5, rounds: 3, calls: 100 },
        // At 30/s two cores are full on our side: calls fail, and what of them is late says nothing.
        { ...common, rate: 20, rounds: 3, calls: 400, recording: true },
      ];

export const queue: Benchmark = {
  name: 'queue',
  says: 'A queued and bridged call: our daemon with skills routing and mod_callcenter, 200 agents, 5 s talk',
  measures: ['src/core', 'src/engine', 'src/freeswitch', 'src/redis'],
  run: ({ quick }) => compareQueues(cases(quick)),
};

export async function compareQueues(all: readonly Case[]): Promise<Outcome> {
  const lines = await compare(all, { daemon: startDaemonDesk, native: startCallcenterDesk }, 'freeswitch');
  const [{ row, result, one }] = lines;
  const waited = (who: string) => rounded(median(result.runs.daemon.map(({ waitedMsPerCall }) => waitedMsPerCall[who] ?? 0)));
  return {
    keys: keysOf(row, 'fs'),
    figures: {
      redis_ms_per_call: rounded(row.redisMs),
      redis_trips_per_call: rounded(result.exchanged.trips),
      events_per_call: rounded(result.exchanged.events),
      commands_per_call: rounded(result.exchanged.sent),
    },
    columns: columns('FreeSWITCH', 'callcenter'),
    rows: lines.map(({ row: { cells } }) => cells),
    verdicts: [
      `At ${one.rate}/s the p99 of the offer is ${rounded(row.offerRatio)} × mod_callcenter's (bar: 0.5), FreeSWITCH's CPU a call ${rounded(row.pbxRatio)} × (bar: 0.9), the daemon's ${rounded(row.daemonMs)} ms (bar: 2.5), Redis’ trips a call ${rounded(result.exchanged.trips)} (bar: 6).`,
    ],
    notes: [
      `Redis, at 10 calls a second: ${rounded(result.exchanged.trips)} pipelined trips a call, ${rounded(result.exchanged.commands)} commands. FreeSWITCH sends the daemon ${rounded(result.exchanged.events)} events a call, the daemon sends it ${rounded(result.exchanged.sent)} commands.`,
      'Ours: default configuration, i.e. guards, each transition saved in Redis (append-only file), records in a file and a stream, metrics, and scheduled as docs/install.md has systemd do it; four tenants that ask for four skills of which each agent has three. No whisper, no greeting, no wrap-up. mod_callcenter: longest-idle-agent, its database in memory. Both: our freeswitch-conf, hold music, phones at fixed addresses that ring 200 ms, callers who hang up 5 s after they were answered; no audio from SIPp.',
      `At ${one.rate}/s the daemon waited ${waited('daemon')} ms a call for a processor, Redis ${waited('redis')}.`,
      ...commonNotes(lines),
      'The bridge is told by one more listener on the event socket, on both sides.',
    ],
    noise: noiseOf(allRuns(lines)),
  };
}
