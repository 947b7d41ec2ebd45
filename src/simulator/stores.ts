/** The routing stores as a simulation uses them. */
import { MemoryRoutingStore } from '../memory/routing-store.js';
import type { Assignment } from '../ports/routing-store.js';
import { RedisLink } from '../redis/link.js';
import type { Script } from '../redis/scripts.js';
import { RedisRoutingStore } from '../redis/store.js';
import type { SimulatedStore } from './simulate.js';

/** The twin of the scripts: no process beside this one. */
export function memoryStore(): SimulatedStore {
  const clock = { now: 0 };
  return { name: 'memory', clock, store: new MemoryRoutingStore({ now: () => clock.now }) };
}

/** The daemon's own scripts on a Redis that nobody else uses. */
export function redisStore(url: string, keyPrefix = 'simulate'): SimulatedStore {
  const clock = { now: 0 };
  const link = new TimedLink({ url, commandTimeoutMs: 60_000 });
  const store = new RedisRoutingStore({ link, keyPrefix, now: () => clock.now });
  return { name: 'redis', clock, store, decidedAt: (assignment) => link.decidedAt(assignment) ?? clock.now };
}

/**
 * Remembers when each offer was decided: verbs are sent without waiting for the replies of those before, so a reply is read when the
 * virtual clock has moved on.
 */
class TimedLink extends RedisLink {
  readonly #decided = new Map<string, number>();

  override async run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const text = await super.run(script, keys, args);
    const now = Number(args[2]);
    for (const [, token = ''] of String(text).matchAll(/"token":"([^"]+)"/g)) this.#decided.set(token, now);
    return text;
  }

  decidedAt({ offer: { token } }: Assignment): number | undefined {
    const at = this.#decided.get(token);
    this.#decided.delete(token);
    return at;
  }
}
