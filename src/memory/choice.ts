/**
 * Which call, for which agent, and why: what `redis/commands/includes/choose.lua` does, without its indexes. Looks at the
 * first call of every lane and at every idle agent, which is little: those who idle have no call to take.
 */
import type { PoolId, TenantId } from '../core/ids.js';
import { emergencyBelow, meets } from '../core/queue/lane.js';
import { ringAtMost, type Strategy, type WaitingCall } from '../core/queue/waiting-call.js';
import type { HeldBy, Why } from '../core/queue/why.js';
import type { AgentEntry, CallEntry, Lane } from './entries.js';
import type { RoutingFloor } from './routing-floor.js';

export interface Pairing {
  readonly call: CallEntry;
  /** One, or with `ringAll` all at once. */
  readonly agents: readonly [AgentEntry, ...AgentEntry[]];
  readonly why: Why;
}

/** A lane whose first call may be offered, and the idle agents who may have it; where nobody idles, those with the fewest talks. */
interface OpenLane {
  readonly lane: Lane;
  readonly call: CallEntry;
  readonly request: WaitingCall;
  readonly score: number;
  readonly rank: Rank;
  /** In the order of the queue's strategy. */
  readonly agents: readonly AgentEntry[];
  readonly idle: number;
}

/** 0 emergencies, 1 tenants below their guarantee, 2 the rest. */
type Rank = 0 | 1 | 2;

/** How many idle agents are compared, and how many of those who were passed over are told. */
const candidates = 16;
const told = 4;

export class Choice {
  readonly #floor: RoutingFloor;

  constructor(floor: RoutingFloor) {
    this.#floor = floor;
  }

