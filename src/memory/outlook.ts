/** What a waiting call can expect: what `redis/commands/outlook.lua` finds, without its samples. */
import type { PoolId } from '../core/ids.js';
import { meets } from '../core/queue/lane.js';
import { mixed, type Pace } from '../core/queue/pace.js';
import type { Outlook } from '../core/queue/wait-estimate.js';
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
  const agents = { idle: 0, busy: 0, paused: 0 };
  const work: (readonly [Pace, number])[] = [[floor.paces.of(own.tenant), 1]];
  // Each as so many as he may have calls.
  for (const agent of able) {
    const { status, maxCalls = 1, talks } = agent;
    const works = worksOf(agent);
    for (const { tenant } of works) work.push([floor.paces.of(tenant), 1]);
    if (status === 'idle' || status === 'paused') agents[status] += maxCalls;
    else agents.busy += Math.max(1, works.length);
    if (status === 'connected' && floor.standsBy(agent)) agents.idle += maxCalls - talks.size;
  }
  let ahead = 0;
  for (const lane of lanes) {
    const theirs = ableIn(lane).flat();
    const ours = theirs.filter((agent) => able.has(agent)).length;
    const calls = aheadIn(lane) * (ours / Math.max(1, theirs.length));
    ahead += calls;
    work.push([floor.paces.of(lane.tenant), calls]);
  }
  return { position: before + 1, ahead: able.size === 0 ? before : ahead, agents, ...mixed(work) };
}

const mayTake = ({ id, pools, skills }: AgentEntry, { ring, only = id }: Lane, pool: PoolId) =>
  id === only && pools.includes(pool) && meets(skills, ring.requires);
