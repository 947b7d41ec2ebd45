import type { CallId } from '../core/ids.js';

/** The calls of late, to know a repetition: it comes seconds after the first, when something failed between. */
export class RecentCalls {
  readonly #calls = new Set<CallId>();
  readonly #limit: number;

  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  has(call: CallId): boolean {
    return this.#calls.has(call);
  }

  add(call: CallId): void {
    this.#calls.add(call);
    const [oldest] = this.#calls;
    if (this.#calls.size > this.#limit && oldest !== undefined) this.#calls.delete(oldest);
  }
}
