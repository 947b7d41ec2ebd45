/**
 * Answer, play a second of sound, hang up: FreeSWITCH by itself with a static dialplan (the floor), under our daemon, and with modesl
 * on the outbound socket. The same file, the same configuration, in turns.
 */

import { tone, writeWav } from '../../src/lab/audio.js';
import { Child } from '../../src/lab/child.js';
import { freePort } from '../../src/lab/free-port.js';
import type { Freeswitch } from '../../src/lab/freeswitch.js';
import { createScratch } from '../../src/lab/scratch.js';
import type { Benchmark, Outcome } from '../benchmark.js';
import { interleaved, median, quantile, ratio, rounded, spread } from '../figures.js';
import { bootFreeswitch, clientOf, crewOf, numberOf, startDaemonOn } from '../load/desk.js';
import { type Run, run, type Target } from '../load/run.js';
import { worst } from '../machine.js';

const program = new URL('modesl-server.ts', import.meta.url).pathname;
const sound = writeWav([tone(440, 1_000)]);

/** A queue wants agents, though nobody is put into it here. */
const nobody = crewOf({ size: 4, ringMs: 0, absent: true }, 0);

type Side = 'static' | 'daemon' | 'modesl';

export interface Case {
  readonly rate: number;
  readonly sides: readonly Side[];
  readonly rounds: number;
  readonly calls: number;
}

/** modesl last, and never at the highest rate: FreeSWITCH keeps channels that it has lost, for good (D1). */
const cases = (quick: boolean): readonly Case[] =>
  quick
    ? [
        { rate: 100, sides: ['static', 'daemon'], rounds: 3, calls: 250 },
        { rate: 30, sides: ['modesl'], rounds: 1, calls: 90 },
      ]
    : [
        { rate: 100, sides: ['static', 'daemon'], rounds: 7, calls: 500 },
        { rate: 50, sides: ['static', 'daemon'], rounds: 3, calls: 300 },
        { rate: 10, sides: ['static', 'daemon', 'modesl'], rounds: 3, calls: 60 },
        { rate: 50, sides: ['static', 'modesl'], rounds: 1, calls: 300 },
      ];

const dialplan = (file: string, port: number): string => `<include>
  <context name="$\${tcore_context}">
    <extension name="static">
      <condition field="destination_number" expression="^1000$">
        <action application="answer"/>
        <action application="playback" data="${file}"/>
        <action application="hangup"/>
      </condition>
    </extension>
    <extension name="outbound-socket">
      <condition field="destination_number" expression="^2000$">
        <action application="socket" data="127.0.0.1:${port} async full"/>
      </condition>
    </extension>
  </context>
</include>
`;

const unrestOn = (pbx: Freeswitch) => async () => {
  const { length } = await pbx.channels();
  return length === 0 ? undefined : `${length} channels`;
};

export const answer: Benchmark = {
  name: 'answer',
  says: 'Answer, play one second, hang up: static dialplan, our daemon, modesl on the outbound socket',
  measures: ['src/core', 'src/engine', 'src/freeswitch'],
  run: ({ quick }) => compareAnswers(cases(quick)),
};

type Place = (side: Side, calls: number, rate: number) => Promise<Run<string>>;

export const compareAnswers = (plan: readonly Case[], warmCalls = 200): Promise<Outcome> =>
  withAnswers(warmCalls, (place) => compare(plan, place));

