/**
 * Mixed traffic for half an hour or as long as you like: callers who hang up at any moment, before they are answered too, agents who
 * answer, hang up first, are busy or never answer. In the end nothing may be left, and memory must not have grown.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { tone, writeWav } from '../src/lab/audio.js';
import type { LabAgent } from '../src/lab/daemon.js';
import { residentMb } from '../src/lab/process-stat.js';
import { type AgentScenario, type CallerScenario, type Sipp, startAgent, startCallers } from '../src/lab/sipp.js';
import type { Benchmark, Outcome } from './benchmark.js';
import { rounded, slope } from './figures.js';
import { fateOf, LineCount, unserved } from './load/counts.js';
import { bootFreeswitch, busyAgents, clientOf, languages, numberOf, startDaemonOn } from './load/desk.js';
import { Inspector } from './load/inspector.js';
import { callerNumber } from './load/run.js';
import { MachineWatch } from './machine.js';

export interface Plan {
  readonly seconds: number;
  /** Calls a second, all kinds together. */
  readonly rate: number;
}

interface Kind {
  readonly scenario: AgentScenario;
  readonly count: number;
  readonly ringMs?: number;
  readonly talkMs?: number;
}

const kinds: readonly Kind[] = [
  { scenario: 'agent-answers', count: 24, ringMs: 300 },
  { scenario: 'agent-hangs-up', count: 12, ringMs: 500, talkMs: 1_500 },
  { scenario: 'agent-busy-486', count: 3 },
  { scenario: 'agent-never-answers', count: 3 },
];

interface Stream {
  readonly scenario: CallerScenario;
  /** Of all calls. */
  readonly share: number;
  readonly client: number;
  /** The longest patience, ms; each caller's is drawn. */
  readonly patienceMs: number;
}

const streams: readonly Stream[] = [
  { scenario: 'caller-hears-and-hangs-up', share: 0.4, client: 0, patienceMs: 6_000 },
  { scenario: 'caller-hears-and-hangs-up', share: 0.3, client: 1, patienceMs: 9_000 },
  { scenario: 'caller-hears-and-hangs-up', share: 0.15, client: 2, patienceMs: 4_000 },
  { scenario: 'caller-cancels', share: 0.15, client: 3, patienceMs: 0 },
];

/** Half a minute a portion: then the next callers, with other patience. */
const portionSeconds = 30;
const sound = { file: 'prompts/tone.wav' };
const audio = { 'prompts/tone.wav': writeWav([tone(500, 800)]) };

/** Straight into the queue; with a greeting; a queue that gives up soon; recorded. */
const clients = [
  clientOf(0),
  clientOf(1, { greetings: { open: sound }, whisper: sound }),
  clientOf(2, { greetings: { open: sound }, flow: { open: 'voicemail' } }),
  clientOf(3, { recording: true }),
];

async function crews(): Promise<{ readonly agents: readonly LabAgent[]; readonly phones: readonly Sipp[] }> {
  const phones: Sipp[] = [];
  const agents: LabAgent[] = [];
  for (const { count, ...kind } of kinds) {
    const sipp = await startAgent(kind);
    phones.push(sipp);
    for (let i = 0; i < count; i++) {
      const id = `agent${agents.length}`;
      const skills = Object.fromEntries(languages.map((language) => [language, 50]));
      agents.push({ id, name: id, skills, phone: { uri: `sip:${id}@127.0.0.1:${sipp.port}` } });
    }
  }
  return { agents, phones };
}

