/** The daemon itself: what it does now, reload, drain. */
import { z } from 'zod';
import { type Principal, seesAgent, seesTenant } from '../../core/access.js';
import { id, type TenantId } from '../../core/ids.js';
import type { Site } from '../../core/site.js';
import type { Status } from '../../ports/operations.js';
import type { ApiParts } from '../api.js';
import { HttpProblem, problemSchema } from '../problem.js';
import { type ApiServer, noInput } from '../schema.js';
import { agentView, drainState, nodeView, queueView, redisView, stateName } from '../views.js';

const statusView = z
  .object({
    version: z.string(),
    uptimeMs: z.number(),
    drain: drainState,
    nodes: z.array(nodeView),
    redis: redisView,
    calls: z.array(z.object({ tenant: z.string(), state: stateName, count: z.number() })),
    queues: z.array(queueView).optional().describe('Missing while Redis cannot be reached.'),
    agents: z.array(agentView).optional().describe('Missing while Redis cannot be reached.'),
  })
  .meta({ id: 'Status', description: 'What the daemon does now.' });

const reloaded = z.object({ done: z.literal(true), tenants: z.number(), numbers: z.number(), agents: z.number() });

export function daemonRoutes(server: ApiServer, { operations, site, log }: ApiParts): void {
  server.get(
    '/status',
    {
      config: { roles: ['admin', 'supervisor'] },
      schema: {
        summary: 'What the daemon does now',
        description: 'A supervisor of some pools sees their tenants, queues and agents.',
        querystring: noInput,
        response: { 200: statusView },
      },
    },
    async ({ principal }) => seenBy(principal, await operations.status(), site()),
  );

  server.post(
    '/reload',
    {
      config: { roles: ['admin'] },
      schema: {
        summary: 'Read the configuration again',
        description: 'With one problem anywhere, nothing changes: 422 lists them all.',
        querystring: noInput,
        response: { 200: reloaded, 422: problemSchema },
      },
    },
    async ({ principal, ip }) => {
      const result = await operations.reload();
      log.info({ by: principal.id, remote: ip, done: result.done }, 'reload was asked for by API');
      if (!result.done) throw new HttpProblem(422, 'The configuration has problems: nothing was changed.', result.problems);
      return result;
    },
  );

  server.post(
    '/drain',
    {
      config: { roles: ['admin'] },
      schema: {
        summary: 'Take no new calls, and leave when the last one has ended',
        querystring: noInput,
        response: { 202: z.object({ drain: drainState }) },
      },
    },
    async ({ principal, ip }, reply) => {
      log.info({ by: principal.id, remote: ip }, 'drain was asked for by API');
      operations.drain();
      return reply.code(202).send({ drain: operations.readiness().drain });
    },
  );
}

/** The nodes and Redis are everybody's. */
function seenBy(principal: Principal, status: Status, site: Site): Status {
  const seesQueue = (queue: string) => seesTenant(principal, id<TenantId>(queue), site);
  return {
    ...status,
    calls: status.calls.filter(({ tenant }) => seesTenant(principal, tenant, site)),
    queues: status.queues?.filter(({ queue }) => seesQueue(queue)),
    agents: status.agents?.filter(({ agent }) => seesAgent(principal, agent, site)),
  };
}
