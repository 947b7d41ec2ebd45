/** What is known of an agent, a call and a lane of calls that wait alike. */
import type { Offer } from '../core/call/call.js';
import type { AgentId, CallId, OfferToken, PoolId, TenantId } from '../core/ids.js';
import type { Marks } from '../core/queue/breather.js';
import type { Ring, Skills } from '../core/queue/waiting-call.js';
import type { AgentStatus, EnqueueRequest, RestReason } from '../ports/routing-store.js';
import type { SortedSet } from './sorted-set.js';

/** What a talk, or the after-call work that is owed for it, counts for. */
export interface Work {
  readonly tenant: TenantId;
  readonly callback: boolean;
}

/** A call that an agent is offered or talks to. */
export interface TalkEntry {
  readonly token: OfferToken;
  /** When he was offered it, epoch ms. */
  readonly at: number;
  readonly work: Work;
}

export interface AgentEntry {
  readonly id: AgentId;
  pools: readonly PoolId[];
  skills: Skills;
  order: number;
  /** Undefined: he is known from a talk only. */
  maxCalls: number | undefined;
  status: AgentStatus;
  /** With the call that he is offered, if any. */
  readonly talks: Map<CallId, TalkEntry>;
  offer: CallId | undefined;
  /**
   * Since when he idles, or has so many talks, epoch ms; kept while he is offered a call, so that a caller who hangs up does not cost him
   * his turn.
   */
  since: number;
  offeredAt: number;
  signedInAt: number;
  busySince: number | undefined;
  busyMs: number;
  /** Busy time over signed-in time when he last became idle. */
  occupancy: number;
  /** After-call work that begins when he has neither talk nor offer, ms. */
  owedMs: number | undefined;
  /** For which he owes it, or does it. */
  owedFor: Work | undefined;
  /** Why he is left alone, where he did not ask for it. */
  rest: RestReason | undefined;
  /** Until when; also while he talks on. */
  restUntil: number | undefined;
  marks: Marks;
  /** He has one when his wrap-up ends, ms. */
  breatherMs: number | undefined;
  /** Offers that he missed since he last took a call. */
  misses: number;
  /** Signs out when what he does now ends. */
  gone: boolean;
  /** On a call of his own, besides whatever he does. */
  ownCall: boolean;
  /** By how much this wrap-up was extended. */
  extendedMs: number;
}

/** All that he is busy with. */
export const worksOf = ({ talks, owedFor }: AgentEntry): readonly Work[] => [
  ...[...talks.values()].map(({ work }) => work),
  ...(owedFor === undefined ? [] : [owedFor]),
];

export interface CallEntry {
  readonly id: CallId;
  daemon: string;
  /** Undefined for a call that is only known because its agent talks (`restore`). */
  request: EnqueueRequest | undefined;
  /** How much sooner it is due than its request says, ms. */
  boostMs: number | undefined;
  /** Where it waits. */
  lane: string | undefined;
  state: 'waiting' | 'offered' | 'connected';
  /** Who is offered it, or talks. */
  offers: readonly Offer[];
}

export interface Lane {
  readonly name: string;
  readonly ring: Ring;
  readonly index: number;
  readonly tenant: TenantId;
  /** Of a lane of callbacks: the per cent of a pool's agents that callbacks may keep busy. */
  readonly callbackCap: number | undefined;
  /** The agent for whom alone its calls wait, while he is busy. */
  readonly only: AgentId | undefined;
  /** `enqueuedAt:call` by score. */
  readonly calls: SortedSet;
}
