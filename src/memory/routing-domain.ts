/**
 * One routing domain in memory: what the scripts in `redis/commands` do, with the same names. Several stores (daemons)
 * may share one. The contract suite holds both to the same behaviour.
 */
import { randomBytes } from 'node:crypto';
import type { Offer } from '../core/call/call.js';
import { type AgentId, type CallId, id, type OfferToken, type PoolId, type QueueId } from '../core/ids.js';
import type { AgentStatus, Assignment, EnqueueRequest, RoutingStats } from '../ports/routing-store.js';
import { SortedSet } from './sorted-set.js';

interface AgentEntry {
  pool: PoolId;
  status: AgentStatus;
  /** Epoch ms; kept while he is offered a call, so that a caller who hangs up does not cost him his turn. */
  idleSince: number;
  call: CallId | undefined;
  token: OfferToken | undefined;
  /** Signs out when what he does now ends. */
  gone: boolean;
}

interface CallEntry {
  daemon: string;
  /** Undefined for a call that is only known because its agent talks (`restore`). */
  place: { readonly queue: QueueId; readonly pool: PoolId; readonly enqueuedAt: number; readonly offerMs: number } | undefined;
  state: 'waiting' | 'offered' | 'connected';
  offer: Offer | undefined;
}

type Deliver = (assignment: Assignment) => void;

