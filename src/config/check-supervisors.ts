/** What a supervisor names must be there, and his PIN must be worth something. */
import { known, reportTwins, reportUnknown, type Secrets, secretKey } from './check-telephony.js';
import { listed } from './nearest.js';
import type { TelephonyParts } from './parts.js';
import type { Source } from './source.js';

export function checkSupervisors(source: Source, { supervisors = [], agents = [], ...named }: TelephonyParts): void {
  reportTwins(
    source,
    'supervisor',
    supervisors.map((supervisor) => supervisor?.id),
    (i) => ['supervisors', i, 'id'],
  );
  const agentIds = known(agents.map((agent) => agent?.id)) ?? [];
  const nodes = known(named.nodes?.map((node) => node?.id));
  const pools = known(named.pools);
  const phones = new Set(
    agents.flatMap((agent) => (agent?.device !== undefined && 'phone' in agent.device ? [agent.device.phone.user] : [])),
  );
  for (const [index, supervisor] of supervisors.entries()) {
    if (supervisor === undefined) continue;
    const { agent, device } = supervisor;
    if (agent !== undefined && !agentIds.includes(agent)) reportUnknown(source, ['supervisors', index, 'agent'], 'agent', agent, agentIds);
    const same = agents.find((one) => one?.id === agent);
    if (agent !== undefined && same?.device !== undefined && 'number' in same.device)
      source.report(
        ['supervisors', index, 'agent'],
        `${agent} is called at a number outside: a voicemail that answers there must not hear a talk`,
      );
    for (const [at, pool] of (supervisor.pools ?? []).entries())
      if (pools !== undefined && !pools.includes(pool)) reportUnknown(source, ['supervisors', index, 'pools', at], 'pool', pool, pools);
    if (device === undefined) continue;
    const [path, node] =
      'phone' in device
        ? [['supervisors', index, 'device', 'phone', 'node'], device.phone.node]
        : [['supervisors', index, 'device', 'node'], device.node];
    if (nodes !== undefined && node !== undefined && !nodes.includes(node)) reportUnknown(source, path, 'node', node, nodes);
    if (nodes !== undefined && node === undefined && nodes.length > 1)
      source.report(path.slice(0, -1), `must say which node it belongs to: ${listed(nodes)}`);
    if (!('phone' in device)) continue;
    const { user } = device.phone;
    // Two accounts of one name would be one: whoever dials from it could not be told from the other.
    if (phones.has(user)) source.report(['supervisors', index, 'device', 'phone', 'user'], `the phone ${user} is somebody else’s already`);
    phones.add(user);
  }
}

/** Tenants are known only when their files were read. */
export function checkSupervisorTenants(source: Source, { supervisors = [] }: TelephonyParts, tenants: readonly string[]): void {
  for (const [index, supervisor] of supervisors.entries())
    for (const [at, tenant] of (supervisor?.tenants ?? []).entries())
      if (!tenants.includes(tenant)) reportUnknown(source, ['supervisors', index, 'tenants', at], 'tenant', tenant, tenants);
}

/** Never puts any part of the PIN into the message. */
export function checkPins(source: Source, { supervisors = [] }: TelephonyParts, secrets: Secrets): void {
  for (const index of supervisors.keys()) {
    const pin = secrets.get(secretKey(['supervisors', index, 'pin']));
    if (pin === undefined) continue;
    if (!/^\d{4,12}$/.test(pin)) source.report(['supervisors', index, 'pin'], 'the PIN that it names must be 4 to 12 digits');
    else if (/^(\d)\1+$/.test(pin))
      source.report(['supervisors', index, 'pin'], 'the PIN that it names must not be one digit over and over');
  }
}
