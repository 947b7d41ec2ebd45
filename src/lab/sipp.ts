/** SIPp as callers and as desk phones: one process a scenario, each on ports of its own. Scenarios: bench/sipp. */
import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Child, until } from './child.js';
import { freePort } from './free-port.js';
import { processStat } from './process-stat.js';
import { createScratch, type Scratch } from './scratch.js';

const SCENARIOS = fileURLToPath(new URL('../../bench/sipp/', import.meta.url));
const LOOPBACK = '127.0.0.1';

export type CallerScenario =
  | 'caller-hears-and-hangs-up'
  | 'caller-expects-bye'
  | 'caller-cancels'
  | 'caller-refused-404'
  | 'caller-dials-digits'
  | 'caller-is-recovered';
export type AgentScenario = 'agent-answers' | 'agent-hangs-up' | 'agent-never-answers' | 'agent-busy-486';
export type RegisterScenario = 'agent-register' | 'agent-register-refused';

/** One call that SIPp places. */
export interface SippCall {
  readonly number: string;
  readonly caller?: string;
  readonly callerName?: string;
  /** Where the caller wants to hear: an {@link RtpEndpoint}'s port. Default: SIPp's own, which ignores it. */
  readonly rtpPort?: number;
  /** What `ms` means is said in the scenario. */
  readonly ms?: number;
  readonly digits?: string;
}

export interface SippResult {
  /** Every call went as the scenario says, and no message was unexpected. */
  readonly ok: boolean;
  readonly exitCode: number | null;
  readonly calls: number;
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** SIPp's own words on each message that it did not expect; empty if none. */
  readonly unexpected: string;
  /** INVITE → final answer, ms, one a call; callers only. */
  readonly answerMs: readonly number[];
  /** What the scenario logged; only when `measured`. */
  readonly moments: readonly Moment[];
  /** Its own CPU, ms; only when `measured`. What it used in its last 100 ms may be missing. */
  readonly cpuMs: number;
}

/** Something that a scenario logged as it happened, to the microsecond: `-trace_rtt` counts in steps of SIPp's clock. */
export interface Moment {
  readonly what: string;
  /** The caller's number. */
  readonly caller: string;
  /** Epoch ms. */
  readonly at: number;
}

interface Run {
  readonly scenario: string;
  readonly target: string;
  readonly rows?: readonly string[];
  readonly keys: Readonly<Record<string, string | number>>;
  readonly args: readonly string[];
  readonly localPort?: number;
  /** For benchmarks: with `moments` and `cpuMs`, and ahead of the switch, as if it were on a machine of its own. */
  readonly measured?: boolean;
  /** Called when SIPp has ended, after its files were read. */
  readonly atEnd?: () => Promise<void>;
}

/** Above FreeSWITCH's calls (1) and SIP (10), below its timers (99). */
const measuringPriority = 50;

/** A SIPp process. Always await `finished` or `stop`: they remove its files. */
export class Sipp {
  readonly port: number;
  /** Its result when it ends by itself: a caller does, after its calls; an agent does not. Never rejects. */
  readonly finished: Promise<SippResult>;
  readonly #child: Child;

  private constructor(child: Child, port: number, finished: Promise<SippResult>) {
    this.#child = child;
    this.port = port;
    this.finished = finished;
  }

  /** @internal Use {@link startCallers}, {@link startAgent}, {@link register}. */
  static async start(run: Run): Promise<Sipp> {
    const scratch = await createScratch('sipp');
    const [port, mediaPort] = [run.localPort ?? (await freePort()), await freePort()];
    const keys = Object.entries({ rtp_ip: LOOPBACK, rtp_port: mediaPort, dtmf_pt: 96, ...run.keys });
    const inject = run.rows === undefined ? [] : ['-inf', await scratch.write('rows.csv', csv(run.rows, mediaPort))];
    const args = [
      ...[run.target, '-sf', `${SCENARIOS}${run.scenario}.xml`, '-i', LOOPBACK, '-p', `${port}`, '-mi', LOOPBACK, '-mp', `${mediaPort}`],
      ...keys.flatMap(([name, value]) => ['-key', name, String(value)]),
      ...inject,
      ...['-nostdin', '-skip_rlimit', '-trace_err', '-error_file', scratch.path('errors.log')],
      ...['-trace_stat', '-stf', scratch.path('stat.csv'), '-fd', '1', '-trace_rtt', '-rtt_freq', '1'],
      ...(run.measured === true ? ['-trace_logs', '-log_file', scratch.path('moments.log')] : []),
      ...run.args,
    ];
    // -trace_rtt knows no file name: it writes into the working folder.
    const child = await Child.start({
      command: 'sipp',
      args,
      cwd: scratch.dir,
      ...(run.measured === true ? { realTime: measuringPriority } : {}),
    });
    let cpuMs = 0;
    const look = async (): Promise<void> => {
      cpuMs = (await processStat(child.pid))?.cpuMs ?? cpuMs;
    };
    // It cannot be asked when it has ended.
    const looking = run.measured === true ? setInterval(look, 100) : undefined;
    const finished = child.exited.then(async ({ code }) => {
      clearInterval(looking);
      const result = { ...(await readResult(scratch, run.scenario, child, code)), cpuMs };
      await scratch.remove();
      await run.atEnd?.();
      return result;
    });
    return new Sipp(child, port, finished);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exit === undefined;
  }

