/**
 * One routing domain in memory: what the scripts in `redis/commands` do, with the same names. Several stores (daemons)
 * may share one. The contract suite holds both to the same behaviour.
 */
import { randomBytes } from 'node:crypto';
import type { Offer } from '../core/call/call.js';
import { type AgentId, type CallId, id, type OfferToken, type PoolId, type QueueId, type TenantId } from '../core/ids.js';
import { meets } from '../core/queue/lane.js';
import type { Outlook } from '../core/queue/wait-estimate.js';
import type { Assignment, EnqueueRequest, ReadyAgent, RoutingStats } from '../ports/routing-store.js';
import { Choice, type Pairing } from './choice.js';
import { outlookOf } from './outlook.js';
import { type AgentEntry, type CallEntry, RoutingFloor } from './routing-floor.js';

type Deliver = (assignment: Assignment) => void;

export class RoutingDomain {
  readonly #floor = new RoutingFloor();
  readonly #choice = new Choice(this.#floor);
  readonly #daemons = new Map<string, Deliver>();
  readonly #overduePauseMs: number;
  /** A domain that stands in for Redis must not make a token that another one made. */
  readonly #generation = randomBytes(6).toString('hex');
  #tokens = 0;

  constructor(options: { readonly overduePauseMs?: number } = {}) {
    this.#overduePauseMs = options.overduePauseMs ?? 5_000;
  }

  /** Calls that it still holds anything about. */
  get calls(): number {
    return this.#floor.calls.size;
  }

  join(daemon: string, deliver: Deliver): void {
    this.#daemons.set(daemon, deliver);
  }

  leave(daemon: string): void {
    this.#daemons.delete(daemon);
  }

  agentReady(ready: ReadyAgent, now: number): void {
    const known = this.#floor.agents.get(ready.agent);
    if (known === undefined) this.#floor.signIn(ready, 'idle', now);
    else this.#floor.assign(known, ready);
    this.#match(now);
  }

  agentGone(agent: AgentId, now: number): void {
    const known = this.#floor.agents.get(agent);
    if (known === undefined) return;
    if (known.status === 'offered' || known.status === 'connected') known.gone = true;
    else this.#floor.signOut(known);
    this.#match(now);
  }

