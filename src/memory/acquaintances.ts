/** Who talked to whom last: the agents whom callers know, while that is remembered. */
import type { AgentId } from '../core/ids.js';
import type { WaitingCall } from '../core/queue/waiting-call.js';

type Caller = Pick<WaitingCall, 'tenant' | 'sticky'>;

export class Acquaintances {
  /** Oldest first. */
  readonly #known = new Map<string, { readonly agent: AgentId; readonly until: number }>();

  /** They talked: the agent is the caller's own from now on. */
  remember({ tenant, sticky }: Caller, agent: AgentId, now: number): void {
    if (sticky === undefined) return;
    for (const [key, { until }] of this.#known) {
      if (until > now) break;
      this.#known.delete(key);
    }
    const key = `${tenant}/${sticky.caller}`;
    this.#known.delete(key);
    this.#known.set(key, { agent, until: now + sticky.ms });
  }

  of({ tenant, sticky }: Caller, now: number): AgentId | undefined {
    const known = sticky === undefined ? undefined : this.#known.get(`${tenant}/${sticky.caller}`);
    return known === undefined || known.until <= now ? undefined : known.agent;
  }
}
