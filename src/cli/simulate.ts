/** `telephony-core simulate`: a day of calls against a configuration, in virtual time. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Config } from '../config/config.js';
import { load } from '../config/load.js';
import { formatProblem } from '../config/problems.js';
import type { Site } from '../core/site.js';
import { findRedis, startRedis } from '../lab/redis.js';
import { StoreUnavailable } from '../ports/routing-store.js';
import { BadInput } from '../simulator/bad-input.js';
import { callersFromCsv, columnsHelp } from '../simulator/call-list.js';
import { assumptionsFrom, callersFromRecords, readRecords } from '../simulator/call-records.js';
import { generateCallers } from '../simulator/callers.js';
import { Random } from '../simulator/random.js';
import { reportPage } from '../simulator/report/page.js';
import { simulate as play, type SimulatedDay, type SimulatedStore } from '../simulator/simulate.js';
import { assumptionsHelp, readSpec, readText, toAssumptions } from '../simulator/spec.js';
import { staffing } from '../simulator/staffing.js';
import { memoryStore, redisStore } from '../simulator/stores.js';
import { summarize } from '../simulator/summary.js';
import { EXIT, type Io } from './io.js';
import { simulationText, staffingText } from './simulate-text.js';

const usage = `Usage: telephony-core simulate --config DIR --generate SPEC | --calls FILE.csv | --records FILE.jsonl [options]

Plays a day of calls against the configuration in DIR before the day comes: the queues, skills, rings, shares and promises are those
of the daemon, only the callers and the agents are made up. Nothing rings, and nothing of a running daemon is touched.

Who calls:
  --generate SPEC     calls are drawn at random (Poisson). SPEC is name=value pairs, e.g. "calls=900 handlingSeconds=120", or a YAML
                      file with the same names
  --calls FILE.csv    a list of calls. Columns: ${columnsHelp.replace('\n', '\n                      ')}
  --records FILE      the daemon's own records of a past day (records.file): the same callers, with the talks and the patience that
                      they had
  --assume SPEC       with --calls and --records: what they do not say, as in --generate

What comes of it is shown as tables; and
  --html FILE         as a page with plots
  --json FILE         as data
  --staff             how many agents each half hour needs, by Erlang's formulas and by simulation

How:
  --seed TEXT           the same seed gives the same callers and the same result [1]
  --store redis|memory  who routes the calls: the daemon's Lua scripts, on a redis-server that is started for this run and nobody else
                        reaches; or their twin in this process, which is faster and gives the same result [redis]
  --no-estimates        do not judge what callers could be told of their wait; faster

Assumptions, and what holds without them:
`;

export async function simulate(argv: readonly string[], io: Io): Promise<number> {
  try {
    const options = parse(argv);
    if (options === undefined) {
      for (const line of [...usage.trimEnd().split('\n'), ...assumptionsHelp()]) io.out(line);
      return EXIT.ok;
    }
    const loaded = await load(options.config, io.env);
    if (!loaded.ok) {
      for (const problem of loaded.problems) io.err(formatProblem(problem));
      return EXIT.configuration;
    }
    return await run(loaded.config, options, io);
  } catch (error) {
    if (error instanceof StoreUnavailable) {
      io.err(`The redis-server of this simulation went away: ${error.message}. --store memory needs none.`);
      return EXIT.failed;
    }
    if (!(error instanceof BadInput)) throw error;
    for (const line of error.message.split('\n')) io.err(line);
    return EXIT.usage;
  }
}

interface Options {
  readonly config: string;
  readonly generate: string | undefined;
  readonly calls: string | undefined;
  readonly records: string | undefined;
  readonly assume: string;
  readonly json: string | undefined;
  readonly html: string | undefined;
  readonly staff: boolean;
  readonly estimates: boolean;
  readonly seed: string;
  readonly store: 'memory' | 'redis';
}

/** `undefined`: help was asked for. Throws `BadInput`. */
function parse(argv: readonly string[]): Options | undefined {
  const { values } = parsed(argv);
  if (values.help) return undefined;
  const { config, store, generate, calls, records } = values;
  const sources = [generate, calls, records].filter((one) => one !== undefined);
  if (config === undefined || sources.length !== 1)
    throw new BadInput('Say --config DIR and one of --generate, --calls and --records; --help tells more.');
  if (store !== 'memory' && store !== 'redis') throw new BadInput(`--store is redis or memory, not ${store}`);
  const { assume, json, html, staff, seed } = values;
  return { config, generate, calls, records, assume, json, html, staff, seed, store, estimates: !values['no-estimates'] };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', default: false },
        config: { type: 'string' },
        generate: { type: 'string' },
        calls: { type: 'string' },
        records: { type: 'string' },
        assume: { type: 'string', default: '' },
        json: { type: 'string' },
        html: { type: 'string' },
        staff: { type: 'boolean', default: false },
        'no-estimates': { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        store: { type: 'string', default: 'redis' },
      },
    });
  } catch (error) {
    throw new BadInput(error instanceof Error ? error.message : String(error));
  }
}

