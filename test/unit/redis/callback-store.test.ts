import { createClient } from 'redis';
import t from 'tap';
import { MemoryCallbackStore } from '../../../src/memory/callback-store.js';
import { RedisCallbackStore } from '../../../src/redis/callback-store.js';
import { RedisLink } from '../../../src/redis/link.js';
import { callbackStoreContract } from '../../contract/callback-store.contract.js';
import { startRedis } from '../../support/redis.js';

const redis = await startRedis();
const inspector = createClient({ url: redis.url });
await inspector.connect();
const link = new RedisLink({ url: redis.url });
await link.start();
t.teardown(async () => {
  await link.close();
  inspector.destroy();
  await redis.stop();
});

let stores = 0;
await t.test('in memory', (t) => callbackStoreContract(t, async () => new MemoryCallbackStore()));
await t.test('in Redis', (t) => callbackStoreContract(t, async () => new RedisCallbackStore({ link, keyPrefix: `s${++stores}` })));
await t.test('a callback that has ended leaves nothing behind', async (t) => {
  t.same(await inspector.keys('{s4:*'), []);
});
