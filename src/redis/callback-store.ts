/** Callers who wait to be called back: a hash a tenant, number → JSON. */
import type { PendingCallback, Withdrawal } from '../core/callback/pending.js';
import type { CallId, TenantId } from '../core/ids.js';
import type { CallbackStore, Kept } from '../ports/callback-store.js';
import { keys } from './keys.js';
import type { RedisLink } from './link.js';
import { type ScriptName, scripts } from './scripts.js';

export interface RedisCallbackStoreOptions {
  readonly link: RedisLink;
  readonly keyPrefix: string;
}

/** An entry as it is written; `withdrawn` is left for the daemon that has the call. */
interface Entry extends PendingCallback {
  readonly withdrawn?: Withdrawal;
}

export class RedisCallbackStore implements CallbackStore {
  readonly #options: RedisCallbackStoreOptions;

  constructor(options: RedisCallbackStoreOptions) {
    this.#options = options;
  }

  async keep(callback: PendingCallback, limit: number, now: number): Promise<Kept> {
    const { tenant, number, call } = callback;
    const reply = await this.#run('callback-keep', tenant, number, call, JSON.stringify(callback), String(limit), String(now));
    if (reply === 'full') return { verdict: 'full' };
    return { verdict: 'kept', replaced: reply === '' ? undefined : read(reply) };
  }

  async check(callback: PendingCallback): Promise<Withdrawal | undefined> {
    const { tenant, number, call } = callback;
    const reply = await this.#run('callback-check', tenant, number, call, JSON.stringify(callback));
    return reply === '' ? undefined : (reply as Withdrawal);
  }

  async withdraw(tenant: TenantId, number: string, why: Withdrawal, call?: CallId): Promise<PendingCallback | undefined> {
    const reply = await this.#run('callback-withdraw', tenant, number, call ?? '', why);
    return reply === '' ? undefined : read(reply);
  }

  async end(tenant: TenantId, number: string, call: CallId): Promise<void> {
    await this.#run('callback-end', tenant, number, call);
  }

  async list(tenant: TenantId, now: number): Promise<readonly PendingCallback[]> {
    const { link, keyPrefix } = this.#options;
    const entries = await link.send('HGETALL', (client) => client.hGetAll(keys.callbacks(keyPrefix, tenant)));
    return Object.values(entries)
      .map((json) => JSON.parse(json) as Entry)
      .filter(({ withdrawn, until }) => withdrawn === undefined && until > now);
  }

  async #run(name: ScriptName, tenant: TenantId, ...args: readonly string[]): Promise<string> {
    const { link, keyPrefix } = this.#options;
    return String(await link.run(scripts[name], [keys.callbacks(keyPrefix, tenant)], args));
  }
}

function read(json: string): PendingCallback {
  const { withdrawn: _, ...callback } = JSON.parse(json) as Entry;
  return callback;
}
