/**
 * Our event-socket client beside the two on npm, each in a process of its own, with the same bytes from the same other side: CPU
 * for an event that is received and of which ten values are read, and commands a second at three distances.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Benchmark, Outcome } from '../benchmark.js';
import { interleaved, median, ratio, rounded, spread } from '../figures.js';
import { MachineWatch } from '../machine.js';
import { type ContestantName, contestantNames } from './contestants.js';
import { Peer, type RecordedEvent, recordedEvents } from './peer.js';
import type { Order, Report } from './process.js';

/** Events of a whole call that a daemon would be told of, and one of 8 KB alone. */
const heard = new Set([
  'CHANNEL_CREATE',
  'CHANNEL_PARK',
  'CHANNEL_BRIDGE',
  'CHANNEL_EXECUTE_COMPLETE',
  'CHANNEL_HANGUP_COMPLETE',
  'RECORD_STOP',
]);
const distancesMs = [0, 1, 5] as const;
const atOnce = 100;

class Client {
  readonly #child: ChildProcess;
  readonly #exited: Promise<never>;

  constructor(readonly name: ContestantName) {
    // As they run in production: no garbage collector of a benchmark's choice, no other option.
    this.#child = fork(new URL('process.ts', import.meta.url), [name], {
      execArgv: ['--import', import.meta.resolve('tsx'), '--no-deprecation'],
    });
    this.#exited = once(this.#child, 'exit').then(() => {
      throw new Error(`${this.name} ended`);
    });
    this.#exited.catch(() => undefined);
  }

  async tell(order: Order): Promise<unknown> {
    this.#child.send(order);
    return await this.heard();
  }

  async heard(): Promise<unknown> {
    const message = once(this.#child, 'message') as Promise<[unknown]>;
    const [said] = await Promise.race([message, this.#exited]);
    return said;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

async function received(client: Client, peer: Peer, events: readonly RecordedEvent[], count: number): Promise<Report> {
  await client.tell({ do: 'receive', count });
  const [report] = await Promise.all([client.heard(), peer.send(events, count)]);
  return report as Report;
}

interface Measured {
  readonly usPerEvent8k: number;
  readonly usPerEventTrace: number;
  readonly commandsPerSecond: readonly number[];
  readonly usPerCommand: number;
}

async function measure(client: Client, port: number, peer: Peer, events: Events, scale: number): Promise<Measured> {
  await client.tell({ do: 'connect', port });
  const perEvent = async (some: readonly RecordedEvent[], count: number) =>
    ((await received(client, peer, some, count)).cpuMs * 1_000) / count;
  const usPerEvent8k = await perEvent([events.large], 3_000 * scale);
  const usPerEventTrace = await perEvent(events.call, 3_000 * scale);
  const commandsPerSecond: number[] = [];
  let usPerCommand = 0;
  for (const ms of distancesMs) {
    peer.roundTripMs = ms;
    // Whoever has one command in flight gets fewer, or it would take minutes.
    const count = (client.name === 'esl' && ms > 0 ? 200 : 3_000) * scale;
    const { cpuMs, wallMs } = (await client.tell({ do: 'commands', count, atOnce })) as Report;
    commandsPerSecond.push((count / wallMs) * 1_000);
    if (ms === 1) usPerCommand = (cpuMs * 1_000) / count;
  }
  peer.roundTripMs = 0;
  await client.tell({ do: 'close' });
  return { usPerEvent8k, usPerEventTrace, commandsPerSecond, usPerCommand };
}

interface Events {
  readonly large: RecordedEvent;
  readonly call: readonly RecordedEvent[];
}

function eventsOfACall(): Events {
  const call = recordedEvents().filter(({ name }) => heard.has(name));
  const distance = ({ bytes }: RecordedEvent) => Math.abs(bytes.length - 8_192);
  const large = [...call].sort((a, b) => distance(a) - distance(b))[0];
  if (large === undefined) throw new Error('the recorded call has no events');
  return { large, call };
}

export const esl: Benchmark = {
  name: 'esl',
  says: 'Our event-socket client, modesl and esl: CPU an event, commands a second at 0, 1 and 5 ms',
  measures: ['src/freeswitch/esl'],
  async run({ quick }) {
    const events = eventsOfACall();
    const peer = new Peer();
    const port = await peer.listen();
    const clients = Object.fromEntries(contestantNames.map((name) => [name, new Client(name)])) as Record<ContestantName, Client>;
    try {
      // Warm: what a daemon that runs for weeks is.
      for (const name of contestantNames) await measure(clients[name], port, peer, events, 1);
      const watch = await MachineWatch.start();
      const results = await interleaved(quick ? 3 : 9, contestantNames, (name) =>
        measure(clients[name], port, peer, events, quick ? 1 : 2),
      );
      const { noise } = await watch.stop();
      return { ...told(results, events), noise };
    } finally {
      for (const client of Object.values(clients)) client.kill();
      peer.close();
    }
  },
};

/** Not every package exports its package.json. */
function versionOf(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function told(results: Readonly<Record<ContestantName, readonly Measured[]>>, events: Events): Outcome {
  const of = (name: ContestantName, figure: (one: Measured) => number) => results[name].map(figure);
  const at = (ms: number) => (one: Measured) => one.commandsPerSecond[distancesMs.indexOf(ms as 0)] ?? 0;
  const figures: readonly (readonly [string, (one: Measured) => number])[] = [
    [`µs an event of ${events.large.bytes.length} bytes`, (one) => one.usPerEvent8k],
    ['µs an event of a whole call', (one) => one.usPerEventTrace],
    ...distancesMs.map((ms) => [`commands a second, ${ms} ms`, at(ms)] as const),
    ['µs a command', (one) => one.usPerCommand],
  ];
  const ours8k = of('ours', (one) => one.usPerEvent8k);
  const ratios = (['modesl', 'esl'] as const).map((name) =>
    ratio(
      ours8k,
      of(name, (one) => one.usPerEvent8k),
    ),
  );
  return {
    keys: Object.fromEntries([
      ...contestantNames.map((name) => [`${name}_us_per_event`, rounded(median(of(name, (one) => one.usPerEvent8k)))]),
      ...contestantNames.map((name) => [`${name}_cmds_s_1ms`, Math.round(median(of(name, at(1))))]),
    ]) as Record<string, number>,
    columns: ['figure', ...contestantNames],
    rows: figures.map(([what, figure]) => [what, ...contestantNames.map((name) => spread(of(name, figure)))]),
    verdicts: [
      `An event of 8 KB costs us ${rounded(ratios[0] ?? 0)} × what it costs modesl and ${rounded(ratios[1] ?? 0)} × what it costs esl; the bar is 0.5 × the better of them.`,
    ],
    notes: [
      `CPU of the whole process, user and system, reading the socket and collecting garbage included; ten values of each event are read. ${events.call.length} events of a recorded call, ${Math.round(events.call.reduce((sum, { bytes }) => sum + bytes.length, 0) / events.call.length)} bytes on average.`,
      `Commands: \`api status\`, as many as the client lets out of ${atOnce} that are wanted at once. esl has one in flight.`,
      'Medians of runs that follow one another (ours, modesl, esl, ours …), with the least and the greatest.',
    ],
    versions: { modesl: versionOf('modesl'), esl: versionOf('esl') },
  };
}
