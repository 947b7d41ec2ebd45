/** A past day, from the daemon's own records (one JSON line a call): the same callers meet another configuration. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { CallRecord } from '../core/call/record.js';
import type { TenantId } from '../core/ids.js';
import { localTime } from '../core/schedule/opening.js';
import type { Site } from '../core/site.js';
import type { Assumptions } from './assumptions.js';
import { BadInput } from './bad-input.js';
import { type Caller, CallerDraw } from './callers.js';
import type { Random } from './random.js';

type Known = Pick<CallRecord, 'tenant' | 'arrivedAt' | 'enqueuedAt' | 'answeredAt' | 'waitMs' | 'talkMs' | 'digits' | 'outcome'> & {
  readonly caller: { readonly number: string };
};

/** Throws `BadInput` when the file cannot be read or holds no records. */
export async function readRecords(file: string): Promise<readonly Known[]> {
  const records: Known[] = [];
  let line = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      line++;
      if (text.trim() !== '') records.push(JSON.parse(text) as Known);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new BadInput(code === undefined ? `${file}: line ${line} is no record` : `${file} cannot be read: ${code}`);
  }
  if (records.length === 0) throw new BadInput(`${file} holds no records`);
  return records.sort((a, b) => a.arrivedAt - b.arrivedAt);
}

/** What the records say of the days and of the callers' patience, where the planner says nothing else. */
export function assumptionsFrom(records: readonly Known[], timezone: string): Partial<Assumptions> {
  const dates = records.flatMap(({ arrivedAt }, index) =>
    index === 0 || index === records.length - 1 ? [localTime(timezone, arrivedAt).date] : [],
  );
  const [date = '', last = date] = dates;
  const queued = records.filter(({ enqueuedAt }) => enqueuedAt !== null);
  const gaveUp = queued.filter(leftInQueue).length;
  const waitedMs = queued.reduce((sum, { waitMs }) => sum + (waitMs ?? 0), 0);
  return {
    date,
    days: Math.round((Date.parse(last) - Date.parse(date)) / 86_400_000) + 1,
    // Of an exponential patience that is cut short by an answer: all waits over those that ended in vain.
    patienceSeconds: gaveUp === 0 ? 'none' : waitedMs / gaveUp / 1000,
  };
}

/** Calls of tenants who are no more are left out. */
export function callersFromRecords(records: readonly Known[], site: Site, all: Assumptions, random: Random): Caller[] {
  const draws = new Map<TenantId, CallerDraw>();
  const talks = new Map<TenantId, number[]>();
  for (const { tenant, talkMs } of records) if (talkMs !== null) talks.set(tenant, [...(talks.get(tenant) ?? []), talkMs]);
  const talkOf = random.fork('talks');
  return records.flatMap((record) => {
    const { tenant, arrivedAt, talkMs, waitMs, digits, caller } = record;
    if (!site.tenants.has(tenant)) return [];
    const draw = draws.get(tenant) ?? new CallerDraw(site, all, tenant, random.fork(`caller ${tenant}`));
    draws.set(tenant, draw);
    const drawn = draw.caller(arrivedAt);
    // Who was answered would have waited on for as long as anybody: exponential patience has no memory.
    const patienceMs = leftInQueue(record) ? (waitMs ?? 0) : drawn.patienceMs + (record.answeredAt === null ? 0 : (waitMs ?? 0));
    return [
      {
        ...drawn,
        number: caller.number,
        talkMs: talkMs ?? talkOf.pick(talks.get(tenant) ?? []) ?? drawn.talkMs,
        patienceMs,
        ...(digits.length > 0 ? { keys: digits } : {}),
      },
    ];
  });
}

const leftInQueue = ({ enqueuedAt, outcome }: Known) => enqueuedAt !== null && outcome === 'abandoned';
