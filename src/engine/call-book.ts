/** Which calls are in progress here, which legs belong to them, and when nothing is left to do. */
import { otherLegs } from '../core/call/call.js';
import type { CallId, LegId, NodeId } from '../core/ids.js';
import type { Tenant } from '../core/tenant.js';
import type { CallRunner } from './runner.js';

export class CallBook {
  readonly #runners = new Map<CallId, CallRunner>();
  /** Every leg of every call, to the call. */
  readonly #legs = new Map<LegId, CallRunner>();
  /** Callers being taken, and those who hung up meanwhile with the cause: their events must not make a second call of them. */
  readonly #taking = new Map<LegId, string | undefined>();
  /** Calls that are over, but whose records are not safe yet. */
  readonly #recording = new Set<CallId>();
  /** Each call's tenant as it was when the call began: a reload may remove it. */
  readonly #tenants = new Map<CallId, Tenant>();
  #waiting: (() => void)[] = [];

  [Symbol.iterator](): IterableIterator<CallRunner> {
    // A copy: what is done for one call may end another.
    return [...this.#runners.values()][Symbol.iterator]();
  }

  of(node: NodeId): readonly CallRunner[] {
    return [...this].filter((runner) => runner.call.node === node);
  }

  find(call: CallId): CallRunner | undefined {
    return this.#runners.get(call);
  }

  byLeg(leg: LegId): CallRunner | undefined {
    return this.#legs.get(leg);
  }

  formerTenant(call: CallId): Tenant | undefined {
    return this.#tenants.get(call);
  }

  /** Whether this daemon has had to do with the call and is not through with it. */
  knows(call: CallId): boolean {
    return this.#runners.has(call) || this.#recording.has(call);
  }

  ownsLeg(leg: LegId): boolean {
    return this.#legs.has(leg) || this.#taking.has(leg);
  }

  /** Whether a call needs this leg now; one that it has given up is of no use to anybody. */
  needs(leg: LegId): boolean {
    const call = this.#legs.get(leg)?.call;
    if (call === undefined) return this.#taking.has(leg);
    return call.leg === leg || otherLegs(call.state).includes(leg) || call.supervision?.leg === leg;
  }

  taking(leg: LegId, now: boolean): void {
    if (now) this.#taking.set(leg, undefined);
    else this.#taking.delete(leg);
    this.#look();
  }

  /** A leg is gone: nothing more is heard of it. */
  legGone(leg: LegId, cause: string): void {
    this.#legs.delete(leg);
    if (this.#taking.has(leg)) this.#taking.set(leg, cause);
  }

  /** Why a caller who is being taken has hung up; `undefined`: he has not. */
  leftWhileTaken(leg: LegId): string | undefined {
    return this.#taking.get(leg);
  }

  add(runner: CallRunner, tenant: Tenant): void {
    const { call } = runner;
    this.#runners.set(call.id, runner);
    this.#tenants.set(call.id, tenant);
    this.addLeg(call.leg, runner);
    for (const leg of otherLegs(call.state)) this.addLeg(leg, runner);
    if (call.supervision !== undefined) this.addLeg(call.supervision.leg, runner);
  }

  /** From now on events of this leg belong to this call. */
  addLeg(leg: LegId, runner: CallRunner): void {
    this.#legs.set(leg, runner);
    runner.legs.add(leg);
  }

  /** The call is over; its record is on its way. */
  remove(runner: CallRunner): void {
    this.#recording.add(runner.call.id);
    this.forget(runner);
  }

  /** The call is another daemon's now, or its state here is older than what is saved. */
  forget(runner: CallRunner): void {
    runner.stop();
    this.#runners.delete(runner.call.id);
    this.#tenants.delete(runner.call.id);
    for (const leg of runner.legs) this.#legs.delete(leg);
    this.#look();
  }

  /** Its record is safe, or was given up. */
  recorded(call: CallId): void {
    this.#recording.delete(call);
    this.#look();
  }

  /** Resolves when no call is in progress, being taken or being recorded. */
  empty(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#look();
    });
  }

  #look(): void {
    if (this.#runners.size + this.#taking.size + this.#recording.size > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
