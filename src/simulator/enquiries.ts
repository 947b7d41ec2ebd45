/**
 * What the routing store is asked, and hears back from it. Replies are heard in the order in which it was asked, each at the virtual
 * time at which it was asked, and at a point of the simulation that does not depend on how fast they really come: as late as cause
 * and effect allow. So a store that works elsewhere (Redis) is never waited for without need, and the result is that of one that
 * answers at once.
 */
import type { Assignment } from '../ports/routing-store.js';
import type { VirtualClock } from './simulation.js';

interface Enquiry {
  readonly at: number;
  /** Its reply, and what is to be done with it. Asked when the enquiry is made, or in its turn. */
  readonly ask: () => Promise<() => void>;
  reply: Promise<() => void> | undefined;
  /** Offers that came of it. */
  readonly assigned: Assignment[];
}

export class Enquiries {
  readonly #clock: VirtualClock;
  /** What happens so long after a verb may happen before its reply is heard, ms; `undefined`: the store is in this process. */
  readonly #lookaheadMs: number | undefined;
  readonly #assigned: (assignment: Assignment) => void;
  readonly #open = new Map<number, Enquiry>();
  #oldest = 1;
  #newest = 0;

  constructor(clock: VirtualClock, lookaheadMs: number | undefined, assigned: (assignment: Assignment) => void) {
    this.#clock = clock;
    this.#lookaheadMs = lookaheadMs;
    this.#assigned = assigned;
  }

  /** Nothing that is due at this time or later may happen before `hear`. */
  get horizon(): number {
    const first = this.#open.get(this.#oldest);
    return first === undefined ? Number.POSITIVE_INFINITY : first.at + (this.#lookaheadMs ?? 0);
  }

  ask<T>(verb: () => Promise<T>, heard: (reply: T) => void = () => undefined): void {
    const ask = () => verb().then((reply) => () => heard(reply));
    const enquiry: Enquiry = { at: this.#clock.now, ask, reply: undefined, assigned: [] };
    this.#open.set(++this.#newest, enquiry);
    if (this.#lookaheadMs === undefined) return;
    this.#clock.turn = this.#newest;
    enquiry.reply = enquiry.ask();
    // It is awaited later, and fails then.
    enquiry.reply.catch(() => undefined);
  }

  /** `turn`: that of the verb of which it came. */
  assign(assignment: Assignment, turn: number): void {
    this.#open.get(turn)?.assigned.push(assignment);
  }

  /** Hears the replies to what must be heard before `until`, and to what is asked because of them. */
  async hear(until = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      const next = this.#open.get(this.#oldest);
      if (next === undefined || this.horizon > until) return;
      const present = this.#clock.now;
      this.#clock.now = next.at;
      if (next.reply === undefined) this.#clock.turn = this.#oldest;
      const heard = await (next.reply ?? next.ask());
      this.#open.delete(this.#oldest++);
      for (const assignment of next.assigned) this.#assigned(assignment);
      heard();
      this.#clock.now = present;
    }
  }
}
