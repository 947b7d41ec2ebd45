/** Public holidays as plain local dates, so that the core needs no calendar of the world. */
import Holidays from 'date-holidays';
import { didYouMean, listed } from './nearest.js';

export interface HolidayPlace {
  readonly country: string;
  readonly region: string | undefined;
}

/** From last year, for calls that span New Year in another time zone, to as long as a daemon may run unrestarted. */
const YEARS_BACK = 1;
const YEARS_AHEAD = 10;

/** `undefined`: the place exists; else what is wrong, and with which of its two parts. */
export function placeProblem({
  country,
  region,
}: HolidayPlace): { readonly part: 'country' | 'region'; readonly message: string } | undefined {
  const world = new Holidays();
  const countries = Object.keys(world.getCountries());
  if (!countries.includes(country)) {
    return {
      part: 'country',
      message: `is no country whose holidays are known: write its two letters, e.g. FR.${didYouMean(country, countries)}`,
    };
  }
  if (region === undefined) return undefined;
  // The type claims a map in every case; a country without regions has none.
  const regions = (world.getStates(country) as Record<string, string> | undefined) ?? {};
  if (Object.hasOwn(regions, region)) return undefined;
  const names = Object.entries(regions).map(([code, name]) => `"${code}" (${name})`);
  return { part: 'region', message: `is no region of ${country} with holidays of its own; known: ${listed(names)}` };
}

/** Local dates `YYYY-MM-DD` of the public holidays around `year`. Days off for only a part of the day do not count. */
export function holidayDates({ country, region }: HolidayPlace, year: number): ReadonlySet<string> {
  const calendar = region === undefined ? new Holidays(country) : new Holidays(country, region);
  const dates = new Set<string>();
  for (let y = year - YEARS_BACK; y <= year + YEARS_AHEAD; y++) {
    for (const { type, date, start, end } of calendar.getHolidays(y)) {
      if (type !== 'public') continue;
      const days = Math.round((end.getTime() - start.getTime()) / 86_400_000);
      // `date` is the place's own wall clock; `start` and `end` only tell how long it lasts.
      const first = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
      for (let day = 0; day < days; day++) dates.add(new Date(first + day * 86_400_000).toISOString().slice(0, 10));
    }
  }
  return dates;
}
