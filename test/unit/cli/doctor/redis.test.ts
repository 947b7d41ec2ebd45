import t from 'tap';
import { checkRedis, redisFindings } from '../../../../src/cli/doctor/redis.js';

const good = {
  redis_version: '7.0.15',
  role: 'master',
  aof_enabled: '1',
  aof_last_write_status: 'ok',
  rdb_last_bgsave_status: 'ok',
  maxmemory_policy: 'noeviction',
};
const check = (changes: Partial<typeof good>, skewMs = 0) =>
  redisFindings('Redis h:1', { info: new Map(Object.entries({ ...good, ...changes })), skewMs });
const bad = (changes: Partial<typeof good>, skewMs = 0) => check(changes, skewMs).filter(({ level }) => level !== 'ok');

t.test('what INFO tells', async (t) => {
  t.same(bad({}), []);
  t.match(bad({ redis_version: '6.2.1' }), [{ level: 'warning', what: /6\.2\.1/ }]);
  t.match(bad({ role: 'slave' }), [{ level: 'FAIL', what: /replica/ }]);
  t.match(bad({ aof_enabled: '0' }), [{ level: 'warning', what: /append-only/ }]);
  t.match(bad({ rdb_last_bgsave_status: 'err' }), [{ level: 'FAIL', what: /disk/ }]);
  t.match(bad({ maxmemory_policy: 'allkeys-lru' }), [{ level: 'warning', what: /allkeys-lru/ }]);
});

t.test('clocks that differ', async (t) => {
  t.same(bad({}, 400), []);
  t.match(bad({}, 2500), [{ level: 'warning', what: /2\.5 s ahead/ }]);
  t.match(bad({}, -900), [{ level: 'warning', what: /0\.9 s behind/ }]);
});

t.test('nobody at the address', async (t) => {
  t.match(await checkRedis('redis://127.0.0.1:1'), [{ level: 'FAIL', what: 'Redis 127.0.0.1:1: connection refused.' }]);
  const named = await checkRedis('redis://user:hush@nothing.invalid:6379');
  t.match(named, [{ level: 'FAIL', what: /^Redis nothing\.invalid:6379 cannot be reached/ }]);
  t.notMatch(JSON.stringify(named), 'hush');
});
