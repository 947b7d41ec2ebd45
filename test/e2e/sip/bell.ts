/** What rings: calls are awaited in the order in which they came. */
import type { IncomingCall } from './call.js';

export class Bell {
  /** Every call that rang here, oldest first. */
  readonly rang: IncomingCall[] = [];
  /** What to do with a call that rings; by default it just rings. */
  onRing: (call: IncomingCall) => void = () => undefined;
  readonly #waiting: ((call: IncomingCall) => void)[] = [];
  #taken = 0;

  /** The next call that rings here and was not returned before. */
  async rings(timeoutMs = 10_000): Promise<IncomingCall> {
    const already = this.rang[this.#taken];
    if (already !== undefined) {
      this.#taken++;
      return already;
    }
    return await new Promise((resolve, reject) => {
      const waits = (call: IncomingCall): void => {
        clearTimeout(timer);
        this.#taken++;
        resolve(call);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waits), 1);
        reject(new Error(`the phone did not ring in ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.push(waits);
    });
  }

  /** Whatever rang so far is not waited for any more. */
  forget(): void {
    this.#taken = this.rang.length;
  }

  ring(call: IncomingCall): void {
    this.rang.push(call);
    this.#waiting.shift()?.(call);
    this.onRing(call);
  }
}
