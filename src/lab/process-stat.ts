/** What /proc tells of a process (Linux only: so are the switches). */
import { readFile } from 'node:fs/promises';

/** The kernel counts in USER_HZ, which is 100 on every architecture that Node runs on. */
export const tickMs = 10;

export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of all threads, those that have ended included, ms. */
  readonly cpuMs: number;
  /** The same of its children that have ended, ms. */
  readonly endedChildrenMs: number;
  /** Scheduled as real-time (SCHED_FIFO or SCHED_RR): before whatever is not. */
  readonly realTime: boolean;
}

/** SCHED_FIFO and SCHED_RR (sched(7)). */
const realTimePolicies: ReadonlySet<number> = new Set([1, 2]);

/** A line of /proc/PID/stat (proc_pid_stat(5)); the name in brackets may hold anything. */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const at = (field: number): number => Number(fields[field - 3] ?? 0);
  return {
    pid: Number.parseInt(line, 10),
    parent: at(4),
    cpuMs: (at(14) + at(15)) * tickMs,
    endedChildrenMs: (at(16) + at(17)) * tickMs,
    realTime: realTimePolicies.has(at(41)),
  };
}

/** `undefined`: there is no such process. */
export async function processStat(pid: number): Promise<ProcessStat | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return line === undefined || line === '' ? undefined : parseStat(line);
}

/** Resident memory, MB. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
}

/** How long its main thread has waited for a processor while it could have run, ms (proc_pid_schedstat). */
export async function waitedMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '');
  return Number(stat.split(' ')[1] ?? 0) / 1_000_000;
}
