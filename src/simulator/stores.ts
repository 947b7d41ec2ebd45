/** The routing stores as a simulation uses them. */
import { MemoryCallbackStore } from '../memory/callback-store.js';
import { MemoryRoutingStore } from '../memory/routing-store.js';
import type { Assignment } from '../ports/routing-store.js';
import { RedisCallbackStore } from '../redis/callback-store.js';
import { RedisLink } from '../redis/link.js';
import type { Script } from '../redis/scripts.js';
import { RedisRoutingStore } from '../redis/store.js';
import type { SimulatedStore } from './simulate.js';
import type { VirtualClock } from './simulation.js';

/** The twin of the scripts: no process beside this one. */
export function memoryStore(): SimulatedStore {
  const clock = { now: 0, turn: 0 };
  return { name: 'memory', clock, store: new MemoryRoutingStore({ now: () => clock.now }), callbacks: new MemoryCallbackStore() };
}

/** The daemon's own scripts on a Redis that nobody else uses. */
export function redisStore(url: string, keyPrefix = 'simulate'): SimulatedStore {
  const clock = { now: 0, turn: 0 };
  const link = new CountingLink(url, clock);
  const store = new RedisRoutingStore({ link, keyPrefix, now: () => clock.now });
  const callbacks = new RedisCallbackStore({ link, keyPrefix });
  return { name: 'redis', clock, store, callbacks, turnOf: (assignment) => link.turnOf(assignment) };
}

/** Remembers of which verb each offer came: verbs are sent without waiting for the replies to those before. */
class CountingLink extends RedisLink {
  readonly #clock: VirtualClock;
  readonly #turns = new Map<string, number>();

  constructor(url: string, clock: VirtualClock) {
    super({ url, commandTimeoutMs: 60_000 });
    this.#clock = clock;
  }

  override async run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const { turn } = this.#clock;
    const text = String(await super.run(script, keys, args));
    if (text.includes('"assigned"')) for (const [, token = ''] of text.matchAll(/"token":"([^"]+)"/g)) this.#turns.set(token, turn);
    return text;
  }

  turnOf({ offer, also = [] }: Assignment): number {
    const turn = this.#turns.get(offer.token) ?? this.#clock.turn;
    for (const { token } of [offer, ...also]) this.#turns.delete(token);
    return turn;
  }
}
