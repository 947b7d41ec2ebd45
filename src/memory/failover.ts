/**
 * Routing that goes on while Redis is away (DESIGN.md D3): a store in memory stands in, which knows only the agents of this
 * daemon's own nodes, so that two daemons cannot ring one agent. When Redis is back it first hears which agents and calls
 * were settled meanwhile; then the engine tells it who talks, who can be rung and who waits. Whom it offers a call until it knows who can be
 * rung it believes to be free, and may not be: such an agent is not rung, and then it has the offer back.
 */
import type { Offer } from '../core/call/call.js';
import type { AgentId, CallId, PoolId, TenantId } from '../core/ids.js';
import type { BreatherRule } from '../core/queue/breather.js';
import type { Duty, Wish, WishResult } from '../core/queue/duty.js';
import type { Missed } from '../core/queue/missed.js';
import type { Outlook } from '../core/queue/wait-estimate.js';
import type { Expected } from '../core/queue/waiting-call.js';
import {
  type Assignment,
  type Enqueued,
  type EnqueueRequest,
  type ReadyAgent,
  type RoutingStats,
  type RoutingStore,
  type RoutingStoreListener,
  StoreUnavailable,
  type Talk,
} from '../ports/routing-store.js';

export class FailoverRoutingStore implements RoutingStore {
  readonly #primary: RoutingStore;
  readonly #standIn: () => RoutingStore;
  readonly #onFault: (error: unknown) => void;
  #active: RoutingStore;
  /** What the primary has not heard: each frees an agent or takes a call out, and may be said twice. */
  readonly #debts: (() => Promise<unknown>)[] = [];
  /** Offers of a stand-in that are open, or whose talk goes on. The primary knows those calls, if at all, under offers of its own. */
  readonly #ownOffers = new Map<Offer['token'], CallId>();
  /** What the primary offered before it knew who can be rung. */
  readonly #early: Assignment[] = [];
  #told = true;
  #outages = 0;
  #listener: RoutingStoreListener | undefined;

  /** `standIn` makes an empty store for one outage. */
  constructor(primary: RoutingStore, standIn: () => RoutingStore, onFault: (error: unknown) => void) {
    this.#onFault = onFault;
    this.#primary = primary;
    this.#active = primary;
    this.#standIn = standIn;
  }

