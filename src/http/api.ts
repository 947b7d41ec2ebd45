/** The API: everything under /v1. One file of `routes/` for each kind of thing. */
import { type FastifyInstance, fastify } from 'fastify';
import type { AccessToken } from '../core/access.js';
import type { Site } from '../core/site.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Operations } from '../ports/operations.js';
import { guard } from './access.js';
import type { Feed } from './events/feed.js';
import { collectRoutes, type DescribedRoute, openApi } from './openapi.js';
import { notFound, sendProblem } from './problem.js';
import { agentRoutes } from './routes/agents.js';
import { callbackRoutes } from './routes/callbacks.js';
import { callRoutes } from './routes/calls.js';
import { daemonRoutes } from './routes/daemon.js';
import { eventRoutes } from './routes/events.js';
import { openApiRoute } from './routes/openapi.js';
import { queueRoutes } from './routes/queues.js';
import { recordRoutes } from './routes/records.js';
import { supervisionRoutes } from './routes/supervision.js';
import { speakZod } from './schema.js';

export interface ApiParts {
  readonly operations: Operations;
  /** The configuration of this moment. */
  readonly site: () => Site;
  /** The tokens of this moment; none: everything is 404. */
  readonly tokens: () => readonly AccessToken[];
  readonly feed: Feed;
  readonly clock: Clock;
  readonly log: Log;
}

/** Answers with its routes, as they describe themselves. */
export function api(scope: FastifyInstance, parts: ApiParts): readonly DescribedRoute[] {
  const server = speakZod(scope);
  const routes = collectRoutes(scope);
  guard(scope, parts);
  // In the scope, so that an unknown path under /v1 asks for a token too.
  scope.setNotFoundHandler((_request, reply) => sendProblem(reply, notFound()));
  daemonRoutes(server, parts);
  callRoutes(server, parts);
  recordRoutes(server, parts);
  queueRoutes(server, parts);
  callbackRoutes(server, parts);
  supervisionRoutes(server, parts);
  agentRoutes(server, parts);
  eventRoutes(server, parts);
  openApiRoute(server, routes);
  return routes;
}

/** The OpenAPI page without a daemon: nobody asks these routes anything. */
export async function describeApi(): Promise<Readonly<Record<string, unknown>>> {
  const server = fastify();
  let routes: readonly DescribedRoute[] = [];
  server.register(
    async (scope) => {
      routes = api(scope, {} as ApiParts);
    },
    { prefix: '/v1' },
  );
  await server.ready();
  return openApi(routes);
}
