/**
 * FreeSWITCH looks for events to hand out to a listener when it hears something from it, and else every 20 ms (mod_event_socket.c,
 * read_packet, which polls the socket meanwhile). It passes over empty lines. So while a call gets on, which takes some six steps from
 * event to event, an empty line now and then saves most of that wait at each of them.
 */
import type { Clock } from '../../ports/clock.js';

/** Each line wakes both sides, and what comes one by one costs more than what comes together: not more often than this. */
export const impatience = { everyMs: 10, forMs: 250 } as const;

export class Impatience {
  readonly #clock: Clock;
  readonly #nudge: () => void;
  #untilMs = Number.NEGATIVE_INFINITY;
  #stopTimer: (() => void) | undefined;

  constructor(clock: Clock, nudge: () => void) {
    this.#clock = clock;
    this.#nudge = nudge;
  }

  /** An event came: others may follow soon. */
  rise(): void {
    this.#untilMs = this.#clock.monotonic() + impatience.forMs;
    if (this.#stopTimer === undefined) this.#wait();
  }

  stop(): void {
    this.#untilMs = Number.NEGATIVE_INFINITY;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  #wait(): void {
    this.#stopTimer = this.#clock.after(impatience.everyMs, () => {
      this.#stopTimer = undefined;
      if (this.#clock.monotonic() >= this.#untilMs) return;
      this.#nudge();
      this.#wait();
    });
  }
}
