/** Every answer that is not a success has one shape: RFC 9457, `application/problem+json`. */
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Log } from '../ports/log.js';

/** `type` is left out: `about:blank`, i.e. the status says what kind of problem it is (RFC 9457 §4.2.1). */
export const problemSchema = z
  .object({
    title: z.string().describe('The HTTP status in words.'),
    status: z.int().describe('The HTTP status.'),
    detail: z.string().describe('What is wrong, for a person.'),
    problems: z.array(z.string()).optional().describe('A refused reload: every problem, each with file, line and path.'),
  })
  .meta({ id: 'Problem', description: 'A problem (RFC 9457).' });

export const problemType = 'application/problem+json';

/** Thrown by a route that has no success to answer with. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';

  constructor(
    readonly status: number,
    readonly detail: string,
    readonly problems?: readonly string[],
  ) {
    super(detail);
  }
}

/**
 * The one answer for what does not exist, what the bearer may not see and what he may not do: whoever tries names learns
 * nothing from it.
 */
export const notFound = (): HttpProblem => new HttpProblem(404, 'There is nothing here.');

/** What Redis knows cannot be told or changed now. */
export const redisAway = (): HttpProblem => new HttpProblem(503, 'Redis cannot be reached: nothing is known of agents and queues now.');

export function sendProblem(reply: FastifyReply, { status, detail, problems }: HttpProblem): FastifyReply {
  const title = STATUS_CODES[status] ?? 'Error';
  // Serialized here: whatever the route's schema says, this shape is sent.
  return reply
    .code(status)
    .type(problemType)
    .serializer((body: unknown) => JSON.stringify(body))
    .send({ title, status, detail, problems });
}

/** Shows what the asker did wrong, and nothing of what went wrong inside. */
export function errorHandler(log: Log) {
  return (error: FastifyError | HttpProblem, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (error instanceof HttpProblem) return sendProblem(reply, error);
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, new HttpProblem(status, error.message));
    log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'an HTTP request failed');
    return sendProblem(reply, new HttpProblem(500, 'Something failed; the log says what.'));
  };
}
