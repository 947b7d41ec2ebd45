/** `telephony-core simulate`: a day of calls against a configuration, in virtual time. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Config } from '../config/config.js';
import { load } from '../config/load.js';
import { formatProblem } from '../config/problems.js';
import { startRedis } from '../lab/redis.js';
import type { Assumptions } from '../simulator/assumptions.js';
import { BadInput } from '../simulator/bad-input.js';
import { generateCallers } from '../simulator/callers.js';
import { Random } from '../simulator/random.js';
import { type Played, simulate as play, type SimulatedDay } from '../simulator/simulate.js';
import { assumptionsHelp, readAssumptions } from '../simulator/spec.js';
import { memoryStore, redisStore } from '../simulator/stores.js';
import { summarize } from '../simulator/summary.js';
import { EXIT, type Io } from './io.js';
import { simulationText } from './simulate-text.js';

const usage = `Usage: telephony-core simulate --config DIR --generate SPEC [options]

Plays a day of calls against the configuration in DIR before the day comes: the queues, skills, rings, shares and promises are those
of the daemon, only the callers and the agents are made up. Nothing rings, and nothing of a running daemon is touched.

Who calls:
  --generate SPEC     calls are drawn at random (Poisson). SPEC is name=value pairs, e.g. "calls=900 handlingSeconds=120", or a YAML
                      file with the same names

What comes of it is shown as tables; and
  --json FILE         the same as data

  --seed TEXT         the same seed gives the same callers and the same result [1]
  --store memory|redis  who routes the calls: the twin in memory, or the Lua scripts on a Redis of its own [memory]

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
    if (!(error instanceof BadInput)) throw error;
    for (const line of error.message.split('\n')) io.err(line);
    return EXIT.usage;
  }
}

interface Options {
  readonly config: string;
  readonly generate: string;
  readonly json: string | undefined;
  readonly seed: string;
  readonly store: 'memory' | 'redis';
}

/** `undefined`: help was asked for. Throws `BadInput`. */
function parse(argv: readonly string[]): Options | undefined {
  const { values } = parsed(argv);
  if (values.help) return undefined;
  const { config, generate, json, seed, store } = values;
  if (config === undefined || generate === undefined) throw new BadInput('Say --config DIR and --generate SPEC; --help tells more.');
  if (store !== 'memory' && store !== 'redis') throw new BadInput(`--store is memory or redis, not ${store}`);
  return { config, generate, json, seed, store };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', default: false },
        config: { type: 'string' },
        generate: { type: 'string' },
        json: { type: 'string' },
        seed: { type: 'string', default: '1' },
        store: { type: 'string', default: 'memory' },
      },
    });
  } catch (error) {
    throw new BadInput(error instanceof Error ? error.message : String(error));
  }
}

async function run({ site }: Config, { generate, json, seed, store }: Options, io: Io): Promise<number> {
  const assumptions = await readAssumptions(generate);
  const timezone = assumptions.timezone ?? [...site.tenants.values()][0]?.schedule.timezone ?? 'UTC';
  const day = dayOf({ site, assumptions, timezone, seed });
  const started = performance.now();
  const played = await playOn(store, day);
  const { date, days } = assumptions;
  const summary = summarize(site, played, { seed, store, date, days, calls: day.callers.length });
  for (const line of simulationText(summary)) io.out(line);
  const seconds = (performance.now() - started) / 1000;
  io.err(`${day.callers.length} calls in ${seconds.toFixed(1)} s, routed by ${store === 'redis' ? 'Redis' : 'the twin in memory'}`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(summary, null, 2)}\n`);
  return EXIT.ok;
}

/** Throws `BadInput` for names and times that do not fit the configuration. */
function dayOf(parts: Omit<SimulatedDay, 'callers'> & { readonly assumptions: Assumptions }): SimulatedDay {
  const { site, assumptions, timezone, seed } = parts;
  for (const tenant of Object.keys(assumptions.tenants)) {
    if (![...site.tenants.keys()].some((known) => known === tenant)) throw new BadInput(`tenants: there is no tenant ${tenant}`);
  }
  try {
    return { ...parts, callers: generateCallers(site, assumptions, timezone, new Random(seed)) };
  } catch (error) {
    throw error instanceof RangeError ? new BadInput(`${timezone} is no time zone such as Europe/Paris`) : error;
  }
}

async function playOn(store: 'memory' | 'redis', day: SimulatedDay): Promise<Played> {
  if (store === 'memory') return play(day, memoryStore());
  const redis = await startRedis();
  try {
    return await play(day, redisStore(redis.url));
  } finally {
    await redis.stop();
  }
}
