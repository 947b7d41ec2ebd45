/**
 * `npm run bench -- NAME|--list [--quick]`: runs one benchmark. A table for people on stdout, results in bench/results/NAME.json,
 * docs/benchmarks.md made anew from all results, and one line of JSON at the end for programs.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { keepResult, writePage } from './report.js';
import { routing } from './routing.js';
import { simulator } from './simulator.js';

export interface Outcome {
  /** What a program reads: the last line of stdout. */
  readonly keys: Readonly<Record<string, number>>;
  /** What was measured, for people: a table with one row a case. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** What must be known to read the table. */
  readonly notes: readonly string[];
}

export interface Benchmark {
  readonly name: string;
  readonly says: string;
  run(options: { readonly quick: boolean }): Promise<Outcome>;
}

const benchmarks: readonly Benchmark[] = [routing, simulator];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
});
const [name] = positionals;
const chosen = benchmarks.find((one) => one.name === name);

if (values.list) {
  for (const one of benchmarks) console.log(`${one.name.padEnd(10)} ${one.says}`);
} else if (chosen === undefined) {
  console.error('Usage: npm run bench -- NAME|--list [--quick]');
  process.exitCode = 64;
} else {
  const outcome = await chosen.run({ quick: values.quick });
  await keepResult(chosen, outcome, values.quick);
  await writePage(await readFile(new URL('page.md', import.meta.url), 'utf8'));
  for (const row of [outcome.columns, ...outcome.rows]) console.log(row.map((cell) => String(cell).padEnd(14)).join(' '));
  for (const note of outcome.notes) console.log(`- ${note}`);
  console.log(JSON.stringify(outcome.keys));
}
