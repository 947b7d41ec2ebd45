/**
 * The model of routing.model.ts at length, over a Redis of its own: `npx tsx test/contract/routing.million.ts [SCRIPTS]`, TCORE_FUZZ_SEED to
 * repeat one. Not in tap, whose hooks on every promise take half of the time. 1,100 scripts are about a
 * million events. A failure is told as it is, with its seed: to shrink long scripts over Redis takes hours, over fewer and shorter ones minutes.
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
  await routingModel({ pass: out, comment: out }, () => RedisTested.open(redis.url, inspector), {
    runs: Number(process.argv[2] ?? 1_100),
    shrinks: false,
  });
} finally {
  inspector.destroy();
  await redis.stop();
}
