/** What all daemons must know of a callback: there is one a tenant and number. */
import type { CallId, NodeId, TenantId } from '../ids.js';

export interface PendingCallback {
  readonly call: CallId;
  readonly tenant: TenantId;
  readonly node: NodeId;
  /** E.164. */
  readonly number: string;
  readonly askedAt: number;
  /** The place that is kept. */
  readonly enqueuedAt: number;
  /** When it is over in any case. */
  readonly until: number;
}

/** `calledAgain`: the caller is on the line again, and has his place there. */
export type Withdrawal = 'calledAgain' | 'cancelled';
