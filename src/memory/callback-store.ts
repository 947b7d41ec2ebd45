/** Callbacks without Redis, for tests. */
import type { PendingCallback, Withdrawal } from '../core/callback/pending.js';
import type { CallId, TenantId } from '../core/ids.js';
import type { CallbackStore, Kept } from '../ports/callback-store.js';

interface Entry extends PendingCallback {
  readonly withdrawn?: Withdrawal;
}

export class MemoryCallbackStore implements CallbackStore {
  readonly #entries = new Map<string, Entry>();

  async keep(callback: PendingCallback, limit: number, now: number): Promise<Kept> {
    for (const [key, { until }] of this.#entries) if (until <= now) this.#entries.delete(key);
    const key = keyOf(callback);
    const known = this.#entries.get(key);
    const others = [...this.#entries].filter(([other, { tenant, withdrawn }]) => other !== key && tenant === callback.tenant && !withdrawn);
    if (others.length >= limit) return { verdict: 'full' };
    this.#entries.set(key, callback);
    const replaced = known === undefined || known.call === callback.call || known.withdrawn !== undefined ? undefined : known;
    return { verdict: 'kept', replaced };
  }

  async check(callback: PendingCallback): Promise<Withdrawal | undefined> {
    const known = this.#entries.get(keyOf(callback));
    if (known === undefined) this.#entries.set(keyOf(callback), callback);
    if (known !== undefined && known.call !== callback.call) return 'calledAgain';
    return known?.withdrawn;
  }

  async withdraw(tenant: TenantId, number: string, why: Withdrawal, call?: CallId): Promise<PendingCallback | undefined> {
    const known = this.#entries.get(keyOf({ tenant, number }));
    if (known === undefined || known.withdrawn !== undefined || (call !== undefined && call !== known.call)) return undefined;
    this.#entries.set(keyOf(known), { ...known, withdrawn: why });
    return known;
  }

  async end(tenant: TenantId, number: string, call: CallId): Promise<void> {
    const key = keyOf({ tenant, number });
    if (this.#entries.get(key)?.call === call) this.#entries.delete(key);
  }

  async list(wanted: TenantId, now: number): Promise<readonly PendingCallback[]> {
    return [...this.#entries.values()].filter(
      ({ tenant, withdrawn, until }) => tenant === wanted && withdrawn === undefined && until > now,
    );
  }
}

const keyOf = ({ tenant, number }: Pick<PendingCallback, 'tenant' | 'number'>) => `${tenant}/${number}`;
