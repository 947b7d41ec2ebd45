/**
 * The dead man's switch of each leg that is ours and not bridged: FreeSWITCH sends a caller to the fallback, and hangs an
 * agent's leg up, unless we say in time that we still live.
 *
 * Whatever guards a leg is in the scheduler's group that has the leg's id: the dialplan's guard and ours. So one `sched_cancel` as a
 * bridge begins takes all of it away, and FreeSWITCH does so by itself when the leg ends (switch_core_session.c).
 *
 * An agent's leg is put through at once, unless he hears a whisper first, and so is a caller whose agent picks up at once: until then
 * the dialplan's guard is enough, and nothing is sent. Ours takes its place while the dialplan's has seconds to go.
 */
import type { LegId } from '../core/ids.js';
import type { Clock } from '../ports/clock.js';
import { type Command, type GuardAction, schedDel, schedDelGroup, schedGuard } from './esl/command.js';
import type { Reply } from './esl/reply-queue.js';

/** FreeSWITCH counts in whole seconds and looks each half second: a guard of 8 fires after 7 to 8.5, the dialplan's of 5 after 4 to 5.5. */
export const guardTimings = { guardSeconds: 8, renewMs: 3_000, togetherMs: 250, inheritMs: 500, settleMs: 300 } as const;

/** The renewals of all legs that are due at about the same time leave in one write. */
const together = (at: number): number => Math.round(at / guardTimings.togetherMs) * guardTimings.togetherMs;

interface Guard {
  readonly action: GuardAction;
  /** When the next one of ours is due, monotonic ms. */
  dueAt: number;
  /** Somebody serves the leg: it is renewed. */
  kept: boolean;
  /** Bridged, or about to be: nothing is renewed. */
  resting: boolean;
  /** The node was lost: what is pending stays. */
  left: boolean;
  /** The scheduler's number of our newest one; `undefined`: none of ours is there, or we have not been told yet. */
  task: number | undefined;
  stopTimer: () => void;
}

export interface GuardsOptions {
  readonly clock: Clock;
  /** Never rejects. */
  readonly do: (command: Command) => Promise<Reply | undefined>;
}

export class Guards {
  readonly #options: GuardsOptions;
  readonly #guards = new Map<LegId, Guard>();

  constructor(options: GuardsOptions) {
    this.#options = options;
  }

  /**
   * The leg was parked under the dialplan's guard, `lateMs` before we heard of it. From `keep` on ours takes its place in time; a
   * leg that nobody serves goes the way of the dialplan's. `action`: what ours does.
   */
  inherit(leg: LegId, action: GuardAction, lateMs: number): void {
    this.#put(leg, action, guardTimings.inheritMs - lateMs);
  }

  /** Somebody does something with the leg, so it is to be kept. `action`: for a leg of whose park we have not heard, guarded at once. */
  keep(leg: LegId, action?: GuardAction): void {
    if (action !== undefined && !this.#guards.has(leg)) this.#put(leg, action, 0);
    const guard = this.#guards.get(leg);
    if (guard === undefined || guard.kept || guard.resting) return;
    guard.kept = true;
    this.#renewInTime(leg, guard);
  }

  /** Before a bridge: FreeSWITCH itself cancels what is pending as it bridges, and a renewal would tear the bridge down. */
  rest(leg: LegId): void {
    const guard = this.#guards.get(leg);
    if (guard === undefined) return;
    guard.resting = true;
    guard.stopTimer();
  }

  /** The bridge came to nothing, and may have taken the guard with it. */
  resume(leg: LegId): void {
    const guard = this.#guards.get(leg);
    if (guard?.resting !== true) return;
    this.#put(leg, guard.action, 0);
    this.keep(leg);
  }

  /** Nothing guards the leg any more. */
  clear(leg: LegId): void {
    this.forget(leg);
    this.#send(schedDelGroup(leg));
  }

  /** No more renewals; what is pending stays pending, until the leg ends. */
  forget(leg: LegId): void {
    this.#guards.get(leg)?.stopTimer();
    this.#guards.delete(leg);
  }

  /** The node is lost: the guards that are there do what they are for. */
  forgetAll(): void {
    for (const guard of this.#guards.values()) {
      guard.stopTimer();
      guard.left = true;
    }
    this.#guards.clear();
  }

  #put(leg: LegId, action: GuardAction, dueInMs: number): void {
    this.#guards.get(leg)?.stopTimer();
    const dueAt = this.#options.clock.monotonic() + dueInMs;
    this.#guards.set(leg, { action, dueAt, kept: false, resting: false, left: false, task: undefined, stopTimer: () => undefined });
  }

  #renewInTime(leg: LegId, guard: Guard): void {
    const { clock } = this.#options;
    const inMs = guard.dueAt - clock.monotonic();
    if (inMs <= 0) this.#renew(leg, guard);
    else guard.stopTimer = clock.after(inMs, () => this.#renew(leg, guard));
  }

  /**
   * The new one first, then the old one goes: the leg is never without. Where the old one's number is not known (the dialplan's, or ours
   * when the reply is late) all guards of the leg go first, in the same write.
   */
  #renew(leg: LegId, guard: Guard): void {
    const former = guard.task;
    guard.task = undefined;
    guard.dueAt = together(this.#options.clock.monotonic() + guardTimings.renewMs);
    if (former === undefined) this.#send(schedDelGroup(leg));
    this.#options.do(schedGuard(leg, guardTimings.guardSeconds, guard.action)).then(
      (reply) => this.#added(leg, guard, reply),
      () => undefined,
    );
    if (former !== undefined) this.#send(schedDel(former));
    this.#renewInTime(leg, guard);
  }

  #added(leg: LegId, guard: Guard, reply: Reply | undefined): void {
    const task = Number(/^\+OK Added: (\d+)/.exec(reply?.text ?? '')?.[1] ?? Number.NaN);
    if (!Number.isSafeInteger(task) || guard.left) return;
    if (this.#guards.get(leg) === guard && !guard.resting) guard.task = task;
    // It came too late: the leg was bridged or is gone, and another guard may have taken its place.
    else this.#send(schedDel(task));
  }

  #send(command: Command): void {
    this.#options.do(command).catch(() => undefined);
  }
}
