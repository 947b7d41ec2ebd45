/** What a waiting call asks of the agents, in the words of the routing store. */
import type { PoolId, QueueId, TenantId } from '../ids.js';

/** Skill → level, 1 to 100. */
export type Skills = Readonly<Record<string, number>>;

/** 0: emergency, 1: VIP, 2: normal. A lower class goes first, whatever the waits. */
export type CallClass = 0 | 1 | 2;

/** Which of the agents who fit equally well is asked first; with `ringAll` they are asked at once, and the first answer wins. */
export type Strategy = 'longestIdle' | 'roundRobin' | 'leastOccupied' | 'fixedOrder' | 'ringAll';

/** One step of relaxing a requirement: from `afterMs` after the call entered the queue it asks for this instead. */
export interface Ring {
  readonly afterMs: number;
  readonly pools: readonly PoolId[];
  /** Least levels; all of them are needed. */
  readonly requires: Skills;
  /** Levels to which this ring and those before it lowered skills, 0: not asked for; holds for what the caller chose in a menu too. */
  readonly relaxed?: Skills;
}

/** What calls are going to ask of agents. */
export interface Expected {
  readonly strategy: Strategy;
  readonly rings: readonly Pick<Ring, 'pools' | 'requires'>[];
}

/** What a call asks for besides its queue's requirement, because of the key that the caller pressed. */
export interface Asks {
  /** Undefined: as the caller's number says. */
  readonly class: CallClass | undefined;
  readonly requires: Skills;
  /** How much sooner than others its answer is due, ms. */
  readonly boostMs: number;
}

/** Per cent of the signed-in agents of the pool, rounded up; who is offered, talks or wraps up counts. */
export interface Share {
  readonly pool: PoolId;
  /** Below it the tenant's calls go before those of others. 0: none. */
  readonly guaranteePercent: number;
  /** At it the tenant's calls wait, emergencies excepted. 100: none. */
  readonly capPercent: number;
}

/** A call's place in the routing store: fixed when it enters the queue, so that order is never computed anew. */
export interface WaitingCall {
  readonly tenant: TenantId;
  readonly queue: QueueId;
  readonly class: CallClass;
  /** Epoch ms; keeps its value when a call comes back to the queue. Rings count from here. */
  readonly enqueuedAt: number;
  /** Epoch ms: entry + service-level target − boosts. Within a class the earliest goes first. */
  readonly deadline: number;
  /** In the order of `afterMs`; the first has 0. */
  readonly rings: readonly [Ring, ...Ring[]];
  /** Skills whose levels, summed, say how well an agent fits. Nobody is kept away by them. */
  readonly rankBy: readonly string[];
  readonly strategy: Strategy;
  /** With `ringAll`: how many agents at most are asked at once, those who are idle longest. */
  readonly ringAtMost?: number;
  readonly share: Share | undefined;
  /**
   * The agent who talked to this caller (of this tenant) less than `ms` ago is preferred while he is idle. `waitMs`: until so long
   * after its entry into the queue the call waits for him alone while he is busy.
   */
  readonly sticky: { readonly caller: string; readonly ms: number; readonly waitMs?: number } | undefined;
  /** Due `boostMs` sooner if this caller gave up less than `withinMs` before he entered the queue; see `RoutingStore.gaveUp`. */
  readonly gaveUp?: { readonly caller: string; readonly withinMs: number; readonly boostMs: number };
  /**
   * The caller is not on the line: he is called back when his turn comes. `capPercent` of the signed-in agents of a pool, rounded up,
   * may be busy with callbacks, of whichever tenants; at that, this one waits, unless it is an emergency.
   */
  readonly callback?: { readonly capPercent: number };
}

/** Phones that ring at once: more would be a noise, and each is an INVITE. */
export const ringAtMost = ({ ringAtMost: most = 20 }: Pick<WaitingCall, 'ringAtMost'>): number => most;