export class RoutingDomain {
  readonly #agents = new Map<AgentId, AgentEntry>();
  readonly #calls = new Map<CallId, CallEntry>();
  /** `pool:queue` → its waiting calls by enqueued-at. */
  readonly #lanes = new Map<string, SortedSet>();
  /** Per pool: its non-empty lanes by the enqueued-at of their first call. */
  readonly #heads = new Map<PoolId, SortedSet>();
  /** Per pool: idle agents by idle-since. */
  readonly #idle = new Map<PoolId, SortedSet>();
  /** Agents whose offer, pause or wrap-up ends by itself. */
  readonly #due = new SortedSet();
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
    return this.#calls.size;
  }

  join(daemon: string, deliver: Deliver): void {
    this.#daemons.set(daemon, deliver);
  }

  leave(daemon: string): void {
    this.#daemons.delete(daemon);
  }

  agentReady(agent: AgentId, pool: PoolId, now: number): void {
    const known = this.#agents.get(agent);
    if (known === undefined) {
      this.#agents.set(agent, { pool, status: 'idle', idleSince: now, call: undefined, token: undefined, gone: false });
      sorted(this.#idle, pool).put(agent, now);
    } else {
      known.gone = false;
      if (known.pool !== pool && known.status === 'idle') {
        this.#noLongerIdle(agent, known);
        sorted(this.#idle, pool).put(agent, known.idleSince);
      }
      known.pool = pool;
    }
    this.#match(pool, now);
  }

  agentGone(agent: AgentId): void {
    const known = this.#agents.get(agent);
    if (known === undefined) return;
    if (known.status === 'offered' || known.status === 'connected') known.gone = true;
    else this.#signOut(agent, known);
  }

  /** Returns how many agents of the pool are signed in. */
  enqueue(daemon: string, request: EnqueueRequest, now: number): number {
    const { call, queue, pool, enqueuedAt, offerMs } = request;
    const known = this.#calls.get(call);
    if (known?.state !== 'offered' || known.daemon !== daemon) {
      if (known?.state === 'waiting') this.#unplace(call, known);
      const agent = known?.offer?.agent;
      const freed = agent === undefined ? undefined : this.#agents.get(agent);
      if (agent !== undefined && freed !== undefined) this.#free(agent, freed, known?.state === 'offered' ? freed.idleSince : now);
      const entry: CallEntry = { daemon, place: { queue, pool, enqueuedAt, offerMs }, state: 'waiting', offer: undefined };
      this.#calls.set(call, entry);
      this.#place(call, entry);
      if (freed !== undefined) this.#match(freed.pool, now);
      this.#match(pool, now);
    }
    return [...this.#agents.values()].filter((entry) => entry.pool === pool && !entry.gone).length;
  }

  abandon(call: CallId, offer: Offer | undefined, now: number): void {
    const known = this.#calls.get(call);
    if (known === undefined || known.state === 'connected') return;
    if (offer !== undefined && known.offer?.token !== offer.token) return;
    if (known.state === 'waiting') this.#unplace(call, known);
    this.#calls.delete(call);
    const agent = known.offer?.agent;
    const freed = agent === undefined ? undefined : this.#agents.get(agent);
    if (agent === undefined || freed === undefined) return;
    this.#free(agent, freed, freed.idleSince);
    this.#match(freed.pool, now);
  }

  accept(call: CallId, offer: Offer): boolean {
    const known = this.#calls.get(call);
    const agent = this.#agents.get(offer.agent);
    if (known?.offer?.token !== offer.token || agent === undefined) return false;
    known.state = 'connected';
    agent.status = 'connected';
    this.#due.remove(offer.agent);
    return true;
  }

  reject(call: CallId, offer: Offer, pauseMs: number, now: number): boolean {
    const known = this.#calls.get(call);
    const agent = this.#agents.get(offer.agent);
    if (known?.offer?.token !== offer.token || agent === undefined) return false;
    // A talk that is only known from `restore` has no place to go back to.
    if (known.place === undefined) this.#calls.delete(call);
    else this.#takeBack(call, known);
    this.#rest(offer.agent, agent, 'paused', pauseMs, now);
    if (known.place !== undefined) this.#match(known.place.pool, now);
    this.#match(agent.pool, now);
    return true;
  }

  release(offer: Offer, wrapUpMs: number, now: number): boolean {
    const agent = this.#agents.get(offer.agent);
    if (agent === undefined || agent.token !== offer.token) return false;
    if (agent.call !== undefined) this.#calls.delete(agent.call);
    this.#rest(offer.agent, agent, 'wrapUp', wrapUpMs, now);
    this.#match(agent.pool, now);
    return true;
  }

  restore(daemon: string, call: CallId, offer: Offer, pool: PoolId, now: number): void {
    const known = this.#calls.get(call);
    if (known?.state === 'waiting') this.#unplace(call, known);
    const other = known?.offer?.agent;
    const freed = other === undefined || other === offer.agent ? undefined : this.#agents.get(other);
    if (other !== undefined && freed !== undefined) this.#free(other, freed, known?.state === 'offered' ? freed.idleSince : now);

    const agent = this.#agents.get(offer.agent) ?? {
      pool,
      status: 'connected',
      idleSince: now,
      call: undefined,
      token: undefined,
      gone: false,
    };
    this.#agents.set(offer.agent, agent);
    const dropped = agent.call === undefined || agent.call === call ? undefined : this.#calls.get(agent.call);
    if (agent.call !== undefined && dropped !== undefined) {
      if (dropped.state === 'offered') this.#takeBack(agent.call, dropped);
      else this.#calls.delete(agent.call);
    }
    this.#noLongerIdle(offer.agent, agent);
    this.#due.remove(offer.agent);
    Object.assign(agent, { status: 'connected', call, token: offer.token });
    this.#calls.set(call, { daemon, place: known?.place, state: 'connected', offer });

    if (freed !== undefined) this.#match(freed.pool, now);
    if (dropped?.place !== undefined) this.#match(dropped.place.pool, now);
  }

  tick(now: number): void {
    const pools = new Set<PoolId>();
    for (let due = this.#due.first(); due !== undefined && due.score <= now; due = this.#due.first()) {
      const agentId = id<AgentId>(due.member);
      this.#due.remove(agentId);
      const agent = this.#agents.get(agentId);
      if (agent === undefined) continue;
      const call = agent.call === undefined ? undefined : this.#calls.get(agent.call);
      if (agent.status === 'offered' && agent.call !== undefined && call !== undefined) {
        this.#takeBack(agent.call, call);
        if (call.place !== undefined) pools.add(call.place.pool);
        this.#rest(agentId, agent, 'paused', this.#overduePauseMs, now);
      } else {
        this.#free(agentId, agent, due.score);
      }
      pools.add(agent.pool);
    }
    for (const pool of pools) this.#match(pool, now);
  }

  stats(): RoutingStats {
    const queues = new Map<QueueId, { length: number; oldest: number | undefined }>();
    for (const lane of this.#lanes.values()) {
      const first = lane.first();
      const place = first === undefined ? undefined : this.#calls.get(id<CallId>(first.member))?.place;
      if (place === undefined) continue;
      const known = queues.get(place.queue);
      queues.set(place.queue, {
        length: (known?.length ?? 0) + lane.size,
        oldest: Math.min(known?.oldest ?? Number.POSITIVE_INFINITY, place.enqueuedAt),
      });
    }
    return { queues, agents: new Map([...this.#agents].map(([agent, entry]) => [agent, entry.status])) };
  }

  /** Pairs idle agents with waiting calls until one side is empty: after every change, so nobody idles while a call waits. */
  #match(pool: PoolId, now: number): void {
    for (;;) {
      const agentId = this.#idle.get(pool)?.first()?.member;
      const lane = this.#heads.get(pool)?.first()?.member;
      const callId = lane === undefined ? undefined : this.#lanes.get(lane)?.first()?.member;
      if (agentId === undefined || callId === undefined) return;
      this.#offer(id<CallId>(callId), id<AgentId>(agentId), now);
    }
  }

  #offer(callId: CallId, agentId: AgentId, now: number): void {
    const call = this.#calls.get(callId);
    const agent = this.#agents.get(agentId);
    if (call?.place === undefined || agent === undefined) throw new Error(`routing index out of step: ${callId}, ${agentId}`);
    const offer: Offer = { agent: agentId, token: id<OfferToken>(`${this.#generation}-${++this.#tokens}`) };
    const deliver = this.#daemons.get(call.daemon);
    this.#unplace(callId, call);
    if (deliver === undefined) {
      this.#calls.delete(callId);
      return;
    }
    this.#noLongerIdle(agentId, agent);
    Object.assign(call, { state: 'offered', offer });
    Object.assign(agent, { status: 'offered', call: callId, token: offer.token });
    this.#due.put(agentId, now + call.place.offerMs);
    deliver({ call: callId, offer });
  }

  /** The call goes back to its place; its agent is the caller's business. */
  #takeBack(callId: CallId, call: CallEntry): void {
    Object.assign(call, { state: 'waiting', offer: undefined });
    this.#place(callId, call);
  }

  #place(callId: CallId, call: CallEntry): void {
    if (call.place === undefined) return;
    const lane = `${call.place.pool}:${call.place.queue}`;
    sorted(this.#lanes, lane).put(callId, call.place.enqueuedAt);
    this.#refreshHead(call.place.pool, lane);
  }

  #unplace(callId: CallId, call: CallEntry): void {
    if (call.place === undefined) return;
    const lane = `${call.place.pool}:${call.place.queue}`;
    this.#lanes.get(lane)?.remove(callId);
    this.#refreshHead(call.place.pool, lane);
  }

  #refreshHead(pool: PoolId, lane: string): void {
    const first = this.#lanes.get(lane)?.first();
    if (first === undefined) {
      this.#lanes.delete(lane);
      this.#heads.get(pool)?.remove(lane);
    } else {
      sorted(this.#heads, pool).put(lane, first.score);
    }
  }

  /** Idle from `since`, or signed out if he left meanwhile. */
  #free(agentId: AgentId, agent: AgentEntry, since: number): void {
    this.#due.remove(agentId);
    if (agent.gone) {
      this.#signOut(agentId, agent);
      return;
    }
    Object.assign(agent, { status: 'idle', idleSince: since, call: undefined, token: undefined });
    sorted(this.#idle, agent.pool).put(agentId, since);
  }

  #rest(agentId: AgentId, agent: AgentEntry, status: 'paused' | 'wrapUp', ms: number, now: number): void {
    if (agent.gone || ms <= 0) {
      this.#free(agentId, agent, now);
      return;
    }
    Object.assign(agent, { status, call: undefined, token: undefined });
    this.#due.put(agentId, now + ms);
  }

  #noLongerIdle(agentId: AgentId, agent: AgentEntry): void {
    this.#idle.get(agent.pool)?.remove(agentId);
  }

  #signOut(agentId: AgentId, agent: AgentEntry): void {
    this.#noLongerIdle(agentId, agent);
    this.#due.remove(agentId);
    this.#agents.delete(agentId);
  }
}

function sorted<K>(sets: Map<K, SortedSet>, key: K): SortedSet {
  const known = sets.get(key) ?? new SortedSet();
  sets.set(key, known);
  return known;
}
