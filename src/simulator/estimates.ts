/**
 * How far off the waits were that callers could have been told: ours (core/queue/wait-estimate.ts) beside the running average that
 * Asterisk's app_queue announces, at the same instants for the same callers. Callers who gave up do not count: nobody knows how long
 * they would have waited.
 */
import type { Call } from '../core/call/call.js';
import type { CallId, QueueId } from '../core/ids.js';
import { estimateWait, type Outlook } from '../core/queue/wait-estimate.js';
import type { Tenant } from '../core/tenant.js';

/** Callers in the queue are told again after this long, ms. */
export const announceEveryMs = 30_000;

interface Made {
  readonly at: number;
  readonly when: keyof Estimates['errors'];
  readonly holdtimeMs: number;
  /** The store may tell what is to come only after the wait is over: its replies are heard late. */
  oursMs?: number;
  leftMs?: number;
}

export class Errors {
  count = 0;
  #absoluteMs = 0;
  #signedMs = 0;

  add(errorMs: number): void {
    this.count++;
    this.#absoluteMs += Math.abs(errorMs);
    this.#signedMs += errorMs;
  }

  get meanAbsoluteErrorS(): number {
    return this.#absoluteMs / 1000 / Math.max(1, this.count);
  }

  /** Above 0: the waits were shorter than told. */
  get biasS(): number {
    return this.#signedMs / 1000 / Math.max(1, this.count);
  }
}

export class Estimates {
  readonly errors = {
    entry: { ours: new Errors(), holdtime: new Errors() },
    announcement: { ours: new Errors(), holdtime: new Errors() },
  };
  readonly #made = new Map<CallId, Made[]>();
  readonly #holdtimes = new Map<QueueId, number>();

  /** He waits and could be told now, as soon as the store has told what he can expect. */
  make(call: Call, { queue }: Tenant, when: Made['when'], now: number): (outlook: Outlook | undefined) => void {
    // say_position() takes the time that he has waited off the average, and the sign off what is left.
    const holdtimeMs = Math.abs((this.#holdtimes.get(queue.id) ?? 0) * 1000 - (now - (call.enqueuedAt ?? now)));
    const made: Made = { at: now, when, holdtimeMs };
    const known = this.#made.get(call.id);
    if (known === undefined) this.#made.set(call.id, [made]);
    else known.push(made);
    return (outlook) => {
      const oursMs = outlook === undefined ? undefined : estimateWait(outlook);
      if (oursMs === undefined) return;
      made.oursMs = oursMs;
      this.#count(made);
    };
  }

  /** Once both are known. */
  #count({ when, oursMs, holdtimeMs, leftMs }: Made): void {
    if (oursMs === undefined || leftMs === undefined) return;
    this.errors[when].ours.add(oursMs - leftMs);
    this.errors[when].holdtime.add(holdtimeMs - leftMs);
  }

  /** His wait is over. */
  settle(call: Call, { queue }: Tenant, answered: boolean, now: number): void {
    const all = this.#made.get(call.id) ?? [];
    this.#made.delete(call.id);
    if (!answered || call.enqueuedAt === undefined) return;
    for (const made of all) {
      made.leftMs = now - made.at;
      this.#count(made);
    }
    // Whole seconds, a quarter of the new wait: recalc_holdtime() in apps/app_queue.c.
    const known = this.#holdtimes.get(queue.id) ?? 0;
    const waited = Math.floor((now - call.enqueuedAt) / 1000);
    this.#holdtimes.set(queue.id, ((known << 2) - known + waited) >> 2);
  }
}
