/** The store in Redis for the model of routing.model.ts. */
import type { createClient } from 'redis';
import type { Assignment, RoutingStore } from '../../src/ports/routing-store.js';
import { RedisLink } from '../../src/redis/link.js';
import { RedisRoutingStore } from '../../src/redis/store.js';
import { generations, type Tested } from './routing.twins.js';
import { start } from './routing-store.world.js';

type Inspector = Pick<ReturnType<typeof createClient>, 'keys' | 'hGet' | 'flushDb'>;

/** Keys of calls. */
export async function leftoversOf(inspector: Inspector, domain: string): Promise<readonly string[]> {
  const found = await inspector.keys(`{test:${domain}}:*`);
  return found.filter(
    (key) =>
      !/:(domain|agents|ready|duty|away:.*|agent:.*|levels:.*|members:.*|demands:.*|able:.*|idle:.*|pending:.*|due|shares|pace|busy:.*|sticky:.*)$/.test(
        key,
      ),
  );
}

/** All daemons on one connection, so that their verbs arrive in the order in which they are called. */
export class RedisTested implements Tested {
  now = start;
  generation = '';
  readonly #domain = 'model';
  readonly #heard = new Map<string, Assignment[]>();
  readonly #stores = new Map<string, RoutingStore>();
  readonly #link: RedisLink;
  readonly #inspector: Inspector;

  private constructor(url: string, inspector: Inspector) {
    this.#inspector = inspector;
    this.#link = new RedisLink({ url, commandTimeoutMs: 60_000 });
    for (let life = 0; life < generations; life++) {
      for (const daemon of [`d0-${life}`, `d1-${life}`]) {
        const options = { link: this.#link, keyPrefix: 'test', domain: this.#domain, daemon, now: () => this.now, matchAtOnce: 2 };
        this.#stores.set(daemon, new RedisRoutingStore(options));
      }
    }
  }

  /** In a database that this model has for itself. */
  static async open(url: string, inspector: Inspector): Promise<RedisTested> {
    const tested = new RedisTested(url, inspector);
    for (const [name, store] of tested.#stores)
      await store.start({ assigned: (one) => tested.#heard.get(name)?.push(one), ready: () => undefined, down: () => undefined });
    tested.generation = (await inspector.hGet(`{test:${tested.#domain}}:domain`, 'generation')) ?? '';
    return tested;
  }

  open(name: string, heard: Assignment[]): RoutingStore {
    this.#heard.set(name, heard);
    const store = this.#stores.get(name);
    if (store === undefined) throw new Error(`there is no ${name}`);
    return store;
  }

  die(name: string): Promise<unknown> {
    return this.#link.send('UNSUBSCRIBE', (client) => client.unsubscribe(`{test:${this.#domain}}:daemon:${name}`));
  }

  leftovers(): Promise<readonly string[]> {
    return leftoversOf(this.#inspector, this.#domain);
  }

  async close(): Promise<void> {
    await this.#link.close();
    await this.#inspector.flushDb();
  }
}
