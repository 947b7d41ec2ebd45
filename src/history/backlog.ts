/**
 * A history that may be away (Redis, a full disk): records wait in memory, in order, and are tried again until they are
 * written. When too many wait, the oldest is given up.
 */

import type { CallRecord } from '../core/call/record.js';
import type { CallId } from '../core/ids.js';
import type { Clock } from '../ports/clock.js';
import type { History } from '../ports/history.js';

export interface BacklogOptions {
  readonly clock: Clock;
  /** How many records may wait. */
  readonly limit?: number;
  /** Pause before another attempt, ms. */
  readonly retryMs?: number;
  /** An attempt failed, or a record was given up. */
  readonly onFailure?: (error: unknown, waiting: number) => void;
}

interface Entry {
  readonly record: CallRecord;
  readonly waiters: { readonly resolve: () => void; readonly reject: (reason: unknown) => void }[];
}

export class Backlog implements History {
  readonly #history: History;
  readonly #options: BacklogOptions;
  readonly #entries = new Map<CallId, Entry>();
  #writing = false;
  #closed = false;
  #cancelRetry: (() => void) | undefined;

  constructor(history: History, options: BacklogOptions) {
    this.#history = history;
    this.#options = options;
  }

  /** How many records are not written yet. */
  get waiting(): number {
    return this.#entries.size;
  }

  /** Resolves when it is written; rejects when it was given up. */
  append(record: CallRecord): Promise<void> {
    const entry = this.#entries.get(record.call) ?? { record, waiters: [] };
    const written = new Promise<void>((resolve, reject) => entry.waiters.push({ resolve, reject }));
    this.#entries.set(record.call, entry);
    this.#giveUpOldest();
    // While a retry is due, the history is away: one attempt at a time is enough.
    if (this.#cancelRetry === undefined) this.flush();
    return written;
  }

  /** Tries now, e.g. because Redis is back. */
  flush(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    if (this.#writing) return;
    this.#write().catch((error: unknown) => {
      this.#options.onFailure?.(error, this.waiting);
      if (!this.#closed) this.#cancelRetry = this.#options.clock.after(this.#options.retryMs ?? 1_000, () => this.flush());
    });
  }

  /** No further attempts by itself. */
  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      // Records that arrive meanwhile are visited too.
      for (const [call, entry] of this.#entries) {
        await this.#history.append(entry.record);
        this.#entries.delete(call);
        for (const waiter of entry.waiters) waiter.resolve();
      }
    } finally {
      this.#writing = false;
    }
  }

  #giveUpOldest(): void {
    const [oldest] = this.#entries.values();
    if (this.waiting <= (this.#options.limit ?? 10_000) || oldest === undefined) return;
    this.#entries.delete(oldest.record.call);
    const error = new Error(`too many records wait: the one of call ${oldest.record.call} was given up`);
    this.#options.onFailure?.(error, this.waiting);
    for (const waiter of oldest.waiters) waiter.reject(error);
  }
}
