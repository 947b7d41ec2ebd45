/** Days and times of day on a planner's wall clock, as epoch ms. */
import { localTime } from '../core/schedule/opening.js';

const dayMs = 86_400_000;

/** Midnight of `date` (YYYY-MM-DD) in `timezone`. Throws RangeError for an unknown time zone. */
export function midnight(timezone: string, date: string): number {
  const utc = Date.parse(`${date}T00:00:00Z`);
  const first = utc - offsetAt(timezone, utc);
  // Once more: daylight saving may begin or end between the two instants.
  return utc - offsetAt(timezone, first);
}

/** How far the wall clock is ahead of UTC, ms. */
function offsetAt(timezone: string, at: number): number {
  const { date, minutes } = localTime(timezone, at);
  return Date.parse(`${date}T00:00:00Z`) + minutes * 60_000 - Math.floor(at / 60_000) * 60_000;
}

/** The `index`th day after `date`. */
export function dayAfter(date: string, index: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + index * dayMs).toISOString().slice(0, 10);
}

/** `08:30` or `08:30:15`, as ms after midnight; `undefined`: it is none. */
export function timeOfDay(text: string): number | undefined {
  const [, hours = '', minutes = '', seconds = '0'] = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/.exec(text.trim()) ?? [];
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return hours === '' || ms > dayMs ? undefined : ms;
}
