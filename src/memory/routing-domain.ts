/**
 * One routing domain in memory: what the scripts in `redis/commands` do, with the same names. Several stores (daemons)
 * may share one. The contract suite holds both to the same behaviour.
 */
import { randomBytes } from 'node:crypto';
import type { Offer } from '../core/call/call.js';
import { type AgentId, type CallId, id, type OfferToken, type PoolId, type QueueId, type TenantId } from '../core/ids.js';
import type { BreatherRule } from '../core/queue/breather.js';
import type { Duty, Wish, WishResult } from '../core/queue/duty.js';
import { meets } from '../core/queue/lane.js';
import type { Missed } from '../core/queue/missed.js';
import type { Outlook } from '../core/queue/wait-estimate.js';
import type { Assignment, Enqueued, EnqueueRequest, ReadyAgent, RoutingStats, Talk } from '../ports/routing-store.js';
import { Choice, type Pairing } from './choice.js';
import type { AgentEntry, CallEntry } from './entries.js';
import { outlookOf } from './outlook.js';
import { Presence } from './presence.js';
import { RoutingFloor } from './routing-floor.js';

type Deliver = (assignment: Assignment) => void;

export class RoutingDomain {
  readonly #floor = new RoutingFloor();
  readonly #presence = new Presence(this.#floor);
  readonly #choice = new Choice(this.#floor);
  readonly #daemons = new Map<string, Deliver>();
  /** Callers who gave up, oldest first; times are epoch ms. */
  readonly #gaveUp = new Map<string, { readonly at: number; readonly until: number }>();
  readonly #overduePauseMs: number;
  /** A domain that stands in for Redis must not make a token that another one made. */
  readonly #generation: string;
  #tokens = 0;

  /** `generation`: with what tokens begin; only for tests, which compare them with another store's. */
  constructor(options: { readonly overduePauseMs?: number; readonly generation?: string } = {}) {
    this.#generation = options.generation ?? randomBytes(6).toString('hex');
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
    this.#presence.ready(ready, now);
    this.#match(now);
  }

  agentGone(agent: AgentId, now: number): void {
    this.#presence.gone(agent, now);
    this.#match(now);
  }

  wish(agent: AgentId, wish: Wish, manual: boolean, now: number): WishResult {
    const result = this.#presence.wish(agent, wish, manual, now);
    this.#match(now);
    return result;
  }

