/** Scenarios of one suite that go on at the same time: most of what a scenario does is to wait. */
import type { Test } from 'tap';

/** A failure is the suite's, told with the scenario's name. What is asserted is the suite's as well: in words by which one knows it again. */
export class AtOnce {
  readonly #begun: Promise<void>[] = [];

  constructor(private readonly suite: Test) {}

  begin(name: string, run: () => Promise<void>): void {
    this.#begun.push(this.step(name, run));
  }

  /** Within a scenario, one after the other. */
  async step(name: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
      this.suite.pass(name);
    } catch (error) {
      this.suite.error(error, name);
    }
  }

  async over(): Promise<void> {
    await Promise.all(this.#begun);
  }
}
