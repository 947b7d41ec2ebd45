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

/** FreeSWITCH counts in whole seconds: a guard of 8 fires after 7 to 8, the dialplan's of 5 after 4 to 5. */
export const guardTimings = { guardSeconds: 8, renewMs: 3_000, inheritMs: 500, settleMs: 300 } as const;

interface Guard {
  readonly action: GuardAction;
  /** When it was put in place, monotonic ms; of the dialplan's: when the leg was parked. */
  readonly since: number;
  /** The dialplan's: nothing of ours is there yet. */
  inherited: boolean;
  /** Somebody serves the leg: it is renewed. */
  kept: boolean;
  /** Bridged, or about to be: nothing is renewed. */
  resting: boolean;
  /** The node was lost: what is pending stays. */
  left: boolean;
  /** The scheduler's number of our newest one; `undefined` until we are told. */
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
    this.#put(leg, action, true, lateMs);
  }

  /** Somebody does something with the leg, so it is to be kept. `action`: for a leg of whose park we have not heard, guarded at once. */
  keep(leg: LegId, action?: GuardAction): void {
    if (action !== undefined && !this.#guards.has(leg)) this.#renew(leg, this.#put(leg, action, true, 0));
    const guard = this.#guards.get(leg);
    if (guard === undefined || guard.kept || guard.resting) return;
    guard.kept = true;
    const firstMs = guard.inherited ? guardTimings.inheritMs : guardTimings.renewMs;
    this.#renewIn(leg, guard, Math.max(0, guard.since + firstMs - this.#options.clock.monotonic()));
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
    this.#renew(leg, this.#put(leg, guard.action, true, 0));
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

  #put(leg: LegId, action: GuardAction, inherited: boolean, lateMs: number): Guard {
    this.#guards.get(leg)?.stopTimer();
    const since = this.#options.clock.monotonic() - lateMs;
    const common = { kept: false, resting: false, left: false, task: undefined, stopTimer: () => undefined };
    const guard: Guard = { action, since, inherited, ...common };
    this.#guards.set(leg, guard);
    return guard;
  }

  #renewIn(leg: LegId, guard: Guard, ms: number): void {
    guard.stopTimer = this.#options.clock.after(ms, () => {
      this.#renew(leg, guard);
      this.#renewIn(leg, guard, guardTimings.renewMs);
    });
  }

  /**
   * The new one first, then the old one goes: the leg is never without. But for the dialplan's, whose number nobody tells
   * (`sched_hangup`): its group goes first, in the same write.
   */
  #renew(leg: LegId, guard: Guard): void {
    const former = guard.task;
    guard.task = undefined;
    if (guard.inherited) this.#send(schedDelGroup(leg));
    guard.inherited = false;
    this.#options.do(schedGuard(leg, guardTimings.guardSeconds, guard.action)).then(
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
