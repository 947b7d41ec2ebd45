/** Time, injected so that tests and the simulator own it. */
export interface Clock {
  /** Epoch ms. */
  now(): number;
  /** Ms on a clock that never jumps. */
  monotonic(): number;
  /** Runs `task` once after `ms`; the result cancels it. */
  after(ms: number, task: () => void): () => void;
}
