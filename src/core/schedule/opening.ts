/** Open, closed or holiday at an instant: the whole of a tenant's timetable in one pure function. */
import type { Opening, Schedule } from './schedule.js';

/** A wall clock somewhere. */
export interface LocalTime {
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** 0 = Sunday … 6 = Saturday. */
  readonly weekday: number;
  /** Minutes after local midnight, whole. */
  readonly minutes: number;
}

// Building a formatter costs about 50 µs and a call asks often; a time zone's formatter never changes.
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timezone: string): Intl.DateTimeFormat {
  const known = formatters.get(timezone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  formatters.set(timezone, made);
  return made;
}

/** The wall clock in `timezone` (IANA) at `now` (epoch ms). Throws RangeError for an unknown time zone. */
export function localTime(timezone: string, now: number): LocalTime {
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatterOf(timezone).formatToParts(now)) part[type] = value;
  const date = `${part.year}-${part.month}-${part.day}`;
  return { date, weekday: new Date(`${date}T00:00:00Z`).getUTCDay(), minutes: Number(part.hour) * 60 + Number(part.minute) };
}

/**
 * What a caller meets at `now` (epoch ms). A public holiday lasts its whole local day and goes before everything else: the
 * caller hears why nobody answers. A closure counts as closed. Spans hold local wall-clock times, so the hour that daylight
 * saving skips is simply never reached, and the hour that it repeats is open (or closed) twice.
 */
export function openingAt(schedule: Schedule, now: number): Opening {
  const { date, weekday, minutes } = localTime(schedule.timezone, now);
  if (schedule.holidays.has(date)) return 'holiday';
  // ISO dates compare as text.
  if (schedule.closures.some(({ from, to }) => from <= date && date <= to)) return 'closed';
  const spans = schedule.week[weekday] ?? [];
  return spans.some(({ from, to }) => from <= minutes && minutes < to) ? 'open' : 'closed';
}

/**
 * How long it is open for yet, ms; 0: it is not. The end may turn out to be none (the next day opens at midnight, clocks are
 * set back): ask again then.
 */
export function openForMs(schedule: Schedule, now: number): number {
  if (openingAt(schedule, now) !== 'open') return 0;
  const { weekday, minutes } = localTime(schedule.timezone, now);
  const end = schedule.week[weekday]?.find(({ from, to }) => from <= minutes && minutes < to)?.to ?? minutes;
  // Time zones differ from UTC by whole minutes.
  return (end - minutes) * 60_000 - (now % 60_000);
}
