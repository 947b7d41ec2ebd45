/** Whether a tenant's calls can be answered at all: skills and pools that exist, rings in order, somebody who matches. */
import { meets } from '../core/queue/lane.js';
import type { Skills } from '../core/queue/waiting-call.js';
import type { Walked } from './actions.js';
import { nodesOfPools, withoutPeer } from './check-nodes.js';
import { known, reportTwins, reportUnknown } from './check-telephony.js';
import { compileRings } from './compile-queue.js';
import { listed } from './nearest.js';
import type { TelephonyParts, TenantParts } from './parts.js';
import type { Path } from './problems.js';
import type { RingYaml } from './schema-queue.js';
import { type AgentYaml, poolsOf } from './schema-telephony.js';
import type { Source } from './source.js';

export function checkQueue(source: Source, tenant: TenantParts, telephony: TelephonyParts, { actions }: Walked): void {
  const { queue, share } = tenant;
  if (share?.guaranteePercent !== undefined && share.capPercent !== undefined && share.guaranteePercent > share.capPercent) {
    source.report(
      ['share', 'guaranteePercent'],
      `is above capPercent (${share.capPercent}): a tenant cannot be promised what it may not have`,
    );
  }
  if (queue?.stickyWaitSeconds !== undefined && queue.stickyWaitSeconds > 0) {
    const { stickyWaitSeconds: wait, stickyMinutes, maxWaitSeconds } = queue;
    if (stickyMinutes === 0) source.report(['queue', 'stickyWaitSeconds'], 'has no effect: with stickyMinutes 0 no agent is remembered');
    if (maxWaitSeconds !== undefined && wait >= maxWaitSeconds)
      source.report(['queue', 'stickyWaitSeconds'], `must be less than the longest wait (maxWaitSeconds), which is ${maxWaitSeconds}`);
  }
  const pools = known(telephony.pools);
  const skills = known(telephony.skills);
  const needs = actions.flatMap(({ path, action }) =>
    typeof action === 'object' && 'queue' in action ? [{ path: [...path, 'queue', 'requires'], requires: action.queue.requires }] : [],
  );
  const named: readonly (readonly [Path, string])[] = [
    ...skillPaths(['queue', 'requires'], queue?.requires),
    ...(queue?.prefers ?? []).map((skill, index) => [['queue', 'prefers', index], skill] as const),
    ...(queue?.rings ?? []).flatMap((ring, index) => [
      ...skillPaths(['queue', 'rings', index, 'requires'], ring.requires),
      ...ring.drop.map((skill, place) => [['queue', 'rings', index, 'drop', place], skill] as const),
    ]),
    ...needs.flatMap(({ path, requires }) => skillPaths(path, requires)),
  ];
  const unknown = skills === undefined ? [] : named.filter(([, skill]) => !skills.includes(skill));
  for (const [path, skill] of unknown) reportUnknown(source, path, 'skill', skill, skills ?? []);
  checkRings(
    source,
    tenant,
    needs.map(({ requires }) => requires),
    pools,
  );
  checkRingsReach(source, tenant, telephony);
  if (queue?.pool === undefined || pools === undefined || unknown.length > 0) return;
  if (!pools.includes(queue.pool)) {
    reportUnknown(source, ['queue', 'pool'], 'pool', queue.pool, pools);
    return;
  }
  checkAnswerable(source, tenant, telephony, needs);
}

const skillPaths = (path: Path, requires: Skills | undefined) =>
  Object.keys(requires ?? {}).map((skill) => [[...path, skill] as Path, skill] as const);

