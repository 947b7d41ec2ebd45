/** The daemon's HTTP server: health, metrics and the administrator's API. */
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Log } from '../ports/log.js';
import type { MetricsPage } from '../ports/metrics.js';
import type { Operations } from '../ports/operations.js';
import { api } from './api.js';
import { health } from './health.js';

export interface HttpOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** `undefined`: no API; everything under /v1 is 404. */
  readonly adminToken: string | undefined;
  readonly operations: Operations;
  readonly metrics: MetricsPage;
  readonly log: Log;
}

export interface HttpServer {
  /** Rejects when the address is taken or not ours. */
  start(): Promise<{ readonly port: number }>;
  /** Open connections are closed. */
  close(): Promise<void>;
}

/** No request carries more than a few words. */
const BODY_LIMIT_BYTES = 16 * 1024;
/** For a whole request to come in: a slow sender does not hold a connection. */
const REQUEST_TIMEOUT_MS = 10_000;

/** The server before it listens; apart, so that tests can ask it without a socket. */
export function buildHttp({ adminToken, operations, metrics, log }: Omit<HttpOptions, 'host' | 'port'>): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256 },
    // An address that cannot even be decoded.
    frameworkErrors: (error, _request: FastifyRequest, reply: FastifyReply) =>
      reply.code(error.statusCode ?? 400).send({ error: 'This address is not valid.' }),
    // Nothing is guessed at or dropped in silence: what is not in the schema is refused.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: false } },
  });

  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'There is nothing here.' }));
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: error.message });
    log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'an HTTP request failed');
    return reply.code(500).send({ error: 'Something failed; the log says what.' });
  });

  health(server, { operations, metrics });
  if (adminToken !== undefined) {
    server.register(
      (scope, _options, done) => {
        // In the scope, so that an unknown path under /v1 asks for the token too.
        scope.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'There is nothing here.' }));
        api(scope, { adminToken, operations, log });
        done();
      },
      { prefix: '/v1' },
    );
  }
  return server;
}

export function createHttp(options: HttpOptions): HttpServer {
  const server = buildHttp(options);
  return {
    start: async () => {
      await server.listen({ host: options.host, port: options.port });
      const [address] = server.addresses();
      return { port: typeof address === 'object' ? address.port : options.port };
    },
    close: () => server.close(),
  };
}
