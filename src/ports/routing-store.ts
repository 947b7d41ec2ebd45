/**
 * Who waits and who is free. Each verb is atomic, so that two daemons can never offer one agent twice. A verb rejects with
 * `StoreUnavailable` when the store cannot be reached; the engine repeats it after `ready`.
 */
import type { Offer } from '../core/call/call.js';
import type { AgentId, CallId, PoolId, QueueId, TenantId } from '../core/ids.js';
import type { BreatherRule } from '../core/queue/breather.js';
import type { Duty, Wish, WishResult } from '../core/queue/duty.js';
import type { Missed, MissReason } from '../core/queue/missed.js';
import type { Outlook } from '../core/queue/wait-estimate.js';
import type { Expected, Skills, WaitingCall } from '../core/queue/waiting-call.js';
import type { HeldBy, Why } from '../core/queue/why.js';

/** An agent was reserved for a call; the daemon that runs the call must now ring him. */
export interface Assignment {
  readonly call: CallId;
  readonly offer: Offer;
  readonly why: Why;
  /** With strategy `ringAll`: the others who are to be rung at the same time. The first `accept` voids all other offers. */
  readonly also?: readonly Offer[];
}

export interface EnqueueRequest extends WaitingCall {
  readonly call: CallId;
  /** How long an offer may live before the store takes it back by itself, ms: ring time plus the time for the bridge. */
  readonly offerMs: number;
  /** So many calls may wait in its queue, itself included. Asked of a call that the store does not know. Missing: any number. */
  readonly atMost?: number;
}

export interface Enqueued {
  readonly signedIn: number;
  readonly full: boolean;
  /** What keeps it from being offered, if it waits. */
  readonly held?: HeldBy;
}

/** An agent as the store sees him. */
export interface ReadyAgent {
  readonly agent: AgentId;
  readonly pools: readonly PoolId[];
  readonly skills: Skills;
  /** His place where a queue asks its agents in a fixed order; the lowest goes first. */
  readonly order: number;
  /** He is signed out as long as he asked for nothing; else signed in. */
  readonly manual?: boolean;
  /** On a call of his own: no offers until it ends. */
  readonly ownCall?: boolean;
  /** How many calls he may have at once: while he talks to fewer he is offered more, one at a time. Missing: 1. */
  readonly maxCalls?: number;
}

/** What makes an agent rest without his asking: an offer that he missed, or a breather after much work. */
export type RestReason = MissReason | 'breather';

/**
 * `paused`: he asked for it (`duties` has the reason), or he rests for a while (`rests` has the reason, `until` the end).
 * `ownCall`: on a call that he made, or that somebody else than us put through to him.
 */
export type AgentStatus = 'idle' | 'offered' | 'connected' | 'wrapUp' | 'paused' | 'ownCall';

export interface RoutingStats {
  /** Without the calls that are being offered. */
  readonly queues: ReadonlyMap<QueueId, { readonly length: number /** epoch ms */; readonly oldest: number | undefined }>;
  /** Who is signed in and can be rung, or still talks. `offered` also when he talks besides. */
  readonly agents: ReadonlyMap<AgentId, AgentStatus>;
  /** When an offer, a wrap-up or a rest after an offer that was not taken ends by itself, epoch ms. Of one who talks: until when he gets no other call. */
  readonly until: ReadonlyMap<AgentId, number>;
  /** Why an agent is left alone for a while, where that was not asked for. */
  readonly rests: ReadonlyMap<AgentId, RestReason>;
}

/** An agent who talks, as far as the store knows. */
export interface Talk {
  readonly call: CallId;
  readonly offer: Offer;
  /** Another daemon has the call, and is there. */
  readonly held: boolean;
}

export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