  async start(listener: RoutingStoreListener): Promise<void> {
    this.#listener = listener;
    await this.#primary.start({
      assigned: (assignment) => {
        if (this.#told) listener.assigned(assignment);
        else this.#early.push(assignment);
      },
      ready: (fresh) => this.#background(this.#back(fresh)),
      down: (reason) => this.#background(this.#away(reason)),
    });
  }

  async close(): Promise<void> {
    this.#listener = undefined;
    await this.#primary.close();
  }

  async #away(reason: string): Promise<void> {
    this.#listener?.down(reason);
    const standIn = this.#standIn();
    this.#active = standIn;
    this.#told = false;
    this.#outages++;
    await standIn.start({
      assigned: (assignment) => {
        if (this.#active !== standIn) return;
        for (const { token } of [assignment.offer, ...(assignment.also ?? [])]) this.#ownOffers.set(token, assignment.call);
        this.#listener?.assigned(assignment);
      },
      ready: () => this.#listener?.ready(true, reason),
      down: (why) => this.#listener?.down(why),
    });
  }

  async #back(fresh: boolean): Promise<void> {
    const stoodIn = this.#active !== this.#primary;
    // Verbs go on meanwhile, and what they owe comes in at the end of the list.
    for (let debt = this.#debts[0]; debt !== undefined; debt = this.#debts[0]) {
      try {
        await debt();
      } catch (error) {
        // Gone again: the rest is owed still, and this will be called anew.
        if (error instanceof StoreUnavailable) return;
        // It would be refused again, and must not keep the primary from serving.
        this.#onFault(error);
      }
      this.#debts.shift();
    }
    this.#active = this.#primary;
    const outages = this.#outages;
    this.#listener?.ready(fresh || stoodIn, undefined, () => {
      // Else it was lost again meanwhile.
      if (outages === this.#outages) this.#background(this.#giveBack());
    });
  }

  async #giveBack(): Promise<void> {
    this.#told = true;
    const early = this.#early.splice(0).flatMap(({ call, offer, also = [] }) => [offer, ...also].map((one) => ({ call, offer: one })));
    await Promise.all(early.map(({ call, offer }) => this.reject(call, offer, undefined)));
  }

  /** Nothing in here rejects but for a programming error, and that must be seen. */
  #background(work: Promise<void>): void {
    work.catch((error: unknown) => this.#onFault(error));
  }

  /** A verb that gives something back: never refused, and heard by the primary in the end. `unknown`: the answer until then. */
  async #settle<T>(verb: (store: RoutingStore) => Promise<T>, unknown: T): Promise<T> {
    if (this.#active !== this.#primary) {
      this.#debts.push(() => verb(this.#primary));
      return verb(this.#active);
    }
    try {
      return await verb(this.#primary);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.#debts.push(() => verb(this.#primary));
      return unknown;
    }
  }

  agentReady(agent: ReadyAgent): Promise<void> {
    return this.#active.agentReady(agent);
  }

  agentGone(agent: AgentId): Promise<void> {
    return this.#active.agentGone(agent);
  }

  /** While the primary is away the stand-in knows what holds; the primary hears it in the end. */
  wish(agent: AgentId, wish: Wish, manual: boolean): Promise<WishResult> {
    if (this.#active !== this.#primary) this.#debts.push(() => this.#primary.wish(agent, wish, manual));
    return this.#active.wish(agent, wish, manual);
  }

  duties(): Promise<ReadonlyMap<AgentId, Duty>> {
    return this.#active.duties();
  }

  restoreDuties(duties: ReadonlyMap<AgentId, Duty>): Promise<void> {
    return this.#active.restoreDuties(duties);
  }

  prepare(expected: readonly Expected[]): Promise<void> {
    return this.#active.prepare(expected);
  }

  enqueue(request: EnqueueRequest): Promise<Enqueued> {
    return this.#active.enqueue(request);
  }

  abandon(call: CallId, offer?: Offer): Promise<void> {
    for (const [token, of] of this.#ownOffers) if (of === call) this.#ownOffers.delete(token);
    return this.#settle((store) => store.abandon(call, offer), undefined);
  }

  gaveUp(tenant: TenantId, caller: string, at: number, keepMs: number): Promise<void> {
    return this.#settle((store) => store.gaveUp(tenant, caller, at, keepMs), undefined);
  }

  accept(call: CallId, offer: Offer): Promise<boolean> {
    return this.#active.accept(call, offer);
  }

  reject(call: CallId, offer: Offer, missed: Missed | undefined): Promise<boolean> {
    this.#ownOffers.delete(offer.token);
    return this.#settle((store) => store.reject(call, offer, missed), false);
  }

  async release(offer: Offer, wrapUpMs: number | undefined, breather?: BreatherRule): Promise<boolean> {
    const call = this.#ownOffers.get(offer.token);
    this.#ownOffers.delete(offer.token);
    const released = await this.#settle((store) => store.release(offer, wrapUpMs, breather), false);
    // The primary may have offered the call to another agent as it was lost, and this token tells it nothing: the call is over.
    if (call !== undefined) await this.#settle((store) => store.abandon(call), undefined);
    return released;
  }

  restore(call: CallId, offer: Offer, tenant: TenantId, pool: PoolId, callback?: boolean): Promise<void> {
    return this.#active.restore(call, offer, tenant, pool, callback);
  }

  tick(): Promise<void> {
    return this.#active.tick();
  }

  outlook(call: CallId): Promise<Outlook | undefined> {
    return this.#active.outlook(call);
  }

  stats(): Promise<RoutingStats> {
    return this.#active.stats();
  }

  talks(): Promise<readonly Talk[]> {
    return this.#active.talks();
  }
}
