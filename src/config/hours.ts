/** Opening hours as written, `08:00-12:30`, into minutes of the day. */
import type { OpenSpan } from '../core/schedule/schedule.js';
import type { HoursYaml } from './schema-tenant.js';

/** Index = `Date.getUTCDay`. */
export const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

/** `24:00` is the end of the day. `undefined`: no such time. */
function minutesOf(text: string): number | undefined {
  const hour = Number(text.slice(0, 2));
  const minute = Number(text.slice(3, 5));
  if (hour === 24 && minute === 0) return 1440;
  return hour < 24 && minute < 60 ? hour * 60 + minute : undefined;
}

/** A span that the schema let pass; a string says what is wrong with it. */
export function parseSpan(text: string): OpenSpan | string {
  const from = minutesOf(text.slice(0, 5));
  const to = minutesOf(text.slice(6));
  if (from === undefined || to === undefined) return 'is not a time of day: hours go from 00:00 to 24:00';
  if (from < to) return { from, to };
  return `ends before it begins: write a night as two spans, "${text.slice(0, 5)}-24:00" and "00:00-${text.slice(6)}" on the next day`;
}

/** The complaint about each span of one day, by its index. */
export function spanProblems(day: readonly (string | undefined)[]): ReadonlyMap<number, string> {
  const problems = new Map<number, string>();
  const good: (OpenSpan & { readonly text: string })[] = [];
  for (const [index, text] of day.entries()) {
    if (text === undefined) continue;
    const span = parseSpan(text);
    if (typeof span === 'string') {
      problems.set(index, span);
      continue;
    }
    const other = good.find(({ from, to }) => span.from < to && from < span.to);
    if (other !== undefined) problems.set(index, `overlaps "${other.text}": keep one of them or join them`);
    good.push({ ...span, text });
  }
  return problems;
}

/** Checked hours as the core wants them. */
export function compileWeek(hours: HoursYaml): readonly (readonly OpenSpan[])[] {
  return WEEKDAYS.map((day) =>
    hours[day]
      .map(parseSpan)
      .filter((span) => typeof span !== 'string')
      .sort((a, b) => a.from - b.from),
  );
}

/** Whether `YYYY-MM-DD` is in the calendar. */
export function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
