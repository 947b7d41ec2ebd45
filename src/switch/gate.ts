/**
 * Lets commands through only while the node is surely ours. When that is in doubt (the process stood still for a second) they wait
 * in their order until it is known: to refuse them would give callers away although we live, to send them might disturb a
 * successor.
 */
import type { Clock } from '../ports/clock.js';

/** The next reading of the owner's name comes within 300 ms; should it not, nobody waits for ever. */
const longestWaitMs = 1_500;

export interface GateOptions {
  readonly clock: Clock;
  /** It was confirmed lately that the node is ours. */
  readonly sure: () => boolean;
  /** It is ours as far as we know. */
  readonly likely: () => boolean;
}

export class Gate {
  readonly #options: GateOptions;
  #waiting: ((sure: boolean) => void)[] = [];
  #stopTimer: () => void = () => undefined;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Calls `send` at once or, before any command that comes later, at the confirmation. `undefined`: it was not called. */
  pass<T extends object>(send: () => T): Promise<T | undefined> {
    const { clock, sure, likely } = this.#options;
    if (this.#waiting.length === 0 && sure()) return Promise.resolve(send());
    if (!likely()) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.push((known) => resolve(known ? send() : undefined));
      // All go together, so that no guard is taken away whose successor was not sent.
      if (this.#waiting.length === 1) this.#stopTimer = clock.after(longestWaitMs, () => this.shut());
    });
  }

  /** It is confirmed that the node is ours. */
  open(): void {
    if (this.#options.sure()) this.#empty(true);
  }

  /** The node is lost. */
  shut(): void {
    this.#empty(false);
  }

  #empty(sure: boolean): void {
    this.#stopTimer();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go(sure);
  }
}