  duties(): ReadonlyMap<AgentId, Duty> {
    return new Map(this.#floor.duties);
  }

  restoreDuties(duties: ReadonlyMap<AgentId, Duty>, now: number): void {
    this.#presence.restore(duties, now);
    this.#match(now);
  }

  /** `signedIn`: who could take it in its widest ring. */
  enqueue(daemon: string, request: EnqueueRequest, now: number): Enqueued {
    const { call, tenant, share, atMost } = request;
    const known = this.#floor.calls.get(call);
    if (JSON.stringify(this.#floor.shares.of(tenant)) !== JSON.stringify(share)) this.#floor.shares.set(tenant, share);
    if (known?.state !== 'offered' || known.daemon !== daemon) {
      if (known?.state === 'waiting') this.#floor.unplace(known);
      this.#freeAgentsOf(known, undefined, now);
      const boostMs = known?.boostMs ?? this.#boostOf(request);
      const entry: CallEntry = { id: call, daemon, request, boostMs, lane: undefined, state: 'waiting', offers: [] };
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
    const entry = this.#floor.calls.get(call);
    const full = atMost !== undefined && known === undefined && entry?.state === 'waiting' && this.#floor.lengthOf(request) > atMost;
    if (full) {
      this.#floor.unplace(entry);
      this.#floor.calls.delete(call);
    }
    const lane = entry?.lane === undefined ? undefined : this.#floor.lanes.get(entry.lane);
    return { signedIn: Math.max(...able), full, ...(lane === undefined ? {} : { held: this.#choice.heldBy(lane) }) };
  }

  abandon(call: CallId, offer: Offer | undefined, now: number): void {
    const known = this.#floor.calls.get(call);
    if (known === undefined || known.state === 'connected') return;
    if (offer !== undefined && !holds(known, offer)) return;
    this.#floor.paces.countWait(known, true, now);
    if (known.state === 'waiting') this.#floor.unplace(known);
    this.#floor.calls.delete(call);
    this.#freeAgentsOf(known, undefined, now);
    this.#match(now);
  }

  gaveUp(tenant: TenantId, caller: string, at: number, keepMs: number): void {
    for (const [known, { until }] of this.#gaveUp) {
      if (until > at) break;
      this.#gaveUp.delete(known);
    }
    this.#gaveUp.delete(callerOf(tenant, caller));
    this.#gaveUp.set(callerOf(tenant, caller), { at, until: at + keepMs });
  }

  accept(call: CallId, offer: Offer, now: number): boolean {
    const known = this.#floor.calls.get(call);
    const agent = this.#floor.agents.get(offer.agent);
    if (!holds(known, offer) || agent === undefined) return false;
    if (known.state === 'offered') this.#floor.paces.countWait(known, false, now);
    this.#freeAgentsOf(known, offer.agent, now);
    Object.assign(known, { state: 'connected', offers: [offer] });
    if (agent.offer === call) {
      Object.assign(agent, { offer: undefined, misses: 0, since: now });
      this.#floor.carryOn(agent, now, now);
    }
    this.#match(now);
    return true;
  }

  reject(call: CallId, offer: Offer, missed: Missed | undefined, now: number): boolean {
    const known = this.#floor.calls.get(call);
    const agent = this.#floor.agents.get(offer.agent);
    if (!holds(known, offer) || agent === undefined) return false;
    this.#turnDown(known, offer.agent, now);
    this.#floor.retire(agent, call, now);
    const { duty, pauseMs } = missed === undefined ? { pauseMs: 0 } : this.#floor.miss(agent, missed);
    if (duty !== undefined) this.#presence.withdraw(agent, duty, now);
    else this.#floor.leaveAlone(agent, pauseMs, now, missed?.reason);
    if (this.#floor.agents.has(agent.id)) this.#floor.carryOn(agent, now, now);
    this.#match(now);
    return true;
  }

  release(offer: Offer, wrapUpMs: number | undefined, breather: BreatherRule | undefined, now: number): boolean {
    const agent = this.#floor.agents.get(offer.agent);
    const [name, talk] = [...(agent?.talks ?? [])].find(([, { token }]) => token === offer.token) ?? [];
    if (agent === undefined || name === undefined || talk === undefined) return false;
    const call = this.#floor.calls.get(name);
    this.#freeAgentsOf(call, offer.agent, now);
    if (wrapUpMs !== undefined) {
      this.#floor.paces.countCall(call, talk, wrapUpMs, now);
      if (call?.request !== undefined) this.#floor.acquaintances.remember(call.request, offer.agent, now);
    }
    this.#floor.calls.delete(name);
    if (breather !== undefined) this.#floor.weigh(agent, breather, now);
    this.#floor.retire(agent, name, now, wrapUpMs);
    this.#floor.carryOn(agent, now, now);
    this.#match(now);
    return true;
  }

  restore(daemon: string, talk: { call: CallId; offer: Offer; tenant: TenantId; pool: PoolId; callback: boolean }, now: number): void {
    const { call, offer, tenant, pool, callback } = talk;
    const known = this.#floor.calls.get(call);
    if (known?.state === 'waiting') this.#floor.unplace(known);
    this.#freeAgentsOf(known, offer.agent, now);

    const agent =
      this.#floor.agents.get(offer.agent) ?? this.#floor.signIn({ agent: offer.agent, pools: [pool], skills: {}, order: 0 }, now);
    this.#makeRoom(agent, call, now);
    if (agent.status === 'wrapUp') this.#floor.excuse(agent);
    if (agent.offer === call) agent.offer = undefined;
    if (!agent.talks.has(call)) agent.since = now;
    agent.busySince ??= now;
    this.#floor.engage(agent, call, offer.token, { tenant, callback }, now);
    this.#floor.carryOn(agent, now, now);
    this.#floor.calls.set(call, {
      id: call,
      daemon,
      request: known?.request,
      boostMs: known?.boostMs,
      lane: undefined,
      state: 'connected',
      offers: [offer],
    });
    this.#match(now);
  }

  tick(now: number): void {
    for (const [member] of takeDue(this.#floor.relaxing, now)) {
      const call = this.#floor.calls.get(id<CallId>(member));
      if (call === undefined) continue;
      const alone = call.lane !== undefined && this.#floor.lanes.get(call.lane)?.only !== undefined;
      this.#floor.unplace(call);
      this.#floor.place(call, alone ? 'waited' : 'ring', now);
    }
    this.#match(now);
    // First every call is at its place, then the agents come: else one of them takes a later call.
    const rested: (readonly [AgentEntry, number])[] = [];
    for (const [member, at] of takeDue(this.#floor.due, now)) {
      const agent = this.#floor.agents.get(id<AgentId>(member));
      const call = agent?.offer === undefined ? undefined : this.#floor.calls.get(agent.offer);
      if (agent?.status === 'offered' && call !== undefined) {
        this.#turnDown(call, agent.id, now);
        this.#floor.retire(agent, call.id, now);
        this.#floor.leaveAlone(agent, this.#overduePauseMs, now);
        this.#floor.carryOn(agent, now, now);
      } else if (agent !== undefined) {
        rested.push([agent, at]);
      }
    }
    for (const [agent, at] of rested) {
      this.#floor.relieve(agent, at, now);
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
    const agents = [...this.#floor.agents];
    return {
      queues,
      agents: new Map(agents.map(([agent, { status }]) => [agent, status])),
      until: new Map([...this.#floor.due].map((agent) => [id<AgentId>(agent), this.#floor.due.scoreOf(agent) ?? 0])),
      rests: new Map(agents.flatMap(([agent, { status, rest }]) => (status === 'paused' && rest !== undefined ? [[agent, rest]] : []))),
    };
  }

  /** As `daemon` sees it. */
  talks(daemon: string): readonly Talk[] {
    return [...this.#floor.agents.values()].flatMap(({ id: agent, talks, offer }) =>
      [...talks].flatMap(([call, { token }]) => {
        if (call === offer) return [];
        const owner = this.#floor.calls.get(call)?.daemon;
        return [{ call, offer: { agent, token }, held: owner !== undefined && owner !== daemon && this.#daemons.has(owner) }];
      }),
    );
  }

  /** How much sooner the call is due because its caller gave up lately, ms. */
  #boostOf({ tenant, gaveUp, enqueuedAt }: EnqueueRequest): number {
    const known = gaveUp === undefined ? undefined : this.#gaveUp.get(callerOf(tenant, gaveUp.caller));
    const since = known === undefined ? -1 : enqueuedAt - known.at;
    return gaveUp !== undefined && since >= 0 && since < gaveUp.withinMs ? gaveUp.boostMs : 0;
  }

  /** Pairs calls and agents until no pair is left: after every change, so nobody idles while a call that may go to him waits. */
  #match(now: number): void {
    for (let pair = this.#choice.next(now); pair !== undefined; pair = this.#choice.next(now)) this.#offer(pair, now);
    this.#floor.touched.clear();
  }

  #offer({ call, agents, why }: Pairing, now: number): void {
    const deliver = this.#daemons.get(call.daemon);
    this.#floor.unplace(call);
    const { request } = call;
    const [offer, ...also] = agents.map(
      ({ id: agent }): Offer => ({ agent, token: id<OfferToken>(`${this.#generation}-${++this.#tokens}`) }),
    );
    if (deliver === undefined || request === undefined || offer === undefined) {
      this.#floor.calls.delete(call.id);
      return;
    }
    Object.assign(call, { state: 'offered', offers: [offer, ...also] });
    for (const [index, agent] of agents.entries()) {
      const { token } = call.offers[index] ?? offer;
      Object.assign(agent, { offer: call.id, offeredAt: now, busySince: agent.busySince ?? now });
      this.#floor.becomes(agent, 'offered', now + request.offerMs);
      this.#floor.engage(agent, call.id, token, { tenant: request.tenant, callback: request.callback !== undefined }, now);
    }
    deliver({ call: call.id, offer, why, ...(also.length === 0 ? {} : { also }) });
  }

  /** The agent takes this call no more. While others are being asked it is still theirs. */
  #turnDown(call: CallEntry, agent: AgentId, now: number): void {
    const others = call.offers.filter((offer) => offer.agent !== agent);
    if (others.length > 0) call.offers = others;
    // A talk that is only known from `restore` has no place to go back to.
    else if (call.request === undefined) this.#floor.calls.delete(call.id);
    else this.#floor.place(call, 'back', now);
  }

  /** Takes the agents of a call off it, but for `kept`: they never talked (offered), or their talk is over (connected). */
  #freeAgentsOf(call: CallEntry | undefined, kept: AgentId | undefined, now: number): void {
    for (const { agent: name } of call?.offers ?? []) {
      const agent = this.#floor.agents.get(name);
      if (call === undefined || agent === undefined || name === kept) continue;
      this.#floor.retire(agent, call.id, now);
      this.#floor.carryOn(agent, call.state === 'offered' ? agent.since : now, now);
    }
  }

  /**
   * What he has and cannot have besides a talk that is restored: first the offer, then the talk that is oldest. Of one who is not signed
   * in nobody knows how many he may have.
   */
  #makeRoom(agent: AgentEntry, restored: CallId, now: number): void {
    const { offer, maxCalls = Number.POSITIVE_INFINITY } = agent;
    const age = (call: CallId) => (call === offer ? 0 : (agent.talks.get(call)?.at ?? 0));
    const others = [...agent.talks.keys()].filter((call) => call !== restored);
    others.sort((a, b) => age(a) - age(b) || (a < b ? -1 : 1));
    for (const other of others.slice(0, Math.max(0, others.length + 1 - maxCalls))) {
      this.#floor.retire(agent, other, now);
      const known = this.#floor.calls.get(other);
      if (other !== offer) this.#floor.calls.delete(other);
      else if (known !== undefined) this.#turnDown(known, agent.id, now);
    }
  }
}

/** Whether this is a present offer or talk of the call. */
function holds(call: CallEntry | undefined, offer: Offer): call is CallEntry {
  return call?.offers.some(({ token }) => token === offer.token) ?? false;
}

const callerOf = (tenant: TenantId, caller: string) => `${tenant}/${caller}`;

/** Takes out what is due, in order. */
function takeDue(set: RoutingFloor['due'], now: number): readonly (readonly [string, number])[] {
  const due: (readonly [string, number])[] = [];
  for (let first = set.first(); first !== undefined && first.score <= now; first = set.first()) {
    due.push([first.member, first.score]);
    set.remove(first.member);
  }
  return due;
}
