/** Finished calls, from Redis for all daemons; what Redis does not know (any more) is looked for in this daemon's own file. */
import type { CallRecord } from '../core/call/record.js';
import type { CallId } from '../core/ids.js';
import type { Records, RecordsPage, RecordsRequest } from '../ports/records.js';
import { StoreUnavailable } from '../ports/routing-store.js';
import { latestRecord, linesOf } from './find-record.js';

/** Some twenty thousand calls, read in a fraction of a second. Older ones are for `telephony-core explain`. */
const fileTailBytes = 32 * 1024 * 1024;

export class Archive implements Records {
  constructor(
    private readonly shared: Records,
    private readonly file: string | undefined,
  ) {}

  page(request: RecordsRequest): Promise<RecordsPage> {
    return this.shared.page(request);
  }

  async find(call: CallId): Promise<CallRecord | undefined> {
    let away: StoreUnavailable | undefined;
    try {
      const found = await this.shared.find(call);
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      away = error;
    }
    const found = await this.#inFile(call);
    // Redis may have it: "there is none" would not be true.
    if (found === undefined && away !== undefined) throw away;
    return found;
  }

  async #inFile(call: CallId): Promise<CallRecord | undefined> {
    if (this.file === undefined) return undefined;
    try {
      const found = await latestRecord(linesOf(this.file, fileTailBytes), call);
      return found?.call === call ? found : undefined;
    } catch (error) {
      // No call has ended since the file was rotated.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
