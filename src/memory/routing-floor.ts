/** Who is where: agents, calls and their places, as `redis/commands/includes` keeps them. Changes here offer nothing yet. */
import { type AgentId, type CallId, id, type OfferToken } from '../core/ids.js';
import { type BreatherRule, tired } from '../core/queue/breather.js';
import type { Duty, Pause } from '../core/queue/duty.js';
import { laneOf, meets, ringAfter, scoreOf, skillsText } from '../core/queue/lane.js';
import type { Consequence, Missed } from '../core/queue/missed.js';
import type { Ring, WaitingCall } from '../core/queue/waiting-call.js';
import type { Why } from '../core/queue/why.js';
import type { AgentStatus, EnqueueRequest, ReadyAgent, RestReason } from '../ports/routing-store.js';
import { Acquaintances } from './acquaintances.js';
import { type AgentEntry, type CallEntry, type Lane, type Work, worksOf } from './entries.js';
import { Paces } from './paces.js';
import { Shares } from './shares.js';
import { SortedSet } from './sorted-set.js';

/** What he comes back to whose phone alone was gone. */
interface Away {
  readonly counts: Pick<AgentEntry, 'misses' | 'signedInAt' | 'busyMs' | 'marks'>;
  readonly resting:
    | (Pick<AgentEntry, 'rest' | 'restUntil' | 'extendedMs' | 'breatherMs'> & {
        readonly status: 'paused' | 'wrapUp';
        readonly due: number;
      })
    | undefined;
  readonly ends: number;
}

/** How long what was counted of him is kept, ms. */
const keepMs = 3_600_000;

export class RoutingFloor {
  readonly agents = new Map<AgentId, AgentEntry>();
  /** Whose phones can be rung, and what was told of them. */
  readonly ready = new Map<AgentId, ReadyAgent>();
  /** What agents asked for themselves. */
  readonly duties = new Map<AgentId, Duty>();
  readonly #away = new Map<AgentId, Away>();
  readonly calls = new Map<CallId, CallEntry>();
  /** Those that are not empty. */
  readonly lanes = new Map<string, Lane>();
  readonly acquaintances = new Acquaintances();
  readonly paces = new Paces();
  /** Agents whose offer, pause or wrap-up ends by itself. */
  readonly due = new SortedSet();
  /** Waiting calls by the time at which they enter their next ring. */
  readonly relaxing = new SortedSet();
  /** Lanes whose first call may have become servable, and by what; see `Choice`. */
  readonly touched = new Map<string, Why['by']>();
  readonly shares = new Shares(this.agents, this.lanes, this.touched);

  signIn({ agent, pools, skills, order, ownCall = false, maxCalls }: ReadyAgent, now: number): AgentEntry {
    const entry: AgentEntry = {
      id: agent,
      pools,
      skills,
      order,
      maxCalls,
      status: 'idle',
      talks: new Map(),
      offer: undefined,
      since: now,
      offeredAt: 0,
      signedInAt: now,
      busySince: undefined,
      busyMs: 0,
      occupancy: 0,
      owedMs: undefined,
      owedFor: undefined,
      rest: undefined,
      restUntil: undefined,
      marks: [
        { at: now, busyMs: 0 },
        { at: now, busyMs: 0 },
      ],
      breatherMs: undefined,
      misses: 0,
      gone: false,
      ownCall,
      extendedMs: 0,
    };
    this.agents.set(agent, entry);
    this.shares.loosenPools(pools);
    return entry;
  }

  /** What he may be asked has changed. */
  assign(agent: AgentEntry, { pools, skills, order, maxCalls = 1 }: ReadyAgent, now: number): void {
    const profile = (of: Pick<AgentEntry, 'pools' | 'skills' | 'order' | 'maxCalls'>) =>
      JSON.stringify([of.pools, skillsText(of.skills, ' '), of.order, of.maxCalls]);
    if (!agent.gone && profile(agent) === profile({ pools, skills, order, maxCalls })) return;
    if (agent.pools.join() !== pools.join()) for (const work of worksOf(agent)) this.shares.loosenFor(work);
    Object.assign(agent, { pools, skills, order, maxCalls, gone: false });
    this.shares.loosenPools(pools);
    this.#letGo(agent.id, now);
  }