export async function soakFor({ seconds, rate }: Plan): Promise<Outcome> {
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const { agents, phones } = await crews();
    for (const sipp of phones) stops.push(() => sipp.kill());
    const pbx = await bootFreeswitch();
    stops.push(() => pbx.stop());
    // An offer in vain has consequences, but short ones: or nobody would be asked after a minute.
    const missed = { noAnswer: 2, busy: 2, rejected: 2, unreachable: 2, inARow: { times: 0 } };
    const shaped = clients.map((client) => ({ ...client, queue: { ...(client['queue'] as object), ringSeconds: 3, missed } }));
    const { daemon, redis, stop } = await startDaemonOn(pbx, agents, shaped, { audio });
    stops.push(stop);
    const errors = new LineCount(/"level":"(error|fatal)"/);
    errors.add(daemon.output);
    daemon.onOutput((text) => errors.add(text));
    const pids = { daemon: daemon.pid, redis: redis.pid, freeswitch: pbx.pid };
    const memory: Record<keyof typeof pids, [atS: number, mb: number][]> = { daemon: [], redis: [], freeswitch: [] };
    const began = performance.now();
    const look = async (): Promise<void> => {
      for (const name of Object.keys(pids) as (keyof typeof pids)[])
        memory[name].push([(performance.now() - began) / 1_000, await residentMb(pids[name])]);
    };
    const inspector = await Inspector.open(daemon);
    const live: { readonly calls: number; readonly mb: number }[] = [];
    const watch = await MachineWatch.start(pids);
    const answered = new Set<string>();
    let calls = 0;
    const turnedAway = new Map<string, string>();
    while ((performance.now() - began) / 1_000 < seconds) {
      const portion = Math.min(portionSeconds, seconds);
      const portions: Portion[] = [];
      for (const stream of streams) {
        const count = Math.max(1, Math.round(portion * rate * stream.share));
        calls += count;
        portions.push(await place(stream, count, pbx.trunkPort, rate));
      }
      const ended = Promise.all(portions.map(async ({ sipp, callers }) => ({ ...(await sipp.finished), callers })));
      for (let done = false; !done; ) {
        await look();
        done = await Promise.race([ended.then(() => true), pause(2_000).then(() => false)]);
      }
      for (const { moments, calls: placed, unexpected, callers } of await ended) {
        if (placed === 0) throw new Error(`callers could not call: ${unexpected.slice(0, 500)}`);
        for (const caller of unserved(callers, moments)) turnedAway.set(caller, fateOf(caller, moments, unexpected));
        for (const { what, caller } of moments) if (what === 'answered') answered.add(caller);
      }
      if (live.length === 0 && (performance.now() - began) / 1_000 >= seconds / 3) live.push({ calls, mb: await inspector.liveHeapMb() });
    }
    live.push({ calls, mb: await inspector.liveHeapMb() });
    inspector.close();
    const { cpuMs, noise } = await watch.stop();
    return await told();

    async function told(): Promise<Outcome> {
      const left = await orphans(async () => {
        const { calls: going = [] } = (await (await daemon.api('/v1/calls')).json()) as { calls?: unknown[] };
        const busy = (await busyAgents(daemon)).filter((agent) => !/paused|wrapUp/.test(agent));
        return (await pbx.channels()).length + going.length + busy.length;
      });
      const records = await daemon.records();
      const outcomeOf = new Map(records.map(({ caller, outcome }) => [(caller as { number: string }).number, String(outcome)]));
      const unrecorded = [...answered].filter((caller) => !outcomeOf.has(caller)).length;
      const lost = records.filter(({ outcome }) => outcome === 'lost').length;
      const fates = [...turnedAway].map(([caller, fate]) => `${caller} (${outcomeOf.get(caller) ?? 'no record'}; ${fate})`);
      const outcomes = new Map<string, number>();
      for (const { outcome } of records) outcomes.set(String(outcome), (outcomes.get(String(outcome)) ?? 0) + 1);
      const growth = (name: keyof typeof pids): number => {
        // The first third warms up: caches fill, the heap finds its size.
        const settled = memory[name].slice(Math.floor(memory[name].length / 3));
        const mean = settled.reduce((sum, [, mb]) => sum + mb, 0) / settled.length;
        return (slope(settled) * 3_600 * 100) / mean;
      };
      const megabytes = (name: keyof typeof pids) => memory[name].map(([, mb]) => mb);
      return {
        keys: { failed: unrecorded + lost + turnedAway.size + errors.count, orphans: left, rss_slope_pct_h: rounded(growth('daemon')) },
        columns: ['process', 'MB in the beginning', 'MB in the end', 'growth, % an hour', 'ms of CPU a call'],
        rows: (Object.keys(pids) as (keyof typeof pids)[]).map((name) => [
          name,
          rounded(megabytes(name)[0] ?? 0),
          rounded(megabytes(name).at(-1) ?? 0),
          rounded(growth(name)),
          rounded(cpuMs[name] / calls),
        ]),
        notes: [
          `${calls} calls in ${Math.round((performance.now() - began) / 1_000)} s: ${[...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ')}; ${answered.size} were answered.`,
          `Failed: ${unrecorded} answered callers without a record, ${lost} lost, ${turnedAway.size} neither answered nor gave up themselves, ${errors.count} errors in the daemon's log. Orphans, i.e. channels, calls and agents that are not free in the end: ${left}.`,
          ...(fates.length === 0 ? [] : [`Neither answered nor gave up: ${fates.slice(0, 5).join(' · ')}`]),
          `The daemon's live objects, after a collection of garbage: ${live.map(({ calls, mb }) => `${rounded(mb)} MB after ${calls} calls`).join(', ')}.`,
          `Callers hang up at a random moment, 15 per cent of them before or just as they are answered; of ${agents.length} agents ${kinds.map(({ scenario, count }) => `${count} ${scenario}`).join(', ')}. Growth is fitted to the last two thirds${seconds < 1_200 ? ': over so short a time it is mostly the heap finding its size' : ''}.`,
        ],
        noise,
      };
    }
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** One kind of callers for half a minute. */
interface Portion {
  readonly sipp: Sipp;
  readonly callers: readonly string[];
}

/** One after the other: two that start at once may be given the same port. */
async function place({ scenario, share, client, patienceMs }: Stream, count: number, port: number, rate: number): Promise<Portion> {
  const callers = Array.from({ length: count }, callerNumber);
  const sipp = await startCallers({
    scenario,
    port,
    calls: callers.map((caller) => ({ number: numberOf(client), caller, ms: randomInt(patienceMs + 1) })),
    rate: rate * share,
    timeoutMs: (count / (rate * share)) * 1_000 + 60_000,
    // Who cancels does so between the first ringing and the answer, or just after it.
    receiveTimeoutMs: scenario === 'caller-cancels' ? 1 + randomInt(60) : 20_000,
    measured: true,
  });
  await sipp.ready();
  return { sipp, callers };
}

/** What is still there when everything has had its time. */
async function orphans(count: () => Promise<number>): Promise<number> {
  let left = await count();
  for (let i = 0; left > 0 && i < 60; i++) {
    await pause(500);
    left = await count();
  }
  return left;
}

export const soak: Benchmark = {
  name: 'soak',
  says: 'Mixed traffic with random hang-ups, 30 minutes or --hours: memory, orphans, failures',
  measures: ['src/core', 'src/engine', 'src/freeswitch', 'src/redis'],
  run: ({ quick, hours }) => soakFor(quick ? { seconds: 20, rate: 6 } : { seconds: (hours ?? 0.5) * 3_600, rate: 6 }),
};
