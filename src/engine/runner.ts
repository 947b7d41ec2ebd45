/** One call in flight: an event comes in, the pure core says what follows, effects and timers go out. */
import type { Call, TimerName } from '../core/call/call.js';
import type { Effect } from '../core/call/effect.js';
import type { CallEvent } from '../core/call/event.js';
import { lineOf } from '../core/call/line.js';
import { countAnew, type Step } from '../core/call/step.js';
import { transition } from '../core/call/transition.js';
import type { LegId } from '../core/ids.js';
import type { Tenant } from '../core/tenant.js';
import type { Clock } from '../ports/clock.js';

/** What a runner needs from the engine. */
export interface RunnerHost {
  readonly clock: Clock;
  /** The tenant as configured now; the one that the call began with if a reload removed it. */
  tenant(call: Call): Tenant;
  perform(runner: CallRunner, effect: Effect): void;
  /** After each transition that changed the call, before its effects. */
  changed(runner: CallRunner, before: Call): void;
}

/**
 * A timer that is this late, ms, was held up with the whole process (SIGSTOP, a sleeping machine). Sockets are read after
 * timers, so what happened meanwhile is not known yet: another daemon may have the call. It is heard first, for so long.
 */
const suspendedMs = 1_000;
const hearFirstMs = 500;

/** By which it is known where a caller is who was fetched, or that he could not be. */
function findsHim(event: CallEvent, call: Call): boolean {
  switch (event.type) {
    case 'adopted':
    case 'vanished':
    case 'timer':
      return true;
    case 'parked':
    case 'bridged':
    case 'hungup':
      return event.leg === lineOf(call);
    default:
      return false;
  }
}

export class CallRunner {
  #call: Call;
  #disarm: () => void = () => undefined;
  #armedFor: number | undefined;
  /** The newest state that was given to the store. */
  savedRevision = 0;
  /** Every leg that this call has or had. */
  readonly legs = new Set<LegId>();
  readonly #inbox: CallEvent[] = [];
  #busy = false;
  #asleep = false;
  /** Offers that wait for the caller; `undefined`: he is with us. */
  #offers: (CallEvent & { readonly type: 'offer' })[] | undefined;

  constructor(
    call: Call,
    private readonly host: RunnerHost,
  ) {
    this.#call = call;
  }

  get call(): Call {
    return this.#call;
  }

  /** Carries out the step that created this call. */
  begin(effects: readonly Effect[]): void {
    this.#arm();
    for (const effect of effects) this.host.perform(this, effect);
  }

  /** The caller is about to be looked for, and brought back from whatever he does: until it is known where he is no phone rings for him. */
  fetch(): void {
    this.#offers ??= [];
  }

  /** He was looked for, and nothing was heard of him yet. */
  get fetching(): boolean {
    return this.#offers !== undefined;
  }

  /** Its node is away, or is ours again and the call has not been taken up yet. */
  get asleep(): boolean {
    return this.#asleep;
  }

  /** Events are taken one after the other: one raised while effects are carried out waits for its turn. */
  dispatch(event: CallEvent): void {
    if (this.#offers !== undefined && event.type === 'offer') {
      this.#offers.push(event);
      return;
    }
    if (event.type === 'offerExpired') this.#offers = this.#offers?.filter(({ offer }) => offer.token !== event.offer.token);
    this.#inbox.push(event);
    if (findsHim(event, this.#call)) {
      this.#inbox.push(...(this.#offers ?? []));
      this.#offers = undefined;
    }
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        this.#apply(transition(this.#call, next, { now: this.host.clock.now(), tenant: this.host.tenant(this.#call) }));
      }
    } finally {
      this.#busy = false;
    }
  }

  /** The node is out of reach: nothing that a timer starts could be done now, so the call waits in the step where it is. */
  sleep(): void {
    this.#asleep = true;
    this.#offers = undefined;
    this.stop();
  }

  /**
   * The node is ours (again), or the call was loaded. What was due meanwhile is put off by `graceMs`: first the call learns
   * what became of its legs.
   */
  wake(graceMs: number): void {
    const now = this.host.clock.now();
    const timers = Object.fromEntries(Object.entries(this.#call.timers).map(([name, at]) => [name, Math.max(at, now + graceMs)]));
    this.#call = { ...countAnew(this.#call, now), timers };
    this.#asleep = false;
    this.#arm();
  }

  /** No timer fires any more: the call is over, or another daemon's. */
  stop(): void {
    this.#disarm();
    this.#armedFor = undefined;
  }

  #apply(step: Step): void {
    const before = this.#call;
    this.#call = step.call;
    if (before !== step.call) {
      this.#arm();
      this.host.changed(this, before);
    }
    for (const effect of step.effects) this.host.perform(this, effect);
  }

  /** One timer of the process for the earliest of the call's. */
  #arm(): void {
    let name: TimerName | undefined;
    let due = Number.POSITIVE_INFINITY;
    for (const [candidate, at] of Object.entries(this.#call.timers)) {
      if (at < due) [name, due] = [candidate as TimerName, at];
    }
    if (due === this.#armedFor) return;
    this.stop();
    if (name === undefined || this.#asleep) return;
    this.#armedFor = due;
    this.#disarm = this.host.clock.after(Math.max(0, due - this.host.clock.now()), () => this.#due());
  }

  #due(heard = false): void {
    const now = this.host.clock.now();
    const due = Object.entries(this.#call.timers).find(([, at]) => at <= now);
    if (due !== undefined && !heard && now - due[1] > suspendedMs) {
      this.#disarm = this.host.clock.after(hearFirstMs, () => this.#due(true));
      return;
    }
    this.#armedFor = undefined;
    if (due === undefined) this.#arm();
    else this.dispatch({ type: 'timer', name: due[0] as TimerName });
  }
}
