/**
 * What a call has the daemon exchange with others, as those counted it: how often it goes to Redis (one read of its socket may hold
 * several commands, a pipelined trip), and what it hears from the switch and sends it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'redis';

export interface Exchanged {
  readonly trips: number;
  /** Of Redis; those that scripts run are counted too. */
  readonly commands: number;
  /** Of FreeSWITCH; on Asterisk they are not counted. */
  readonly events: number;
  readonly sent: number;
}

/** `info`: INFO of Redis 7. */
export function ofRedis(info: string): Pick<Exchanged, 'trips' | 'commands'> {
  const value = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  return { trips: value('total_reads_processed'), commands: value('total_commands_processed') };
}

/** `page`: the daemon's for Prometheus. */
export function ofSwitch(page: string): Pick<Exchanged, 'events' | 'sent'> {
  const sum = (name: string): number =>
    [...page.matchAll(new RegExp(`^telephony_core_${name}(?:\\{[^}]*\\})? (\\d+)`, 'gm'))].reduce(
      (all, [, count]) => all + Number(count),
      0,
    );
  return { events: sum('esl_event_lag_seconds_count'), sent: sum('pbx_commands_total') };
}

/** What was exchanged during `work`, a call, less what the idle daemon does anyway. */
export async function exchanged(
  { url, metrics }: { readonly url: string; metrics(): Promise<string> },
  calls: number,
  work: () => Promise<unknown>,
): Promise<Exchanged> {
  const client = createClient({ url });
  await client.connect();
  /** To ask is a trip and a command of its own; for its page the daemon asks Redis, so Redis is asked before and after. */
  const redis = async () => ({ ...ofRedis(await client.info('stats')), at: performance.now() });
  const page = async () => ({ ...ofSwitch(await metrics()), at: performance.now() });
  try {
    const [idlePage, idle] = [await page(), await redis()];
    await pause(2_000);
    const [still, stillPage, before] = [await redis(), await page(), await redis()];
    await work();
    const [after, afterPage] = [await redis(), await page()];
    const each = (during: number, duringMs: number, whenIdle: number, idleMs: number) =>
      Math.max(0, during - (whenIdle / idleMs) * duringMs) / calls;
    const ofTrips = (figure: 'trips' | 'commands') =>
      each(after[figure] - before[figure] - 1, after.at - before.at, still[figure] - idle[figure] - 1, still.at - idle.at);
    const ofEvents = (figure: 'events' | 'sent') =>
      each(
        afterPage[figure] - stillPage[figure],
        afterPage.at - stillPage.at,
        stillPage[figure] - idlePage[figure],
        stillPage.at - idlePage.at,
      );
    return { trips: ofTrips('trips'), commands: ofTrips('commands'), events: ofEvents('events'), sent: ofEvents('sent') };
  } finally {
    client.destroy();
  }
}
