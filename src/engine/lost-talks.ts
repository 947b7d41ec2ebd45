/**
 * Nothing but its end frees an agent who talks, and that is told by the daemon that has the call. Where it is lost for good, with its
 * node or with what was saved of the call, the owner of the agent's node frees him: at the second look. Whoever has all nodes
 * knows which legs there are, and looks again soon; else the call may go on at a node that nobody has, and the next look is a minute later.
 * As long as that node has a leg at his phone he is not freed. (Of an agent without a phone of his own node nothing can be known there.)
 *
 * The same where a daemon still has the call, but perhaps not its node: a switch that died with its host would keep agents of other nodes busy
 * until it is back. Nobody talks on a phone that has no leg for a minute.
 */
import { heldOffers } from '../core/call/call.js';
import type { NodeId, OfferToken } from '../core/ids.js';
import type { Site } from '../core/site.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { LegSnapshot, Pbx } from '../ports/pbx.js';
import { type RoutingStore, StoreUnavailable, type Talk } from '../ports/routing-store.js';
import type { CallBook } from './call-book.js';
import type { RoutingDesk } from './routing-desk.js';

export interface LostTalksParts {
  readonly site: () => Site;
  readonly routing: RoutingStore;
  readonly nodes: readonly Pbx[];
  readonly clock: Clock;
  readonly log: Log;
  readonly book: CallBook;
  readonly desk: RoutingDesk;
}

/** A call that has just been saved or taken over is told of by then, ms. */
const soonMs = 3_000;

export class LostTalks {
  /** Lost at the last look. A daemon that restarts, or a node that changes hands, has its talks again before the next one. */
  #suspects: ReadonlySet<OfferToken> = new Set();

  #stopSoon: () => void = () => undefined;

  constructor(private readonly parts: LostTalksParts) {}

  /** After a node was taken over: its last owner may have died with what he knew. */
  soon(): void {
    this.#stopSoon();
    this.#stopSoon = this.parts.clock.after(soonMs, () => {
      this.look().catch((err: unknown) => this.parts.log.error({ err }, 'lost talks could not be looked for'));
    });
  }

  stop(): void {
    this.#stopSoon();
  }

  async look(): Promise<void> {
    const { routing, nodes, log, desk } = this.parts;
    if (!desk.open) return;
    try {
      const talks = await routing.talks();
      const lost = talks.filter((talk) => this.#isLost(talk));
      const suspects = [...lost, ...talks.filter((talk) => this.#mayBeLost(talk))];
      const still = suspects.filter(({ offer }) => this.#suspects.has(offer.token));
      if (lost.some((talk) => !still.includes(talk)) && nodes.every(({ up }) => up)) this.soon();
      this.#suspects = new Set(suspects.map(({ offer }) => offer.token));
      if (still.length === 0) return;
      const legs = (await Promise.all(nodes.filter(({ up }) => up).map((pbx) => pbx.legs()))).flat();
      for (const talk of still) {
        const { call, offer } = talk;
        // They may talk on though nothing is known of their call any more.
        if (legs.some((leg) => this.#isOf(leg, talk)) || !(this.#isLost(talk) || this.#mayBeLost(talk))) continue;
        log.warn({ call, agent: offer.agent }, 'this agent is busy with a call that is lost: he is freed');
        desk.settle(offer.token, () => routing.release(offer, undefined));
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  /** Our legs are named after their call (`nextLeg`), but for those at which another node has called a phone. */
  #isOf({ leg, calledPhone, arrival }: LegSnapshot, { call, offer }: Talk): boolean {
    if (leg === String(call) || leg.startsWith(`${call}-`)) return true;
    const device = this.parts.site().agents.get(offer.agent)?.device;
    return device?.kind === 'phone' && device.node === arrival.node && device.user === calledPhone;
  }

  #isLost(talk: Talk): boolean {
    return !talk.held && this.parts.desk.answersFor(talk.offer.agent) && this.#ourNode(talk) === undefined;
  }

  /** A daemon has it, which cannot tell of its end: we, while its node is out of reach, or another one, of which that is not known. */
  #mayBeLost(talk: Talk): boolean {
    const { site, nodes, desk } = this.parts;
    const device = site().agents.get(talk.offer.agent)?.device;
    if (device?.kind !== 'phone' || !desk.answersFor(talk.offer.agent)) return false;
    if (talk.held) return true;
    const node = this.#ourNode(talk);
    return node !== undefined && node !== device.node && !nodes.some((pbx) => pbx.node === node && pbx.up);
  }

  /** The node of the call, where it is ours and knows of this talk. */
  #ourNode({ call, offer }: Talk): NodeId | undefined {
    const known = this.parts.book.find(call)?.call;
    return known !== undefined && heldOffers(known.state).some(({ token }) => token === offer.token) ? known.node : undefined;
  }
}
