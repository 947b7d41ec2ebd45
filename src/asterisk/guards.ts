/**
 * The dead man's switch of each leg that is ours: TIMEOUT(absolute), which fires inside Stasis too. A caller is then sent to the
 * fallback (extension T of the dialplan), a leg that we dialled is hung up. Set by AMI, which does not wait for a prompt's end.
 *
 * A talk has a guard as well, a long one: without a daemon Asterisk leaves a caller alone in the bridge when the agent hangs up.
 */
import type { LegId } from '../core/ids.js';
import type { Clock } from '../ports/clock.js';

/** One that has just been renewed and one that is about to be differ by what a daemon may be away: it takes some 4 s to start. */
export const guardTimings = { guardSeconds: 8, dialledSeconds: 15, talkSeconds: 7_200, renewMs: 1_500, renewTalkMs: 600_000 } as const;

interface Guard {
  readonly channel: string;
  readonly dialled: boolean;
  stopTimer: () => void;
}

export interface GuardsOptions {
  readonly clock: Clock;
  /** `false`: the channel is gone, or the node is not ours. Never rejects. */
  set(channel: string, seconds: number): Promise<boolean>;
}

export class Guards {
  readonly #options: GuardsOptions;
  readonly #guards = new Map<LegId, Guard>();

  constructor(options: GuardsOptions) {
    this.#options = options;
  }

  /** From now on it is renewed, unless it is forgotten. */
  keep(leg: LegId, channel: string, dialled: boolean): Promise<boolean> {
    return this.#arm(leg, channel, dialled, dialled ? guardTimings.dialledSeconds : guardTimings.guardSeconds, guardTimings.renewMs);
  }

  /** They talk. */
  talk(leg: LegId, channel: string, dialled: boolean): Promise<boolean> {
    return this.#arm(leg, channel, dialled, guardTimings.talkSeconds, guardTimings.renewTalkMs);
  }

  has(leg: LegId): boolean {
    return this.#guards.has(leg);
  }

  /** No more renewals; what is pending stays pending. */
  forget(leg: LegId): void {
    this.#guards.get(leg)?.stopTimer();
    this.#guards.delete(leg);
  }

  forgetAll(): void {
    for (const { stopTimer } of this.#guards.values()) stopTimer();
    this.#guards.clear();
  }

  #arm(leg: LegId, channel: string, dialled: boolean, seconds: number, renewMs: number): Promise<boolean> {
    this.forget(leg);
    const guard: Guard = { channel, dialled, stopTimer: () => undefined };
    this.#guards.set(leg, guard);
    const renew = (): void => {
      guard.stopTimer = this.#options.clock.after(renewMs, () => {
        void this.#options.set(channel, seconds);
        renew();
      });
    };
    renew();
    return this.#options.set(channel, seconds);
  }
}