  /** Takes no more offers. `true`: he leaves when what he does now ends. */
  leave(agent: AgentEntry, now: number): boolean {
    if (agent.talks.size === 0) {
      this.signOut(agent, now);
      return false;
    }
    agent.gone = true;
    this.#letGo(agent.id, now);
    return true;
  }

  /** He has this offer or talk from now on, if he had it not before. */
  engage(agent: AgentEntry, call: CallId, token: OfferToken, work: Work, now: number): void {
    const before = agent.talks.get(call);
    agent.talks.set(call, { token, at: before?.at ?? now, work });
    if (before !== undefined && (before.work.tenant !== work.tenant || before.work.callback !== work.callback))
      this.shares.loosenFor(before.work);
  }

  /** He has it no more. `owedMs`: after-call work for it, which begins when he has nothing else; of several the longest is left. */
  retire(agent: AgentEntry, call: CallId, now: number, owedMs = 0): void {
    const talk = agent.talks.get(call);
    if (talk === undefined) return;
    agent.talks.delete(call);
    if (agent.offer === call) agent.offer = undefined;
    else agent.since = now;
    let ends: Work | undefined = talk.work;
    if (owedMs > (agent.owedMs ?? 0)) {
      ends = agent.owedFor;
      Object.assign(agent, { owedMs, owedFor: talk.work });
    }
    if (ends !== undefined) this.shares.loosenFor(ends);
  }

  /** The after-call work that he owes, or does, is done or dropped. */
  excuse(agent: AgentEntry): void {
    const { owedFor } = agent;
    Object.assign(agent, { owedMs: undefined, owedFor: undefined, extendedMs: 0 });
    if (owedFor !== undefined) this.shares.loosenFor(owedFor);
  }

  /** Whether he may be offered a call now: idle, or in fewer talks than he may have, with nothing that keeps further ones away. */
  standsBy({ id: agent, status, talks, maxCalls = 1, gone, ownCall, restUntil, breatherMs }: AgentEntry): boolean {
    if (status !== 'connected') return status === 'idle';
    const free = !gone && !ownCall && restUntil === undefined && breatherMs === undefined;
    return talks.size < maxCalls && free && this.pauseOf(agent) === undefined;
  }

