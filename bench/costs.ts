/**
 * What driving FreeSWITCH costs it, piece by piece: a byte of a command, an application, an event for one more listener. Why the daemon
 * sends little and listens to little (docs/adr/0002).
 */
import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { FrameParser } from '../src/freeswitch/esl/parser.js';
import type { Freeswitch } from '../src/lab/freeswitch.js';
import { processStat } from '../src/lab/process-stat.js';
import type { Benchmark, Outcome } from './benchmark.js';
import { interleaved, median, rounded, spread } from './figures.js';
import { bootFreeswitch, startPhones } from './load/desk.js';
import { MachineWatch, type Noise, worst } from './machine.js';

const leg = 'bench-leg';
const listeners = 5;
/** As many as a leg of a real call has, so that events are as long. */
const variables = Array.from({ length: 110 }, (_, i) => `bench_number_${i}_x=value-of-some-length-${i}`).join(',');
const application = `sendmsg ${leg}\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: a=b\n\n`;

/** An event socket without a client: bytes in, frames counted. */
class Line {
  frames = 0;
  bytes = 0;
  readonly #news = new EventEmitter();

  private constructor(private readonly socket: Socket) {
    const parser = new FrameParser();
    socket.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
      parser.push(chunk, () => this.frames++);
      this.#news.emit('frames');
    });
    // Only who waits wants to know.
    this.#news.on('error', () => undefined);
    socket.on('error', (error) => this.#news.emit('error', error));
  }

  static async open({ eslPort, password }: Freeswitch, ...commands: readonly string[]): Promise<Line> {
    const line = new Line(connect(eslPort, '127.0.0.1').setNoDelay(true));
    // FreeSWITCH speaks first.
    await line.came(1);
    for (const command of [`auth ${password}`, ...commands]) await line.ask(`${command}\n\n`, 1);
    return line;
  }

  /** Writes, and waits for so many frames. */
  async ask(text: string, replies: number): Promise<void> {
    const wanted = this.frames + replies;
    this.socket.write(text);
    await this.came(wanted);
  }

  async came(frames: number): Promise<void> {
    const signal = AbortSignal.timeout(30_000);
    while (this.frames < frames) await once(this.#news, 'frames', { signal });
  }

  close(): void {
    this.socket.destroy();
  }
}

/** What FreeSWITCH used for it, µs each. */
async function cost(pid: number, times: number, work: () => Promise<unknown>): Promise<number> {
  const cpuMs = async () => (await processStat(pid))?.cpuMs ?? 0;
  const before = await cpuMs();
  await work();
  return ((await cpuMs()) - before) * (1_000 / times);
}

const portion = 50;
/** A leg looks for what it is to do with each packet. */
const applicationsAPause = 5;
const pauseMs = 20;

/** What FreeSWITCH does by itself, with a parked leg, in the pauses of so many applications. */
const nothing = (times: number) => async () => {
  for (let sent = 0; sent < times; sent += applicationsAPause) await pause(pauseMs);
};

/** `padding`: bytes more than the shortest such command. */
const commands = (line: Line, padding: number, times: number) => async () => {
  const text = `api uuid_exists x${' '.repeat(padding)}\n\n`.repeat(portion);
  for (let sent = 0; sent < times; sent += portion) await line.ask(text, portion);
};

/** Told to all of `told` when they have ended. */
const applications = (line: Line, times: number, told: readonly Line[]) => async () => {
  const wanted = told.map(({ frames }) => frames + times);
  for (let sent = 0; sent < times; sent++) {
    await line.ask(application, 1);
    if (sent % applicationsAPause === 0) await pause(pauseMs);
  }
  await Promise.all(told.map((one, i) => one.came(wanted[i] ?? 0)));
};

/** What each listener asks for; `filtered`: gets none of these events, as our daemon. */
const subscriptions = {
  json: ['event json CHANNEL_EXECUTE_COMPLETE'],
  plain: ['event plain CHANNEL_EXECUTE_COMPLETE'],
  filtered: ['filter Event-Name CHANNEL_PARK', 'filter Application-UUID /^tcore:/', 'event json CHANNEL_EXECUTE_COMPLETE'],
} as const;
type Kind = keyof typeof subscriptions;
const kinds = ['json', 'plain', 'filtered'] as const satisfies readonly Kind[];

