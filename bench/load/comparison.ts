/** Two ways of queueing calls, in turns, with the same phones and the same callers. */
import type { Sipp } from '../../src/lab/sipp.js';
import { interleaved, median, quantile, ratio, rounded, spread } from '../figures.js';
import { type Noise, worst } from '../machine.js';
import { Bridges } from './bridges.js';
import { type Crew, type Desk, startPhones } from './desk.js';
import { between, endPhones, type Run, run } from './run.js';
import { type Exchanged, exchanged } from './trips.js';

export const sides = ['daemon', 'native'] as const;
export type Side = (typeof sides)[number];

/** One line of the table. */
export interface Case {
  readonly rate: number;
  readonly recording: boolean;
  readonly rounds: number;
  /** A round and side. */
  readonly calls: number;
  readonly talkMs: number;
  readonly crew: Crew;
}

export interface Site {
  readonly desk: Desk;
  readonly phones: Sipp;
  /** FreeSWITCH only. */
  readonly bridges: Bridges | undefined;
}

export async function open(crew: Crew, start: (crew: Crew, phones: Sipp) => Promise<Desk>): Promise<Site> {
  const phones = await startPhones(crew);
  try {
    const desk = await start(crew, phones);
    return { desk, phones, bridges: desk.pbx.kind === 'freeswitch' ? await Bridges.watch(desk.pbx) : undefined };
  } catch (error) {
    await phones.kill();
    throw error;
  }
}

export async function close({ desk, phones, bridges }: Site): Promise<void> {
  await bridges?.stop();
  await phones.kill();
  await desk.stop();
}

export const place = ({ desk, phones }: Site, calls: number, rate: number, talkMs: number): Promise<Run<string>> =>
  run({ ...desk, port: desk.pbx.trunkPort, pids: { ...desk.pids, phones: phones.pid } }, { calls, rate, talkMs });

/** Long enough that they are bridged. */
const warmTalkMs = 600;
export const warming = { freeswitch: { calls: 700, rate: 45 }, asterisk: { calls: 300, rate: 25 } } as const;

/** A daemon that runs for weeks is compiled: what its first hundreds of calls cost says nothing. */
export async function warmUp(site: Site): Promise<void> {
  const { calls, rate } = warming[site.desk.pbx.kind];
  const { failed } = await place(site, calls, rate, warmTalkMs);
  if (failed > 0) throw new Error(`${failed} of ${calls} calls to warm up failed\n${(await site.desk.complaints?.()) ?? ''}`);
}

export interface CaseResult {
  readonly runs: Readonly<Record<Side, readonly Run<string>[]>>;
  readonly rungAt: Readonly<Record<Side, ReadonlyMap<string, number>>>;
  readonly bridges: Readonly<Record<Side, Bridges | undefined>>;
  readonly exchanged: Exchanged;
}

export type Starters = Readonly<Record<Side, (crew: Crew, phones: Sipp) => Promise<Desk>>>;

/** @throws when a call fails: figures of calls that failed are no figures. */
export async function measure({ rate, recording, rounds, calls, talkMs, crew }: Case, start: Starters): Promise<CaseResult> {
  const daemon = await open({ ...crew, recording }, start.daemon);
  const native = await open({ ...crew, recording }, start.native).catch(async (error: unknown) => {
    await close(daemon);
    throw error;
  });
  const sites = { daemon, native };
  try {
    // Few at a time, so that Redis reads no two calls at once.
    const few = Math.min(calls, Math.ceil(crew.size / 4));
    const placeFew = () => Promise.all(sides.map((side) => place(sites[side], few, Math.min(rate, 10), talkMs)));
    const { redisUrl: url, metrics } = daemon.desk;
    if (url === undefined || metrics === undefined) throw new Error('the daemon is not there to be counted');
    const counted = await exchanged({ url, metrics }, few, placeFew);
    await warmUp(sites.daemon);
    const runs = await interleaved(rounds, sides, async (side) => {
      const result = await place(sites[side], calls, rate, talkMs);
      const { failed, unexpected } = result;
      if (failed === 0) return result;
      throw new Error(
        `${side}: ${failed} of ${calls} calls failed\n${unexpected.slice(0, 500)}\n${(await sites[side].desk.complaints?.()) ?? ''}`,
      );
    });
    const [ours, theirs] = await Promise.all(sides.map(async (side) => (await endPhones(sites[side].phones)).rungAt));
    return {
      runs,
      rungAt: { daemon: ours ?? new Map(), native: theirs ?? new Map() },
      bridges: { daemon: daemon.bridges, native: native.bridges },
      exchanged: counted,
    };
  } finally {
    await close(daemon);
    await close(native);
  }
}

