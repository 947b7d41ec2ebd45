/** Who is there at all, and what agents ask for themselves: as `redis/commands/wish.lua` and `includes/presence.lua` do it. */
import type { AgentId } from '../core/ids.js';
import type { Duty, Wish, WishResult } from '../core/queue/duty.js';
import type { ReadyAgent } from '../ports/routing-store.js';
import type { AgentEntry } from './entries.js';
import type { RoutingFloor } from './routing-floor.js';

export class Presence {
  readonly #floor: RoutingFloor;

  constructor(floor: RoutingFloor) {
    this.#floor = floor;
  }

  ready(ready: ReadyAgent, now: number): void {
    this.#floor.ready.set(ready.agent, ready);
    if (this.#onDuty(ready.agent, ready.manual === true)) this.#signIn(ready, now);
    else this.#leave(ready.agent, now);
  }

  gone(agent: AgentId, now: number): void {
    this.#floor.ready.delete(agent);
    this.#leave(agent, now);
  }

  wish(agent: AgentId, wish: Wish, manual: boolean, now: number): WishResult {
    const { agents, duties, ready } = this.#floor;
    const known = agents.get(agent);
    const on = this.#onDuty(agent, manual);
    switch (wish.do) {
      case 'signIn': {
        if (on) return 'already';
        duties.set(agent, { state: 'in', pause: undefined });
        const told = ready.get(agent);
        if (told !== undefined) this.#signIn(told, now);
        return 'done';
      }
      case 'signOut':
        if (!on) return 'already';
        duties.set(agent, { state: 'out' });
        this.#floor.forget(agent);
        return this.#leave(agent, now) ? 'later' : 'done';
      case 'pause': {
        if (!on) return 'signedOut';
        const before = this.#floor.pauseOf(agent);
        if (before !== undefined && before.reason === wish.reason) return 'already';
        duties.set(agent, { state: 'in', pause: { reason: wish.reason, since: now } });
        if (known !== undefined) this.#floor.settle(known, now);
        return known !== undefined && taken(known) ? 'later' : 'done';
      }
      case 'ready': {
        if (!on) return 'signedOut';
        const resting = known?.status === 'paused' || known?.status === 'wrapUp' || known?.restUntil !== undefined;
        if (!resting && this.#floor.pauseOf(agent) === undefined) return 'already';
        duties.set(agent, { state: 'in', pause: undefined });
        if (known !== undefined) this.#floor.settle(known, now);
        return 'done';
      }
      case 'extendWrapUp': {
        if (!on) return 'signedOut';
        if (known?.status !== 'wrapUp') return 'notWrappingUp';
        const ms = Math.min(wish.ms, wish.mostMs - known.extendedMs);
        if (ms <= 0) return 'capped';
        known.extendedMs += ms;
        this.#floor.due.put(agent, (this.#floor.due.scoreOf(agent) ?? now) + ms);
        return 'done';
      }
      default:
        return wish satisfies never;
    }
  }

  /** What follows for him who missed an offer, as if he had asked for it. */
  withdraw(agent: AgentEntry, duty: 'paused' | 'out', now: number): void {
    const { duties } = this.#floor;
    if (duty === 'out') {
      duties.set(agent.id, { state: 'out' });
      this.#floor.leave(agent, now);
    } else if (this.#floor.pauseOf(agent.id) === undefined && duties.get(agent.id)?.state !== 'out') {
      duties.set(agent.id, { state: 'in', pause: { reason: undefined, since: now } });
    }
  }

  restore(duties: ReadonlyMap<AgentId, Duty>, now: number): void {
    for (const [agent, duty] of duties) {
      if (this.#floor.duties.has(agent)) continue;
      this.#floor.duties.set(agent, duty);
      const known = this.#floor.agents.get(agent);
      const told = this.#floor.ready.get(agent);
      if (duty.state === 'out') this.#leave(agent, now);
      else if (known !== undefined && !resting(known)) this.#floor.carryOn(known, now, now);
      else if (known === undefined && told !== undefined) this.#signIn(told, now);
    }
  }

  #onDuty(agent: AgentId, manual: boolean): boolean {
    const duty = this.#floor.duties.get(agent);
    return duty === undefined ? !manual : duty.state === 'in';
  }

  #signIn(ready: ReadyAgent, now: number): void {
    const known = this.#floor.agents.get(ready.agent);
    const { ownCall = false } = ready;
    if (known === undefined) {
      this.#floor.comeBack(this.#floor.signIn({ maxCalls: 1, ...ready }, now), now);
      return;
    }
    if (known.ownCall !== ownCall) {
      known.ownCall = ownCall;
      if (!resting(known)) this.#floor.carryOn(known, now, now);
    }
    this.#floor.assign(known, ready, now);
  }

  /** `true`: when what he does now ends. */
  #leave(agent: AgentId, now: number): boolean {
    const known = this.#floor.agents.get(agent);
    return known !== undefined && this.#floor.leave(known, now);
  }
}

/** Of his own accord or not: what he has to do with calls is over. */
const resting = ({ status }: AgentEntry): boolean => status === 'paused' || status === 'wrapUp';
/** What he does now is finished first. */
const taken = ({ status }: AgentEntry): boolean => status === 'offered' || status === 'connected';
