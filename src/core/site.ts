/** The whole of a deployment's routing configuration as the core and the engine see it: compiled, checked, frozen. */
import type { Desk } from './feature/desk.js';
import type { AgentId, DeviceId, NodeId, PoolId, SupervisorId, TenantId } from './ids.js';
import type { Skills } from './queue/waiting-call.js';
import type { Prompt, Tenant } from './tenant.js';

/** How an agent's phone is reached. */
export type Device =
  /** A desk phone that registers with `user` on `node`. */
  | { readonly id: DeviceId; readonly node: NodeId; readonly kind: 'phone'; readonly user: string }
  /** A fixed SIP URI, reached from `node`; counts as always reachable. */
  | { readonly id: DeviceId; readonly node: NodeId; readonly kind: 'uri'; readonly uri: string }
  /** A mobile or home telephone, dialled over the trunk of `node`; counts as always reachable. */
  | {
      readonly id: DeviceId;
      readonly node: NodeId;
      readonly kind: 'number';
      /** E.164, within `Site.agentPrefixes`. */
      readonly number: string;
      /** Asks whoever answers to press a key: only then is he the agent. */
      readonly confirm: Prompt;
    };

/** Where a node takes calls of other nodes for its phones. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
}

export interface Agent {
  readonly id: AgentId;
  readonly name: string;
  /** At least one. */
  readonly pools: readonly [PoolId, ...PoolId[]];
  readonly skills: Skills;
  /** His place in the configuration, for queues that ask agents in a fixed order. */
  readonly order: number;
  /** How many calls he may have at once. */
  readonly maxCalls: number;
  readonly device: Device;
}

/** Who may listen to talks. His PIN is not here: see `config.ts`. */
export interface Supervisor {
  readonly id: SupervisorId;
  readonly name: string;
  /** His own phone, or that of the agent who he also is. */
  readonly device: Device;
  /** Whose calls he may hear: those of tenants that queue in these pools, and these tenants'; `undefined`: of all. */
  readonly pools: ReadonlySet<PoolId> | undefined;
  readonly tenants: ReadonlySet<TenantId> | undefined;
}

export interface Site {
  readonly tenants: ReadonlyMap<TenantId, Tenant>;
  /** E.164 → tenant. */
  readonly numbers: ReadonlyMap<string, TenantId>;
  readonly agents: ReadonlyMap<AgentId, Agent>;
  readonly supervisors: ReadonlyMap<SupervisorId, Supervisor>;
  readonly pools: ReadonlySet<PoolId>;
  /** What all agents share. */
  readonly desk: Desk;
  /** E.164 prefixes of the numbers at which agents may be called; empty: none. */
  readonly agentPrefixes: readonly string[];
  /** Country calling code without `+`, for numbers that a trunk sends in national form, e.g. `33`. */
  readonly countryCode: string;
}

/** A dialled number in E.164: `0123456789`, `0033123456789`, `33123456789` and `+33123456789` are one (ITU-T E.164). */
export function toE164(dialled: string, countryCode: string): string {
  const digits = dialled.replace(/[^\d+]/g, '');
  if (digits.startsWith('+')) return digits;
  if (digits.startsWith('00')) return `+${digits.slice(2)}`;
  if (digits.startsWith('0')) return `+${countryCode}${digits.slice(1)}`;
  return `+${digits}`;
}

/** Whose number this is. */
export function tenantByNumber(site: Site, dialled: string): { readonly tenant: Tenant; readonly number: string } | undefined {
  const number = toE164(dialled, site.countryCode);
  const tenant = site.numbers.get(number);
  const found = tenant === undefined ? undefined : site.tenants.get(tenant);
  return found === undefined ? undefined : { tenant: found, number };
}

/** Whether the supervisor may hear a call of this tenant, whose queue is in `pool`. Where he is held to both, both must fit. */
export function inScope({ pools, tenants }: Pick<Supervisor, 'pools' | 'tenants'>, tenant: TenantId, pool: PoolId | undefined): boolean {
  return (tenants === undefined || tenants.has(tenant)) && (pools === undefined || (pool !== undefined && pools.has(pool)));
}
