/**
 * Where the daemon's CPU goes while calls are queued and bridged: samples of V8's profiler, summed by whose code it is. For reading, not
 * for comparing: sampling costs CPU itself, and waiting for a processor inside a system call is counted as that call.
 */
import type { Daemon } from '../src/lab/daemon.js';
import type { Benchmark, Outcome } from './benchmark.js';
import { rounded } from './figures.js';
import { close, open, place, warming, warmUp } from './load/comparison.js';
import { type DaemonDesk, startDaemonDesk } from './load/desk.js';
import { Inspector } from './load/inspector.js';

const load = { calls: 300, rate: 20, talkMs: 5_000 };

/** The part of a V8 CPU profile that we read (Chrome DevTools Protocol, Profiler.Profile). */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** µs */
  readonly timeDeltas: readonly number[];
}

/** Whose code a function is. `undefined`: whoever called it is to be asked. */
export function ownerOf(functionName: string, url: string): string | undefined {
  if (url === '') {
    if (functionName === '(garbage collector)') return 'garbage collection';
    return /^write/i.test(functionName) ? 'system calls that write to sockets and files' : undefined;
  }
  const [, found] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (found !== undefined) return packages.find(([, names]) => names.test(found))?.[0] ?? 'other packages';
  if (url.startsWith('node:')) return 'Node’s own modules';
  return `src/${/\/(?:src|dist)\/(?:([\w-]+)\/)?/.exec(url)?.[1] ?? ''}`;
}

const packages: readonly (readonly [owner: string, names: RegExp])[] = [
  ['pino (log)', /^(?:@?pino|sonic-boom|safe-stable-stringify|on-exit-leak-free|quick-format-unescaped)/],
  ['redis (client)', /^(?:@redis|redis|cluster-key-slot)/],
  ['prom-client (metrics)', /^(?:prom-client|tdigest|bintrees)/],
];

/** Shares of the time in which something was done, by owner; what V8 does for somebody is his. */
export function sharesOf({ nodes, samples, timeDeltas }: CpuProfile): ReadonlyMap<string, number> {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const callers = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const owners = new Map<number, string>();
  for (const { id } of nodes) {
    let owner: string | undefined;
    for (let at: number | undefined = id; at !== undefined && owner === undefined; at = callers.get(at)) {
      const { functionName = '', url = '' } = frames.get(at) ?? {};
      owner = ownerOf(functionName, url);
    }
    owners.set(id, owner ?? 'V8, Node and the kernel between calls of functions');
  }
  const times = new Map<string, number>();
  let all = 0;
  for (const [i, node] of samples.entries()) {
    const owner = owners.get(node);
    if (owner === undefined || frames.get(node)?.functionName === '(idle)') continue;
    const us = timeDeltas[i] ?? 0;
    times.set(owner, (times.get(owner) ?? 0) + us);
    all += us;
  }
  return new Map([...times].map(([owner, us]) => [owner, us / all]));
}

/** V8's profiler in the daemon's process. The result ends it. */
async function startProfiler(daemon: Daemon): Promise<() => Promise<CpuProfile>> {
  const inspector = await Inspector.open(daemon);
  await inspector.ask('Profiler.enable');
  await inspector.ask('Profiler.setSamplingInterval', { interval: 500 });
  await inspector.ask('Profiler.start');
  return async () => {
    const { profile } = (await inspector.ask('Profiler.stop')) as { readonly profile: CpuProfile };
    inspector.close();
    return profile;
  };
}

async function profileDaemon(): Promise<Outcome> {
  const site = await open({ size: 200, ringMs: 200 }, startDaemonDesk);
  try {
    await warmUp(site);
    const { cpuMsPerCall: undisturbed } = await place(site, load.calls, load.rate, load.talkMs);
    const stop = await startProfiler((site.desk as DaemonDesk).daemon);
    const { cpuMsPerCall, noise } = await place(site, load.calls, load.rate, load.talkMs);
    const shares = [...sharesOf(await stop())].sort(([, a], [, b]) => b - a);
    const [plain, sampled] = [undisturbed['daemon'] ?? 0, cpuMsPerCall['daemon'] ?? 0];
    return {
      keys: { daemon_ms_per_call: rounded(plain), sampled_ms_per_call: rounded(sampled) },
      columns: ['whose code', '% of the daemon’s time'],
      rows: shares.map(([owner, share]) => [owner, rounded(share * 100)]),
      notes: [
        `A call took ${rounded(plain)} ms of the daemon's CPU in the run before, ${rounded(sampled)} ms with the profiler at work.`,
        `${load.calls} calls at ${load.rate}/s after ${warming.freeswitch.calls} to warm up; a sample each 0.5 ms.`,
      ],
      noise,
    };
  } finally {
    await close(site);
  }
}

export const daemonProfile: Benchmark = {
  name: 'daemon-profile',
  says: 'Where the daemon’s CPU goes while calls are queued and bridged',
  measures: ['src/core', 'src/engine', 'src/freeswitch', 'src/redis'],
  alone: true,
  run: profileDaemon,
};
