/** What a supervisor and a load balancer ask. No token: they tell nothing of calls or callers. */
import type { FastifyInstance } from 'fastify';
import type { MetricsPage } from '../ports/metrics.js';
import type { Operations, Readiness } from '../ports/operations.js';

export interface HealthOptions {
  readonly operations: Pick<Operations, 'readiness'>;
  readonly metrics: MetricsPage;
}

/** Why new calls cannot be served now, in plain words; empty: they can. */
export function whatIsMissing({ nodes, redis, drain }: Readiness): readonly string[] {
  const missing: string[] = [];
  if (nodes.length === 0) missing.push('No PBX node is configured.');
  else if (!nodes.some((node) => node.up)) {
    missing.push(...nodes.map((node) => `PBX node ${node.id} is down: ${node.reason ?? 'not connected yet'}.`));
  }
  if (!redis.up) missing.push(`Redis cannot be reached: ${redis.reason ?? 'not connected yet'}.`);
  if (drain !== 'serving') missing.push('This daemon is draining: it takes no new calls.');
  return missing;
}

export function health(server: FastifyInstance, { operations, metrics }: HealthOptions): void {
  // The answer itself is the proof: an event loop that hangs does not answer.
  server.get('/health/live', () => ({ live: true }));

  server.get('/health/ready', (_request, reply) => {
    const missing = whatIsMissing(operations.readiness());
    return reply.code(missing.length === 0 ? 200 : 503).send({ ready: missing.length === 0, missing });
  });

  server.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}
