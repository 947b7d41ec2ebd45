/** CPU of processes and how busy the machine was besides, from /proc (Linux only: so is the switch's packaging). */
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { processStat, tickMs } from '../src/lab/process-stat.js';

interface Machine {
  /** Of all processors, in processes, ms; what interrupts took is nobody's and not in it. */
  readonly busyMs: number;
  readonly stolenMs: number;
}

export function parseMachine(stat: string): Machine {
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = (stat.split('\n', 1)[0] ?? '')
    .replace(/^cpu +/, '')
    .split(' ')
    .map(Number);
  return { busyMs: (user + nice + system) * tickMs, stolenMs: steal * tickMs };
}

/** What this process and all that it started have used so far, ms. */
async function ownMs(): Promise<number> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid));
  const all = (await Promise.all(pids.map(processStat))).filter((stat) => stat !== undefined);
  const family = new Set([process.pid]);
  // A child may have a smaller number than its parent: as often as somebody is found.
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter(({ pid }) => family.has(pid)).reduce((sum, { cpuMs, endedChildrenMs }) => sum + cpuMs + endedChildrenMs, 0);
}

export interface Watched<Name extends string> {
  readonly wallMs: number;
  readonly cpuMs: Readonly<Record<Name, number>>;
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

export function noiseOf(wallMs: number, busyMs: number, ownMs: number, stolenMs: number, processors: number): readonly Noise[] {
  const percent = (ms: number) => Math.round((Math.max(0, ms) / wallMs / processors) * 100);
  const others = percent(busyMs - ownMs);
  const stolen = percent(stolenMs);
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
      readonly machine: Machine;
      readonly own: number;
      readonly cpuMs: Readonly<Record<Name, number>>;
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
    const cpuMs = Object.fromEntries(names(this.pids).map((name) => [name, now.cpuMs[name] - this.from.cpuMs[name]])) as Record<
      Name,
      number
    >;
    const { machine, own } = this.from;
    const noise = noiseOf(
      wallMs,
      now.machine.busyMs - machine.busyMs,
      now.own - own,
      now.machine.stolenMs - machine.stolenMs,
      cpus().length,
    );
    return { wallMs, cpuMs, noise };
  }
}

const names = <Name extends string>(of: Readonly<Record<Name, number>>) => Object.keys(of) as Name[];

async function look<Name extends string>(pids: Readonly<Record<Name, number>>) {
  const all = await Promise.all(names(pids).map(async (name) => [name, (await processStat(pids[name]))?.cpuMs ?? 0] as const));
  const cpuMs = Object.fromEntries(all) as Record<Name, number>;
  return { at: performance.now(), machine: parseMachine(await readFile('/proc/stat', 'utf8')), own: await ownMs(), cpuMs };
}
