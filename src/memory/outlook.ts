/** What a waiting call can expect: what `redis/commands/outlook.lua` finds, without its samples. */
import type { PoolId, TenantId } from '../core/ids.js';
import { emergencyBelow, meets } from '../core/queue/lane.js';
import { mixed, type Pace } from '../core/queue/pace.js';
import type { Outlook } from '../core/queue/wait-estimate.js';
import type { Share } from '../core/queue/waiting-call.js';
import { type AgentEntry, type CallEntry, type Lane, worksOf } from './entries.js';
import type { RoutingFloor } from './routing-floor.js';

export function outlookOf(floor: RoutingFloor, call: CallEntry): Outlook | undefined {
  const { request } = call;
  const own = call.lane === undefined ? undefined : floor.lanes.get(call.lane);
  if (call.state !== 'waiting' || request === undefined || own === undefined) return undefined;
  const member = `${request.enqueuedAt}:${call.id}`;
  const score = own.calls.scoreOf(member) ?? 0;
  const aheadIn = (lane: Lane) => (lane === own ? own.calls.countBefore(score, member) : lane.calls.countBefore(score));
  const lanes = [...floor.lanes.values()];
  const queueOf = (lane: Lane) => lane.name.split('/', 2).join('/');
  const before = lanes.filter((lane) => queueOf(lane) === queueOf(own)).reduce((sum, lane) => sum + aheadIn(lane), 0);

  const present = [...floor.agents.values()].filter(({ gone }) => !gone);
  const ableIn = (lane: Lane) => [...new Set(lane.ring.pools)].map((pool) => present.filter((agent) => mayTake(agent, lane, pool)));
  const able = new Set(ableIn(own).flat());
  const work: (readonly [Pace, number])[] = [[floor.paces.of(own.tenant), 1]];
  for (const { tenant } of [...able].flatMap(worksOf)) work.push([floor.paces.of(tenant), 1]);
  let ahead = 0;
  /** Of other tenants with a cap. */
  const capped = new Map<TenantId, number>();
  for (const lane of lanes) {
    const theirs = ableIn(lane).flat();
    const ours = theirs.filter((agent) => able.has(agent)).length;
    const calls = aheadIn(lane) * (ours / Math.max(1, theirs.length));
    ahead += calls;
    work.push([floor.paces.of(lane.tenant), calls]);
    const cap = capOf(floor, lane.tenant);
    if (lane.tenant !== own.tenant && lane.ring.pools.every((pool) => pool === cap?.pool))
      capped.set(lane.tenant, (capped.get(lane.tenant) ?? 0) + calls);
  }
  const cap = score < emergencyBelow ? undefined : capOf(floor, own.tenant);
  return {
    position: before + 1,
    ahead: able.size === 0 ? before : ahead,
    agents: countsOf(floor, able),
    ...mixed(work),
    ...(cap !== undefined && own.ring.pools.includes(cap.pool) ? { cap: leftBy(floor, cap, own, able) } : {}),
    ...heldOf(floor, capped, able),
  };
}

const mayTake = ({ id, pools, skills }: AgentEntry, { ring, only = id }: Lane, pool: PoolId) =>
  id === only && pools.includes(pool) && meets(skills, ring.requires);

/** Each as so many as he may have calls. */
function countsOf(floor: RoutingFloor, agents: Iterable<AgentEntry>): Outlook['agents'] {
  const counts = { idle: 0, busy: 0, paused: 0 };
  for (const agent of agents) {
    const { status, maxCalls = 1, talks } = agent;
    if (status === 'idle' || status === 'paused') counts[status] += maxCalls;
    else counts.busy += Math.max(1, worksOf(agent).length);
    if (status === 'connected' && floor.standsBy(agent)) counts.idle += maxCalls - talks.size;
  }
  return counts;
}

const capOf = (floor: RoutingFloor, tenant: TenantId): Share | undefined => {
  const share = floor.shares.of(tenant);
  return share === undefined || share.capPercent >= 100 ? undefined : share;
};

/** What its own cap leaves the lane. */
function leftBy(floor: RoutingFloor, cap: Share, lane: Lane, able: ReadonlySet<AgentEntry>): NonNullable<Outlook['cap']> {
  const others = lane.ring.pools.filter((pool) => pool !== cap.pool);
  const beside = countsOf(
    floor,
    [...able].filter((agent) => others.some((pool) => mayTake(agent, lane, pool))),
  );
  const { room, busy } = floor.shares.roomOf(lane.tenant, cap);
  const { handled, handlingMs } = floor.paces.of(lane.tenant);
  return { room: room + beside.idle, busy: busy + beside.busy, ...(handled > 0 ? { handlingMs } : {}) };
}

/** What the caps of others hold back, of so many calls that go before. */
function heldOf(floor: RoutingFloor, capped: ReadonlyMap<TenantId, number>, able: ReadonlySet<AgentEntry>): Pick<Outlook, 'held'> {
  const held = { calls: 0, agents: 0 };
  const works = [...able].flatMap(worksOf);
  for (const [tenant, calls] of capped) {
    const share = floor.shares.of(tenant);
    const beyond = share === undefined ? 0 : calls - Math.max(0, floor.shares.roomOf(tenant, share).room);
    if (beyond <= 0) continue;
    held.calls += beyond;
    held.agents += works.filter((work) => work.tenant === tenant).length;
  }
  return held.calls > 0 ? { held } : {};
}
