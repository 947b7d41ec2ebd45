/** What a call tells the other daemons of its callback, and learns of it from them. Answers come back as events. */
import type { PendingCallback, Withdrawal } from '../core/callback/pending.js';
import type { CallId, TenantId } from '../core/ids.js';
import type { CallbackStore } from '../ports/callback-store.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { StoreUnavailable } from '../ports/routing-store.js';
import type { CallBook } from './call-book.js';
import type { RoutingDesk } from './routing-desk.js';
import type { CallRunner } from './runner.js';

export interface CallbacksParts {
  readonly callbacks: CallbackStore;
  readonly book: CallBook;
  readonly desk: RoutingDesk;
  readonly clock: Clock;
  readonly log: Log;
}

export class Callbacks {
  constructor(private readonly parts: CallbacksParts) {}

  /** A promise that might be forgotten is not made: a store that is away refuses. */
  async ask(runner: CallRunner, callback: PendingCallback, limit: number): Promise<void> {
    try {
      const kept = await this.parts.callbacks.keep(callback, limit, this.parts.clock.now());
      if (kept.verdict === 'full') return runner.dispatch({ type: 'callbackRefused' });
      runner.dispatch({ type: 'callbackKept', enqueuedAt: kept.replaced?.enqueuedAt });
      if (kept.replaced !== undefined) this.#tell(kept.replaced.call, 'calledAgain');
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      runner.dispatch({ type: 'callbackRefused' });
    }
  }

  async check(runner: CallRunner, callback: PendingCallback): Promise<void> {
    const why = await this.#whileThere(() => this.parts.callbacks.check(callback));
    if (why !== undefined) runner.dispatch({ type: 'callbackWithdrawn', why });
  }

  end(call: CallId, tenant: TenantId, number: string): void {
    this.parts.desk.settle(`callback ${call}`, () => this.parts.callbacks.end(tenant, number, call));
  }

  /** The caller is on the line again: whatever was to be called back is his. */
  async claim(runner: CallRunner, number: string): Promise<void> {
    const found = await this.#whileThere(() => this.withdraw(runner.call.tenant, number, 'calledAgain'));
    if (found !== undefined) runner.dispatch({ type: 'placeFound', enqueuedAt: found.enqueuedAt });
  }

  /** `undefined`: there is none. Another daemon's call learns it within a minute. Rejects with `StoreUnavailable`. */
  async withdraw(tenant: TenantId, number: string, why: Withdrawal, call?: CallId): Promise<PendingCallback | undefined> {
    const found = await this.parts.callbacks.withdraw(tenant, number, why, call);
    if (found !== undefined) this.#tell(found.call, why);
    return found;
  }

  #tell(call: CallId, why: Withdrawal): void {
    this.parts.book.find(call)?.dispatch({ type: 'callbackWithdrawn', why });
  }

  async #whileThere<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.parts.log.debug({}, 'callbacks cannot be looked up while the store is away');
      return undefined;
    }
  }
}