export interface RoutingStoreListener {
  /** Offers for calls that this daemon enqueued, whichever daemon's verb made them. */
  assigned(assignment: Assignment): void;
  /**
   * Connected (again). Enqueue every waiting call again: those of a daemon that could not be told of an offer left the queue.
   * `fresh`: the store may have lost all that it knew; sign agents in and restore talks too.
   * `standsInBecause`: the store proper is away, for this reason, and another serves until it is back.
   * `told`: to be called when the store knows who talks and who can be rung, or when it could not be told.
   */
  ready(fresh: boolean, standsInBecause?: string, told?: () => void): void;
  down(reason: string): void;
}

export interface RoutingStore {
  start(listener: RoutingStoreListener): Promise<void>;
  close(): Promise<void>;

  /**
   * The agent can be rung from now on, for calls of his pools whose requirement he meets; he is, unless he wants no calls. Repeatable;
   * what has changed counts.
   */
  agentReady(agent: ReadyAgent): Promise<void>;
  /** No more offers. One who talks is signed out when the talk ends. */
  agentGone(agent: AgentId): Promise<void>;
  /** What the agent asks for himself holds whichever daemon serves, until he asks for something else. `manual`: as in `ReadyAgent`. */
  wish(agent: AgentId, wish: Wish, manual: boolean): Promise<WishResult>;
  /** What agents asked for; who is not there asked for nothing. */
  duties(): Promise<ReadonlyMap<AgentId, Duty>>;
  /** To a store that may have lost them: whom it knows nothing of. What it knows itself counts. */
  restoreDuties(duties: ReadonlyMap<AgentId, Duty>): Promise<void>;
  /** Such calls will come: what they ask for is looked up in all agents now, little by little. Repeatable, and changes no decision. */
  prepare(expected: readonly Expected[]): Promise<void>;
  /**
   * Repeatable: the same daemon changes nothing by it; a daemon that took the call over gets it waiting at its place, and the
   * offer or talk that its predecessor had is void. `signedIn`: how many agents are signed in, not leaving, and able to take it
   * in one of its rings; one of two pools may count twice. `full`: it found no agent and no place among `atMost`, and is forgotten.
   */
  enqueue(request: EnqueueRequest): Promise<Enqueued>;
  /**
   * Out of the queue; agents who were offered the call are free again, one who talks is not. Repeatable. `offer`: only while it
   * is open.
   */
  abandon(call: CallId, offer?: Offer): Promise<void>;
  /** A caller of this tenant hung up while he waited, at this time (epoch ms): for `keepMs` that is known to `enqueue`. */
  gaveUp(tenant: TenantId, caller: string, at: number, keepMs: number): Promise<void>;
  /** The agent took the call; others who were offered it are idle as before. `false`: the token is old; nothing changed. */
  accept(call: CallId, offer: Offer): Promise<boolean>;
  /**
   * The agent did not take it, or left between `accept` and the bridge: the call is back at its place unless others are still being
   * asked. `missed`: what follows for him; `undefined`: it was not his doing, he is idle at once. `false`: old token.
   */
  reject(call: CallId, offer: Offer, missed: Missed | undefined): Promise<boolean>;
  /**
   * The talk is over: it counts as handled, and the caller knows the agent from now on. `wrapUpMs` undefined: he took the call, but they
   * never talked. `breather`: whoever worked too much of the time has one after his wrap-up. `false`: old token.
   */
  release(offer: Offer, wrapUpMs: number | undefined, breather?: BreatherRule): Promise<boolean>;
  /**
   * This agent is talking to this call, whatever the store believes: it came back empty, or took the offer back. `pool`: where
   * he is counted until `agentReady` says more. `callback`: he was called back, which counts against the cap of callbacks.
   */
  restore(call: CallId, offer: Offer, tenant: TenantId, pool: PoolId, callback?: boolean): Promise<void>;
  /** Moves calls into the rings that are due; ends wrap-ups, pauses and offers that are due. The engine calls it every 250 ms. */
  tick(): Promise<void>;
  /** What this waiting call can expect; `undefined`: it does not wait (any more). Changes nothing, and is no part of any decision. */
  outlook(call: CallId): Promise<Outlook | undefined>;
  stats(): Promise<RoutingStats>;
  talks(): Promise<readonly Talk[]>;
}
