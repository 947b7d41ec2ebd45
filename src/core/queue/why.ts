/** Why a call was offered to an agent, as the routing store decided it: kept with the offer, for `explain`. */
import type { AgentId, PoolId, TenantId } from '../ids.js';
import type { Skills, Strategy } from './waiting-call.js';

/**
 * What keeps a waiting call from being offered now. `busy`: every agent who may take it is, or pauses. `nobody`: none is signed in.
 * `ownAgent`: it waits for the agent whom its caller knows. Else agents idle, but its tenant (`cap`) or callbacks may not have more.
 */
export type HeldBy = 'busy' | 'nobody' | 'ownAgent' | 'cap' | 'callbacks';

/** Since then, as far as was looked; the next entry or offer ends it. */
export interface Held {
  readonly at: number;
  readonly by: HeldBy;
}

export interface Why {
  /** What set the decision off: a new call, one that came back, one that entered a ring or waited long enough for its own agent, a cap that is not reached any more, an agent. */
  readonly by: 'call' | 'back' | 'ring' | 'waited' | 'share' | 'agent';
  /** What chose this agent among those who might have taken the call. */
  readonly rule: 'sticky' | 'fit' | Strategy;
  /** Why this call went before others. `class`: as a VIP's. */
  readonly order: 'emergency' | 'guarantee' | 'class' | 'deadline';
  /** 0 is the queue's own requirement. */
  readonly ring: number;
  /** What the call asked for in this ring. */
  readonly pools: readonly PoolId[];
  readonly requires: Skills;
  /** Idle agents who might have taken it; where nobody idles, agents with so few talks (`talks`) who might take one more. */
  readonly idle: number;
  /** How many of them were compared; the first in the order of the queue's strategy. */
  readonly considered: number;
  /** How long the chosen one had been idle, or had had so many talks, ms. */
  readonly idleMs: number;
  /** How many talks the chosen one had already. Missing: none. */
  readonly talks?: number;
  /** Sum of his levels in the skills that rank; undefined: nothing ranks, or he is the caller's own agent. */
  readonly fit: number | undefined;
  /** How much sooner it was due because its caller had given up before, ms. Missing: not at all. */
  readonly boostMs?: number;
  /** The same because of the key that the caller pressed. */
  readonly keyBoostMs?: number;
  /** The same because an agent had sent him back. */
  readonly sentBackMs?: number;
  /** Agents who were compared and not chosen, four at most. */
  readonly passedOver: readonly { readonly agent: AgentId; readonly fit: number | undefined }[];
  /** Whom this caller talked to before, when that agent was not free for him. `idle`: he may not take this call. */
  readonly notSticky: { readonly agent: AgentId; readonly state: string } | undefined;
  /** Tenants whose first call would have been due earlier and had to stand back, four at most. `callbacks`: it was one too many. */
  readonly heldBack: readonly { readonly tenant: TenantId; readonly rule: 'cap' | 'callbacks' | 'guarantee' }[];
}