/** All sides are up and warm while `work` runs. */
export async function withAnswers<T>(
  warmCalls: number,
  work: (place: Place, pids: Readonly<Record<'static' | 'daemon', number>>) => Promise<T>,
): Promise<T> {
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const scratch = await createScratch('answer');
    stops.push(() => scratch.remove());
    const file = await scratch.write('second.wav', sound);
    const port = await freePort();
    const modesl = await Child.start({
      command: process.execPath,
      args: ['--import', import.meta.resolve('tsx'), '--no-deprecation', program, String(port), file],
    });
    stops.push(() => modesl.kill());
    await modesl.outputMatches(/listening/);
    const plain = await bootFreeswitch({ '../dialplan/freeswitch/telephony-core.xml': dialplan(file, port) });
    stops.push(() => plain.stop());
    const pbx = await bootFreeswitch();
    stops.push(() => pbx.stop());
    const client = clientOf(0, { greetings: { open: { file: 'prompts/second.wav' } }, flow: { open: 'hangup' } });
    const { daemon, redis, stop } = await startDaemonOn(pbx, nobody, [client], { audio: { 'prompts/second.wav': sound } });
    stops.push(stop);

    const targets: Readonly<Record<Side, Target<string>>> = {
      static: { port: plain.trunkPort, numbers: ['1000'], pids: { freeswitch: plain.pid }, unrest: unrestOn(plain) },
      modesl: { port: plain.trunkPort, numbers: ['2000'], pids: { freeswitch: plain.pid, daemon: modesl.pid }, unrest: unrestOn(plain) },
      daemon: {
        port: pbx.trunkPort,
        numbers: [numberOf(0)],
        pids: { freeswitch: pbx.pid, daemon: daemon.pid, redis: redis.pid },
        unrest: unrestOn(pbx),
      },
    };
    const place: Place = (side, calls, rate) => run(targets[side], { calls, rate, talkMs: 0, scenario: 'caller-expects-bye' });
    await Promise.all([place('static', warmCalls, 30), place('daemon', warmCalls, 50)]);
    return await work(place, { static: plain.pid, daemon: pbx.pid });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

interface Measured {
  readonly one: Case;
  readonly runs: Readonly<Partial<Record<Side, readonly Run<string>[]>>>;
}

async function compare(all: readonly Case[], place: Place): Promise<Outcome> {
  const measured: Measured[] = [];
  for (const one of all) {
    const runs = await interleaved(one.rounds, one.sides, async (side) => {
      const result = await place(side, one.calls, one.rate);
      // That modesl loses calls is part of what is measured.
      if (result.failed > 0 && side !== 'modesl')
        throw new Error(`${side}: ${result.failed} of ${one.calls} calls failed\n${result.unexpected.slice(0, 2_000)}`);
      return result;
    });
    measured.push({ one, runs });
  }
  return told(measured);
}

const cpu = (runs: readonly Run<string>[], name: string) => runs.map(({ cpuMsPerCall }) => cpuMsPerCall[name] ?? 0);
const answered = (runs: readonly Run<string>[], part: number) => runs.map(({ answerMs }) => quantile(answerMs, part));

function told(measured: readonly Measured[]): Outcome {
  const { daemon: ours = [], static: floor = [] } = measured[0]?.runs ?? {};
  const all = measured.flatMap(({ runs }) => Object.values(runs).flat());
  return {
    keys: {
      fs_ms_per_call: rounded(median(cpu(ours, 'freeswitch'))),
      static_fs_ms_per_call: rounded(median(cpu(floor, 'freeswitch'))),
      daemon_ms_per_call: rounded(median(cpu(ours, 'daemon'))),
      answer_p99_ms: rounded(median(answered(ours, 0.99))),
    },
    columns: ['calls', 'who', 'INVITE → 200 p50, ms', 'p99', 'FreeSWITCH, ms of CPU a call', 'Node', 'failed'],
    rows: measured.flatMap(({ one: { rate, calls, rounds }, runs }) =>
      Object.entries(runs).map(([side, some]) => [
        `${rate}/s`,
        side,
        spread(answered(some, 0.5)),
        spread(answered(some, 0.99)),
        spread(cpu(some, 'freeswitch')),
        side === 'static' ? '–' : spread(cpu(some, 'daemon')),
        `${some.reduce((sum, { failed }) => sum + failed, 0)} of ${rounds * calls}`,
      ]),
    ),
    verdicts: [
      `At 100/s FreeSWITCH needs ${rounded(ratio(cpu(ours, 'freeswitch'), cpu(floor, 'freeswitch')))} × the CPU of the static dialplan (bar: 1.4).`,
    ],
    notes: [
      'static: answer, playback, hangup in the dialplan. daemon: our default configuration, a tenant whose greeting is that file and whose flow then ends. modesl: `socket … async full` with myevents.',
      'One second of sound from a file; the switch hangs up. The same freeswitch-conf; the static dialplan and modesl share a FreeSWITCH, ours has one of its own. Runs alternate; medians with the least and the greatest.',
      `The callers’ SIPp took at most ${Math.max(...all.map(({ sippPercent }) => sippPercent)).toFixed(0)} % of a core.`,
    ],
    noise: worst(all.flatMap(({ noise }) => noise)),
  };
}
