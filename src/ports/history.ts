/** Where the records of finished calls go. */
import type { CallRecord } from '../core/call/record.js';

export interface History {
  /** Resolves when the record is safe. Repeating it with the same call writes it once. */
  append(record: CallRecord): Promise<void>;
}
