/** What became of the callers: by tenant, and by the half hour of the day in which they entered the queue. */
import type { Call } from '../core/call/call.js';
import type { CallRecord } from '../core/call/record.js';
import type { TenantId } from '../core/ids.js';
import type { Tenant } from '../core/tenant.js';
import type { LeftQueue, Observer } from './simulation.js';

export const slotMs = 1_800_000;
const slotsADay = 48;
/** Waits are counted by the second up to here, s. */
const longest = 900;

/** Callers of one tenant, or of one half hour. */
export class Count {
  /** Entered the queue. */
  queued = 0;
  answered = 0;
  /** Within the tenant's promise. */
  inTime = 0;
  /** Hung up in the queue. */
  abandoned = 0;
  /** Left it for something else: message, outside number. */
  overflowed = 0;
  /** Were promised a callback, in the queue or before it. */
  promised = 0;
  /** Of those: talked to an agent, so long after they had agreed, ms; and were not reached in time, or at all. */
  reached = 0;
  reachedAfterMs = 0;
  unreached = 0;
  waitMs = 0;
  /** For the confidence of the mean. */
  squaredWaitS2 = 0;
  /** Seconds of wait of those who were answered → how many. */
  readonly waits = new Map<number, number>();

  answer(waitMs: number, withinMs: number): void {
    this.answered++;
    if (waitMs <= withinMs) this.inTime++;
    this.waitMs += waitMs;
    this.squaredWaitS2 += (waitMs / 1000) ** 2;
    const seconds = Math.min(longest, Math.floor(waitMs / 1000));
    this.waits.set(seconds, (this.waits.get(seconds) ?? 0) + 1);
  }

  add(other: Count): void {
    this.queued += other.queued;
    this.answered += other.answered;
    this.inTime += other.inTime;
    this.abandoned += other.abandoned;
    this.overflowed += other.overflowed;
    this.promised += other.promised;
    this.reached += other.reached;
    this.reachedAfterMs += other.reachedAfterMs;
    this.unreached += other.unreached;
    this.waitMs += other.waitMs;
    this.squaredWaitS2 += other.squaredWaitS2;
    for (const [seconds, count] of other.waits) this.waits.set(seconds, (this.waits.get(seconds) ?? 0) + count);
  }

  /** Share of all who entered the queue, those who gave up included. */
  get serviceLevel(): number {
    return this.inTime / Math.max(1, this.queued);
  }

  get abandonment(): number {
    return this.abandoned / Math.max(1, this.queued);
  }

  /** Mean wait of those who were answered, s. */
  get asaS(): number {
    return this.waitMs / 1000 / Math.max(1, this.answered);
  }

  /** The wait that this share of the answered did not exceed, s. */
  quantileS(part: number): number {
    let left = part * this.answered;
    for (const [seconds, count] of [...this.waits].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return seconds;
    }
    return 0;
  }
}

/** One half hour of the day, summed over all days. */
export class Slot extends Count {
  /** ms of agents, and of callers in the queue. */
  signedInMs = 0;
  busyMs = 0;
  queueMs = 0;
  longestQueue = 0;
}

export class Tally implements Observer {
  readonly tenants = new Map<TenantId, Count>();
  readonly slots: readonly Slot[] = Array.from({ length: slotsADay }, () => new Slot());
  /** All calls by what became of them, those that were never queued too. */
  readonly outcomes = new Map<CallRecord['outcome'] | 'to be called back', number>();
  readonly #dayStart: number;
  readonly #dayEnd: number;
  readonly #tenantOf: (id: TenantId) => Tenant | undefined;
  readonly #enteredAt = new Map<Call['id'], number>();

  /** Midnight before the first day and after the last, epoch ms. */
  constructor(dayStart: number, dayEnd: number, tenantOf: (id: TenantId) => Tenant | undefined) {
    this.#dayStart = dayStart;
    this.#dayEnd = dayEnd;
    this.#tenantOf = tenantOf;
  }

  get all(): Count {
    const sum = new Count();
    for (const count of this.tenants.values()) sum.add(count);
    return sum;
  }

  queued(call: Call, now: number): void {
    // A caller whose transfer failed may come back: he is one caller.
    if (call.enqueuedAt !== now) return;
    this.#countOf(call.tenant).queued++;
    const slot = this.#slotAt(now);
    slot.queued++;
    this.#enteredAt.set(call.id, now);
    slot.longestQueue = Math.max(slot.longestQueue, this.#enteredAt.size);
  }

  leftQueue(call: Call, how: LeftQueue, now: number): void {
    const entered = this.#enteredAt.get(call.id);
    if (entered === undefined) return;
    this.#enteredAt.delete(call.id);
    this.#spread(entered, now, (slot, ms) => {
      slot.queueMs += ms;
    });
    const within = this.#tenantOf(call.tenant)?.serviceLevel.withinMs ?? 0;
    const slot = this.#slotAt(entered);
    // Of the tenant `promised` tells, also of those who were never in the queue.
    if (how === 'calledBack') slot.promised++;
    for (const count of [this.#countOf(call.tenant), slot]) {
      if (how === 'answered') count.answer(now - entered, within);
      else if (how === 'gaveUp') count.abandoned++;
      else if (how === 'elsewhere') count.overflowed++;
    }
  }

  promised(call: Call): void {
    this.#countOf(call.tenant).promised++;
  }

  reached({ tenant, callback }: Call, now: number): void {
    const count = this.#countOf(tenant);
    count.reached++;
    count.reachedAfterMs += now - (callback?.askedAt ?? now);
  }

  ended({ outcome, tenant, endedAt }: CallRecord): void {
    // What is still to come when the last day is over was not in vain.
    const open = outcome === 'unreached' && endedAt >= this.#dayEnd;
    const became = open ? 'to be called back' : outcome;
    this.outcomes.set(became, (this.outcomes.get(became) ?? 0) + 1);
    if (outcome === 'unreached' && !open) this.#countOf(tenant).unreached++;
  }

  /** A stretch of an agent's time. */
  spend(does: 'signedIn' | 'busy', from: number, to: number): void {
    this.#spread(from, to, (slot, ms) => {
      if (does === 'busy') slot.busyMs += ms;
      else slot.signedInMs += ms;
    });
  }

  #spread(from: number, to: number, add: (slot: Slot, ms: number) => void): void {
    for (let at = from; at < to; ) {
      const end = Math.min(to, at + slotMs - ((((at - this.#dayStart) % slotMs) + slotMs) % slotMs));
      add(this.#slotAt(at), end - at);
      at = end;
    }
  }

  #slotAt(at: number): Slot {
    const index = Math.floor((at - this.#dayStart) / slotMs) % slotsADay;
    return this.slots[index < 0 ? index + slotsADay : index] ?? new Slot();
  }

  #countOf(tenant: TenantId): Count {
    const known = this.tenants.get(tenant);
    if (known !== undefined) return known;
    const made = new Count();
    this.tenants.set(tenant, made);
    return made;
  }
}
