/** The memory stores behind a connection that the test can cut, keep, empty, or cut between a command and its reply. */
import type { Call, Offer } from '../../../src/core/call/call.js';
import type { CallRecord } from '../../../src/core/call/record.js';
import type { PendingCallback, Withdrawal } from '../../../src/core/callback/pending.js';
import type { AgentId, CallId, NodeId, PoolId, TenantId } from '../../../src/core/ids.js';
import type { BreatherRule } from '../../../src/core/queue/breather.js';
import type { Duty, Wish, WishResult } from '../../../src/core/queue/duty.js';
import type { Missed } from '../../../src/core/queue/missed.js';
import type { Outlook } from '../../../src/core/queue/wait-estimate.js';
import { MemoryCallStore } from '../../../src/memory/call-store.js';
import { MemoryCallbackStore } from '../../../src/memory/callback-store.js';
import { MemoryHistory } from '../../../src/memory/history.js';
import { RoutingDomain } from '../../../src/memory/routing-domain.js';
import { MemoryRoutingStore } from '../../../src/memory/routing-store.js';
import type { CallStore } from '../../../src/ports/call-store.js';
import type { CallbackStore } from '../../../src/ports/callback-store.js';
import type { Clock } from '../../../src/ports/clock.js';
import type { History } from '../../../src/ports/history.js';
import {
  type Enqueued,
  type EnqueueRequest,
  type ReadyAgent,
  type RoutingStats,
  type RoutingStore,
  type RoutingStoreListener,
  StoreUnavailable,
  type Talk,
} from '../../../src/ports/routing-store.js';

/** What is stored, for every daemon: the Redis of these tests. */
export class Stored {
  domain = new RoutingDomain();
  calls = new MemoryCallStore();
  callbacks = new MemoryCallbackStore();
  readonly history = new MemoryHistory();
  /** Every record that was handed in, repetitions included. */
  readonly written: CallRecord[] = [];
  readonly links = new Set<StoreLink>();

  /** It restarts without its data; the records were read by someone already. */
  empty(): void {
    this.domain = new RoutingDomain();
    this.calls = new MemoryCallStore();
    this.callbacks = new MemoryCallbackStore();
  }
}

/** One daemon's connection to it. */
export class StoreLink {
  readonly stored: Stored;
  readonly routing: OutageRoutingStore;
  state: 'up' | 'down' | 'losing replies' | 'dead' = 'down';

  constructor(stored: Stored, daemon: string, clock: Clock) {
    this.stored = stored;
    this.routing = new OutageRoutingStore(this, daemon, clock);
    stored.links.add(this);
  }

  down(state: 'down' | 'losing replies' = 'down'): void {
    this.state = state;
    this.routing.listener?.down('the test cut the connection');
  }

  up(fresh = false): void {
    this.state = 'up';
    this.routing.attach();
    this.routing.listener?.ready(fresh);
  }

  kill(): void {
    this.state = 'dead';
    this.routing.detach();
    this.stored.links.delete(this);
  }

  async run<T>(command: () => Promise<T>): Promise<T> {
    await null;
    if (this.state === 'dead') return new Promise(() => undefined);
    if (this.state === 'down') throw new StoreUnavailable('the test cut the connection');
    const reply = await command();
    if (this.state === 'losing replies') throw new StoreUnavailable('the reply was lost');
    return reply;
  }
}

class OutageRoutingStore implements RoutingStore {
  listener: RoutingStoreListener | undefined;
  #memory: MemoryRoutingStore | undefined;
  #attached: RoutingDomain | undefined;

  constructor(
    private readonly link: StoreLink,
    private readonly daemon: string,
    private readonly clock: Clock,
  ) {}

  async start(listener: RoutingStoreListener): Promise<void> {
    this.listener = listener;
    this.link.up(this.link.stored.links.size === 1);
  }

