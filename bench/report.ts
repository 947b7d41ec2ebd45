/** Results as JSON beside the benchmark, and the page that quotes them. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { findFreeswitch } from '../src/lab/freeswitch.js';
import type { Benchmark, Outcome } from './benchmark.js';
import { tooNoisy } from './machine.js';
import { sizing } from './sizing.js';

export interface Result extends Outcome {
  readonly name: string;
  readonly says: string;
  readonly quick: boolean;
  readonly at: string;
  /** What was measured, as {@link sources} says. */
  readonly commit: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGb: number; readonly load: number };
  readonly versions: Readonly<Record<string, string>>;
}

const results = new URL('results/', import.meta.url);
const run = promisify(execFile);

/** The commit, and `-dirty` when something else than the benchmarks' own results differs from it. Asked before the run: others commit meanwhile. */
export async function sources(): Promise<string> {
  const commit = (await output('git', 'rev-parse', '--short', 'HEAD')).trim();
  const changes = await output('git', 'status', '--porcelain', '--', ':/', ':/!bench/results', ':/!docs/benchmarks.md');
  return changes === '' ? commit : `${commit}-dirty`;
}

export async function keepResult({ name, says }: Benchmark, outcome: Outcome, quick: boolean, commit: string): Promise<void> {
  const [processor] = cpus();
  const result: Result = {
    name,
    says,
    quick,
    at: new Date().toISOString().slice(0, 10),
    commit,
    machine: {
      cpu: processor?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 1e9),
      load: Number(loadavg()[0]?.toFixed(1)),
    },
    ...outcome,
    versions: { node: process.version, ...(await versionsOf()), ...outcome.versions },
  };
  await mkdir(results, { recursive: true });
  await writeFile(new URL(`${name}.json`, results), `${JSON.stringify(result, undefined, 2)}\n`);
}

/** What is seen on the terminal; the last line is for programs. */
export function printed({ name, says }: Pick<Benchmark, 'name' | 'says'>, outcome: Outcome): string[] {
  const { keys, columns, rows, notes, noise = [] } = outcome;
  const cells = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [
    `${name}: ${says}`,
    ...cells.map(line),
    ...[...verdictsOf(outcome), ...notes].map((note) => `- ${note}`),
    ...noise.map(({ why }) => `- NOISY: ${why}`),
    JSON.stringify(keys),
  ];
}

/** A ratio of what others disturbed would be read as one that holds. */
function verdictsOf({ verdicts = [], noise = [] }: Outcome): readonly string[] {
  if (verdicts.length === 0 || !tooNoisy(noise)) return verdicts;
  return ['The machine was too busy with other things: no comparison, and nothing about its bars. To be measured again.'];
}

/** docs/benchmarks.md from every result that is there, in the order of the benchmarks. */
export async function writePage(head: string, benchmarks: readonly Pick<Benchmark, 'name' | 'measures'>[]): Promise<void> {
  const files = new Set(await readdir(results));
  const found: Result[] = [];
  const sections: string[] = [];
  for (const { name, measures } of benchmarks) {
    if (!files.has(`${name}.json`)) continue;
    const result = JSON.parse(await readFile(new URL(`${name}.json`, results), 'utf8')) as Result;
    found.push(result);
    sections.push(section(result, await staleness(result.commit, measures)));
  }
  const quiet = found.filter(({ noise = [] }) => !tooNoisy(noise));
  const figures = Object.fromEntries(quiet.map((one) => [one.name, { ...one.keys, ...one.figures }]));
  const page = [head, ...sections, sizing(figures).join('\n')];
  await writeFile(new URL('../docs/benchmarks.md', import.meta.url), `${page.join('\n').trimEnd()}\n`);
}

/** Why a result no longer says what the sources do. */
async function staleness(commit: string, measures: readonly string[]): Promise<readonly string[]> {
  const paths = measures.map((path) => `:/${path}`);
  const since = await output('git', 'rev-list', '--count', `${commit.replace(/-dirty$/, '')}..HEAD`, '--', ...paths);
  return staleOf(commit, since.trim(), measures);
}

/** `since`: how many commits changed it after that one; nothing: git does not know. */
export function staleOf(commit: string, since: string, measures: readonly string[]): readonly string[] {
  return [
    ...(commit.endsWith('-dirty') ? ['measured with changes that were not committed'] : []),
    ...(since === '' ? [`the history here has no commit ${commit}`] : []),
    ...(Number(since) > 0 ? [`${measures.join(', ')} changed since, ${since} ${since === '1' ? 'commit' : 'commits'}`] : []),
  ];
}

export function section(result: Result, stale: readonly string[]): string {
  const { name, says, quick, at, commit, machine, versions, columns, rows, notes, noise = [] } = result;
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  const software = Object.entries(versions).map(([what, version]) => `${what} ${version}`);
  return [
    `## ${name}`,
    '',
    `${says}. \`npm run bench -- ${name}${quick ? ' --quick' : ''}\``,
    '',
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map(line),
    '',
    ...[...verdictsOf(result), ...notes].map((note) => `- ${note}`),
    ...stale.map((why) => `- **Stale**: ${why}.`),
    ...noise.map(({ why }) => `- **Noisy**: ${why}. The tails (p99) are not those of this benchmark alone.`),
    `- ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, load ${machine.load} at the end; ${software.join(', ')}; ${at}, commit ${commit}.`,
    '',
  ].join('\n');
}

/** Of the programs that are installed here. */
async function versionsOf(): Promise<Readonly<Record<string, string>>> {
  const { binary } = await findFreeswitch(process.env);
  const programs: readonly (readonly [string, string, string, RegExp])[] = [
    ['redis', 'redis-server', '--version', /v=(\S+)/],
    ['FreeSWITCH', binary ?? 'freeswitch', '-version', /version: ([\d.]+)/],
    ['SIPp', 'sipp', '-v', /SIPp v([\d.]+)/],
  ];
  const found = await Promise.all(
    programs.map(async ([name, command, option, pattern]) => {
      const version = pattern.exec(await output(command, option))?.[1];
      return version === undefined ? [] : [[name, version] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

/** What it says; SIPp says its version and calls that a failure. */
async function output(command: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, [...args]).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }));
  return stdout;
}