export interface Figures {
  readonly cells: readonly (string | number)[];
  readonly offerP99: Readonly<Record<Side, number>>;
  readonly offerRatio: number;
  /** Of the switch, ms of CPU a call. */
  readonly pbx: Readonly<Record<Side, number>>;
  readonly pbxRatio: number;
  readonly daemonMs: number;
  readonly redisMs: number;
}

export const columns = (pbx: string, native: string): readonly string[] => [
  'calls',
  `INVITE → agent INVITE p50, ms: ours / ${native}`,
  'p99',
  'INVITE → bridge p50, p99',
  `${pbx}, ms of CPU a call`,
  'daemon',
  'Redis',
];

export function figures({ rate, recording }: Case, { runs, rungAt, bridges }: CaseResult, pbx: string): Figures {
  const each = (side: Side, figure: (one: Run<string>) => number) => runs[side].map(figure);
  const offers = (side: Side, part: number) => each(side, ({ invitedAt }) => quantile(between(invitedAt, rungAt[side]), part));
  const bridged = (side: Side, part: number) =>
    each(side, ({ invitedAt }) => quantile(between(invitedAt, { get: (caller) => bridges[side]?.of(caller) }), part));
  const cpu = (side: Side, name: string) => each(side, ({ cpuMsPerCall }) => cpuMsPerCall[name] ?? 0);
  const both = (of: (side: Side) => string) => sides.map(of).join(' / ');
  return {
    cells: [
      `${rate}/s${recording ? ', recorded' : ''}`,
      both((side) => spread(offers(side, 0.5))),
      both((side) => spread(offers(side, 0.99))),
      both((side) =>
        bridges[side] === undefined ? '–' : `${rounded(median(bridged(side, 0.5)))}, ${rounded(median(bridged(side, 0.99)))}`,
      ),
      both((side) => spread(cpu(side, pbx))),
      spread(cpu('daemon', 'daemon')),
      spread(cpu('daemon', 'redis')),
    ],
    offerP99: { daemon: median(offers('daemon', 0.99)), native: median(offers('native', 0.99)) },
    offerRatio: ratio(offers('daemon', 0.99), offers('native', 0.99)),
    pbx: { daemon: median(cpu('daemon', pbx)), native: median(cpu('native', pbx)) },
    pbxRatio: ratio(cpu('daemon', pbx), cpu('native', pbx)),
    daemonMs: median(cpu('daemon', 'daemon')),
    redisMs: median(cpu('daemon', 'redis')),
  };
}

export interface Line {
  readonly one: Case;
  readonly result: CaseResult;
  readonly row: Figures;
}

/** `pbx`: the switch, as its process is called. The first line is the one that the keys and the verdict are of. */
export async function compare(cases: readonly Case[], start: Starters, pbx: string): Promise<readonly [Line, ...Line[]]> {
  const lines: Line[] = [];
  for (const one of cases) {
    const result = await measure(one, start);
    lines.push({ one, result, row: figures(one, result, pbx) });
  }
  const [first, ...others] = lines;
  if (first === undefined) throw new Error('nothing was measured');
  return [first, ...others];
}

/** `name`: as the keys call the switch. */
export const keysOf = ({ offerP99, pbx, daemonMs }: Figures, name: string): Readonly<Record<string, number>> => ({
  offer_p99_ms: rounded(offerP99.daemon),
  native_offer_p99_ms: rounded(offerP99.native),
  [`${name}_ms_per_call`]: rounded(pbx.daemon),
  [`native_${name}_ms_per_call`]: rounded(pbx.native),
  daemon_ms_per_call: rounded(daemonMs),
});

/** What must be known of every such table. */
export function commonNotes(lines: readonly Line[]): readonly string[] {
  const all = allRuns(lines);
  const rounds = lines.map(
    ({ one: { rate, rounds, calls, recording } }) => `${rounds} × ${calls} at ${rate}/s${recording ? ', both directions recorded' : ''}`,
  );
  const phones = Math.max(...all.map(({ cpuMsPerCall }) => cpuMsPerCall['phones'] ?? 0));
  return [
    `Calls a side: ${rounds.join('; ')}. Runs alternate; medians of the runs, with the least and the greatest. No call failed.`,
    `SIPp: the callers’ took at most ${Math.max(...all.map(({ sippPercent }) => sippPercent)).toFixed(0)} % of a core, the phones’ ${rounded(phones)} ms a call. Its clock is not used: the scenarios log the time of day.`,
  ];
}

export const allRuns = (lines: readonly Line[]): readonly Run<string>[] =>
  lines.flatMap(({ result: { runs } }) => sides.flatMap((side) => runs[side]));

export const noiseOf = (runs: readonly Run<string>[]): readonly Noise[] => worst(runs.flatMap(({ noise }) => noise));
