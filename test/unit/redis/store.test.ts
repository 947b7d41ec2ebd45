/** What only the Redis store has to cope with: Redis going away, coming back, coming back empty. */
import { EventEmitter, once } from 'node:events';
import { createClient } from 'redis';
import t, { type Test } from 'tap';
import { type Assignment, StoreUnavailable } from '../../../src/ports/routing-store.js';
import { RedisLink } from '../../../src/redis/link.js';
import { RedisRoutingStore } from '../../../src/redis/store.js';
import { agentId, callId, Daemon, pool, tenantId } from '../../contract/routing-store.world.js';
import { type RedisServer, startRedis } from '../../support/redis.js';

interface Seen extends Daemon {
  readonly events: string[];
  /** The next time that it is ready, or down. */
  next(event: 'ready' | 'down'): Promise<unknown>;
}

/** `commandTimeoutMs`: far more than a busy machine needs, unless the timeout is what is tried. */
function observed(t: Test, redis: RedisServer, name: string, commandTimeoutMs = 10_000): { readonly opened: Promise<Seen> } {
  const emitter = new EventEmitter();
  const events: string[] = [];
  const heard: Assignment[] = [];
  const link = new RedisLink({ url: redis.url, commandTimeoutMs, backoffMs: [5, 50] });
  const store = new RedisRoutingStore({ link, keyPrefix: 'test', daemon: name });
  t.teardown(() => store.close());
  const tell = (event: 'ready' | 'down', text: string) => {
    events.push(text);
    emitter.emit(event);
  };
  const opened = store
    .start({
      assigned: (assignment) => heard.push(assignment),
      ready: (fresh) => tell('ready', fresh ? 'fresh' : 'same'),
      down: () => tell('down', 'down'),
    })
    .then(() => Object.assign(new Daemon(name, store, heard), { events, next: (event: 'ready' | 'down') => once(emitter, event) }));
  return { opened };
}

async function server(t: Test, options: { readonly aof?: boolean } = {}): Promise<RedisServer> {
  const redis = await startRedis(options);
  t.teardown(() => redis.stop());
  return redis;
}

t.test('the first daemon makes the domain, the second finds it', async (t) => {
  const redis = await server(t);
  const one = await observed(t, redis, 'one').opened;
  const two = await observed(t, redis, 'two').opened;
  t.same(one.events, ['fresh']);
  t.same(two.events, ['same']);
});

t.test('Redis restarted with its data: the queue goes on', async (t) => {
  const redis = await server(t, { aof: true });
  const one = await observed(t, redis, 'one').opened;
  await one.ready('ann');
  await one.enqueue('c1');
  await one.enqueue('c2');
  const offer = await one.offer(t);
  const down = one.next('down');
  await redis.kill();
  await down;
  await t.rejects(one.store.accept(callId('c1'), offer), StoreUnavailable);
  const ready = one.next('ready');
  await redis.start();
  await ready;
  t.same(one.events, ['fresh', 'down', 'same']);
  t.equal(await one.store.accept(callId('c1'), offer), true);
  await one.store.release(offer, 0);
  t.same(await one.news(), ['c2→ann']);
});

t.test('Redis restarted empty: every daemon is told to rebuild', async (t) => {
  const redis = await server(t);
  const daemons = [await observed(t, redis, 'one').opened, await observed(t, redis, 'two').opened];
  const [one, two] = [daemons[0]!, daemons[1]!];
  await one.ready('ann');
  const again = Promise.all(daemons.map((daemon) => daemon.next('ready')));
  await redis.kill();
  await redis.start();
  await again;
  t.same(one.events, ['fresh', 'down', 'fresh']);
  t.same(two.events, ['same', 'down', 'fresh']);
  t.equal((await two.enqueue('c1')).signedIn, 0);
  await one.store.restore(callId('c0'), { agent: agentId('ann'), token: 'before-1' as never }, tenantId('acme'), pool);
  t.same(await two.statuses(), { ann: 'connected' });
});

t.test('data lost under an open connection', async (t) => {
  const redis = await server(t);
  const one = await observed(t, redis, 'one').opened;
  const two = await observed(t, redis, 'two').opened;
  const inspector = createClient({ url: redis.url });
  await inspector.connect();
  await inspector.flushAll();
  inspector.destroy();
  for (const daemon of [one, two]) {
    const ready = daemon.next('ready');
    await t.rejects(daemon.enqueue('c1'), StoreUnavailable);
    await ready;
  }
  t.same(one.events, ['fresh', 'fresh']);
  t.same(two.events, ['same', 'fresh']);
  await one.ready('ann');
  await two.enqueue('c1');
  t.same(await two.news(), ['c1→ann']);
});

t.test('a Redis that answers nothing is given up after the timeout', async (t) => {
  const redis = await server(t);
  const one = await observed(t, redis, 'one', 1_500).opened;
  redis.freeze();
  const down = one.next('down');
  const pending: Promise<unknown>[] = [one.enqueue('c1'), one.store.tick()];
  for (const verb of pending) await t.rejects(() => verb, StoreUnavailable);
  await down;
  const started = performance.now();
  await t.rejects(one.enqueue('c1'), StoreUnavailable, 'at once');
  t.ok(performance.now() - started < 500);
  const ready = one.next('ready');
  redis.thaw();
  await ready;
  t.same(one.events, ['fresh', 'down', 'same']);
});

t.test('a daemon that starts before Redis waits for it', async (t) => {
  const redis = await server(t);
  await redis.kill();
  const one = await observed(t, redis, 'one').opened;
  t.same(one.events, ['down'], 'told once');
  await t.rejects(one.store.tick(), StoreUnavailable);
  const ready = one.next('ready');
  await redis.start();
  await ready;
  t.same(one.events, ['down', 'fresh']);
});

t.test('scripts that somebody flushed are sent again', async (t) => {
  const redis = await server(t);
  const one = await observed(t, redis, 'one').opened;
  const inspector = createClient({ url: redis.url });
  await inspector.connect();
  await inspector.scriptFlush();
  inspector.destroy();
  await one.ready('ann');
  await Promise.all([one.enqueue('c1'), one.enqueue('c2'), one.store.abandon(callId('c1'))]);
  t.same(await one.news(), ['c1→ann', 'c2→ann']);
});

t.test('an offer whose publication was lost on its way is healed by its deadline', async (t) => {
  const redis = await server(t);
  const one = await observed(t, redis, 'one').opened;
  const deaf = createClient({ url: redis.url });
  await deaf.connect();
  t.teardown(() => deaf.destroy());
  const listening = new EventEmitter();
  await deaf.subscribe('{test:main}:daemon:two', (message) => listening.emit('published', message));
  const two = await observed(t, redis, 'two').opened;
  await two.enqueue('c1', { offerMs: 0 });
  await two.store.close();
  const published = once(listening, 'published');
  await one.ready('ann');
  t.match(await published, [/"call":"c1"/]);
  t.same(await one.statuses(), { ann: 'offered' });
  await one.store.tick();
  t.same(await one.statuses(), { ann: 'paused' });
  await one.enqueue('c1');
  await one.ready('bob');
  t.same(await one.news(), ['c1→bob']);
});
