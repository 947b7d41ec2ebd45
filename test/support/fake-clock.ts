/** Time that only the test moves: no test sleeps, and a day passes in milliseconds. */
import type { Clock } from '../../src/ports/clock.js';

interface Timer {
  readonly at: number;
  /** Timers due at one instant fire in the order in which they were set, as Node's do. */
  readonly order: number;
  readonly task: () => void;
}

export class FakeClock implements Clock {
  #now: number;
  #monotonic = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** A Monday, 12:00 in Paris. */
  constructor(now = Date.UTC(2025, 2, 3, 11)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.#monotonic + Math.max(0, ms), order: this.#order++, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass: each due timer fires at its own instant, and what it set in motion settles before the next one. */
  async advance(ms: number): Promise<void> {
    const until = this.#monotonic + ms;
    await settle();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#timers.delete(next);
      this.#move(next.at);
      next.task();
      await settle();
    }
    this.#move(until);
  }

  /** The wall clock is set (NTP, an administrator); the monotonic one and the timers know nothing of it. */
  jump(ms: number): void {
    this.#now += ms;
  }

  #next(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > until) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }

  #move(to: number): void {
    this.#now += to - this.#monotonic;
    this.#monotonic = to;
  }
}

/** Waits until every promise that can go on has done so: `setImmediate` comes after all microtasks, however long their chain. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
