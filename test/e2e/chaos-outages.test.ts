/** The switch, Redis and the connection between go away and come back: the daemon takes calls again by itself. */
import t, { type Test } from 'tap';
import { tone } from '../../src/lab/audio.js';
import { until } from '../../src/lab/child.js';
import { heardMs, hears, watchGaps } from './hearing.js';
import { redisKeys, withRedis } from './redis-keys.js';
import type { IncomingCall } from './sip/call.js';
import type { Phone } from './sip/phone.js';
import { type Backend, backends, type PlacedCall, Site } from './site.js';
import { TcpProxy } from './tcp-proxy.js';
import { desk, durand, hertz, numbers } from './tenants.js';

t.setTimeout(240_000);
const fallback = 950;
const pickUp = (leg: IncomingCall): void => {
  leg.answer();
  leg.media.say(tone(hertz.agent, 1_000), true);
};
const tireless = { ...desk, queue: { ...desk.queue, wrapUpSeconds: 0 } };

for (const { on, skip } of backends) t.test(`outages, on ${on}`, { skip }, (t) => outages(t, on));

async function outages(t: Test, on: Backend): Promise<void> {
  // Asterisk has two ports for the daemon: a network fails on both.
  const [wire, other] = [await TcpProxy.open(), await TcpProxy.open()];
  const wires = [wire, other];
  t.teardown(() => wires.map((one) => one.close()));
  const site = await Site.start(t, {
    on,
    tenants: [tireless, durand],
    asSeenByDaemon: (pbx) => {
      wire.target = pbx.kind === 'freeswitch' ? pbx.eslPort : pbx.ariPort;
      if (pbx.kind === 'freeswitch') return { ...pbx, eslPort: wire.port };
      other.target = pbx.amiPort;
      return { ...pbx, ariPort: wire.port, amiPort: other.port };
    },
  });
  let alice = await site.signIn('alice');

  async function talk(): Promise<{ call: PlacedCall; leg: IncomingCall }> {
    alice.forget();
    const call = await site.dial(numbers.desk);
    const leg = await alice.rings();
    pickUp(leg);
    call.media.say(tone(hertz.caller, 1_000), true);
    await hears(call, hertz.agent);
    await hears(leg, hertz.caller);
    return { call, leg };
  }

  /** A phone that answers by itself: after an outage it may ring, be cancelled and ring again. */
  async function serve(phone: Phone, call: PlacedCall): Promise<void> {
    phone.onRing = pickUp;
    for (const leg of phone.rang.filter(({ end, answeredAt }) => end === undefined && answeredAt === undefined)) pickUp(leg);
    await hears(call, hertz.agent);
    const leg = phone.rang.findLast(({ end }) => end === undefined);
    t.equal(leg?.callerNumber, call.from);
    phone.onRing = () => undefined;
    await leg?.hangUp();
    t.match(await call.ended, { by: 'them' });
    t.match(await site.record(call), { outcome: 'answered', agent: 'alice' });
  }

  async function ready(): Promise<void> {
    await until('ready again', async () => ((await fetch(`${site.daemon.url}/health/ready`)).ok ? true : undefined), { timeoutMs: 20_000 });
  }

  async function notReady(): Promise<void> {
    await until('not ready', async () => ((await fetch(`${site.daemon.url}/health/ready`)).ok ? undefined : true), { timeoutMs: 20_000 });
  }

  for (const how of ['cut', 'deaf'] as const) {
    t.test(`the connection is ${how}: who talks talks, who waits keeps his place`, async (t) => {
      const { call, leg } = await talk();
      const waiting = await site.dial(numbers.desk);
      const waits = await site.reaches(waiting, 'waiting');
      const { enqueuedAt } = waits;
      // The connection is away for longer than the dialplan's guard.
      await site.guarded(waits);
      const gaps = [watchGaps(call), watchGaps(leg)];
      const cutAt = performance.now();
      for (const one of wires) one[how]();
      await notReady();
      t.ok(performance.now() - cutAt < 6_000, `noticed after ${Math.round(performance.now() - cutAt)} ms`);
      for (const one of wires) one.mend();
      await ready();
      t.match(await site.reaches(waiting, 'waiting'), { enqueuedAt });
      await hears(waiting, hertz.music);
      await hears(leg, hertz.caller);
      for (const gap of gaps) t.ok(gap() < 400, `no gap in the talk: ${Math.round(gap())} ms`);
      await leg.hangUp();
      await call.ended;
      t.match(await site.record(call), { outcome: 'answered' });
      await serve(alice, waiting);
      t.equal(heardMs(waiting, fallback), 0);
      await site.quiet();
    });
  }

  t.test('Redis is killed and comes back with its data: the queue is as it was', async (t) => {
    const { call, leg } = await talk();
    const waiting = await site.dial(numbers.desk);
    const { enqueuedAt } = await site.reaches(waiting, 'waiting');
    await site.redis.kill();
    const meanwhile = await site.dial(numbers.desk);
    await hears(meanwhile, hertz.music);
    await site.redis.start();
    await ready();
    t.match(await site.reaches(waiting, 'waiting'), { enqueuedAt });
    await leg.hangUp();
    await call.ended;
    await serve(alice, waiting);
    await serve(alice, meanwhile);
    t.match(await site.record(call), { outcome: 'answered' });
    await site.quiet();
  });

  t.test('Redis comes back empty: the same', async (t) => {
    const { call, leg } = await talk();
    const waiting = await site.dial(numbers.desk);
    const { enqueuedAt } = await site.reaches(waiting, 'waiting');
    await withRedis(site.redis, (client) => client.configSet('appendonly', 'no').then(() => client.flushAll()));
    await site.redis.kill();
    await site.redis.start();
    await ready();
    t.match(await site.reaches(waiting, 'waiting'), { enqueuedAt });
    await site.agentIs('alice', 'connected');
    await leg.hangUp();
    await call.ended;
    await serve(alice, waiting);
    await site.quiet();
  });

  t.test('Redis stands still while one is served after the other: in their order, one phone at a time', async (t) => {
    const { call: first, leg } = await talk();
    const callers: PlacedCall[] = [];
    for (let n = 0; n < 7; n++) {
      const call = await site.dial(numbers.desk);
      await site.reaches(call, 'waiting');
      callers.push(call);
    }
    alice.forget();
    const rang = alice.rang.length;
    await leg.hangUp();
    await first.ended;
    for (const [n, call] of callers.entries()) {
      const next = await alice.rings();
      t.equal(next.callerNumber, call.from);
      pickUp(next);
      await hears(call, hertz.agent);
      if (n === 1) site.redis.freeze();
      if (n === 4) site.redis.thaw();
      await next.hangUp();
      await call.ended;
    }
    for (const call of callers) t.match(await site.record(call), { outcome: 'answered', agent: 'alice' });
    t.equal(alice.rang.length, rang + callers.length);
    await site.quiet();
  });

  t.test('the switch is killed and comes back: its calls are recorded as lost, the next one is served', async (t) => {
    const { call } = await talk();
    const waiting = await site.dial(numbers.desk);
    await site.reaches(waiting, 'waiting');
    await site.pbx.kill();
    await notReady();
    await site.pbx.restart();
    await ready();
    t.match(await site.record(waiting), { outcome: 'lost' });
    t.match(await site.record(call), { outcome: 'answered', agent: 'alice' });
    alice.close();
    alice = await site.signIn('alice');
    const next = await site.dial(numbers.desk);
    await serve(alice, next);
    await site.quiet();
    const keys = await redisKeys(site.redis);
    t.strictSame(
      keys.filter((key) => /:(call|lane|lanes|due|heads)\b|calls\}/.test(key)),
      [],
    );
  });

  t.test('the switch is restarted in good order', async (t) => {
    await site.pbx.restart();
    await notReady().catch(() => undefined);
    await ready();
    const call = await site.dial(numbers.durand);
    await hears(call, hertz.durandClosed);
    await call.hangUp();
    t.match(await site.record(call), { tenant: 'durand' });
    alice.close();
    alice = await site.signIn('alice');
  });

  t.test('SIGTERM: no new calls, those in the talk end in peace, then it leaves', async (t) => {
    const { call, leg } = await talk();
    site.daemon.signal('SIGTERM');
    await notReady();
    const late = await site.dial(numbers.desk);
    await hears(late, fallback, { timeoutMs: 8_000 });
    t.equal(heardMs(late, hertz.music), 0, 'the dialplan served him');
    t.ok(site.daemon.running);
    await hears(leg, hertz.caller);
    await leg.hangUp();
    t.match(await call.ended, { by: 'them' });
    await until('its exit', async () => (site.daemon.running ? undefined : true));
    t.match(
      (await site.records()).filter(({ caller }) => caller.number === call.from),
      [{ outcome: 'answered' }],
    );
    await late.ended;
    await until('no channel', async () => ((await site.channels()).length === 0 ? true : undefined));
  });
}
