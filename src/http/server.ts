/** The daemon's HTTP server: health, metrics and the API. */
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { MetricsPage } from '../ports/metrics.js';
import { type ApiParts, api } from './api.js';
import { health } from './health.js';
import { errorHandler, HttpProblem, notFound, sendProblem } from './problem.js';

export interface HttpOptions extends ApiParts {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly metrics: MetricsPage;
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

/** Answers are data for programs: no browser is to keep, guess at, frame or run them. No CORS header: no web page may read them. */
const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const;

/** The server before it listens; apart, so that tests can ask it without a socket. */
export function buildHttp({ metrics, ...parts }: Omit<HttpOptions, 'host' | 'port'>): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256 },
    // An address that cannot even be decoded.
    frameworkErrors: (error, _request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(reply, new HttpProblem(error.statusCode ?? 400, 'This address is not valid.')),
  });

  server.addHook('onRequest', async (_request, reply) => {
    reply.headers(SAFE_HEADERS);
  });
  server.setNotFoundHandler((_request, reply) => sendProblem(reply, notFound()));
  server.setErrorHandler(errorHandler(parts.log));

  health(server, { operations: parts.operations, metrics });
  server.register(
    async (scope) => {
      api(scope, parts);
    },
    { prefix: '/v1' },
  );
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
