/**
 * Nothing but its end frees an agent who talks, and that is told by the daemon that has the call. Where it is lost for good, with its
 * node or with what was saved of the call, the owner of the agent's node frees him.
 */
import { ringing } from '../core/call/call.js';
import type { OfferToken } from '../core/ids.js';
import type { Log } from '../ports/log.js';
import type { Pbx } from '../ports/pbx.js';
import { type RoutingStore, StoreUnavailable, type Talk } from '../ports/routing-store.js';
import type { CallBook } from './call-book.js';
import type { RoutingDesk } from './routing-desk.js';

export interface LostTalksParts {
  readonly routing: RoutingStore;
  readonly nodes: readonly Pbx[];
  readonly log: Log;
  readonly book: CallBook;
  readonly desk: RoutingDesk;
}

export class LostTalks {
  /** Lost at the last look. A daemon that restarts, or a node that changes hands, has its talks again before the next one. */
  #suspects: ReadonlySet<OfferToken> = new Set();

  constructor(private readonly parts: LostTalksParts) {}

  async look(): Promise<void> {
    const { routing, nodes, log, desk } = this.parts;
    if (!desk.open) return;
    try {
      const lost = (await routing.talks()).filter((talk) => this.#isLost(talk));
      const still = lost.filter(({ offer }) => this.#suspects.has(offer.token));
      this.#suspects = new Set(lost.map(({ offer }) => offer.token));
      if (still.length === 0) return;
      const legs = (await Promise.all(nodes.filter(({ up }) => up).map((pbx) => pbx.legs()))).flat();
      for (const talk of still) {
        const { call, offer } = talk;
        // They may talk on though nothing is known of their call any more. Our legs are named after it (`nextLeg`).
        if (legs.some(({ leg }) => leg === String(call) || leg.startsWith(`${call}-`)) || !this.#isLost(talk)) continue;
        log.warn({ call, agent: offer.agent }, 'no daemon has the call of this agent any more: he is freed');
        desk.settle(offer.token, () => routing.release(offer, undefined));
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  #isLost({ call, offer, held }: Talk): boolean {
    const state = this.parts.book.find(call)?.call.state;
    const holds = state?.at === 'connected' || state?.at === 'callingBack' ? [state] : state === undefined ? [] : ringing(state);
    return !held && this.parts.desk.answersFor(offer.agent) && !holds.some((one) => one.offer.token === offer.token);
  }
}
