/**
 * The dead man's switch of each leg that is ours and not bridged: FreeSWITCH sends a caller to the fallback, and hangs an
 * agent's leg up, unless we say in time that we still live.
 *
 * Our guards are scheduler tasks in a group of their own (`tcore-<leg>`); the dialplan's are in the leg's group. So ours can be
 * put in place first and all of the dialplan's taken away after it, without knowing their numbers (`sched_hangup` tells none).
 */
import type { LegId } from '../core/ids.js';
import type { Clock } from '../ports/clock.js';
import { type Command, type GuardAction, schedDel, schedDelGroup, schedGuard } from './esl/command.js';
import type { Reply } from './esl/reply-queue.js';

/** FreeSWITCH counts in whole seconds: a guard of 8 fires after 7 to 8. */
export const guardTimings = { guardSeconds: 8, renewMs: 3_000, clearAfterBridgeMs: 300 } as const;

interface Guard {
  action: GuardAction;
  /** From the first renewal on. */
  readonly later: GuardAction;
  /** Monotonic ms. */
  readonly armedAt: number;
  /** Somebody serves the leg: it is renewed. */
  kept: boolean;
  /** Bridged, or about to be: nothing is renewed. */
  resting: boolean;
  /** The node was lost: what is pending stays. */
  left: boolean;
  /** The scheduler's number of the newest one; `undefined` until we are told. */
  task: number | undefined;
  stopTimer: () => void;
}

export interface GuardsOptions {
  readonly clock: Clock;
  /** Never rejects. */
  readonly do: (command: Command) => Promise<Reply | undefined>;
}

/** The scheduler group of our own guards of a leg. */
export const guardGroup = (leg: LegId): string => `tcore-${leg}`;

export class Guards {
  readonly #options: GuardsOptions;
  readonly #guards = new Map<LegId, Guard>();

  constructor(options: GuardsOptions) {
    this.#options = options;
  }

  /**
   * Our guard takes the place of whatever guards the leg; sent at once. It is renewed from `keep` on: a leg that nobody serves
   * goes the way of its guard. `later`: what the guard does from its first renewal on.
   */
  arm(leg: LegId, action: GuardAction, later = action): void {
    const former = this.#guards.get(leg);
    former?.stopTimer();
    const armedAt = this.#options.clock.monotonic();
    const guard: Guard = { action, later, armedAt, kept: false, resting: false, left: false, task: undefined, stopTimer: () => undefined };
    this.#guards.set(leg, guard);
    this.#add(leg, guard, former?.task);
    this.#send(schedDelGroup(leg));
  }

  /** Somebody does something with the leg, so it is to be kept. */
  keep(leg: LegId): void {
    const guard = this.#guards.get(leg);
    if (guard === undefined || guard.kept || guard.resting) return;
    guard.kept = true;
    this.#renewIn(leg, guard, Math.max(0, guard.armedAt + guardTimings.renewMs - this.#options.clock.monotonic()));
  }

  /** Before a bridge: FreeSWITCH itself cancels what is pending as it bridges, and a renewal would tear the bridge down. */
  rest(leg: LegId): void {
    const guard = this.#guards.get(leg);
    if (guard === undefined) return;
    guard.resting = true;
    guard.stopTimer();
  }

  /** The bridge came to nothing. */
  resume(leg: LegId): void {
    const guard = this.#guards.get(leg);
    if (guard?.resting !== true) return;
    this.arm(leg, guard.action, guard.later);
    this.keep(leg);
  }

  /** Nothing guards the leg any more. */
  clear(leg: LegId): void {
    this.forget(leg);
    this.#send(schedDelGroup(leg));
    this.#send(schedDelGroup(guardGroup(leg)));
  }

  /** The leg is gone: what would fire in vain is taken off FreeSWITCH's list. */
  release(leg: LegId): void {
    if (!this.#guards.has(leg)) return;
    this.forget(leg);
    this.#send(schedDelGroup(guardGroup(leg)));
  }

  /** No more renewals; what is pending stays pending. */
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

  #renewIn(leg: LegId, guard: Guard, ms: number): void {
    guard.stopTimer = this.#options.clock.after(ms, () => {
      guard.action = guard.later;
      this.#add(leg, guard, guard.task);
      this.#renewIn(leg, guard, guardTimings.renewMs);
    });
  }

  /** The new one first, then the old one goes: the leg is never without. */
  #add(leg: LegId, guard: Guard, former: number | undefined): void {
    guard.task = undefined;
    this.#options.do(schedGuard(leg, guardGroup(leg), guardTimings.guardSeconds, guard.action)).then(
      (reply) => this.#added(leg, guard, reply),
      () => undefined,
    );
    if (former !== undefined) this.#send(schedDel(former));
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
