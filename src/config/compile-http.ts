/** Tokens as the API uses them. */
import type { AccessToken, Principal } from '../core/access.js';
import { type AgentId, id, type PoolId, type TenantId } from '../core/ids.js';
import type { HttpYaml, TokenYaml } from './schema-http.js';

/** `secretOf` answers for each secret that is configured: its path below `http`. */
export function compileTokens(
  { adminToken, tokens }: HttpYaml,
  secretOf: (path: readonly (string | number)[]) => string,
): readonly AccessToken[] {
  return [
    ...(adminToken === undefined ? [] : [{ principal: { id: 'admin', role: 'admin' } as const, secret: secretOf(['adminToken']) }]),
    ...tokens.map((token, index) => ({ principal: principalOf(token), secret: secretOf(['tokens', index, 'token']) })),
  ];
}

function principalOf({ id: name, role, pools, agent = '', tenants = [] }: TokenYaml): Principal {
  switch (role) {
    case 'admin':
      return { id: name, role };
    case 'supervisor':
      return { id: name, role, pools: pools?.map((pool) => id<PoolId>(pool)) };
    case 'agent':
      return { id: name, role, agent: id<AgentId>(agent) };
    case 'tenant':
      return { id: name, role, tenants: tenants.map((tenant) => id<TenantId>(tenant)) };
    default:
      return role satisfies never;
  }
}