  /** The ring with his own agent's pools only, if the call waits for him alone now. */
  #ownRing(request: WaitingCall, ring: Ring, now: number): { readonly only: AgentId; readonly ring: Ring } | undefined {
    if (request.enqueuedAt + (request.sticky?.waitMs ?? 0) <= now) return undefined;
    const known = this.acquaintances.of(request, now);
    const agent = known === undefined ? undefined : this.agents.get(known);
    if (agent === undefined || agent.gone || !busy.has(agent.status) || !meets(agent.skills, ring.requires)) return undefined;
    const pools = ring.pools.filter((pool) => agent.pools.includes(pool));
    return pools.length === 0 ? undefined : { only: agent.id, ring: { ...ring, pools } };
  }

  /** He is not busy but away, or may not take their calls any more: those who wait for him alone wait for all. */
  #letGo(agent: AgentId, now: number): void {
    const lanes = [...this.lanes.values()].filter(({ only }) => only === agent);
    for (const call of lanes.flatMap(({ calls }) => [...calls].map((member) => this.#callOf(member)))) {
      if (call === undefined) continue;
      this.unplace(call);
      this.place(call, 'waited', now);
    }
  }

  /** Puts the call (back) where its score says, in the ring that its wait has reached, or where it waits for its own agent. */
  place(call: CallEntry, by: Why['by'], now: number): void {
    const { request } = call;
    if (request === undefined) return;
    const index = ringAfter(request.rings, now - request.enqueuedAt);
    const reached = request.rings[index] ?? request.rings[0];
    const { ring, only } = this.#ownRing(request, reached, now) ?? { ring: reached, only: undefined };
    const name = `${laneOf(request, ring, index)}${only === undefined ? '' : `@${only}`}`;
    const lane = this.lanes.get(name) ?? {
      name,
      ring,
      index,
      tenant: request.tenant,
      callbackCap: request.callback?.capPercent,
      only,
      calls: new SortedSet(),
    };
    this.lanes.set(name, lane);
    lane.calls.put(memberOf(request), scoreOf(request) - (call.boostMs ?? 0));
    const nextMs = only === undefined ? request.rings[index + 1]?.afterMs : request.sticky?.waitMs;
    if (nextMs !== undefined) this.relaxing.put(call.id, request.enqueuedAt + nextMs);
    Object.assign(call, { state: 'waiting', offers: [], lane: name });
    if (lane.calls.first()?.member === memberOf(request)) this.touched.set(name, by);
  }

  /** How many calls wait in that queue, on the line. */
  lengthOf({ tenant, queue }: Pick<EnqueueRequest, 'tenant' | 'queue'>): number {
    const waiting = [...this.calls.values()].filter(({ state, request }) => state === 'waiting' && request?.tenant === tenant);
    return waiting.filter(({ request }) => request?.queue === queue && request.callback === undefined).length;
  }

  unplace(call: CallEntry): void {
    const lane = call.lane === undefined ? undefined : this.lanes.get(call.lane);
    this.relaxing.remove(call.id);
    if (call.request === undefined || lane === undefined) return;
    lane.calls.remove(memberOf(call.request));
    if (lane.calls.size === 0) this.lanes.delete(lane.name);
    call.lane = undefined;
  }

  pauseOf(agent: AgentId): Pause | undefined {
    const duty = this.duties.get(agent);
    return duty?.state === 'in' ? duty.pause : undefined;
  }

  /**
   * What he does from now on, by what is left: an offer, talks; then what he asked for, after-call work, a rest, a call of his own.
   * `since`: if he is idle then, since when.
   */
  carryOn(agent: AgentEntry, since: number, now: number): void {
    if (agent.offer !== undefined) return;
    if (agent.talks.size > 0) {
      this.becomes(agent, 'connected', agent.restUntil);
      return;
    }
    const paused = this.pauseOf(agent.id) !== undefined;
    const breathesUntil = agent.breatherMs === undefined ? 0 : now + agent.breatherMs;
    const restUntil = Math.max(agent.restUntil ?? 0, breathesUntil);
    if (agent.owedMs !== undefined && !paused) {
      this.becomes(agent, 'wrapUp', now + agent.owedMs);
      agent.owedMs = undefined;
    } else if (restUntil > now && !paused) {
      // Until now he was busy; what follows is no work.
      Object.assign(agent, { busyMs: busyMs(agent, now), busySince: undefined, breatherMs: undefined });
      if (restUntil === breathesUntil) Object.assign(agent, { restUntil, rest: 'breather' });
      this.becomes(agent, 'paused', restUntil);
      if (!agent.gone) this.#letGo(agent.id, now);
    } else if (!agent.gone) {
      this.excuse(agent);
      this.#rests(agent, paused ? 'paused' : agent.ownCall ? 'ownCall' : 'idle', since, now);
    }
    // What was to follow goes on when he is back.
    if (agent.gone) this.signOut(agent, now);
  }

  becomes(agent: AgentEntry, status: AgentStatus, dueAt: number | undefined): void {
    agent.status = status;
    if (dueAt === undefined) this.due.remove(agent.id);
    else this.due.put(agent.id, dueAt);
  }

  /** Nothing is left of his calls, nor follows on them. */
  #rests(agent: AgentEntry, status: 'paused' | 'ownCall' | 'idle', since: number, now: number): void {
    agent.busyMs = busyMs(agent, now);
    const occupancy = agent.busyMs / Math.max(1, now - agent.signedInAt);
    Object.assign(agent, { since, busySince: undefined, occupancy, rest: undefined, restUntil: undefined, breatherMs: undefined });
    this.becomes(agent, status, undefined);
    if (status !== 'idle') this.#letGo(agent.id, now);
  }

  /** He is left alone for so long, also while he talks on. */
  leaveAlone(agent: AgentEntry, ms: number, now: number, reason?: RestReason): void {
    if (ms > 0) Object.assign(agent, { restUntil: now + ms, rest: reason });
  }

  /** The rest that he has, or the after-call work that he does, ended at `since`. */
  relieve(agent: AgentEntry, since: number, now: number): void {
    if (agent.status === 'wrapUp') this.excuse(agent);
    else Object.assign(agent, { rest: undefined, restUntil: undefined });
    this.carryOn(agent, since, now);
  }

  /** What he asked for counts from now on, and nothing follows on the calls that he had; those that he has go on. */
  settle(agent: AgentEntry, now: number): void {
    this.excuse(agent);
    Object.assign(agent, { rest: undefined, restUntil: undefined, breatherMs: undefined });
    this.carryOn(agent, now, now);
  }

  /** After a talk: whether he is due a breather, when his wrap-up ends. */
  weigh(agent: AgentEntry, rule: BreatherRule, now: number): void {
    const { marks, tired: due } = tired(agent.marks, { at: now, busyMs: busyMs(agent, now) }, rule);
    agent.marks = marks;
    if (due) agent.breatherMs = rule.breatherMs;
  }

  /** Counts an offer that he missed, and says what follows. */
  miss(agent: AgentEntry, { follows, inARow }: Missed): Consequence {
    agent.misses++;
    if (inARow === undefined || agent.misses < inARow.times) return follows;
    agent.misses = 0;
    return inARow.follows;
  }

  /** He has neither talk nor offer. */
  signOut(agent: AgentEntry, now: number): void {
    if (!this.ready.has(agent.id) && this.duties.get(agent.id)?.state !== 'out') this.#keep(agent, now);
    this.excuse(agent);
    this.due.remove(agent.id);
    this.agents.delete(agent.id);
    this.#letGo(agent.id, now);
  }

  /** A phone that registers anew must not end a rest or forget what was counted. */
  #keep(agent: AgentEntry, now: number): void {
    const { misses, signedInAt, marks, rest, restUntil, extendedMs, breatherMs, status } = agent;
    const due = this.due.scoreOf(agent.id);
    const rests = (status === 'paused' || status === 'wrapUp') && due !== undefined;
    this.#away.set(agent.id, {
      counts: { misses, signedInAt, marks, busyMs: busyMs(agent, now) },
      resting: rests ? { rest, restUntil, extendedMs, breatherMs, status, due } : undefined,
      ends: Math.max(now + keepMs, rests ? due : 0),
    });
  }

  /** Whoever signs out himself begins anew. */
  forget(agent: AgentId): void {
    this.#away.delete(agent);
  }

  /** Idle; or he goes on with what he did when his phone went. */
  comeBack(agent: AgentEntry, now: number): void {
    const kept = this.#away.get(agent.id);
    this.forget(agent.id);
    if (kept !== undefined && kept.ends > now) Object.assign(agent, kept.counts);
    if (kept?.resting !== undefined && kept.resting.due > now) {
      const { status, due, ...resting } = kept.resting;
      Object.assign(agent, resting, status === 'wrapUp' ? { busySince: now, owedMs: due - now } : {});
    }
    this.carryOn(agent, now, now);
  }

  firstOf(lane: Lane): CallEntry | undefined {
    const member = lane.calls.first()?.member;
    return member === undefined ? undefined : this.#callOf(member);
  }

  #callOf(member: string): CallEntry | undefined {
    return this.calls.get(id<CallId>(member.slice(member.indexOf(':') + 1)));
  }
}

/** In these a caller who knows him may wait for him. */
const busy: ReadonlySet<AgentStatus> = new Set(['offered', 'connected', 'wrapUp', 'ownCall']);
const busyMs = (agent: AgentEntry, now: number) => agent.busyMs + (agent.busySince === undefined ? 0 : now - agent.busySince);
const memberOf = ({ enqueuedAt, call }: EnqueueRequest) => `${enqueuedAt}:${call}`;
