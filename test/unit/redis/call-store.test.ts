import { createClient } from 'redis';
import t, { type Test } from 'tap';
import { type CallId, id, type NodeId } from '../../../src/core/ids.js';
import { MemoryCallStore } from '../../../src/memory/call-store.js';
import type { CallStore } from '../../../src/ports/call-store.js';
import { RedisCallStore } from '../../../src/redis/call-store.js';
import { RedisHistory } from '../../../src/redis/history.js';
import { RedisLink } from '../../../src/redis/link.js';
import { call, record } from '../../support/records.js';
import { startRedis } from '../../support/redis.js';

const redis = await startRedis();
const inspector = createClient({ url: redis.url });
await inspector.connect();
const latencies: string[] = [];
const link = new RedisLink({ url: redis.url, onLatency: (command, ms) => latencies.push(`${command} ${ms >= 0}`) });
await link.start();
t.teardown(async () => {
  await link.close();
  inspector.destroy();
  await redis.stop();
});

const here = id<NodeId>('pbx1');
const there = id<NodeId>('pbx2');

async function keepsCalls(t: Test, store: CallStore): Promise<void> {
  await store.save(call('c1'));
  await store.save(call('c1', { sequence: 7, timers: {} }));
  await store.save(call('c2', { node: there }));
  t.same([...(await store.load(here))], [['c1', JSON.parse(JSON.stringify(call('c1', { sequence: 7, timers: {} })))]]);
  t.same([...(await store.load(there)).keys()], ['c2']);
  await store.remove(call('c1'));
  await store.remove(call('c1'));
  await store.remove(call('c2', { node: there }));
  t.equal((await store.load(here)).size, 0);
}

t.test('calls by node, in memory', (t) => keepsCalls(t, new MemoryCallStore()));

t.test('calls by node, in Redis', async (t) => {
  await keepsCalls(t, new RedisCallStore({ link, keyPrefix: 'test' }));
  t.same(await inspector.keys('*'), [], 'no key is left');
  t.ok(latencies.includes('HSET true'));
});

t.test('an entry that is not JSON is reported and does not hide the others', async (t) => {
  const unreadable: CallId[] = [];
  const store = new RedisCallStore({ link, keyPrefix: 'test', onUnreadable: (call) => unreadable.push(call) });
  await store.save(call('c1'));
  await inspector.hSet('{test:calls}:pbx1', 'c2', '{');
  t.same([...(await store.load(here)).keys()], ['c1']);
  t.same(unreadable, ['c2']);
});

t.test('records in a stream, once a call, bounded', async (t) => {
  const history = new RedisHistory({ link, keyPrefix: 'test', streamLength: 100 });
  await Promise.all([history.append(record('c1')), history.append(record('c1'))]);
  const [entry, ...rest] = (await inspector.xRange('{test:history}:records', '-', '+')) ?? [];
  t.same(rest, []);
  t.same(JSON.parse(entry!.message['record']!), record('c1'));
  await Promise.all(Array.from({ length: 500 }, (_, i) => history.append(record(`many${i}`))));
  // Whole nodes of 100 entries are dropped: see stream-node-max-entries in redis.conf.
  t.ok((await inspector.xLen('{test:history}:records')) <= 200);
});
