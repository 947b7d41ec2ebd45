/** Queues: who waits, and how the tenants' promises are kept. */
import { z } from 'zod';
import { seesTenant } from '../../core/access.js';
import type { ApiParts } from '../api.js';
import { redisAway } from '../problem.js';
import { type ApiServer, noInput } from '../schema.js';
import { queueView } from '../views.js';

const queueDetail = queueView
  .extend({
    tenant: z.string(),
    pool: z.string(),
    serviceLevel: z.object({ percent: z.number(), withinMs: z.number() }).describe('What was promised, e.g. 80 % within 20,000 ms.'),
    today: z
      .object({ queued: z.number(), answered: z.number(), answeredInTime: z.number(), abandoned: z.number() })
      .describe('Queued calls that ended on this daemon since midnight where the tenant is, or since it was started.'),
  })
  .meta({ id: 'QueueDetail', description: 'A queue and its promise.' });

export function queueRoutes(server: ApiServer, { operations, site }: ApiParts): void {
  server.get(
    '/queues',
    {
      config: { roles: ['admin', 'supervisor', 'tenant'] },
      schema: { summary: 'Queues', querystring: noInput, response: { 200: z.object({ queues: z.array(queueDetail) }) } },
    },
    async ({ principal }) => {
      const queues = await operations.queues();
      if (queues === undefined) throw redisAway();
      return { queues: queues.filter(({ tenant }) => seesTenant(principal, tenant, site())) };
    },
  );
}