  /** The best pair now. `by`: what brought a lane up that nothing touched. */
  next(now: number): Pairing | undefined {
    const standBy = [...this.#floor.agents.values()].filter((agent) => this.#floor.standsBy(agent));
    if (standBy.length === 0) return undefined;
    let best: OpenLane | undefined;
    for (const lane of this.#floor.lanes.values()) {
      const open = this.#open(lane, standBy);
      if (open === undefined) continue;
      if (best === undefined || open.rank < best.rank || (open.rank === best.rank && open.score < best.score)) best = open;
    }
    return best === undefined ? undefined : this.#pair(best, now);
  }

  /** What keeps the lane's calls from being offered, once all that may be has been. */
  heldBy({ only, ring, tenant, callbackCap }: Lane): HeldBy {
    if (only !== undefined) return 'ownAgent';
    const able = [...this.#floor.agents.values()].filter(({ gone, skills }) => !gone && meets(skills, ring.requires));
    for (const pool of new Set(ring.pools)) {
      if (!able.some((agent) => agent.pools.includes(pool) && this.#floor.standsBy(agent))) continue;
      return callbackCap === undefined || this.#floor.shares.standingOf(tenant, pool) === 'capped' ? 'cap' : 'callbacks';
    }
    return able.some(({ pools }) => pools.some((pool) => ring.pools.includes(pool))) ? 'busy' : 'nobody';
  }

  #open(lane: Lane, standBy: readonly AgentEntry[]): OpenLane | undefined {
    const call = this.#floor.firstOf(lane);
    const score = lane.calls.first()?.score;
    if (call?.request === undefined || score === undefined) return undefined;
    let rank: Rank | undefined;
    const agents: AgentEntry[] = [];
    for (const pool of new Set(lane.ring.pools)) {
      const here = this.#rank(lane, pool, score);
      if (here === undefined) continue;
      const able = standBy.filter(
        ({ id, pools, skills }) => (lane.only ?? id) === id && pools.includes(pool) && meets(skills, lane.ring.requires),
      );
      if (able.length === 0) continue;
      rank = rank === undefined || here < rank ? here : rank;
      agents.push(...able);
    }
    if (rank === undefined) return undefined;
    // Whoever idles goes before whoever talks, fewer talks before more.
    const talks = Math.min(...agents.map((agent) => agent.talks.size));
    const free = agents.filter((agent) => agent.talks.size === talks);
    const { strategy } = call.request;
    const place = (agent: AgentEntry) => places[strategy](agent);
    const ordered = [...new Set(free)].sort((a, b) => place(a) - place(b) || (a.id < b.id ? -1 : 1));
    return { lane, call, request: call.request, score, rank, agents: ordered, idle: free.length };
  }

  /** `undefined`: the tenant is at its cap, or callbacks are. */
  #rank({ tenant, callbackCap }: Lane, pool: PoolId, score: number): Rank | undefined {
    if (score < emergencyBelow) return 0;
    if (callbackCap !== undefined && this.#floor.shares.callbacksFull(callbackCap, pool)) return undefined;
    return ranks[this.#floor.shares.standingOf(tenant, pool)];
  }

  #pair(open: OpenLane, now: number): Pairing {
    const { lane, call, request } = open;
    const ringsAll = request.strategy === 'ringAll';
    const compared = open.agents.slice(0, ringsAll ? ringAtMost(request) : candidates);
    const fitOf = ({ skills }: AgentEntry) => request.rankBy.reduce((sum, skill) => sum + (skills[skill] ?? 0), 0);
    const ranked = request.rankBy.length > 0 && !ringsAll;
    const sticky = lane.only ?? this.#floor.acquaintances.of(request, now);
    const own = open.agents.find(({ id }) => id === sticky);
    const fittest = compared.reduce((best, agent) => (ranked && fitOf(agent) > fitOf(best) ? agent : best));
    const agent = own ?? fittest;
    // Nobody is on the line for a callback: one after the other will do, and no cap is passed.
    const together = own === undefined && ringsAll && lane.callbackCap === undefined;
    const agents = together ? this.#together(open, compared) : [agent];
    const fits = ranked && compared.some((other) => fitOf(other) < fitOf(agent));
    return {
      call,
      agents: [agent, ...agents.slice(1)],
      why: {
        by: this.#floor.touched.get(lane.name) ?? 'agent',
        rule: own !== undefined ? 'sticky' : fits ? 'fit' : ringsAll && !together ? 'longestIdle' : request.strategy,
        order: orders[open.rank],
        ring: lane.index,
        pools: [...new Set(lane.ring.pools)].sort(),
        requires: lane.ring.requires,
        idle: open.idle,
        considered: compared.length,
        idleMs: now - agent.since,
        ...(agent.talks.size === 0 ? {} : { talks: agent.talks.size }),
        fit: ranked && own === undefined ? fitOf(agent) : undefined,
        ...((call.boostMs ?? 0) > 0 ? { boostMs: call.boostMs ?? 0 } : {}),
        passedOver: compared
          .filter((other) => !agents.includes(other))
          .slice(0, told)
          .map((other) => ({ agent: other.id, fit: ranked && own === undefined ? fitOf(other) : undefined })),
        notSticky:
          sticky === undefined || own !== undefined
            ? undefined
            : { agent: sticky, state: this.#floor.agents.get(sticky)?.status ?? 'signedOut' },
        heldBack: this.#heldBack(open, agent),
      },
    };
  }

  /** Who is rung beside the first: of the pool that is shared out as many as the tenant may still have, emergencies excepted. */
  #together({ lane, rank }: OpenLane, agents: readonly AgentEntry[]): readonly AgentEntry[] {
    const share = rank === 0 ? undefined : this.#floor.shares.of(lane.tenant);
    if (share === undefined) return agents;
    let { room } = this.#floor.shares.roomOf(lane.tenant, share);
    return agents.filter(({ pools }, index) => {
      const counts = pools.includes(share.pool);
      const rings = index === 0 || !counts || room > 0;
      if (rings && counts) room--;
      return rings;
    });
  }

  #heldBack(open: OpenLane, agent: AgentEntry): Why['heldBack'] {
    const lanes = [...this.#floor.lanes.values()];
    if (this.#floor.shares.none && lanes.every(({ callbackCap }) => callbackCap === undefined)) return [];
    const held = new Map<TenantId, Why['heldBack'][number]['rule']>();
    for (const lane of this.#floor.lanes.values()) {
      const score = lane.calls.first()?.score ?? Number.POSITIVE_INFINITY;
      const pool = lane.ring.pools.find((one) => agent.pools.includes(one));
      if (lane.tenant === open.lane.tenant || score >= open.score || pool === undefined || (lane.only ?? agent.id) !== agent.id) continue;
      if (meets(agent.skills, lane.ring.requires)) held.set(lane.tenant, this.#standsBack(lane, pool, score));
    }
    return [...held].slice(0, told).map(([tenant, rule]) => ({ tenant, rule }));
  }

  #standsBack(lane: Lane, pool: PoolId, score: number): Why['heldBack'][number]['rule'] {
    if (this.#rank({ ...lane, callbackCap: undefined }, pool, score) === undefined) return 'cap';
    return this.#rank(lane, pool, score) === undefined ? 'callbacks' : 'guarantee';
  }
}

const ranks = { below: 1, within: 2, capped: undefined } as const;
const orders = ['emergency', 'guarantee', 'deadline'] as const;

/** The lowest is asked first. */
const places: Readonly<Record<Strategy, (agent: AgentEntry) => number>> = {
  longestIdle: ({ since }) => since,
  roundRobin: ({ offeredAt }) => offeredAt,
  leastOccupied: ({ occupancy }) => occupancy,
  fixedOrder: ({ order }) => order,
  ringAll: ({ since }) => since,
};
