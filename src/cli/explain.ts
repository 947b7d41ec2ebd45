/** `telephony-core explain CALL`: who was asked to take a call and why, from its record. */
import { parseArgs } from 'node:util';
import { createClient } from 'redis';
import type { CallRecord } from '../core/call/record.js';
import { explain as tell } from '../core/queue/explain.js';
import { latestRecord, linesOf } from '../history/find-record.js';
import { keys } from '../redis/keys.js';
import { EXIT, type Io } from './io.js';

const usage = `Usage: telephony-core explain CALL --records FILE | --redis URL [--prefix PREFIX]
CALL is the id of a finished call, or its beginning. FILE is records.file, URL and PREFIX are redis.url and redis.keyPrefix of
telephony.yaml. TCORE_REDIS_PASSWORD is used when Redis wants a password.`;

/** How many records are fetched from Redis at a time. */
const page = 500;

export async function explain(argv: readonly string[], io: Io): Promise<number> {
  const options = parse(argv, io);
  if (options === undefined) return EXIT.usage;
  let found: CallRecord | undefined;
  try {
    const records = options.records === undefined ? fromRedis(options, io) : linesOf(options.records);
    found = await latestRecord(records, options.call);
  } catch (error) {
    io.err(`The records cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT.failed;
  }
  if (found === undefined) {
    io.err(`There is no record of a call ${options.call}. A call that is not over has none yet.`);
    return EXIT.failed;
  }
  for (const line of tell(found)) io.out(line);
  return EXIT.ok;
}

interface Options {
  readonly call: string;
  readonly records: string | undefined;
  readonly redis: string;
  readonly prefix: string;
}

function parse(argv: readonly string[], io: Io): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { records: { type: 'string' }, redis: { type: 'string' }, prefix: { type: 'string', default: 'tcore' } },
    });
    const [call, ...rest] = positionals;
    if (call !== undefined && rest.length === 0 && (values.records === undefined) !== (values.redis === undefined)) {
      return { call, records: values.records, redis: values.redis ?? '', prefix: values.prefix };
    }
  } catch (error) {
    io.err(error instanceof Error ? error.message : String(error));
  }
  io.err(usage);
  return undefined;
}

async function* fromRedis({ redis, prefix }: Options, { env }: Io): AsyncIterable<string> {
  const password = env['TCORE_REDIS_PASSWORD'];
  const client = createClient({
    url: redis,
    socket: { reconnectStrategy: false, connectTimeout: 5_000 },
    ...(password === undefined ? {} : { password }),
  });
  // The connection's own error says why; the command that it was waiting for only that it was lost, if anything.
  const lost = new Promise<never>((_, reject) => client.on('error', reject));
  lost.catch(() => undefined); // between two commands nobody awaits it: the next one tells
  try {
    await Promise.race([lost, client.connect()]);
    for (let from = '-'; ; ) {
      const entries = (await Promise.race([lost, client.xRange(keys.records(prefix), from, '+', { COUNT: page })])) ?? [];
      for (const { message } of entries) yield message['record'] ?? '';
      const last = entries.at(-1);
      if (last === undefined || entries.length < page) return;
      from = `(${last.id}`;
    }
  } finally {
    client.destroy();
  }
}