function checkRings(source: Source, { queue }: TenantParts, needs: readonly Skills[], pools: readonly string[] | undefined): void {
  const asked: Record<string, number> = Object.assign({}, ...needs, queue?.requires);
  let after = 0;
  for (const [index, ring] of (queue?.rings ?? []).entries()) {
    const at: Path = ['queue', 'rings', index];
    if (ring.afterSeconds <= after) source.report([...at, 'afterSeconds'], `must be more than ${after}: rings follow each other`);
    if (queue?.maxWaitSeconds !== undefined && ring.afterSeconds >= queue.maxWaitSeconds) {
      source.report([...at, 'afterSeconds'], `is never reached: the longest wait (maxWaitSeconds) is ${queue.maxWaitSeconds}`);
    }
    after = ring.afterSeconds;
    for (const [skill, level] of Object.entries(ring.requires)) {
      const before = asked[skill];
      if (before === undefined || level >= before) {
        const now = before === undefined ? 'not required' : `required at ${before}`;
        source.report([...at, 'requires', skill], `must be lower than before, as a ring only relaxes: ${skill} is ${now} by then`);
      }
      asked[skill] = level;
    }
    for (const [place, skill] of ring.drop.entries()) {
      if (asked[skill] === undefined) source.report([...at, 'drop', place], `${skill} is not required by then`);
      delete asked[skill];
    }
    reportTwins(source, 'pool', [queue?.pool, ...ring.addPools], (i) => (i === 0 ? ['queue', 'pool'] : [...at, 'addPools', i - 1]));
    for (const [place, pool] of ring.addPools.entries()) {
      if (pools !== undefined && !pools.includes(pool)) reportUnknown(source, [...at, 'addPools', place], 'pool', pool, pools);
    }
  }
}

/** Without a way between the nodes an agent of another one would be reserved and could not be rung. */
function checkRingsReach(source: Source, { queue }: TenantParts, telephony: TelephonyParts): void {
  const nodes = nodesOfPools(telephony);
  const own = nodes.get(queue?.pool ?? '');
  if (own === undefined) return;
  for (const [index, ring] of (queue?.rings ?? []).entries()) {
    for (const [place, pool] of ring.addPools.entries()) {
      const theirs = nodes.get(pool) ?? new Set();
      const all = [...new Set([...own, ...theirs])];
      const without = withoutPeer(telephony, all);
      if (all.length === own.size || all.length === 1 || without.length === 0) continue;
      source.report(
        ['queue', 'rings', index, 'addPools', place],
        `the phones of ${pool} are on ${listed([...theirs])}, those of ${queue?.pool} on ${listed([...own])}: callers of one node reach phones of another only where both have a peer address, so set peer at ${listed(without)}`,
      );
    }
  }
}

/** Somebody must be able to take the call in one of its rings, else it waits for nobody. */
function checkAnswerable(
  source: Source,
  { queue }: TenantParts,
  telephony: TelephonyParts,
  needs: readonly { readonly path: Path; readonly requires: Skills }[],
): void {
  const agents = telephony.agents ?? [undefined];
  const { pool = '', requires = {}, rings = [] } = queue ?? {};
  for (const [skill, level] of Object.entries(requires)) {
    if (!agents.some((agent) => mayServe(agent, pool, rings, { [skill]: level }))) {
      const where = rings.length === 0 ? `of the pool ${pool}` : 'in any ring';
      source.report(
        ['queue', 'requires', skill],
        `no agent ${where} has the skill ${skill} at level ${level} or more: nobody could ever answer`,
      );
      return;
    }
  }
  const all = [{ path: ['queue', 'requires'] as Path, requires: {} as Skills }, ...needs];
  for (const need of all) {
    if (Object.keys({ ...requires, ...need.requires }).length === 0) continue;
    if (!agents.some((agent) => mayServe(agent, pool, rings, { ...requires, ...need.requires }))) {
      source.report(need.path, 'no agent has all of the required skills at once, in any ring: nobody could ever answer');
    }
  }
}

/** Also true of an agent whose pool or skills cannot be read: their problem is told already. */
function mayServe(agent: Partial<AgentYaml> | undefined, pool: string, rings: readonly RingYaml[], requires: Skills): boolean {
  const own = agent === undefined ? [] : poolsOf(agent);
  if (own.length === 0 || agent?.skills === undefined) return true;
  const { skills } = agent;
  return compileRings({ pool, requires, rings }).some(
    (ring) => ring.pools.some((one) => own.includes(one)) && meets(skills, ring.requires),
  );
}
