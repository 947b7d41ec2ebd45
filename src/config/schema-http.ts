/** `http` in `telephony.yaml`: where health, metrics and API listen, and who may use the API. */
import { z } from 'zod';
import { host, identifier, port, secret } from './schema-common.js';

export const tokenSchema = z.strictObject({
  id: identifier.describe('Name of the token in logs, e.g. crm-martin.'),
  role: z
    .enum(['admin', 'supervisor', 'agent', 'tenant'], { error: 'must be admin, supervisor, agent or tenant' })
    .describe('What its bearer may see and do.'),
  pools: z
    .array(identifier)
    .min(1, 'must name at least one pool')
    .optional()
    .describe('For a supervisor: pools whose agents and tenants he sees. Default: all.'),
  agent: identifier.optional().describe('For an agent: who he is.'),
  tenants: z
    .array(identifier)
    .min(1, 'must name at least one tenant')
    .optional()
    .describe('For a tenant: the client companies whose calls it sees.'),
  token: secret.describe('The bearer token itself, at least 16 characters.'),
});

export const httpSchema = z
  .strictObject({
    host: host.default('127.0.0.1').describe('Address that health, metrics and API listen on.'),
    port: port.default(8080).describe('Port that they listen on.'),
    adminToken: secret.optional().describe('Bearer token of the administrator: the same as a token with the id and role admin.'),
    tokens: z.array(tokenSchema).default([]).describe('Bearer tokens of the API. Without any, the API is off; health and metrics stay.'),
  })
  .prefault({})
  .describe('Health, metrics and API.');

export type TokenYaml = z.output<typeof tokenSchema>;
export type HttpYaml = z.output<typeof httpSchema>;
