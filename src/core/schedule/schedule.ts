/** When a tenant is open. Local wall-clock times, so that daylight saving moves nothing for the caller. */

/** Minutes after local midnight: `[from, to)`, 0 ≤ from < to ≤ 1440. */
export interface OpenSpan {
  readonly from: number;
  readonly to: number;
}

export interface Schedule {
  /** IANA time zone, e.g. `Europe/Paris`. */
  readonly timezone: string;
  /** Index 0 = Sunday … 6 = Saturday, as in `Date.getUTCDay`. */
  readonly week: readonly (readonly OpenSpan[])[];
  /** Local dates `YYYY-MM-DD`, both ends included. */
  readonly closures: readonly { readonly from: string; readonly to: string }[];
  /** Public holidays as local dates `YYYY-MM-DD`. */
  readonly holidays: ReadonlySet<string>;
}

/** What a caller meets at that moment. */
export type Opening = 'open' | 'closed' | 'holiday';
