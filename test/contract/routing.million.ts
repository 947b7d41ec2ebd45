/**
 * The model of routing.model.ts at length, over a Redis of its own: `npx tsx test/contract/routing.million.ts [SCRIPTS]`, TCORE_FUZZ_SEED to
 * repeat one. Not in tap, whose hooks on every promise take half of the time. 1,500 scripts are more than a million events.
 */
import { createClient } from 'redis';
import { startRedis } from '../support/redis.js';
import { RedisTested } from './redis-tested.js';
import { routingModel } from './routing.model.js';

const redis = await startRedis();
const inspector = createClient({ url: redis.url });
await inspector.connect();
const out = (...said: unknown[]): true => process.stdout.write(`${said.join(' ')}\n`) || true;
try {
  await routingModel({ pass: out, comment: out }, () => RedisTested.open(redis.url, inspector), { runs: Number(process.argv[2] ?? 1_500) });
} finally {
  inspector.destroy();
  await redis.stop();
}
