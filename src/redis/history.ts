/** Call records in a Redis stream of bounded length, for reports and for other programs to follow. */
import type { CallRecord } from '../core/call/record.js';
import type { History } from '../ports/history.js';
import { keys } from './keys.js';
import type { RedisLink } from './link.js';
import { scripts } from './scripts.js';

export interface RedisHistoryOptions {
  readonly link: RedisLink;
  readonly keyPrefix: string;
  /** About how many records the stream keeps. */
  readonly streamLength: number;
}

/** How many calls back a repetition is recognised; a repetition comes seconds after the first, when a daemon died between. */
const recentCalls = 10_000;

export class RedisHistory implements History {
  readonly #options: RedisHistoryOptions;

  constructor(options: RedisHistoryOptions) {
    this.#options = options;
  }

  async append(record: CallRecord): Promise<void> {
    const { link, keyPrefix, streamLength } = this.#options;
    await link.run(
      scripts['append-record'],
      [keys.records(keyPrefix), keys.recentRecords(keyPrefix)],
      [record.call, String(record.endedAt), JSON.stringify(record), String(streamLength), String(recentCalls)],
    );
  }
}
