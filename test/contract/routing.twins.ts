/** Both stores, asked the same: the one in memory at once, the one under test without waiting for its replies. */
import { RoutingDomain } from '../../src/memory/routing-domain.js';
import { MemoryRoutingStore } from '../../src/memory/routing-store.js';
import type { Assignment, RoutingStats, RoutingStore } from '../../src/ports/routing-store.js';
import { start } from './routing-store.world.js';

/** The store under test: its verbs go out in the order in which they are called. */
export interface Tested {
  /** Epoch ms for the verbs that follow. */
  set now(at: number);
  /** With what its tokens begin. */
  readonly generation: string;
  /** A daemon that has not died; started. */
  open(name: string, heard: Assignment[]): RoutingStore;
  /** It dies: from the next verb on nobody listens for its calls. */
  die(name: string): Promise<unknown>;
  /** Keys of calls; empty when all have ended. */
  leftovers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** How many daemons may live one after the other: `newTested` has them ready. */
export const generations = 48;
/** After so many verbs the other store's replies are read. */
const batch = 64;

export interface TwinDaemon {
  readonly name: string;
  readonly heard: Assignment[];
  readonly alsoHeard: Assignment[];
  readonly oracle: RoutingStore;
  readonly tested: RoutingStore | undefined;
}

export class Twins {
  now = start;
  readonly #domain: RoutingDomain;
  readonly #all: TwinDaemon[] = [];
  #fault: Error | undefined;
  #replies: Promise<unknown>[] = [];
  verbs = 0;

  constructor(readonly tested: Tested | undefined) {
    this.#domain = new RoutingDomain(tested === undefined ? {} : { generation: tested.generation });
  }

  async open(name: string): Promise<TwinDaemon> {
    const [heard, alsoHeard]: Assignment[][] = [[], []];
    const oracle = new MemoryRoutingStore({ domain: this.#domain, daemon: name, now: () => this.now });
    await oracle.start({ assigned: (one) => heard!.push(one), ready: () => undefined, down: () => undefined });
    const daemon = { name, oracle, tested: this.tested?.open(name, alsoHeard!), heard: heard!, alsoHeard: alsoHeard! };
    this.#all.push(daemon);
    return daemon;
  }

  async die({ name, oracle }: TwinDaemon): Promise<void> {
    await oracle.close();
    if (this.tested !== undefined) this.#expect('die', this.tested.die(name), undefined, () => undefined);
  }

  /** The answer of the store in memory; the other one's must be the same in `view`. */
  async ask<T>(
    what: string,
    daemon: TwinDaemon,
    verb: (store: RoutingStore) => Promise<T>,
    view: (answer: T) => unknown = (it) => it,
  ): Promise<T> {
    const wanted = await verb(daemon.oracle);
    if (daemon.tested !== undefined) {
      this.tested!.now = this.now;
      this.#expect(what, verb(daemon.tested), view(wanted), view as (answer: unknown) => unknown);
      if (++this.verbs % batch === 0) await new Promise(setImmediate);
    }
    if (this.#fault !== undefined) throw this.#fault;
    return wanted;
  }

  #expect(what: string, reply: Promise<unknown>, wanted: unknown, view: (answer: unknown) => unknown): void {
    this.#replies.push(
      reply.then(
        (found) => {
          if (JSON.stringify(view(found)) !== JSON.stringify(wanted)) this.#fault ??= differ(what, view(found), wanted);
        },
        (error: unknown) => {
          this.#fault ??= error instanceof Error ? error : new Error(String(error));
        },
      ),
    );
  }

  /** Waits for all replies, and compares what the daemons were told. */
  async settle(): Promise<void> {
    await Promise.all(this.#replies);
    this.#replies = [];
    if (this.#fault !== undefined) throw this.#fault;
    for (const { name, heard, alsoHeard, tested } of this.#all) {
      if (tested === undefined) continue;
      // Published offers overtake those in replies that nobody awaits; then the store tells of the newer one only.
      const told = new Map(alsoHeard.map((one) => [one.offer.token, tale(one)]));
      const last = new Map(heard.map(({ call, offer }) => [call, offer.token]));
      for (const one of heard) {
        const found = told.get(one.offer.token);
        if (found === undefined ? last.get(one.call) === one.offer.token : found !== tale(one))
          throw differ(`offers to ${name}`, found, tale(one));
        told.delete(one.offer.token);
      }
      if (told.size > 0) throw differ(`offers to ${name}`, [...told.values()], []);
    }
  }

  get calls(): number {
    return this.#domain.calls;
  }
}

/** Of more than four tenants that stood back four are named, whichever. */
const named = 4;
const tale = ({ call, offer, also = [], why }: Assignment) => {
  const held = why.heldBack.length < named ? why.heldBack.map(({ tenant }) => tenant).sort() : 'four';
  return JSON.stringify([offer.token, call, offer.agent, also, { ...why, heldBack: held }]);
};

const differ = (what: string, found: unknown, wanted: unknown) =>
  new Error(`${what}: found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);

export const statsView = ({ agents, queues, until }: RoutingStats): unknown => [[...agents].sort(), [...queues].sort(), [...until].sort()];
