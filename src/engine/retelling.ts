/**
 * What the routing store is told anew of the calls that are here: it was away, or another one stands in and has never heard of them; a
 * node that has just become ours brings calls along that still carry the name of the daemon before us; a reload moved them.
 *
 * Always in this order: who talks, then who is free, then who waits. Else someone who talks is offered a call, or someone who waits
 * hears that nobody is there.
 */
import { type Call, ringing } from '../core/call/call.js';
import { isQueued } from '../core/call/line.js';
import type { TenantId } from '../core/ids.js';
import { scoreOf } from '../core/queue/lane.js';
import { enqueueEffect } from '../core/queue/place.js';
import type { Site } from '../core/site.js';
import type { Tenant } from '../core/tenant.js';
import type { RoutingStore } from '../ports/routing-store.js';
import type { CallBook } from './call-book.js';
import type { EffectPerformer } from './effects.js';
import type { RoutingDesk } from './routing-desk.js';
import type { CallRunner } from './runner.js';

export interface RetellingParts {
  readonly site: () => Site;
  readonly routing: RoutingStore;
  readonly book: CallBook;
  readonly desk: RoutingDesk;
  readonly performer: EffectPerformer;
}

export class Retelling {
  constructor(private readonly parts: RetellingParts) {}

  /** The store is back. `fresh`: it knows nothing of what it was told before. */
  async everything(fresh: boolean): Promise<void> {
    const { book, desk } = this.parts;
    await this.#talks([...book], fresh ? 'offered' : 'talking');
    await desk.resume(fresh);
    this.waiting();
  }

  /**
   * Calls of a node that has just become ours, before their callers are fetched: an agent who becomes free meanwhile would find that
   * nobody listens there, and be given to whoever was enqueued anew sooner.
   */
  async takenOver(runners: readonly CallRunner[]): Promise<void> {
    await this.talking(runners);
    this.waiting(runners);
  }

  /** Whoever talks (or is about to) keeps his agent, whatever the store believes. */
  talking(runners: readonly CallRunner[]): Promise<void> {
    return this.#talks(runners, 'talking');
  }

  /**
   * Every call that waits, as its tenant is configured now; it keeps its place. In the order in which they are to be served: a store to which
   * they are new gives an idle agent to the first of whom it hears.
   */
  waiting(runners: Iterable<CallRunner> = this.parts.book): void {
    const { book, performer } = this.parts;
    const known = [...runners].flatMap((runner) => {
      const { call } = runner;
      // A node that is away brings its calls along when it is taken over.
      if (!isQueued(call) || call.enqueuedAt === undefined || runner.asleep || book.find(call.id) !== runner) return [];
      const effect = enqueueEffect(call, this.#tenantOf(call), call.enqueuedAt);
      return [{ runner, effect, score: scoreOf(effect.waiting), at: call.enqueuedAt }];
    });
    known.sort((a, b) => a.score - b.score || a.at - b.at);
    for (const { runner, effect } of known) performer.perform(runner, effect);
  }

  /** All at once: whoever picks up an offer meanwhile must find it known. */
  async #talks(runners: readonly CallRunner[], from: 'offered' | 'talking'): Promise<void> {
    await Promise.all(runners.map((runner) => this.#talk(runner, from)));
  }

  /** `offered`: also if his phone only rings. */
  async #talk(runner: CallRunner, from: 'offered' | 'talking'): Promise<void> {
    const { call } = runner;
    const { state } = call;
    const taken = state.at === 'connected' || state.at === 'callingBack';
    if (!taken && !(state.at === 'offered' && (from === 'offered' || state.phase !== 'ringing'))) return;
    const asked = ringing(state);
    // A store that is new cannot be told of several agents who are asked at once: they are asked anew.
    if (asked.length > 1) {
      for (const { offer } of asked) runner.dispatch({ type: 'offerExpired', offer });
      return;
    }
    const { site, routing, desk } = this.parts;
    const { pool } = this.#tenantOf(call).queue;
    await routing.restore(call.id, state.offer, call.tenant, pool, call.callback !== undefined);
    // Whom a reload removed meanwhile the store has just signed in for this talk: he leaves when it ends.
    if (!site().agents.has(state.offer.agent)) desk.dismiss(state.offer.agent);
  }

  #tenantOf(call: Call): Tenant {
    return this.parts.site().tenants.get(call.tenant) ?? this.parts.book.formerTenant(call.id) ?? gone(call.tenant);
  }
}

function gone(tenant: TenantId): never {
  throw new Error(`tenant ${tenant} is not configured`);
}