  attach(): void {
    const { domain } = this.link.stored;
    if (this.#attached === domain) return;
    this.#attached = domain;
    this.#memory = new MemoryRoutingStore({ now: () => this.clock.now(), domain, daemon: this.daemon });
    domain.join(this.daemon, (assignment) =>
      queueMicrotask(() => {
        // A publication to somebody who is not there is lost.
        if (this.link.state === 'up' && this.#attached === domain) this.listener?.assigned(assignment);
      }),
    );
  }

  detach(): void {
    this.#attached?.leave(this.daemon);
    this.listener = undefined;
  }

  async close(): Promise<void> {
    this.detach();
  }

  #verb<T>(verb: (memory: MemoryRoutingStore) => Promise<T>): Promise<T> {
    return this.link.run(() => {
      if (this.#memory === undefined) throw new StoreUnavailable('not connected yet');
      return verb(this.#memory);
    });
  }

  prepare(): Promise<void> {
    return this.#verb((memory) => memory.prepare());
  }

  agentReady(agent: ReadyAgent): Promise<void> {
    return this.#verb((memory) => memory.agentReady(agent));
  }

  agentGone(agent: AgentId): Promise<void> {
    return this.#verb((memory) => memory.agentGone(agent));
  }

  wish(agent: AgentId, wish: Wish, manual: boolean): Promise<WishResult> {
    return this.#verb((memory) => memory.wish(agent, wish, manual));
  }

  duties(): Promise<ReadonlyMap<AgentId, Duty>> {
    return this.#verb((memory) => memory.duties());
  }

  restoreDuties(duties: ReadonlyMap<AgentId, Duty>): Promise<void> {
    return this.#verb((memory) => memory.restoreDuties(duties));
  }

  enqueue(request: EnqueueRequest): Promise<Enqueued> {
    return this.#verb((memory) => memory.enqueue(request));
  }

  outlook(call: CallId): Promise<Outlook | undefined> {
    return this.#verb((memory) => memory.outlook(call));
  }

  abandon(call: CallId, offer?: Offer): Promise<void> {
    return this.#verb((memory) => memory.abandon(call, offer));
  }

  gaveUp(tenant: TenantId, caller: string, at: number, keepMs: number): Promise<void> {
    return this.#verb((memory) => memory.gaveUp(tenant, caller, at, keepMs));
  }

  accept(call: CallId, offer: Offer): Promise<boolean> {
    return this.#verb((memory) => memory.accept(call, offer));
  }

  reject(call: CallId, offer: Offer, missed: Missed | undefined): Promise<boolean> {
    return this.#verb((memory) => memory.reject(call, offer, missed));
  }

  release(offer: Offer, wrapUpMs: number | undefined, breather?: BreatherRule): Promise<boolean> {
    return this.#verb((memory) => memory.release(offer, wrapUpMs, breather));
  }

  restore(call: CallId, offer: Offer, tenant: TenantId, pool: PoolId, callback?: boolean): Promise<void> {
    return this.#verb((memory) => memory.restore(call, offer, tenant, pool, callback));
  }

  tick(): Promise<void> {
    return this.#verb((memory) => memory.tick());
  }

  talks(): Promise<readonly Talk[]> {
    return this.#verb((memory) => memory.talks());
  }

  stats(): Promise<RoutingStats> {
    return this.#verb((memory) => memory.stats());
  }
}

export class OutageCallStore implements CallStore {
  constructor(private readonly link: StoreLink) {}

  save(call: Call): Promise<void> {
    return this.link.run(() => this.link.stored.calls.save(call));
  }

  remove(call: Pick<Call, 'id' | 'node'>): Promise<void> {
    return this.link.run(() => this.link.stored.calls.remove(call));
  }

  /** The newest first: Redis' hashes keep no order, and nobody may lean on one. */
  load(node: NodeId): Promise<ReadonlyMap<CallId, Call>> {
    return this.link.run(async () => new Map([...(await this.link.stored.calls.load(node))].reverse()));
  }
}

export class OutageHistory implements History {
  constructor(private readonly link: StoreLink) {}

  append(record: CallRecord): Promise<void> {
    return this.link.run(async () => {
      this.link.stored.written.push(record);
      await this.link.stored.history.append(record);
    });
  }
}

export class OutageCallbackStore implements CallbackStore {
  constructor(private readonly link: StoreLink) {}

  keep(callback: PendingCallback, limit: number, now: number) {
    return this.link.run(() => this.link.stored.callbacks.keep(callback, limit, now));
  }

  check(callback: PendingCallback) {
    return this.link.run(() => this.link.stored.callbacks.check(callback));
  }

  withdraw(tenant: TenantId, number: string, why: Withdrawal, call?: CallId) {
    return this.link.run(() => this.link.stored.callbacks.withdraw(tenant, number, why, call));
  }

  end(tenant: TenantId, number: string, call: CallId) {
    return this.link.run(() => this.link.stored.callbacks.end(tenant, number, call));
  }

  list(tenant: TenantId, now: number) {
    return this.link.run(() => this.link.stored.callbacks.list(tenant, now));
  }
}
