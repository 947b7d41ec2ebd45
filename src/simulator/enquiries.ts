/**
 * What the routing store has been asked and has not been heard on yet. Its replies are heard in the order in which it was asked, each
 * at the virtual time at which it was asked, and at a point of the simulation that does not depend on how fast they really come:
 * as late as cause and effect allow. So a store that works elsewhere (Redis) is never waited for without need, and the result is
 * that of one that answers at once.
 */
import type { Assignment } from '../ports/routing-store.js';
import type { VirtualClock } from './simulation.js';

interface Enquiry {
  readonly at: number;
  /** Offers that came of it. */
  readonly assigned: Assignment[];
  reply: Promise<() => void> | undefined;
}

export class Enquiries {
  readonly #clock: VirtualClock;
  /** What happens so long after a verb may happen before its reply is heard, ms. */
  readonly #lookaheadMs: number;
  readonly #assigned: (assignment: Assignment) => void;
  readonly #open = new Map<number, Enquiry>();
  #oldest = 1;

  constructor(clock: VirtualClock, lookaheadMs: number, assigned: (assignment: Assignment) => void) {
    this.#clock = clock;
    this.#lookaheadMs = lookaheadMs;
    this.#assigned = assigned;
  }

  /** Nothing that is due at this time or later may happen before `hear`. */
  get horizon(): number {
    const first = this.#open.get(this.#oldest);
    return first === undefined ? Number.POSITIVE_INFINITY : first.at + this.#lookaheadMs;
  }

  ask<T>(verb: () => Promise<T>, heard: (reply: T) => void = () => undefined): void {
    const turn = ++this.#clock.turn;
    const enquiry: Enquiry = { at: this.#clock.now, assigned: [], reply: undefined };
    // Before the verb: a store in this process assigns at once.
    this.#open.set(turn, enquiry);
    enquiry.reply = verb().then((reply) => () => heard(reply));
    // It is awaited later, and fails then.
    enquiry.reply.catch(() => undefined);
  }

  /** `turn`: that of the verb of which it came. */
  assign(assignment: Assignment, turn: number): void {
    this.#open.get(turn)?.assigned.push(assignment);
  }

  /** Hears the replies to all that was asked before `until`, and to what is asked because of them. */
  async hear(until = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      const next = this.#open.get(this.#oldest);
      if (next === undefined || next.at + this.#lookaheadMs > until) return;
      const heard = await next.reply;
      this.#open.delete(this.#oldest++);
      const present = this.#clock.now;
      this.#clock.now = next.at;
      for (const assignment of next.assigned) this.#assigned(assignment);
      heard?.();
      this.#clock.now = present;
    }
  }
}
