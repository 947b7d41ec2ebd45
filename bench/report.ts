/** Results as JSON beside the benchmark, and the page that quotes them. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Benchmark, Outcome } from './run.js';

interface Result extends Outcome {
  readonly name: string;
  readonly says: string;
  readonly quick: boolean;
  readonly at: string;
  readonly commit: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGb: number; readonly load: number };
  readonly versions: Readonly<Record<string, string>>;
}

const results = new URL('results/', import.meta.url);
const run = promisify(execFile);

export async function keepResult({ name, says }: Benchmark, outcome: Outcome, quick: boolean): Promise<void> {
  const [processor] = cpus();
  const result: Result = {
    name,
    says,
    quick,
    at: new Date().toISOString().slice(0, 10),
    commit: (await output('git', 'rev-parse', '--short', 'HEAD')).trim(),
    machine: {
      cpu: processor?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 1e9),
      load: Number(loadavg()[0]?.toFixed(1)),
    },
    versions: { node: process.version, redis: /v=(\S+)/.exec(await output('redis-server', '--version'))?.[1] ?? 'unknown' },
    ...outcome,
  };
  await mkdir(results, { recursive: true });
  await writeFile(new URL(`${name}.json`, results), `${JSON.stringify(result, undefined, 2)}\n`);
}

/** docs/benchmarks.md from every result that is there. */
export async function writePage(head: string): Promise<void> {
  const files = (await readdir(results)).filter((file) => file.endsWith('.json')).sort();
  const sections = await Promise.all(
    files.map(async (file) => section(JSON.parse(await readFile(new URL(file, results), 'utf8')) as Result)),
  );
  await writeFile(new URL('../docs/benchmarks.md', import.meta.url), [head, ...sections].join('\n'));
}

function section({ name, says, quick, at, commit, machine, versions, columns, rows, notes }: Result): string {
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
    ...notes.map((note) => `- ${note}`),
    ...(machine.load > machine.cores
      ? ['- The machine was busy with other work: the tails (p99) are not those of these commands alone.']
      : []),
    `- ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, load ${machine.load} at the end; ${software.join(', ')}; ${at}, commit ${commit}.`,
    '',
  ].join('\n');
}

async function output(command: string, ...args: readonly string[]): Promise<string> {
  return (await run(command, [...args])).stdout;
}
