/** CPU of processes and how busy the machine was besides, from /proc (Linux only: so is the switch's packaging). */
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { type ProcessStat, processStat, tickMs, waitedMs } from '../src/lab/process-stat.js';

/** All processors together, of the first line of /proc/stat, ms. */
export function stolenMs(stat: string): number {
  const [, , , , , , , , stolen = 0] = (stat.split('\n', 1)[0] ?? '').split(/ +/).map(Number);
  return stolen * tickMs;
}

/** The kernel's own threads: what they do is mostly done for us. */
const kthreadd = 2;

/** Who is neither this process nor one that it or its children started. */
export function outsiders(all: readonly ProcessStat[], self: number): readonly ProcessStat[] {
  const family = new Set([self]);
  // A child may have a smaller number than its parent: as often as somebody is found.
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter(({ pid, parent }) => !family.has(pid) && pid !== kthreadd && parent !== kthreadd);
}

/**
 * What outsiders have used so far, ms, by process. (/proc/stat cannot tell: it looks at the tick of the clock, at which FreeSWITCH's
 * timers wake its threads. What runs outside of a container is not seen.)
 */
async function othersMs(): Promise<ReadonlyMap<number, number>> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid));
  const all = (await Promise.all(pids.map(processStat))).filter((stat) => stat !== undefined);
  return new Map(outsiders(all, process.pid).map(({ pid, cpuMs, endedChildrenMs }) => [pid, cpuMs + endedChildrenMs]));
}

export interface Watched<Name extends string> {
  readonly wallMs: number;
  readonly cpuMs: Readonly<Record<Name, number>>;
  /** How long the main thread of each waited for a processor. */
  readonly waitedMs: Readonly<Record<Name, number>>;
  /** Empty on a quiet machine. */
  readonly noise: readonly Noise[];
}

/** Why the figures are not to be trusted to the last digit. */
export interface Noise {
  readonly why: string;
  readonly percent: number;
}

/** Others on the machine take so much of it that tails of latencies are theirs, per cent of all processors. */
const noisyPercent = 5;
const stolenPercent = 2;
/** From here on a comparison says nothing: no ratio is printed, and whether a bar is met is left open. */
const uselessPercent = 10;

export const tooNoisy = (noise: readonly Noise[]): boolean => noise.some(({ percent }) => percent >= uselessPercent);

/** The worst of many runs, three of them. */
export const worst = (noise: readonly Noise[]): readonly Noise[] =>
  [...new Map(noise.map((one) => [one.why, one])).values()].sort((a, b) => b.percent - a.percent).slice(0, 3);

export function noiseOf(wallMs: number, othersMs: number, stolenMs: number, processors: number): readonly Noise[] {
  const percent = (ms: number) => Math.round((ms / wallMs / processors) * 100);
  const [others, stolen] = [percent(othersMs), percent(stolenMs)];
  return [
    ...(others >= noisyPercent ? [{ why: `other programs took ${others} % of the machine`, percent: others }] : []),
    ...(stolen >= stolenPercent ? [{ why: `the host took ${stolen} % of the machine away (steal)`, percent: stolen }] : []),
  ];
}

/** From `start` to `stop`: the CPU of some processes by name, and of everybody else. */
export class MachineWatch<Name extends string> {
  private constructor(
    private readonly pids: Readonly<Record<Name, number>>,
    private readonly from: {
      readonly at: number;
      readonly others: ReadonlyMap<number, number>;
      readonly stolen: number;
      readonly cpuMs: Readonly<Record<Name, number>>;
      readonly waitedMs: Readonly<Record<Name, number>>;
    },
  ) {}

  static async start<Name extends string = never>(
    pids: Readonly<Record<Name, number>> = {} as Record<Name, number>,
  ): Promise<MachineWatch<Name>> {
    return new MachineWatch(pids, await look(pids));
  }

  async stop(): Promise<Watched<Name>> {
    const now = await look(this.pids);
    const wallMs = now.at - this.from.at;
    const since = (what: 'cpuMs' | 'waitedMs') =>
      Object.fromEntries(names(this.pids).map((name) => [name, now[what][name] - this.from[what][name]])) as Record<Name, number>;
    const { others, stolen } = this.from;
    // Who has ended meanwhile is his parent's.
    const othersMs = [...now.others].reduce((sum, [pid, ms]) => sum + Math.max(0, ms - (others.get(pid) ?? 0)), 0);
    return {
      wallMs,
      cpuMs: since('cpuMs'),
      waitedMs: since('waitedMs'),
      noise: noiseOf(wallMs, othersMs, now.stolen - stolen, cpus().length),
    };
  }
}

const names = <Name extends string>(of: Readonly<Record<Name, number>>) => Object.keys(of) as Name[];

async function look<Name extends string>(pids: Readonly<Record<Name, number>>) {
  const each = async (figure: (pid: number) => Promise<number>) =>
    Object.fromEntries(await Promise.all(names(pids).map(async (name) => [name, await figure(pids[name])]))) as Record<Name, number>;
  const cpuMs = await each(async (pid) => (await processStat(pid))?.cpuMs ?? 0);
  const waited = await each(waitedMs);
  return {
    at: performance.now(),
    others: await othersMs(),
    stolen: stolenMs(await readFile('/proc/stat', 'utf8')),
    cpuMs,
    waitedMs: waited,
  };
}
