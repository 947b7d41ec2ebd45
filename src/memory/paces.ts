/** How fast each tenant's calls are handled and how soon its callers leave: what `redis/commands/includes/pace.lua` keeps. */
import type { TenantId } from '../core/ids.js';
import { afterCall, afterWait, type Pace, unknownPace } from '../core/queue/pace.js';
import type { CallEntry, TalkEntry } from './entries.js';

export class Paces {
  readonly #paces = new Map<TenantId, Pace>();

  of(tenant: TenantId): Pace {
    return this.#paces.get(tenant) ?? unknownPace;
  }

  /** A call that its agent was busy with ends, but for a wrap-up of `wrapUpMs`. */
  countCall(call: CallEntry | undefined, { at }: TalkEntry, wrapUpMs: number, now: number): void {
    if (call?.request === undefined) return;
    const { tenant } = call.request;
    this.#paces.set(tenant, afterCall(this.of(tenant), now - at + Math.max(0, wrapUpMs)));
  }

  /** The call's wait is over: an agent took it, or the caller `left`. Who is off the line, to be called back, loses no patience. */
  countWait({ request }: CallEntry, left: boolean, now: number): void {
    if (request !== undefined && request.callback === undefined)
      this.#paces.set(request.tenant, afterWait(this.of(request.tenant), now - request.enqueuedAt, left));
  }
}