  /** @internal Resolves when its port is bound, i.e. when it can be called. */
  async ready(): Promise<void> {
    const giveUp = (): Error | undefined => (this.running ? undefined : this.#child.failure('ended before it listened'));
    await until(`SIPp on port ${this.port}`, async () => ((await isBound(this.port)) ? true : undefined), { giveUp });
  }

  /** Takes no new calls, waits for the present ones to end. Then SIGKILL after `graceMs`. */
  async stop(graceMs = 10_000): Promise<SippResult> {
    this.#child.signal('SIGUSR1');
    const timer = setTimeout(() => this.#child.signal('SIGKILL'), graceMs);
    const result = await this.finished;
    clearTimeout(timer);
    return result;
  }

  /** kill -9: the network is gone, nobody says goodbye. */
  async kill(): Promise<SippResult> {
    this.#child.signal('SIGKILL');
    return await this.finished;
  }
}

export interface CallersOptions {
  readonly scenario: CallerScenario;
  readonly port: number;
  /** Taken in turn, again from the first when `count` is larger. */
  readonly calls: readonly SippCall[];
  /** Default: one call each. */
  readonly count?: number;
  /** Calls a second. */
  readonly rate?: number;
  /** So many calls a second more after each second, up to `most`. */
  readonly rise?: { readonly perSecond: number; readonly most: number };
  /** For the whole run. Reached: the result is not ok. */
  readonly timeoutMs?: number;
  /** How long each awaited message may take, or what the scenario says. */
  readonly receiveTimeoutMs?: number;
  readonly dtmfPayloadType?: number;
  readonly measured?: boolean;
}

export async function startCallers(options: CallersOptions): Promise<Sipp> {
  const rows = options.calls.map((call) =>
    row([call.number, call.caller ?? '0600000000', call.callerName ?? '', call.rtpPort ?? MEDIA_PORT, call.ms ?? 1_000, call.digits ?? '']),
  );
  return await Sipp.start({
    scenario: options.scenario,
    target: `${LOOPBACK}:${options.port}`,
    rows,
    keys: { dtmf_pt: options.dtmfPayloadType ?? 96 },
    measured: options.measured ?? false,
    args: [
      ...['-m', `${options.count ?? rows.length}`, '-r', `${options.rate ?? 10}`, '-l', '10000'],
      ...['-timeout', `${Math.ceil((options.timeoutMs ?? 60_000) / 1_000)}`, '-timeout_error'],
      // After `most` SIPp goes on at that rate: the number of calls ends it.
      ...(options.rise === undefined
        ? []
        : ['-rate_increase', `${options.rise.perSecond}`, '-rate_interval', '1', '-rate_max', `${options.rise.most}`, '-no_rate_quit']),
      ...(options.receiveTimeoutMs === undefined ? [] : ['-recv_timeout', `${options.receiveTimeoutMs}`]),
    ],
  });
}

export interface AgentOptions {
  readonly scenario: AgentScenario;
  /** Where it listens. Default: any. */
  readonly port?: number;
  /** Where it wants to hear. Default: SIPp's own port, which ignores it. */
  readonly rtpPort?: number;
  /** How long it rings before it answers. */
  readonly ringMs?: number;
  /** How long it talks before it hangs up (`agent-hangs-up`). */
  readonly talkMs?: number;
  readonly dtmfPayloadType?: number;
  readonly measured?: boolean;
}

/** A phone that answers any number of calls until it is stopped. */
export async function startAgent(options: AgentOptions): Promise<Sipp> {
  const sipp = await Sipp.start({
    scenario: options.scenario,
    // Never called, but SIPp wants one.
    target: `${LOOPBACK}:5060`,
    ...(options.port === undefined ? {} : { localPort: options.port }),
    keys: {
      ring_ms: options.ringMs ?? 200,
      talk_ms: options.talkMs ?? 1_000,
      dtmf_pt: options.dtmfPayloadType ?? 96,
      ...(options.rtpPort === undefined ? {} : { rtp_port: options.rtpPort }),
    },
    measured: options.measured ?? false,
    // -aa: a switch may ask a phone for OPTIONS or tell it of messages at any time.
    args: ['-aa', '-l', '10000'],
  });
  await sipp.ready();
  return sipp;
}

export interface RegisterOptions {
  readonly scenario?: RegisterScenario;
  /** The registrar's port. */
  readonly port: number;
  readonly domain: string;
  readonly phones: readonly { readonly user: string; readonly password: string; readonly phonePort: number }[];
  /** s; 0 unregisters. */
  readonly expires?: number;
  /** They register from here. Default: any. */
  readonly localPort?: number;
}

/** Registers phones that listen elsewhere ({@link startAgent}). */
export async function register(options: RegisterOptions): Promise<SippResult> {
  const sipp = await Sipp.start({
    scenario: options.scenario ?? 'agent-register',
    target: `${LOOPBACK}:${options.port}`,
    rows: options.phones.map((phone) => row([phone.user, authentication(phone.user, phone.password), phone.phonePort])),
    ...(options.localPort === undefined ? {} : { localPort: options.localPort }),
    keys: { domain: options.domain, expires: options.expires ?? 600 },
    args: ['-m', `${options.phones.length}`, '-r', '50', '-timeout', '10', '-timeout_error', '-recv_timeout', '5000'],
  });
  return await sipp.finished;
}

/** A registered phone dials `number`; what it expects is said in the scenario. `answerMs` says when the final answer came. */
export async function dialFromPhone(options: {
  readonly scenario: 'phone-refused-480' | 'phone-expects-bye';
  /** The registrar's port. */
  readonly port: number;
  readonly domain: string;
  readonly user: string;
  readonly password: string;
  readonly number: string;
}): Promise<SippResult> {
  const sipp = await Sipp.start({
    scenario: options.scenario,
    target: `${LOOPBACK}:${options.port}`,
    rows: [row([options.number, options.user, authentication(options.user, options.password)])],
    keys: { domain: options.domain },
    args: ['-m', '1', '-timeout', '30', '-timeout_error', '-recv_timeout', '10000'],
  });
  return await sipp.finished;
}

/** SIPp 3.6 takes this from a row only as a whole. */
const authentication = (user: string, password: string): string => `[authentication username=${user} password=${password}]`;

const MEDIA_PORT = '{media}';

function row(values: readonly (string | number)[]): string {
  for (const value of values) if (/[;\r\n]/.test(String(value))) throw new Error(`SIPp's rows cannot hold ${JSON.stringify(value)}`);
  return `${values.join(';')};`;
}

function csv(rows: readonly string[], mediaPort: number): string {
  return ['SEQUENTIAL', ...rows.map((line) => line.replace(MEDIA_PORT, String(mediaPort))), ''].join('\n');
}

async function isBound(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const bound = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(true));
    socket.bind(port, LOOPBACK, () => resolve(false));
  });
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return bound;
}

