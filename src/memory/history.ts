import type { CallRecord } from '../core/call/record.js';
import type { CallId } from '../core/ids.js';
import type { History } from '../ports/history.js';

/** Records kept in memory, for tests. */
export class MemoryHistory implements History {
  readonly #records = new Map<CallId, CallRecord>();

  get records(): readonly CallRecord[] {
    return [...this.#records.values()];
  }

  async append(record: CallRecord): Promise<void> {
    if (!this.#records.has(record.call)) this.#records.set(record.call, record);
  }
}
