/** Routing without Redis: for tests, and for the daemon while Redis is away (DESIGN.md D3). Never unavailable. */
import type { Offer } from '../core/call/call.js';
import type { AgentId, CallId, PoolId, TenantId } from '../core/ids.js';
import type { BreatherRule } from '../core/queue/breather.js';
import type { Duty, Wish, WishResult } from '../core/queue/duty.js';
import type { Missed } from '../core/queue/missed.js';
import type { Outlook } from '../core/queue/wait-estimate.js';
import type {
  Assignment,
  Enqueued,
  EnqueueRequest,
  ReadyAgent,
  RoutingStats,
  RoutingStore,
  RoutingStoreListener,
  Talk,
} from '../ports/routing-store.js';
import { RoutingDomain } from './routing-domain.js';

export interface MemoryRoutingOptions {
  /** Epoch ms. */
  readonly now: () => number;
  /** Share one between stores to play several daemons. */
  readonly domain?: RoutingDomain;
  /** Who this store speaks for. */
  readonly daemon?: string;
}

export class MemoryRoutingStore implements RoutingStore {
  readonly #domain: RoutingDomain;
  readonly #daemon: string;
  readonly #now: () => number;

  constructor(options: MemoryRoutingOptions) {
    this.#domain = options.domain ?? new RoutingDomain();
    this.#daemon = options.daemon ?? 'daemon';
    this.#now = options.now;
  }

  async start(listener: RoutingStoreListener): Promise<void> {
    // Delivered in a later turn, as from a socket: a verb never calls back into the code that is calling it.
    const deliver = (assignment: Assignment) => queueMicrotask(() => listener.assigned(assignment));
    this.#domain.join(this.#daemon, deliver);
    await null;
    listener.ready(true);
  }

  async close(): Promise<void> {
    this.#domain.leave(this.#daemon);
  }

  async agentReady(agent: ReadyAgent): Promise<void> {
    this.#domain.agentReady(agent, this.#now());
  }

  async agentGone(agent: AgentId): Promise<void> {
    this.#domain.agentGone(agent, this.#now());
  }

  async wish(agent: AgentId, wish: Wish, manual: boolean): Promise<WishResult> {
    return this.#domain.wish(agent, wish, manual, this.#now());
  }

  async duties(): Promise<ReadonlyMap<AgentId, Duty>> {
    return this.#domain.duties();
  }

  async restoreDuties(duties: ReadonlyMap<AgentId, Duty>): Promise<void> {
    this.#domain.restoreDuties(duties, this.#now());
  }

  async prepare(): Promise<void> {
    // Nothing is looked up ahead here: each decision looks at everybody.
  }

  async enqueue(request: EnqueueRequest): Promise<Enqueued> {
    return this.#domain.enqueue(this.#daemon, request, this.#now());
  }

  async abandon(call: CallId, offer?: Offer): Promise<void> {
    this.#domain.abandon(call, offer, this.#now());
  }

  async gaveUp(tenant: TenantId, caller: string, at: number, keepMs: number): Promise<void> {
    this.#domain.gaveUp(tenant, caller, at, keepMs);
  }

  async accept(call: CallId, offer: Offer): Promise<boolean> {
    return this.#domain.accept(call, offer, this.#now());
  }

  async reject(call: CallId, offer: Offer, missed: Missed | undefined): Promise<boolean> {
    return this.#domain.reject(call, offer, missed, this.#now());
  }

  async release(offer: Offer, wrapUpMs: number | undefined, breather?: BreatherRule): Promise<boolean> {
    return this.#domain.release(offer, wrapUpMs, breather, this.#now());
  }

  async restore(call: CallId, offer: Offer, tenant: TenantId, pool: PoolId, callback = false): Promise<void> {
    this.#domain.restore(this.#daemon, { call, offer, tenant, pool, callback }, this.#now());
  }

  async tick(): Promise<void> {
    this.#domain.tick(this.#now());
  }

  async outlook(call: CallId): Promise<Outlook | undefined> {
    return this.#domain.outlook(call);
  }

  async stats(): Promise<RoutingStats> {
    return this.#domain.stats();
  }

  async talks(): Promise<readonly Talk[]> {
    return this.#domain.talks(this.#daemon);
  }
}
