/**
 * `npm run bench -- NAME|--all|--list|--page [--quick]`: runs benchmarks. A table for people on stdout, results in bench/results/NAME.json,
 * docs/benchmarks.md made anew from all results, and one line of JSON at the end of each for programs.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { answer } from './answer/answer.js';
import { answerProfile } from './answer/profile.js';
import { appQueue } from './app-queue.js';
import { backlog } from './backlog.js';
import type { Benchmark, Options } from './benchmark.js';
import { costs } from './costs.js';
import { daemonProfile } from './daemon-profile.js';
import { esl } from './esl/esl.js';
import { knee } from './knee.js';
import { profile } from './profile.js';
import { queue } from './queue.js';
import { keepResult, printed, sources, writePage } from './report.js';
import { routing } from './routing.js';
import { simulator } from './simulator.js';
import { soak } from './soak.js';

/** In the order of the page. */
const benchmarks: readonly Benchmark[] = [
  queue,
  profile,
  daemonProfile,
  answer,
  answerProfile,
  backlog,
  knee,
  costs,
  esl,
  routing,
  simulator,
  appQueue,
  soak,
];

const usage = 'Usage: npm run bench -- NAME|--all|--list|--page [--quick] [--hours N]';

const writePageAnew = async (): Promise<void> => writePage(await readFile(new URL('page.md', import.meta.url), 'utf8'), benchmarks);

async function run(benchmark: Benchmark, options: Options): Promise<void> {
  const commit = await sources();
  const outcome = await benchmark.run(options);
  await keepResult(benchmark, outcome, options.quick, commit);
  await writePageAnew();
  for (const line of printed(benchmark, outcome)) console.log(line);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      hours: { type: 'string' },
    },
  });
  if (values.list) {
    for (const { name, says } of benchmarks) console.log(`${name.padEnd(15)} ${says}`);
    return 0;
  }
  if (values.page) {
    await writePageAnew();
    return 0;
  }
  const chosen = values.all
    ? benchmarks.filter(({ alone = false }) => !alone)
    : benchmarks.filter(({ name }) => positionals.includes(name));
  const hours = values.hours === undefined ? undefined : Number(values.hours);
  const wrong = !values.all && (positionals.length === 0 || chosen.length !== positionals.length);
  if (wrong || (hours !== undefined && !(hours > 0))) {
    console.error(usage);
    return 64;
  }
  let failed = 0;
  for (const benchmark of chosen) {
    try {
      await run(benchmark, { quick: values.quick, ...(hours === undefined ? {} : { hours }) });
    } catch (error) {
      // With --all the others are measured all the same.
      failed++;
      console.error(`${benchmark.name}:`, error);
    }
  }
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
