/**
 * Callers who wait to be called back, known to all daemons: so that one who calls again on another node has his place, and that
 * an operator can list and cancel. One a tenant and number; the call itself is in the call store. Every verb is atomic and may be
 * repeated; each rejects with `StoreUnavailable` when the store cannot be reached.
 */
import type { PendingCallback, Withdrawal } from '../core/callback/pending.js';
import type { CallId, TenantId } from '../core/ids.js';

export type Kept =
  /** `replaced`: an earlier callback to this number, which is over by this. */
  { readonly verdict: 'kept'; readonly replaced: PendingCallback | undefined } | { readonly verdict: 'full' };

export interface CallbackStore {
  /** `full`: `limit` other numbers of the tenant wait already. Those whose time is over at `now` (epoch ms) do not count. */
  keep(callback: PendingCallback, limit: number, now: number): Promise<Kept>;
  /** Whether it was withdrawn. One of which the store knows nothing (it lost its data) is put back. */
  check(callback: PendingCallback): Promise<Withdrawal | undefined>;
  /** Its daemon learns it at the next `check`. `undefined`: there is none. `call`: only the callback of this call. */
  withdraw(tenant: TenantId, number: string, why: Withdrawal, call?: CallId): Promise<PendingCallback | undefined>;
  /** It was made, or given up. */
  end(tenant: TenantId, number: string, call: CallId): Promise<void>;
  /** Without those that were withdrawn, or whose time is over at `now` (epoch ms): then their daemon died for good. */
  list(tenant: TenantId, now: number): Promise<readonly PendingCallback[]>;
}
