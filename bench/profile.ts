/**
 * Where the CPU of a queued and bridged call goes in FreeSWITCH, ours beside mod_callcenter: what `perf` finds in its threads while the
 * load of `queue` runs at two thirds of it. For reading, not for comparing: taking samples costs CPU itself.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Benchmark, Outcome } from './benchmark.js';
import { rounded } from './figures.js';
import { close, open, place, type Side } from './load/comparison.js';
import { type Crew, startCallcenterDesk, startDaemonDesk } from './load/desk.js';
import type { Run } from './load/run.js';
import { type Noise, worst } from './machine.js';

const run = promisify(execFile);
const crew: Crew = { size: 200, ringMs: 200 };
const load = { calls: 200, rate: 20, talkMs: 5_000 };

/**
 * What a function on the stack says of its thread; the first that is found counts. Functions of FreeSWITCH 1.10 and 1.11.
 * `do_wait_intr_irq`: a thread that waits for the tick of its next packet, which stacks that are cut off do not say.
 */
const roles: readonly (readonly [role: string, functions: readonly string[]])[] = [
  ['event socket: reads commands byte by byte, prints events', ['listener_run']],
  ['events: built, copied for listeners, freed', ['switch_event_dispatch_thread']],
  ['mod_callcenter: its queries', ['cc_agent_dispatch_thread_run', 'cc_execute_sql_callback']],
  ['SIP', ['su_pthread_port_clone_main', 'sofia_msg_thread_run_once']],
  ['core database', ['switch_user_sql_thread']],
  ['audio: whose packet did not come looks its partner up by name', ['switch_channel_get_partner_uuid_copy']],
  [
    'audio: the rest',
    ['switch_core_session_read_frame', 'rtp_common_read', 'timer_next', 'do_wait_intr_irq', 'switch_core_session_write_frame'],
  ],
  ['bridge: what is not audio', ['audio_bridge_thread']],
  ['channels: states, applications, originate', ['switch_core_session_run', 'switch_core_session_thread', 'switch_ivr_originate']],
];
const unknown = 'not to be told: the stack was cut off';

/** Shares of the samples by role, of what `perf script` prints: a stack is indented lines, a blank line ends it. */
export function sharesOf(script: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  let all = 0;
  for (const sample of script.split('\n\n')) {
    const functions = new Set([...sample.matchAll(/^\s+[0-9a-f]+ ([^+\s]+)/gm)].map(([, name]) => name ?? ''));
    if (functions.size === 0) continue;
    const [role] = roles.find(([, names]) => names.some((name) => functions.has(name))) ?? [unknown];
    counts.set(role, (counts.get(role) ?? 0) + 1);
    all++;
  }
  return new Map([...counts].map(([role, count]) => [role, count / all]));
}

export interface Profile {
  readonly msPerCall: number;
  readonly shares: ReadonlyMap<string, number>;
  readonly noise: readonly Noise[];
}

/** To be asked before anything is started. @throws when `perf` is not installed. */
export async function needPerf(): Promise<void> {
  await run('perf', ['--version']).catch((cause: unknown) => {
    throw new Error('perf is not installed (Debian: linux-perf)', { cause });
  });
}

/** What FreeSWITCH does during a load. @throws when a call of it fails. */
export async function profileOf(pid: number, place: () => Promise<Run<string>>): Promise<Profile> {
  const file = join(tmpdir(), `tcore-profile-${process.pid}-${pid}`);
  try {
    const perf = spawn('perf', ['record', '-e', 'cpu-clock', '-F', '149', '--call-graph', 'dwarf,8192', '-o', file, '-p', String(pid)], {
      stdio: 'ignore',
    });
    const ended = once(perf, 'exit');
    const { cpuMsPerCall, noise, calls, failed, unexpected } = await place().finally(() => perf.kill('SIGINT'));
    await ended;
    if (failed > 0) throw new Error(`${failed} of ${calls} calls failed\n${unexpected.slice(0, 500)}`);
    const { stdout } = await run('perf', ['script', '-i', file], { maxBuffer: 2 ** 30 });
    return { msPerCall: cpuMsPerCall['freeswitch'] ?? 0, shares: sharesOf(stdout), noise };
  } finally {
    await run('rm', ['-f', file]);
  }
}

/** ms a call by what they went to, ours and the peer's. */
export function beside(ours: Profile, theirs: Profile): readonly (readonly [role: string, ours: number, theirs: number])[] {
  const ms = ({ shares, msPerCall }: Profile, role: string): number => (shares.get(role) ?? 0) * msPerCall;
  return [
    ...[...roles.map(([role]) => role), unknown]
      .map((role) => [role, ms(ours, role), ms(theirs, role)] as const)
      .filter(([, one, other]) => one + other > 0)
      .sort(([, a], [, b]) => b - a)
      .map(([role, one, other]) => [role, rounded(one), rounded(other)] as const),
    ['all, with what perf costs', rounded(ours.msPerCall), rounded(theirs.msPerCall)],
  ];
}

export const sampling = '149 samples a second and core, stacks of 8 KB';

async function queued(side: Side): Promise<Profile> {
  const site = await open(crew, side === 'daemon' ? startDaemonDesk : startCallcenterDesk);
  try {
    await place(site, load.calls, load.rate, 1_000);
    return await profileOf(site.desk.pids['freeswitch'] ?? 0, () => place(site, load.calls, load.rate, load.talkMs));
  } finally {
    await close(site);
  }
}

export const profile: Benchmark = {
  name: 'profile',
  says: 'Where FreeSWITCH’s CPU goes while calls are queued and bridged, ours and mod_callcenter’s, ms a call',
  measures: ['src/freeswitch', 'dialplan/freeswitch'],
  alone: true,
  run: profileBoth,
};

async function profileBoth(): Promise<Outcome> {
  await needPerf();
  const daemon = await queued('daemon');
  const native = await queued('native');
  return {
    keys: { fs_ms_per_call: rounded(daemon.msPerCall), native_fs_ms_per_call: rounded(native.msPerCall) },
    columns: ['what', 'ours, ms a call', 'mod_callcenter'],
    rows: beside(daemon, native),
    notes: [`${load.calls} calls a side at ${load.rate}/s, ${load.talkMs / 1_000} s of talk without audio from SIPp; ${sampling}.`],
    noise: worst([...daemon.noise, ...native.noise]),
  };
}
