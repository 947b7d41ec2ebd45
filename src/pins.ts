/** Whether a supervisor typed his PIN; who types wrong ones is locked out for a while, on this daemon. */
import { type HashedPin, isPin } from './config/pins.js';
import type { SupervisorId } from './core/ids.js';
import type { Clock } from './ports/clock.js';
import type { PinResult, Pins } from './ports/pins.js';

export interface PinOptions {
  /** As configured now; a reload changes them. */
  readonly pins: () => ReadonlyMap<SupervisorId, HashedPin>;
  readonly limits: () => { readonly pinTries: number; readonly lockoutMs: number };
  readonly clock: Clock;
}

export class PinDesk implements Pins {
  readonly #options: PinOptions;
  /** `lockedUntil`: monotonic ms. */
  readonly #tries = new Map<SupervisorId, { wrong: number; lockedUntil: number }>();

  constructor(options: PinOptions) {
    this.#options = options;
  }

  async check(supervisor: SupervisorId, typed: string): Promise<PinResult> {
    const { clock, limits, pins } = this.#options;
    const kept = pins().get(supervisor);
    // Nobody to lock out.
    if (kept === undefined) return 'wrongPin';
    const tries = this.#tries.get(supervisor) ?? { wrong: 0, lockedUntil: Number.NEGATIVE_INFINITY };
    this.#tries.set(supervisor, tries);
    if (clock.monotonic() < tries.lockedUntil) return 'locked';
    // Counted before it is known: several tries at a time do not get round the limit.
    tries.wrong++;
    const last = tries.wrong >= limits().pinTries;
    if (last) {
      tries.wrong = 0;
      tries.lockedUntil = clock.monotonic() + limits().lockoutMs;
    }
    if (!(await isPin(kept, typed))) return last ? 'locked' : 'wrongPin';
    this.#tries.delete(supervisor);
    return 'right';
  }
}
