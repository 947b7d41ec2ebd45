/** A new configuration in the place of the old one: whole, or not at all. */
import type { Config } from './config/config.js';
import type { Loaded } from './config/load.js';
import { formatProblem } from './config/problems.js';
import { type Rendered, RenderingFailed } from './media/render.js';
import type { Log } from './ports/log.js';
import type { ReloadResult } from './ports/operations.js';

export interface ReloadParts {
  readonly log: Log;
  load(): Promise<Loaded>;
  /** What the new configuration says aloud, before a caller could hear it. */
  render(config: Config): Promise<Rendered>;
  /** The swap: from here on the new configuration is in force. */
  take(config: Config): void;
  /** Who is told of it afterwards, by what is logged when that fails. */
  readonly tell: Readonly<Record<string, () => Promise<unknown>>>;
}

/**
 * Reloads run one after the other: SIGHUP and the API may come together, and what was read first must not win over what was
 * read later. Rejects only before the swap, so with the old configuration in force; what fails after it is logged.
 */
export function createReload(parts: ReloadParts): () => Promise<ReloadResult> {
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const result = last.then(() => reload(parts));
    last = result.catch(() => undefined);
    return result;
  };
}

async function reload({ log, load, render, take, tell }: ReloadParts): Promise<ReloadResult> {
  const loaded = await load();
  const problems = loaded.ok ? await unspeakable(loaded.config, render, log) : loaded.problems.map(formatProblem);
  if (!loaded.ok || problems.length > 0) {
    log.error({ problems }, 'the new configuration has problems and was not taken: the old one stays in force');
    return { done: false, problems };
  }
  take(loaded.config);
  for (const [what, inform] of Object.entries(tell)) {
    try {
      await inform();
    } catch (err) {
      log.error({ err }, `the new configuration is in force, but ${what}`);
    }
  }
  const { tenants, numbers, agents } = loaded.config.site;
  log.info({ tenants: tenants.size }, 'configuration reloaded');
  return { done: true, tenants: tenants.size, numbers: numbers.size, agents: agents.size };
}

/** Why the prompts cannot be spoken; files that were made meanwhile stay, and disturb nobody. */
async function unspeakable(config: Config, render: ReloadParts['render'], log: Log): Promise<readonly string[]> {
  try {
    const { made } = await render(config);
    if (made > 0) log.info({ made }, 'prompts were spoken');
    return [];
  } catch (error) {
    if (error instanceof RenderingFailed) return [error.message];
    throw error;
  }
}