async function readResult(scratch: Scratch, scenario: string, child: Child, exitCode: number | null): Promise<Omit<SippResult, 'cpuMs'>> {
  const read = async (file: string): Promise<string> => await readFile(scratch.path(file), 'utf8').catch(() => '');
  const [head = '', ...lines] = (await read('stat.csv')).trim().split('\n');
  const names = head.split(';');
  const last = (lines.at(-1) ?? '').split(';');
  const value = (name: string): number => Number(last[names.indexOf(name)] ?? 0);
  const rtt = (await read(`${scenario}_${child.pid}_rtt.csv`)).trim().split('\n').slice(1);
  const errors = await read('errors.log');
  const counts = { calls: value('TotalCallCreated'), successful: value('SuccessfulCall(C)'), failed: value('FailedCall(C)') };
  // 0: all calls passed; 99: nobody called, e.g. an agent who was not needed. No statistics: SIPp refused to start.
  const passed = (exitCode === 0 || exitCode === 99) && counts.failed === 0 && names.length > 1 && !/[Uu]nexpected/.test(errors);
  return {
    ok: passed,
    exitCode,
    ...counts,
    retransmissions: value('Retransmissions(C)'),
    unexpected: passed ? '' : errors || child.output.slice(-2_000),
    moments: momentsOf(await read('moments.log')),
    answerMs: rtt.map((line) => Number(line.split(';')[1])).filter((ms) => Number.isFinite(ms)),
  };
}

/** Lines such as `invite 0612345678 1795339569.000000 432279.000000`: what, who, seconds, microseconds. */
export function momentsOf(log: string): readonly Moment[] {
  return log.split('\n').flatMap((line): readonly Moment[] => {
    const [what, caller, seconds, microseconds] = line.split(' ');
    if (what === undefined || caller === undefined || microseconds === undefined) return [];
    return [{ what, caller: caller.replace(/^sips?:/, ''), at: Number(seconds) * 1_000 + Number(microseconds) / 1_000 }];
  });
}
