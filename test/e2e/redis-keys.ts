/** What is in Redis, key by key. */
import { createClient } from 'redis';
import type { RedisServer } from '../support/redis.js';

function connect({ url }: RedisServer) {
  return createClient({ url });
}

export async function withRedis<T>(redis: RedisServer, use: (client: ReturnType<typeof connect>) => Promise<T>): Promise<T> {
  const client = connect(redis);
  await client.connect();
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}

/** Every key that stays, in order; what expires by itself (who gave up lately) is left out. */
export async function redisKeys(redis: RedisServer): Promise<readonly string[]> {
  return await withRedis(redis, async (client) => {
    const keys = await client.keys('*');
    const staying = await Promise.all(keys.map(async (key) => (await client.ttl(key)) < 0));
    return keys.filter((_, i) => staying[i]).sort();
  });
}

/** What there is to be when nobody calls, these agents are idle and calls were recorded (src/redis/keys.ts, includes/domain.lua). */
export function keysAtRest(idle: readonly string[], pools: readonly string[] = ['reception']): readonly string[] {
  return [
    '{tcore:history}:recent',
    '{tcore:history}:records',
    ...['domain', 'agents', 'pace', 'ready', ...idle.map((agent) => `agent:${agent}`)].map((key) => `{tcore:main}:${key}`),
    // What calls asked for within the last hour: here nothing but the pool.
    ...pools.flatMap((pool) => [
      `{tcore:main}:members:${pool}`,
      `{tcore:main}:demands:${pool}`,
      ...['able', 'idle'].map((set) => `{tcore:main}:${set}:longestIdle/${pool}/`),
    ]),
  ].sort();
}

/** The calls of which the stream holds a record, one for each record. */
export async function streamedRecords(redis: RedisServer): Promise<readonly string[]> {
  return await withRedis(redis, async (client) => {
    const entries = (await client.xRange('{tcore:history}:records', '-', '+')) ?? [];
    return entries.map(({ message }) => message['call'] ?? '');
  });
}
