/** How often the daemon goes to Redis: what Redis itself counted. One read of its socket may hold several commands (a pipelined trip). */
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'redis';

export interface RedisCount {
  readonly trips: number;
  readonly commands: number;
}

/** INFO of Redis 7; commands that scripts run are counted too. */
export function countOf(info: string): RedisCount {
  const value = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  return { trips: value('total_reads_processed'), commands: value('total_commands_processed') };
}

/** What was counted during `work`, a call, less what the idle daemon does anyway. */
export async function redisTrips(url: string, calls: number, work: () => Promise<unknown>): Promise<RedisCount> {
  const client = createClient({ url });
  await client.connect();
  /** To ask is a trip and a command of its own. */
  const count = async () => ({ ...countOf(await client.info('stats')), at: performance.now() });
  try {
    const first = await count();
    await pause(2_000);
    const second = await count();
    await work();
    const third = await count();
    const of = (figure: keyof RedisCount): number => {
      const idlePerMs = (second[figure] - first[figure] - 1) / (second.at - first.at);
      return Math.max(0, third[figure] - second[figure] - 1 - idlePerMs * (third.at - second.at)) / calls;
    };
    return { trips: of('trips'), commands: of('commands') };
  } finally {
    client.destroy();
  }
}
