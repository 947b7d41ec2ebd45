/**
 * Who asks, and whether the route is for his role. Every route under /v1 says so itself:
 *
 *     server.get('/agents', { config: { roles: ['admin', 'supervisor', 'agent'] }, schema: { … } }, (request) => …)
 *
 * and then asks `core/access.ts` about each thing that it shows or does: `seesAgent(request.principal, agent, site())`.
 */
import type { FastifyInstance } from 'fastify';
import type { AccessToken, Principal, Role } from '../core/access.js';
import type { Log } from '../ports/log.js';
import { createBearer } from './bearer.js';
import { HttpProblem, notFound, sendProblem } from './problem.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use the route. For others it does not exist. */
    roles?: readonly Role[];
  }
  interface FastifyRequest {
    /** Set on every route under /v1. */
    principal: Principal;
    /** Whose token it is by now, for an answer that goes on: a reload may have changed or withdrawn it. */
    principalNow: () => Principal | undefined;
  }
}

export const everyone: readonly Role[] = ['admin', 'supervisor', 'agent', 'tenant'];

/** How often refused tokens are told in the log, ms: someone who tries many must not fill it. */
const refusalsEveryMs = 10_000;

export interface AccessOptions {
  readonly tokens: () => readonly AccessToken[];
  readonly log: Log;
}

export function guard(server: FastifyInstance, { tokens, log }: AccessOptions): void {
  const bearer = createBearer(tokens);
  const lasting = (first: Principal, authorization: string | undefined) => {
    let [of, now]: [readonly AccessToken[], Principal | undefined] = [tokens(), first];
    return () => {
      if (tokens() !== of) [of, now] = [tokens(), bearer(authorization)];
      return now;
    };
  };
  let refused = 0;
  let toldAt = Number.NEGATIVE_INFINITY;

  server.decorateRequest('principal', null as never);
  server.decorateRequest('principalNow', null as never);

  server.addHook('onRoute', ({ url, method, config }) => {
    if (config?.roles === undefined) throw new Error(`the route ${method} ${url} does not say who may use it`);
  });

  // Before anything of the request is parsed. It also covers unknown paths under /v1.
  server.addHook('onRequest', async (request, reply) => {
    if (tokens().length === 0) return sendProblem(reply, notFound());
    const principal = bearer(request.headers.authorization);
    if (principal === undefined) {
      refused++;
      if (performance.now() - toldAt > refusalsEveryMs) {
        toldAt = performance.now();
        log.warn({ remote: request.ip, refused }, 'requests without a valid token were refused');
        refused = 0;
      }
      reply.header('www-authenticate', 'Bearer');
      return sendProblem(reply, new HttpProblem(401, 'A bearer token is needed.'));
    }
    request.principal = principal;
    request.principalNow = lasting(principal, request.headers.authorization);
    if (request.routeOptions.config.roles?.includes(principal.role) !== true) return sendProblem(reply, notFound());
  });
}
