/** Several histories as one. A record is safe as soon as one has it; the others catch up when they can. */
import type { CallRecord } from '../core/call/record.js';
import type { History } from '../ports/history.js';
import { Backlog, type BacklogOptions } from './backlog.js';

export class CombinedHistory implements History {
  readonly #backlogs: readonly Backlog[];

  constructor(histories: readonly History[], options: BacklogOptions) {
    this.#backlogs = histories.map((history) => new Backlog(history, options));
  }

  /** Records that one history or another has not written yet. */
  get waiting(): number {
    return Math.max(0, ...this.#backlogs.map((backlog) => backlog.waiting));
  }

  /** Rejects when all have given it up. */
  async append(record: CallRecord): Promise<void> {
    await Promise.any(this.#backlogs.map((backlog) => backlog.append(record)));
  }

  flush(): void {
    for (const backlog of this.#backlogs) backlog.flush();
  }

  close(): void {
    for (const backlog of this.#backlogs) backlog.close();
  }
}
