/** Callers at a steady rate, and what it took: times from SIPp's own log, CPU of each process from /proc. */
import { until } from '../../src/lab/child.js';
import { type CallerScenario, type Moment, type Sipp, startCallers } from '../../src/lab/sipp.js';
import { MachineWatch, type Noise } from '../machine.js';

export interface Load {
  readonly calls: number;
  /** A second. */
  readonly rate: number;
  /** From the answer to the hang-up, ms. */
  readonly talkMs: number;
  readonly scenario?: CallerScenario;
}

/** Where the load goes. */
export interface Target<Process extends string> {
  /** SIP port for callers. */
  readonly port: number;
  readonly numbers: readonly string[];
  readonly pids: Readonly<Record<Process, number>>;
  unrest(): Promise<string | undefined>;
  complaints?(): Promise<string>;
}

export interface Run<Process extends string> {
  readonly calls: number;
  readonly failed: number;
  /** What SIPp did not expect; empty: nothing. */
  readonly unexpected: string;
  /** Callers' numbers → when they dialled, epoch ms. */
  readonly invitedAt: ReadonlyMap<string, number>;
  /** INVITE → 200, ms. */
  readonly answerMs: readonly number[];
  /** CPU of the processes from the first INVITE until all was quiet again, ms a call. */
  readonly cpuMsPerCall: Readonly<Record<Process | 'callers', number>>;
  /** How long the main thread of each waited for a processor meanwhile, ms a call. */
  readonly waitedMsPerCall: Readonly<Record<Process, number>>;
  readonly wallMs: number;
  /** The callers' SIPp, per cent of a core while it called. */
  readonly sippPercent: number;
  readonly noise: readonly Noise[];
}

let nextCaller = 0;

/** Numbers that were never used before: each call is found again by its own. */
export const callerNumber = (): string => `06${String(10_000_000 + nextCaller++)}`;

export async function run<Process extends string>(target: Target<Process>, load: Load): Promise<Run<Process>> {
  const { calls, rate, talkMs, scenario = 'caller-hears-and-hangs-up' } = load;
  const watch = await MachineWatch.start(target.pids);
  const sipp = await startCallers({
    scenario,
    port: target.port,
    calls: Array.from({ length: calls }, (_, i) => ({
      number: target.numbers[i % target.numbers.length] ?? '',
      caller: callerNumber(),
      ms: talkMs,
    })),
    rate,
    timeoutMs: (calls / rate) * 1_000 + talkMs + 30_000,
    receiveTimeoutMs: 20_000,
    measured: true,
  });
  const began = performance.now();
  const result = await sipp.finished;
  const calledMs = performance.now() - began;
  await silence(target);
  const { cpuMs, waitedMs, wallMs, noise } = await watch.stop();
  const invitedAt = byCaller(result.moments, 'invite');
  const answeredAt = byCaller(result.moments, 'answered');
  const perCall = (ms: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(ms).map(([name, all]) => [name, all / calls]));
  return {
    calls: result.calls,
    failed: calls - result.successful,
    unexpected: result.unexpected,
    invitedAt,
    answerMs: between(invitedAt, answeredAt),
    cpuMsPerCall: perCall({ ...cpuMs, callers: result.cpuMs }) as Record<Process | 'callers', number>,
    waitedMsPerCall: perCall(waitedMs) as Record<Process, number>,
    wallMs,
    sippPercent: (result.cpuMs / calledMs) * 100,
    noise,
  };
}

export async function silence({ unrest, complaints }: Pick<Target<string>, 'unrest' | 'complaints'>): Promise<void> {
  let last: string | undefined;
  const probe = async (): Promise<true | undefined> => {
    last = await unrest();
    return last === undefined ? true : undefined;
  };
  await until('silence after the calls', probe, { timeoutMs: 20_000, everyMs: 100 }).catch(async (cause: unknown) => {
    throw new Error(`still there 20 s after the last call: ${last}\n${(await complaints?.()) ?? ''}`, { cause });
  });
}

/** The first of each caller: a message that was sent twice is one. */
export function byCaller(moments: readonly Moment[], what: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const moment of moments) if (moment.what === what && !found.has(moment.caller)) found.set(moment.caller, moment.at);
  return found;
}

/** ms, of those who have both. */
export function between(from: ReadonlyMap<string, number>, to: { get(caller: string): number | undefined }): readonly number[] {
  return [...from].flatMap(([caller, at]) => {
    const later = to.get(caller);
    return later === undefined ? [] : [later - at];
  });
}

/** When each caller's call rang an agent: known when the phones' SIPp has ended. */
export async function endPhones(phones: Sipp): Promise<{ readonly rungAt: ReadonlyMap<string, number>; readonly cpuMs: number }> {
  const { moments, cpuMs } = await phones.stop(3_000);
  return { rungAt: byCaller(moments, 'rung'), cpuMs };
}
