/** Who may see what over the API. Whatever a token may not see does not exist for it: the server answers 404, never 403. */
import type { AgentId, PoolId, TenantId } from './ids.js';
import type { Site } from './site.js';

/** Whose token it is. `id` is its name in the configuration and in logs. */
export type Principal =
  | { readonly id: string; readonly role: 'admin' }
  /** `pools` undefined: all. Else the agents of one of these pools, and the tenants whose queue belongs to one of them. */
  | { readonly id: string; readonly role: 'supervisor'; readonly pools: readonly PoolId[] | undefined }
  /** Himself, and the call that he is offered or talks to. */
  | { readonly id: string; readonly role: 'agent'; readonly agent: AgentId }
  /** Client companies: their own calls, records and queues. The agents are shared, so they see none. */
  | { readonly id: string; readonly role: 'tenant'; readonly tenants: readonly TenantId[] };

export type Role = Principal['role'];

export interface AccessToken {
  readonly principal: Principal;
  readonly secret: string;
}

export function seesTenant(principal: Principal, tenant: TenantId, site: Pick<Site, 'tenants'>): boolean {
  switch (principal.role) {
    case 'admin':
      return true;
    case 'supervisor': {
      if (principal.pools === undefined) return true;
      const pool = site.tenants.get(tenant)?.queue.pool;
      return pool !== undefined && principal.pools.includes(pool);
    }
    case 'agent':
      return false;
    case 'tenant':
      return principal.tenants.includes(tenant);
    default:
      return principal satisfies never;
  }
}

export function seesAgent(principal: Principal, agent: AgentId, site: Pick<Site, 'agents'>): boolean {
  switch (principal.role) {
    case 'admin':
      return true;
    case 'supervisor': {
      const { pools } = principal;
      return pools === undefined || site.agents.get(agent)?.pools.some((pool) => pools.includes(pool)) === true;
    }
    case 'agent':
      return principal.agent === agent;
    case 'tenant':
      return false;
    default:
      return principal satisfies never;
  }
}

export interface CallSeen {
  readonly tenant: TenantId;
  /** Who are offered the call, or talk to the caller. */
  readonly agents: readonly AgentId[];
}

export function seesCall(principal: Principal, { tenant, agents }: CallSeen, site: Pick<Site, 'tenants'>): boolean {
  return principal.role === 'agent' ? agents.includes(principal.agent) : seesTenant(principal, tenant, site);
}

/** Whether callers' numbers may be shown in full, when asked for. */
export function mayReveal({ role }: Principal): boolean {
  return role === 'admin' || role === 'supervisor';
}
