/** The real time. */
import type { Clock } from './ports/clock.js';

/** Node's timers hold 2³¹−1 ms at most and fire at once beyond that; a longer wait is cut, and its owner arms it again. */
const longestMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, Math.min(ms, longestMs));
    return () => clearTimeout(timer);
  },
};
