/**
 * The latest happenings, in a ring of bounded length, and those who listen. A listener who comes back with the id of the
 * last event that he had gets what he missed, as long as it is still here.
 */
import type { Call, OfferMade } from '../../core/call/call.js';
import { summaryOf } from '../../core/call/summary.js';
import type { AgentId } from '../../core/ids.js';
import type { Clock } from '../../ports/clock.js';
import type { CallObserver } from '../../ports/observer.js';
import { maskCall } from '../masking.js';
import type { Happening } from './event.js';

export interface FeedEvent {
  /** `BOOT-NUMBER`: another daemon, or this one after a restart, has another BOOT and so is never taken for this one. */
  readonly id: string;
  readonly happening: Happening;
  /** The data as it is sent. */
  readonly text: string;
}

export type Listener = (event: FeedEvent) => void;

export class Feed implements CallObserver {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #boot: string;
  readonly #listeners = new Set<Listener>();
  /** The event with the number n is at n modulo the capacity. */
  readonly #ring: FeedEvent[] = [];
  #last = 0;

  constructor({ clock, capacity = 2_048 }: { readonly clock: Clock; readonly capacity?: number }) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#boot = clock.now().toString(36);
  }

  /** Of the latest event; it may not have happened yet. */
  get lastId(): string {
    return `${this.#boot}-${this.#last}`;
  }

  publish(happening: Happening): void {
    this.#last++;
    const event = { id: this.lastId, happening, text: JSON.stringify(happening.data) };
    this.#ring[this.#last % this.#capacity] = event;
    for (const listener of this.#listeners) listener(event);
  }

  /** Everything after the event of that id; `undefined`: not known here (any more). */
  since(id: string): readonly FeedEvent[] | undefined {
    const [, boot, number] = /^([0-9a-z]+)-(\d{1,15})$/.exec(id) ?? [];
    const after = Number(number);
    if (boot !== this.#boot || after > this.#last || this.#last - after > this.#capacity) return undefined;
    const missed: FeedEvent[] = [];
    for (let n = after + 1; n <= this.#last; n++) {
      const event = this.#ring[n % this.#capacity];
      if (event !== undefined) missed.push(event);
    }
    return missed;
  }

  /** The result ends it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  callChanged(before: Call | undefined, call: Call): void {
    const [was, is] = [before && summaryOf(before), summaryOf(call)];
    const agents = [...(was?.agents ?? []), ...is.agents];
    if (was?.state !== is.state || was.agents.join() !== is.agents.join()) this.#call(call, agents, {});
    if (before?.offers !== call.offers) this.#offers(call, before?.offers ?? []);
  }

  callLeft(call: Call): void {
    this.#call(call, summaryOf(call).agents, { left: true });
  }

  /** Whoever has just lost the call hears of it once more. */
  #call(call: Call, agents: readonly AgentId[], more: { readonly left?: true }): void {
    const outcome = call.ended?.outcome;
    // Whoever hears of the call hears this, the agent as well: that somebody listens to him is not told here.
    const data = {
      ...maskCall(summaryOf(call)),
      supervision: undefined,
      at: this.#clock.now(),
      ...(outcome === undefined ? {} : { outcome }),
      ...more,
    };
    this.publish({ type: 'call', tenant: call.tenant, agents, data });
  }

  #offers({ id: call, tenant, offers }: Call, known: readonly OfferMade[]): void {
    for (const [index, offer] of offers.entries()) {
      const { agent, outcome } = offer;
      if (known[index]?.outcome === outcome) continue;
      this.publish({ type: 'offer', tenant, agents: [agent], data: { at: this.#clock.now(), call, tenant, agent, outcome } });
    }
  }
}
