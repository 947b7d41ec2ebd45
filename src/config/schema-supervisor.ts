/** Supervisors in `telephony.yaml`. */
import { z } from 'zod';
import { identifier, label, secret } from './schema-common.js';
import { insideDevice } from './schema-device.js';

export const supervisorSchema = z
  .strictObject({
    id: identifier.describe('Name of the supervisor in logs and records, e.g. claire.'),
    name: label.max(60, 'must be at most 60 characters').describe('As shown on the phones of others.'),
    agent: identifier.optional().describe('The agent who is the same person: that phone is used.'),
    device: insideDevice.optional().describe('A phone of the supervisor’s own, instead of an agent’s.'),
    pin: secret.optional().describe('4 to 12 digits for the feature codes. Without it supervision goes by the API only.'),
    pools: z
      .array(identifier)
      .min(1, 'must name a pool, or be left out')
      .optional()
      .describe('Only calls of queues of these pools. Default: all.'),
    tenants: z
      .array(identifier)
      .min(1, 'must name a tenant, or be left out')
      .optional()
      .describe('Only calls of these tenants. Default: all.'),
  })
  .refine(
    ({ agent, device: own }) => (agent === undefined) !== (own === undefined),
    'needs a phone: either agent: NAME or device: …, not both',
  );

export const supervisionSchema = z.strictObject({
  pinTries: z.int().min(1).max(10).default(5).describe('After so many wrong PINs in a row a supervisor is locked out.'),
  lockoutMinutes: z.int().min(1).max(1_440).default(15).describe('For how long.'),
});

export type SupervisorYaml = z.output<typeof supervisorSchema>;
