/** How often the daemon goes to Redis: what Redis itself counted. One read of its socket may hold several commands (a pipelined trip). */
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'redis';

export interface RedisCount {
  readonly trips: number;
  readonly commands: number;
}

/** INFO of Redis 7; what lies in scripts is not counted as a command. */
export function countOf(info: string): RedisCount {
  const value = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  return { trips: value('total_reads_processed'), commands: value('total_commands_processed') };
}

async function ask(url: string): Promise<RedisCount> {
  const client = createClient({ url });
  await client.connect();
  try {
    return countOf(await client.info('stats'));
  } finally {
    client.destroy();
  }
}

/** What was counted during `work`, a call, less what the idle daemon does anyway. */
export async function redisTrips(url: string, calls: number, work: () => Promise<unknown>): Promise<RedisCount> {
  const idleMs = 1_000;
  const first = await ask(url);
  await pause(idleMs);
  const second = await ask(url);
  const from = performance.now();
  await work();
  const parts = (performance.now() - from) / idleMs;
  const third = await ask(url);
  // Asking counts in both spans: once in each.
  const of = (figure: keyof RedisCount): number => {
    const idle = second[figure] - first[figure];
    return Math.max(0, third[figure] - second[figure] - idle * parts) / calls;
  };
  return { trips: of('trips'), commands: of('commands') };
}
