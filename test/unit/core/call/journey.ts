/** Drives one call through the pure core: a readable way to write what happens and what is wanted. */
import type { Call } from '../../../../src/core/call/call.js';
import type { Effect } from '../../../../src/core/call/effect.js';
import type { CallEvent } from '../../../../src/core/call/event.js';
import { begin, transition } from '../../../../src/core/call/transition.js';
import { type AgentId, id, type LegId, type NodeId, type OfferToken, type PlayId } from '../../../../src/core/ids.js';
import type { Opening } from '../../../../src/core/schedule/schedule.js';
import type { Prompt, Tenant } from '../../../../src/core/tenant.js';
import { tenant as standardTenant } from '../../../support/tenants.js';

export const callerLeg = id<LegId>('c0ffee');

export class Journey {
  call: Call;
  now = 1_700_000_000_000;
  /** All effects so far; `last` holds those of the latest event. */
  readonly effects: Effect[] = [];
  last: readonly Effect[] = [];

  constructor(
    public tenant: Tenant = standardTenant(),
    opening: Opening = 'open',
  ) {
    const arrival = {
      leg: callerLeg,
      node: id<NodeId>('n1'),
      caller: { number: '0612345678', name: "Éloïse d'Été" },
      dialled: '0123456701',
    };
    const step = begin(arrival, '+33123456701', opening, this);
    this.call = step.call;
    this.keep(step.effects);
  }

  happen(event: CallEvent): this {
    const step = transition(this.call, event, this);
    this.call = step.call;
    this.keep(step.effects);
    return this;
  }

  /** Time passes until the next timer of the call. */
  fire(): this {
    const next = Object.entries(this.call.timers).sort((a, b) => a[1] - b[1])[0];
    if (next === undefined) throw new Error(`no timer in ${this.call.state.at}`);
    this.now = Math.max(this.now, next[1]);
    return this.happen({ type: 'timer', name: next[0] as keyof Call['timers'] });
  }

  answered() {
    return this.happen({ type: 'answered', leg: callerLeg });
  }

  /** The prompt that plays now ends. */
  played() {
    return this.happen({ type: 'played', leg: callerLeg, play: this.playing(), failed: false });
  }

  press(digits: string): this {
    for (const digit of digits) this.happen({ type: 'digit', leg: callerLeg, digit });
    return this;
  }

  /** `confirm`: the agent is at a number outside. */
  offer(agent: AgentId, token: string, confirm?: Prompt) {
    return this.happen({ type: 'offer', offer: { agent, token: id<OfferToken>(token), ...(confirm === undefined ? {} : { confirm }) } });
  }

  /** The id of the latest prompt or message. */
  playing(): PlayId {
    const play = this.effects.findLast((effect) => effect.do === 'play' || effect.do === 'takeMessage');
    if (play === undefined) throw new Error('nothing was played');
    return play.play;
  }

  /** The latest leg that was originated. */
  other(): LegId {
    const originate = this.effects.findLast((effect) => effect.do === 'originate');
    if (originate === undefined) throw new Error('nobody was rung');
    return originate.leg;
  }

  /** From the arrival to the agent's talk. */
  toAgent(agent: AgentId): this {
    this.answered().press('1');
    if (this.call.timers.interDigit !== undefined) this.fire();
    this.offer(agent, 't1').happen({ type: 'ready', leg: this.other() }).played();
    return this.happen({ type: 'bridged', leg: callerLeg, other: this.other() });
  }

  did(name: Effect['do']): boolean {
    return this.last.some((effect) => effect.do === name);
  }

  private keep(effects: readonly Effect[]) {
    this.last = effects;
    this.effects.push(...effects);
  }
}
