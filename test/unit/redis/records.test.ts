/** The stream of records, read again: on a real Redis. */
import t from 'tap';
import { type CallId, id, type TenantId } from '../../../src/core/ids.js';
import { StoreUnavailable } from '../../../src/ports/routing-store.js';
import { RedisHistory } from '../../../src/redis/history.js';
import { RedisLink } from '../../../src/redis/link.js';
import { RedisRecords } from '../../../src/redis/records.js';
import { record } from '../../support/records.js';
import { startRedis } from '../../support/redis.js';

const redis = await startRedis();
const link = new RedisLink({ url: redis.url });
await link.start();
t.teardown(async () => {
  await link.close();
  await redis.stop();
});

const records = new RedisRecords({ link, keyPrefix: 'test' });
const history = new RedisHistory({ link, keyPrefix: 'test', streamLength: 10_000 });
const all = { from: undefined, to: undefined, after: undefined, wanted: () => true };
const martins = Array.from({ length: 250 }, (_, n) =>
  record(`c${n}`, { endedAt: Date.now(), ...(n % 50 === 0 ? { tenant: id<TenantId>('durand') } : {}) }),
);
const started = Date.now();
for (const one of martins) await history.append(one);

t.test('pages, newest first, each record once', async (t) => {
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await records.page({ ...all, after, limit: 60 });
    seen.push(...page.records.map(({ call }) => call));
    after = page.next;
  } while (after !== undefined);
  t.same(seen, martins.map(({ call }) => call).reverse());
});

t.test('only what is wanted, however far apart', async (t) => {
  const wanted = ({ tenant }: { tenant: string }) => tenant === 'durand';
  const first = await records.page({ ...all, wanted, limit: 3 });
  t.same(
    first.records.map(({ call }) => call),
    ['c200', 'c150', 'c100'],
  );
  const rest = await records.page({ ...all, wanted, limit: 3, after: first.next });
  t.same([rest.records.map(({ call }) => call), rest.next], [['c50', 'c0'], undefined]);
});

t.test('from and to', async (t) => {
  t.equal((await records.page({ ...all, limit: 500, to: started - 1 })).records.length, 0);
  t.equal((await records.page({ ...all, limit: 500, from: started - 1 })).records.length, 250);
  t.equal((await records.page({ ...all, limit: 500, from: Date.now() + 60_000 })).records.length, 0);
});

t.test('one call', async (t) => {
  t.same(await records.find(id<CallId>('c123')), martins[123]);
  t.equal(await records.find(id<CallId>('c1234')), undefined);
});

t.test('Redis is away', async (t) => {
  const away = new RedisLink({ url: 'redis://127.0.0.1:1' });
  const nothing = new RedisRecords({ link: away, keyPrefix: 'test' });
  await t.rejects(nothing.page({ ...all, limit: 1 }), StoreUnavailable);
  await t.rejects(nothing.find(id<CallId>('c1')), StoreUnavailable);
});
