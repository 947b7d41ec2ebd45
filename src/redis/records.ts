/** The stream of call records, read backwards. Small bites: routing decisions use the same connection. */
import type { CallRecord } from '../core/call/record.js';
import type { CallId } from '../core/ids.js';
import type { Records, RecordsPage, RecordsRequest } from '../ports/records.js';
import { keys } from './keys.js';
import type { RedisLink } from './link.js';

const biteSize = 100;
/** How many records are looked at for one request. */
const mostRead = 5_000;
/** How far the clocks of Redis and of the daemon that wrote a record may differ, ms. */
const clockSkewMs = 60_000;

export interface RedisRecordsOptions {
  readonly link: RedisLink;
  readonly keyPrefix: string;
}

interface Entry {
  readonly id: string;
  readonly record: CallRecord;
}

export class RedisRecords implements Records {
  readonly #options: RedisRecordsOptions;

  constructor(options: RedisRecordsOptions) {
    this.#options = options;
  }

  async page({ from, to, after, limit, wanted }: RecordsRequest): Promise<RecordsPage> {
    const records: CallRecord[] = [];
    const start = from === undefined ? '-' : String(from);
    let end = after === undefined ? (to === undefined ? '+' : String(to)) : `(${after}`;
    let last: string | undefined;
    for (let read = 0; read < mostRead; read += biteSize) {
      const bite = await this.#read('XREVRANGE', end, start);
      for (const { id, record } of bite) {
        last = id;
        if (wanted(record)) records.push(record);
        if (records.length === limit) return { records, next: last };
      }
      if (bite.length < biteSize) return { records, next: undefined };
      end = `(${last}`;
    }
    return { records, next: last };
  }

  /** One of the latest 10,000: for these Redis knows when each ended, and so about where it stands. */
  async find(call: CallId): Promise<CallRecord | undefined> {
    const { link, keyPrefix } = this.#options;
    const endedAt = await link.send('ZSCORE', (client) => client.zScore(keys.recentRecords(keyPrefix), call));
    if (endedAt === null) return undefined;
    let start = String(Math.max(0, endedAt - clockSkewMs));
    for (let read = 0; read < mostRead; read += biteSize) {
      const bite = await this.#read('XRANGE', start, '+');
      const found = bite.find(({ record }) => record.call === call);
      const last = bite.at(-1);
      if (found !== undefined) return found.record;
      if (last === undefined || bite.length < biteSize) return undefined;
      start = `(${last.id}`;
    }
    return undefined;
  }

  async #read(command: 'XRANGE' | 'XREVRANGE', from: string, to: string): Promise<readonly Entry[]> {
    const { link, keyPrefix } = this.#options;
    const key = keys.records(keyPrefix);
    const options = { COUNT: biteSize };
    const entries = await link.send(command, (client) =>
      command === 'XRANGE' ? client.xRange(key, from, to, options) : client.xRevRange(key, from, to, options),
    );
    return (entries ?? []).map(({ id, message }) => ({ id, record: JSON.parse(message['record'] ?? 'null') as CallRecord }));
  }
}
