/** Counts of what must not be overlooked in a long run: only the end of a daemon's output is kept, and a refused caller says nothing. */
import type { Moment } from '../../src/lab/sipp.js';

/** Lines of a program's output that match, counted as they arrive in pieces. */
export class LineCount {
  #count = 0;
  #rest = '';

  constructor(readonly pattern: RegExp) {}

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    this.#count += lines.filter((line) => this.pattern.test(line)).length;
  }

  get count(): number {
    return this.#count + (this.pattern.test(this.#rest) ? 1 : 0);
  }
}

/** Callers who were neither answered nor gave up themselves: refused, dropped, or never placed. */
export function unserved(callers: readonly string[], moments: readonly Moment[]): readonly string[] {
  const served = new Set(moments.filter(({ what }) => what === 'answered' || what === 'gaveUp').map(({ caller }) => caller));
  return callers.filter((caller) => !served.has(caller));
}

/** What became of such a caller, in words: what SIPp logged of him last, and its own message on what it did not expect, if he is in it. */
export function fateOf(caller: string, moments: readonly Moment[], unexpected: string): string {
  const last = moments.filter((moment) => moment.caller === caller).at(-1);
  // SIPp's messages begin with date and time, on no line of their own, and end with the SIP message that it got: his has his number in it.
  const told = unexpected.split(/(?=\d{4}-\d\d-\d\d\s\d\d:\d\d:\d\d\.)/).find((message) => message.includes(caller));
  return [
    last === undefined ? 'no moment' : `last: ${last.what}`,
    told?.trim().replaceAll(/\s+/g, ' ').slice(0, 600) ?? 'nothing unexpected',
  ].join('; ');
}
