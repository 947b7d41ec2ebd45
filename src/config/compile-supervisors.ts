/** Checked supervisors as the daemon uses them. */
import { type DeviceId, id, type PoolId, type SupervisorId, type TenantId } from '../core/ids.js';
import type { Agent, Device, Supervisor } from '../core/site.js';
import { type Secrets, secretKey } from './check-telephony.js';
import { type HashedPin, hashPin } from './pins.js';
import type { SupervisorYaml } from './schema-supervisor.js';
import type { TelephonyYaml } from './schema-telephony.js';

export function compileSupervisors(
  yaml: TelephonyYaml,
  agents: readonly Agent[],
  deviceOf: (name: string, device: NonNullable<SupervisorYaml['device']>) => Device,
): readonly Supervisor[] {
  return yaml.supervisors.map((supervisor): Supervisor => {
    const { id: own, name, pools, tenants } = supervisor;
    // A name that no agent can have: a supervisor is not the agent who happens to be called the same.
    const device =
      supervisor.device === undefined
        ? agents.find((agent) => agent.id === supervisor.agent)?.device
        : deviceOf(id<DeviceId>(`supervisor:${own}`), supervisor.device);
    if (device === undefined) throw new Error(`supervisor ${own} has no phone`);
    return {
      id: id<SupervisorId>(own),
      name,
      device,
      pools: pools && new Set(pools.map((pool) => id<PoolId>(pool))),
      tenants: tenants && new Set(tenants.map((tenant) => id<TenantId>(tenant))),
    };
  });
}

/** Apart from the rest, since it takes its time: in threads, all at once. */
export async function hashPins({ supervisors }: TelephonyYaml, secrets: Secrets): Promise<ReadonlyMap<SupervisorId, HashedPin>> {
  const hashed = supervisors.map(async ({ id: own }, index) => {
    const pin = secrets.get(secretKey(['supervisors', index, 'pin']));
    return pin === undefined ? [] : [[id<SupervisorId>(own), await hashPin(pin)] as const];
  });
  return new Map((await Promise.all(hashed)).flat());
}