async function measureCosts(quick: boolean): Promise<Outcome> {
  const rounds = quick ? 3 : 9;
  const [bytes, times] = [1_000, quick ? 250 : 1_000];
  const pbx = await bootFreeswitch();
  const phones = await startPhones({ size: 1, ringMs: 50 }).catch(async (error: unknown) => {
    await pbx.stop();
    throw error;
  });
  const noise: Noise[] = [];
  try {
    const line = await Line.open(pbx);
    await line.ask(
      `api originate {origination_uuid=${leg},${variables}}sofia/internal/sip:agent0@127.0.0.1:${phones.port} park inline\n\n`,
      1,
    );
    if ((await pbx.api(`uuid_exists ${leg}`)) !== 'true') throw new Error('the leg was not answered');
    let eventBytes = 0;

    const watched = async <T>(work: () => Promise<T>): Promise<T> => {
      const watch = await MachineWatch.start({ freeswitch: pbx.pid });
      const result = await work();
      noise.push(...(await watch.stop()).noise);
      return result;
    };
    const short = 'short' as const;
    const read = await interleaved(rounds, [short, 'long'], (side) =>
      watched(() => cost(pbx.pid, times * 8, commands(line, side === short ? 0 : bytes, times * 8))),
    );
    const ran = await interleaved(rounds, ['idle', 'none', ...kinds], async (kind) => {
      if (kind === 'idle') return await watched(() => cost(pbx.pid, times, nothing(times)));
      const told =
        kind === 'none' ? [] : await Promise.all(Array.from({ length: listeners }, () => Line.open(pbx, ...subscriptions[kind])));
      try {
        const hearing = kind === 'none' || kind === 'filtered' ? [] : told;
        const heard = told[0]?.bytes ?? 0;
        const each = await watched(() => cost(pbx.pid, times, applications(line, times, hearing)));
        if (kind === 'json') eventBytes = ((told[0]?.bytes ?? 0) - heard) / times;
        return each;
      } finally {
        for (const one of told) one.close();
      }
    });
    line.close();

    const perByte = read.long.map((long, i) => (long - (read.short[i] ?? 0)) / bytes);
    const perCommand = read.short.map((each) => each - median(perByte) * 'api uuid_exists x\n\n'.length);
    const perApplication = ran.none.map((each, i) => each - (ran.idle[i] ?? 0) - median(perByte) * application.length);
    const perEvent = (kind: Kind) => ran[kind].map((each, i) => (each - (ran.none[i] ?? 0)) / listeners);
    return {
      keys: {
        us_per_byte: rounded(median(perByte)),
        us_per_application: rounded(median(perApplication)),
        us_per_event_json: rounded(median(perEvent('json'))),
        us_per_event_plain: rounded(median(perEvent('plain'))),
        us_per_event_filtered: rounded(median(perEvent('filtered'))),
      },
      columns: ['what', 'µs of FreeSWITCH’s CPU'],
      rows: [
        ['a byte of a command', spread(perByte)],
        ['an `api` command of the shortest kind, without its bytes', spread(perCommand)],
        [
          'an application (`set`) with its two events, nobody listening, without its command’s bytes and what an idle leg takes',
          spread(perApplication),
        ],
        [`an event of ${Math.round(eventBytes)} bytes as JSON, for each listener`, spread(perEvent('json'))],
        ['the same as plain text', spread(perEvent('plain'))],
        ['the same for a listener whose filters leave it out', spread(perEvent('filtered'))],
      ],
      notes: [
        `${rounds} rounds in turns: ${times * 8} commands, ${times} applications on a parked leg with ${listeners} listeners or none; medians with the least and the greatest. CPU of the whole process, in steps of 10 ms.`,
      ],
      noise: worst(noise),
    };
  } finally {
    await phones.kill();
    await pbx.stop();
  }
}

export const costs: Benchmark = {
  name: 'costs',
  says: 'What driving FreeSWITCH costs it: a byte of a command, an application, an event',
  measures: ['bench/costs.ts'],
  run: ({ quick }) => measureCosts(quick),
};