async function run({ site }: Config, options: Options, io: Io): Promise<number> {
  const { seed, store, json, html, staff, estimates } = options;
  const found = findRedis(io.env);
  if (store === 'redis' && 'missing' in found) {
    io.err(`The calls are routed by the daemon's Lua scripts on a Redis of its own, and ${found.missing}.`);
    io.err(
      'Install it (Debian and Ubuntu: apt install redis-server), or say --store memory: the twin of the scripts, with the same result.',
    );
    return EXIT.failed;
  }
  const day = { ...(await dayOf(site, options)), estimates };
  const started = performance.now();
  const played = await withStores(store, async (make) => {
    const once = await play(day, make());
    return { once, needs: staff ? await staffing({ ...day, estimates: false }, once, make) : [] };
  });
  const { date, days } = day.assumptions;
  const summary = summarize(site, played.once, { seed, store, date, days, calls: day.callers.length });
  for (const line of simulationText(summary)) io.out(line);
  if (staff) for (const line of staffingText(played.needs)) io.out(line);
  const seconds = (performance.now() - started) / 1000;
  io.err(`${day.callers.length} calls in ${seconds.toFixed(1)} s, routed by ${store === 'redis' ? 'Redis' : 'the twin in memory'}`);
  const files = [
    [json, () => `${JSON.stringify(summary, null, 2)}\n`],
    [html, () => reportPage(summary)],
  ] as const;
  let written = true;
  for (const [file, text] of files) if (file !== undefined) written = (await write(file, text(), io)) && written;
  return written ? EXIT.ok : EXIT.failed;
}

async function write(file: string, text: string, io: Io): Promise<boolean> {
  try {
    await writeFile(file, text);
    return true;
  } catch (error) {
    io.err(`${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? error}`);
    return false;
  }
}

/** Throws `BadInput` for names, times and files that do not fit. */
async function dayOf(site: Site, options: Options): Promise<SimulatedDay> {
  const { seed, generate, calls, records: file, assume } = options;
  const given = await readSpec(generate ?? assume);
  const timezone = typeof given['timezone'] === 'string' ? given['timezone'] : ([...site.tenants.values()][0]?.schedule.timezone ?? 'UTC');
  const random = new Random(seed);
  try {
    const records = file === undefined ? [] : await readRecords(file);
    const assumptions = toAssumptions({ ...(records.length > 0 ? assumptionsFrom(records, timezone) : {}), ...given });
    for (const tenant of Object.keys(assumptions.tenants)) {
      if (![...site.tenants.keys()].some((known) => known === tenant)) throw new BadInput(`tenants: there is no tenant ${tenant}`);
    }
    const callers =
      calls !== undefined
        ? callersFromCsv(await readText(calls), site, assumptions, timezone, random)
        : file !== undefined
          ? callersFromRecords(records, site, assumptions, random)
          : generateCallers(site, assumptions, timezone, random);
    return { site, assumptions, timezone, seed, callers };
  } catch (error) {
    throw error instanceof RangeError ? new BadInput(`${timezone} is no time zone such as Europe/Paris`) : error;
  }
}

/** Stores for one simulation after the other. */
async function withStores<T>(kind: 'memory' | 'redis', use: (make: () => SimulatedStore) => Promise<T>): Promise<T> {
  if (kind === 'memory') return use(memoryStore);
  const redis = await startRedis({ socket: true });
  try {
    let runs = 0;
    return await use(() => redisStore(redis.url, `simulate-${++runs}`));
  } finally {
    await redis.stop();
  }
}
