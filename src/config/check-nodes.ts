/** Pools whose phones are on several nodes: callers of one node reach the phones of another only where both have a peer address. */
import { nodeOf, reportTwins } from './check-telephony.js';
import { listed } from './nearest.js';
import type { TelephonyParts } from './parts.js';
import { poolsOf } from './schema-telephony.js';
import type { Source } from './source.js';

export function checkNodes(source: Source, parts: TelephonyParts): void {
  const addresses = (parts.nodes ?? []).map((node) => (node?.peer === undefined ? undefined : `${node.peer.host}:${node.peer.port}`));
  reportTwins(source, 'peer address', addresses, (i) => ['nodes', i, 'peer']);
  checkPools(source, parts);
  checkTrunks(source, parts);
}

/** Of a pool on two nodes without a way between them, each caller would reach a part. */
function checkPools(source: Source, parts: TelephonyParts): void {
  const first = new Map<string, { readonly node: string; readonly where: string }>();
  for (const [index, agent] of (parts.agents ?? []).entries()) {
    if (agent?.device === undefined) continue;
    const { path, node } = nodeOf(index, agent.device);
    if (node === undefined) continue;
    for (const pool of poolsOf(agent)) {
      const other = first.get(pool);
      if (other === undefined) {
        first.set(pool, { node, where: source.where(path) });
        continue;
      }
      const without = withoutPeer(parts, [other.node, node]);
      if (other.node === node || without.length === 0) continue;
      source.report(
        path,
        `the pool ${pool} has phones on ${other.node} already (${other.where}): callers of one node reach phones of another only where both have a peer address, so set peer at ${listed(without)}, or make a pool for each node`,
      );
      break;
    }
  }
}

/** A number outside is dialled by the caller's node, whichever that is. */
function checkTrunks(source: Source, parts: TelephonyParts): void {
  const { agents = [], nodes = [] } = parts;
  const pools = nodesOfPools(parts);
  for (const [index, agent] of agents.entries()) {
    if (agent?.device === undefined || !('number' in agent.device)) continue;
    const his = nodeOf(index, agent.device).node ?? nodes[0]?.id;
    const others = new Set(poolsOf(agent).flatMap((pool) => [...(pools.get(pool) ?? [])]));
    for (const node of nodes.filter((one) => one?.id !== undefined && one.id !== his && others.has(one.id) && one.trunk === undefined))
      source.report(
        ['agents', index, 'device', 'number'],
        `the node ${node?.id} has no trunk, and callers on it share this agent's pool: set trunk there`,
      );
  }
}

/** Those of the nodes that have no peer address. One that cannot be read counts as if it had one: its problem is told already. */
export function withoutPeer({ nodes = [] }: TelephonyParts, names: readonly string[]): readonly string[] {
  return names.filter((name) => nodes.some((node) => node?.id === name && node.peer === undefined));
}

/** The nodes of each pool's phones. A pool without phones that say theirs has none. */
export function nodesOfPools({ agents = [], nodes = [] }: TelephonyParts): ReadonlyMap<string, ReadonlySet<string>> {
  const only = nodes.length === 1 ? nodes[0]?.id : undefined;
  const found = new Map<string, Set<string>>();
  for (const [index, agent] of agents.entries()) {
    const node = agent?.device === undefined ? undefined : (nodeOf(index, agent.device).node ?? only);
    if (agent === undefined || node === undefined) continue;
    for (const pool of poolsOf(agent)) found.set(pool, (found.get(pool) ?? new Set()).add(node));
  }
  return found;
}
