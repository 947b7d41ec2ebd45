/** The records of finished calls, to be read again. What cannot be reached now rejects with `StoreUnavailable`. */
import type { CallRecord } from '../core/call/record.js';
import type { CallId } from '../core/ids.js';

export interface RecordsRequest {
  /** Epoch ms of the moment when the record was written: the end of the call, or later when Redis was away. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Where the page before ended. */
  readonly after: string | undefined;
  readonly limit: number;
  wanted(record: CallRecord): boolean;
}

export interface RecordsPage {
  /** Newest first. */
  readonly records: readonly CallRecord[];
  /** Where the next page begins; `undefined`: this is the last. A page may be short, or empty, and yet not the last. */
  readonly next: string | undefined;
}

export interface Records {
  page(request: RecordsRequest): Promise<RecordsPage>;
  /** `undefined`: none is kept, or none any more. */
  find(call: CallId): Promise<CallRecord | undefined>;
}
