/** The administrator's API. Registered only when a token is configured; every route asks for it. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type AgentId, id } from '../core/ids.js';
import type { Log } from '../ports/log.js';
import type { Operations, SignResult } from '../ports/operations.js';
import { createBearer } from './bearer.js';
import { maskCall } from './masking.js';

export interface ApiOptions {
  readonly adminToken: string;
  readonly operations: Operations;
  readonly log: Log;
}

/**
 * An identifier, as the configuration has it too: nothing that means something to a PBX, a shell, a path or a Redis key
 * can be said with it, so that no further check is needed behind it.
 */
const ID = { type: 'string', pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' } as const;

const agentRoute = {
  params: { type: 'object', required: ['agent'], additionalProperties: false, properties: { agent: ID } },
  querystring: { type: 'object', additionalProperties: false, properties: {} },
} as const;
const noInput = { querystring: { type: 'object', additionalProperties: false, properties: {} } } as const;
const callsRoute = {
  querystring: { type: 'object', additionalProperties: false, properties: { reveal: { type: 'string', enum: ['true', 'false'] } } },
} as const;

const REDIS_AWAY = { error: 'Redis cannot be reached: nothing is known of agents and queues now.' };

export function api(server: FastifyInstance, { adminToken, operations, log }: ApiOptions): void {
  const authorized = createBearer(adminToken);

  // Before anything of the request is parsed. It also covers unknown paths under /v1.
  server.addHook('onRequest', async (request, reply) => {
    if (authorized(request.headers.authorization)) return;
    await reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'A bearer token is needed.' });
  });

  server.get('/status', { schema: noInput }, () => operations.status());

  server.get<{ Querystring: { reveal?: 'true' | 'false' } }>('/calls', { schema: callsRoute }, (request) => {
    const calls = operations.calls();
    if (request.query.reveal !== 'true') return { calls: calls.map(maskCall) };
    // Who looked at personal data must be found again afterwards.
    log.info({ remote: request.ip, count: calls.length }, 'caller numbers were shown in full');
    return { calls };
  });

  server.post('/reload', { schema: noInput }, async (request, reply) => {
    const result = await operations.reload();
    log.info({ remote: request.ip, done: result.done }, 'reload was asked for by API');
    return reply.code(result.done ? 200 : 422).send(result);
  });

  server.post('/drain', { schema: noInput }, (request, reply) => {
    log.info({ remote: request.ip }, 'drain was asked for by API');
    operations.drain();
    return reply.code(202).send({ drain: operations.readiness().drain });
  });

  server.get('/agents', { schema: noInput }, async (_request, reply) => {
    const agents = await operations.agents();
    return agents === undefined ? reply.code(503).send(REDIS_AWAY) : { agents };
  });

  type AgentRoute = { Params: { agent: string } };
  server.post<AgentRoute>('/agents/:agent/signin', { schema: agentRoute }, async (request, reply) =>
    answerSign(reply, await operations.signIn(id<AgentId>(request.params.agent))),
  );
  server.post<AgentRoute>('/agents/:agent/signout', { schema: agentRoute }, async (request, reply) =>
    answerSign(reply, await operations.signOut(id<AgentId>(request.params.agent))),
  );
}

function answerSign(reply: FastifyReply, result: SignResult): FastifyReply {
  switch (result) {
    case 'done':
      return reply.send({ done: true });
    case 'unknown':
      return reply.code(404).send({ error: 'There is no such agent.' });
    case 'unavailable':
      return reply.code(503).send(REDIS_AWAY);
    default:
      return result satisfies never;
  }
}