  /** Returns how many agents are signed in who could take it in its widest ring. */
  enqueue(daemon: string, request: EnqueueRequest, now: number): number {
    const { call, tenant, share } = request;
    const known = this.#floor.calls.get(call);
    if (JSON.stringify(this.#floor.shares.get(tenant)) !== JSON.stringify(share)) this.#floor.share(tenant, share);
    if (known?.state !== 'offered' || known.daemon !== daemon) {
      if (known?.state === 'waiting') this.#floor.unplace(known);
      this.#freeAgentOf(known, now);
      const entry: CallEntry = { id: call, daemon, request, lane: undefined, state: 'waiting', offer: undefined };
      this.#floor.calls.set(call, entry);
      this.#floor.place(entry, 'call', now);
    }
    this.#match(now);
    const able = request.rings.map(
      ({ pools, requires }) =>
        [...this.#floor.agents.values()].filter(
          (agent) => !agent.gone && agent.pools.some((pool) => pools.includes(pool)) && meets(agent.skills, requires),
        ).length,
    );
    return Math.max(...able);
  }

  abandon(call: CallId, offer: Offer | undefined, now: number): void {
    const known = this.#floor.calls.get(call);
    if (known === undefined || known.state === 'connected') return;
    if (offer !== undefined && known.offer?.token !== offer.token) return;
    this.#floor.countWait(known, true, now);
    if (known.state === 'waiting') this.#floor.unplace(known);
    this.#floor.calls.delete(call);
    this.#freeAgentOf(known, now);
    this.#match(now);
  }

  accept(call: CallId, offer: Offer, now: number): boolean {
    const known = this.#floor.calls.get(call);
    const agent = this.#floor.agents.get(offer.agent);
    if (known?.offer?.token !== offer.token || agent === undefined) return false;
    if (known.state === 'offered') this.#floor.countWait(known, false, now);
    known.state = 'connected';
    agent.status = 'connected';
    this.#floor.due.remove(offer.agent);
    if (known.request !== undefined) this.#choice.remember(known.request, offer.agent, now);
    return true;
  }

  reject(call: CallId, offer: Offer, pauseMs: number, now: number): boolean {
    const known = this.#floor.calls.get(call);
    const agent = this.#floor.agents.get(offer.agent);
    if (known?.offer?.token !== offer.token || agent === undefined) return false;
    // A talk that is only known from `restore` has no place to go back to.
    if (known.request === undefined) this.#floor.calls.delete(call);
    else this.#floor.place(known, 'back', now);
    this.#floor.rest(agent, 'paused', pauseMs, now);
    this.#match(now);
    return true;
  }

  release(offer: Offer, wrapUpMs: number, now: number): boolean {
    const agent = this.#floor.agents.get(offer.agent);
    if (agent === undefined || agent.token !== offer.token) return false;
    if (agent.call !== undefined) {
      this.#floor.countCall(this.#floor.calls.get(agent.call), agent, wrapUpMs, now);
      this.#floor.calls.delete(agent.call);
    }
    this.#floor.rest(agent, 'wrapUp', wrapUpMs, now);
    this.#match(now);
    return true;
  }

  restore(daemon: string, talk: { call: CallId; offer: Offer; tenant: TenantId; pool: PoolId }, now: number): void {
    const { call, offer, tenant, pool } = talk;
    const known = this.#floor.calls.get(call);
    if (known?.state === 'waiting') this.#floor.unplace(known);
    if (known?.offer !== undefined && known.offer.agent !== offer.agent) this.#freeAgentOf(known, now);

    const agent =
      this.#floor.agents.get(offer.agent) ??
      this.#floor.signIn({ agent: offer.agent, pools: [pool], skills: {}, order: 0 }, 'connected', now);
    const dropped = agent.call === undefined || agent.call === call ? undefined : this.#floor.calls.get(agent.call);
    if (dropped?.state === 'offered') this.#floor.place(dropped, 'back', now);
    else if (dropped !== undefined) this.#floor.calls.delete(dropped.id);

    this.#floor.due.remove(offer.agent);
    Object.assign(agent, { status: 'connected', call, token: offer.token, busySince: agent.busySince ?? now });
    this.#floor.serve(agent, tenant);
    this.#floor.calls.set(call, { id: call, daemon, request: known?.request, lane: undefined, state: 'connected', offer });
    this.#match(now);
  }

  tick(now: number): void {
    for (const [member] of takeDue(this.#floor.relaxing, now)) {
      const call = this.#floor.calls.get(id<CallId>(member));
      if (call === undefined) continue;
      this.#floor.unplace(call);
      this.#floor.place(call, 'ring', now);
    }
    this.#match(now);
    // First every call is at its place, then the agents come: else one of them takes a later call.
    const rested: (readonly [AgentEntry, number])[] = [];
    for (const [member, at] of takeDue(this.#floor.due, now)) {
      const agent = this.#floor.agents.get(id<AgentId>(member));
      const call = agent?.call === undefined ? undefined : this.#floor.calls.get(agent.call);
      if (agent?.status === 'offered' && call !== undefined) {
        this.#floor.place(call, 'back', now);
        this.#floor.rest(agent, 'paused', this.#overduePauseMs, now);
      } else if (agent !== undefined) {
        rested.push([agent, at]);
      }
    }
    for (const [agent, at] of rested) {
      this.#floor.free(agent, at, now);
      this.#match(now);
    }
    this.#match(now);
  }

  /** Changes nothing. */
  outlook(call: CallId): Outlook | undefined {
    const known = this.#floor.calls.get(call);
    return known === undefined ? undefined : outlookOf(this.#floor, known);
  }

  stats(): RoutingStats {
    const queues = new Map<QueueId, { length: number; oldest: number | undefined }>();
    for (const { state, request } of this.#floor.calls.values()) {
      if (state !== 'waiting' || request === undefined) continue;
      const known = queues.get(request.queue);
      const oldest = Math.min(known?.oldest ?? Number.POSITIVE_INFINITY, request.enqueuedAt);
      queues.set(request.queue, { length: (known?.length ?? 0) + 1, oldest });
    }
    return { queues, agents: new Map([...this.#floor.agents].map(([agent, { status }]) => [agent, status])) };
  }

  /** Pairs calls and agents until no pair is left: after every change, so nobody idles while a call that may go to him waits. */
  #match(now: number): void {
    for (let pair = this.#choice.next(now); pair !== undefined; pair = this.#choice.next(now)) this.#offer(pair, now);
    this.#floor.touched.clear();
  }

  #offer({ call, agent, why }: Pairing, now: number): void {
    const offer: Offer = { agent: agent.id, token: id<OfferToken>(`${this.#generation}-${++this.#tokens}`) };
    const deliver = this.#daemons.get(call.daemon);
    this.#floor.unplace(call);
    if (deliver === undefined || call.request === undefined) {
      this.#floor.calls.delete(call.id);
      return;
    }
    Object.assign(call, { state: 'offered', offer });
    Object.assign(agent, { status: 'offered', call: call.id, token: offer.token, offeredAt: now, busySince: now });
    this.#floor.serve(agent, call.request.tenant);
    this.#floor.due.put(agent.id, now + call.request.offerMs);
    deliver({ call: call.id, offer, why });
  }

  /** After the agent of a call was taken off it: he never talked (offered), or his talk is over (connected). */
  #freeAgentOf(call: CallEntry | undefined, now: number): void {
    const agent = call?.offer === undefined ? undefined : this.#floor.agents.get(call.offer.agent);
    if (agent !== undefined) this.#floor.free(agent, call?.state === 'offered' ? agent.idleSince : now, now);
  }
}

/** Takes out what is due, in order. */
function takeDue(set: RoutingFloor['due'], now: number): readonly (readonly [string, number])[] {
  const due: (readonly [string, number])[] = [];
  for (let first = set.first(); first !== undefined && first.score <= now; first = set.first()) {
    due.push([first.member, first.score]);
    set.remove(first.member);
  }
  return due;
}
