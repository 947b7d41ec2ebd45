/** What the adapter promises beyond the port's commands, on a real switch: whatever dies, nobody is left alone. */
import t, { type Test } from 'tap';
import { id, type LegId, type PlayId } from '../../src/core/ids.js';
import { isTone } from '../../src/lab/audio.js';
import { register } from '../../src/lab/sipp.js';
import type { Pbx } from '../../src/ports/pbx.js';
import { header } from '../e2e/sip/message.js';
import { Phone } from '../e2e/sip/phone.js';
import { cuttable } from './cuttable.js';
import { retryAfter, type SwitchName, tellsDeadAddress } from './differences.js';
import { EventLog } from './pbx.contract.js';
import type { SwitchWorld } from './switch.world.js';

/** A switch as the suite must be able to handle it. */
export interface LifeWorld extends SwitchWorld {
  readonly on: SwitchName;
  /** Callers come in here. */
  readonly trunkPort: number;
  /** Where daemons connect. */
  readonly controlPort: number;
  readonly phonePort: number;
  readonly domain: string;
  /** The registration of user 1002 ends. */
  unregister(): Promise<unknown>;
  /** Of the switch itself, whoever owns it. */
  exists(leg: LegId): Promise<boolean>;
  /** The guards that it has now; absent where it cannot list them. */
  guards?(): Promise<readonly string[]>;
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** The reasons that `down` tells. */
  readonly says: { readonly refused: string; readonly restarted: string };
}

/** The first of the fallback's three tones. */
const isFallback = (pcm: Int16Array): boolean => isTone(pcm, 950);

async function serve(pbx: Pbx, events: EventLog, world: SwitchWorld, ms = 40_000): Promise<LegId> {
  await world.call({ ms });
  const { leg } = (await events.next('arrival')).arrival;
  await pbx.take(leg);
  await pbx.answer(leg);
  await events.next('answered', leg);
  return leg;
}

export function lifeContract(name: string, open: (t: Test) => Promise<LifeWorld>, { skip }: { readonly skip: string | false }): void {
  t.test(`life and death of a daemon on ${name}`, { skip, timeout: 180_000 }, async (t) => {
    const world = await open(t);
    const { pbx, events, says } = world;
    await pbx.reachableDevices();

    await t.test('whoever is served is kept, whoever talks is left alone, for longer than any guard', async (t) => {
      const waiting = await serve(pbx, events, world);
      await pbx.music(waiting, undefined);
      const talking = await serve(pbx, events, world);
      const agent = id<LegId>(`${talking}-1`);
      await pbx.originate({ leg: agent, to: world.phone('answers'), callerName: '', callerNumber: '', ringMs: 5_000, tenant: 'durand' });
      await events.next('ready', agent);
      await pbx.bridge(talking, agent);
      await events.next('bridged', talking);
      // Longer than the dialplan's guard (5 s) and ours (8 s); an agent's leg on Asterisk has 15 s.
      await new Promise<void>((resolve) => setTimeout(resolve, 17_000));
      const legs = new Map((await pbx.legs()).map((leg) => [leg.leg, leg]));
      t.match(legs.get(waiting), { role: 'caller', bridgedTo: undefined });
      t.match(legs.get(talking), { role: 'caller', bridgedTo: agent });
      t.same(
        events.all.filter((event) => event.type === 'hungup' || event.type === 'parked'),
        [],
      );
      await pbx.hangup(agent, 'normal');
      await events.next('parked', talking);
      await pbx.music(talking, undefined);
      await new Promise<void>((resolve) => setTimeout(resolve, 9_000));
      t.ok(await pbx.exists(talking), 'and whoever comes back and is served again is kept again');
      t.notOk(world.ears.some((ear) => isFallback(ear.heard.last(3_000))));
      if (world.guards !== undefined) t.not((await world.guards()).length, 0, 'they are guarded');
      await pbx.hangup(waiting, 'normal');
      await pbx.hangup(talking, 'normal');
      await events.next('hungup', talking);
      if (world.guards === undefined) return;
      // A list that lags behind by up to a second; a forgotten guard stands there for 8.
      const gone = performance.now();
      let left = await world.guards();
      while (left.length > 0 && performance.now() - gone < 3_000) left = await world.guards();
      t.strictSame(left, [], 'no guard is left');
    });

    await t.test('a caller whom an agent transfers with his phone is told with the target, and is ours again', async (t) => {
      const phone = await Phone.open();
      t.teardown(() => phone.close());
      const account = { port: world.phonePort, domain: world.domain, user: '1002', password: 'secret-2' };
      t.equal(await phone.register(account), 200);
      await events.next('device');
      const leg = await serve(pbx, events, world);
      const agent = id<LegId>(`${leg}-1`);
      const to = world.phone('not registered');
      await pbx.originate({ leg: agent, to, callerName: '', callerNumber: '', ringMs: 5_000, tenant: 'durand' });
      const rung = await phone.rings();
      rung.answer();
      await events.next('ready', agent);
      await pbx.bridge(leg, agent);
      await events.next('bridged', leg);
      t.equal(await rung.refer(`sip:0987654321@127.0.0.1:${world.phonePort}`), 202);
      t.match(await events.next('referred', leg), { target: '0987654321' });
      await events.next('hungup', agent);
      await rung.ended;
      const play = id<PlayId>('referred');
      await pbx.play(leg, play, [world.sound(200)]);
      t.match(await events.next('played', leg), { play });
      t.equal(events.count('parked', leg), 0, 'he is told of once');
      t.ok(await pbx.hangup(leg, 'normal'));
      await events.next('hungup', leg);
      t.equal(await phone.register(account, 0), 200);
      await events.next('device');
    });

    await t.test('a call that is refused for congestion: 503, and when to try again where the switch can say it', async (t) => {
      const caller = await Phone.open();
      t.teardown(() => caller.close());
      const call = await caller.dial({ port: world.trunkPort, number: world.number });
      const { leg } = (await events.next('arrival')).arrival;
      t.ok(await pbx.reject(leg, 'congestion'));
      t.match(await call.ended, { by: 'them', status: 503 });
      t.equal(call.refusal && header(call.refusal, 'retry-after'), retryAfter[world.on]);
      await events.next('hungup', leg);
    });

    await t.test('a phone at a dead address: told at once, or when its ring time is over', async (t) => {
      const leg = id<LegId>('dead-address');
      const ringMs = 4_000;
      const dialledAt = performance.now();
      await pbx.originate({ leg, to: world.phone('not there'), callerName: '', callerNumber: '', ringMs, tenant: 'durand' });
      t.match(await events.next('failed', leg), { reason: 'unreachable' });
      t.equal(performance.now() - dialledAt < ringMs / 2, tellsDeadAddress[world.on]);
    });

    await t.test('phones that register and leave are told', async (t) => {
      const phone = { user: '1002', password: 'secret-2', phonePort: 9 };
      const account = { port: world.phonePort, domain: world.domain, phones: [phone] };
      t.ok((await register(account)).ok);
      t.match(await events.next('device'), { device: world.phone('not registered').id, reachable: true });
      t.ok((await pbx.reachableDevices()).has(world.phone('answers').id));
      await world.unregister();
      t.match(await events.next('device'), { device: world.phone('not registered').id, reachable: false });
    });

    await t.test('a refused password is told in plain words', async (t) => {
      const stranger = world.another({ password: 'wrong' });
      const seen = new EventLog();
      stranger.start(seen.add);
      t.match(await seen.next('down'), { reason: says.refused, taken: false });
      await stranger.close();
    });

    await t.test('another daemon waits, takes over at once when the first one goes, and adopts', async (t) => {
      const leg = await serve(pbx, events, world);
      await pbx.remember(leg, { tenant: 'durand' });
      await pbx.music(leg, undefined);
      const second = world.another();
      const seen = new EventLog();
      second.start(seen.add);
      await new Promise<void>((resolve) => setTimeout(resolve, 2_500));
      t.notOk(second.up, 'one that lives keeps the node');
      t.notOk(await second.hangup(leg, 'normal'), 'and nobody else can do anything');
      await t.rejects(second.legs(), /not ours/);
      const left = performance.now();
      await pbx.close();
      await seen.next('up');
      // Sooner than after a death, which is noticed after 1,500 ms. Half a second where the machine is not busy.
      t.ok(performance.now() - left < 1_800, `${Math.round(performance.now() - left)} ms`);
      t.same(await second.recall(leg), { tenant: 'durand' });
      t.ok(await second.adopt(leg));
      await seen.next('parked', leg);
      const play = id<PlayId>('p:1');
      await second.play(leg, play, [world.sound(300)]);
      t.match(await seen.next('played', leg), { play, failed: false });
      await second.hangup(leg, 'normal');
      await seen.next('hungup', leg);
      await second.close();
    });

    await t.test('a daemon that is cut off loses the node within 3 s, its caller is adopted, and it does nothing more', async (t) => {
      const way = await cuttable(t, world.controlPort);
      const first = world.another({ port: way.port });
      const seenFirst = new EventLog();
      first.start(seenFirst.add);
      await seenFirst.next('up');
      const second = world.another();
      const seen = new EventLog();
      second.start(seen.add);
      const leg = await serve(first, seenFirst, world);
      await first.music(leg, undefined);
      way.cut();
      const cut = performance.now();
      await seenFirst.next('down');
      await seen.next('up');
      t.ok(performance.now() - cut < 3_000, `${Math.round(performance.now() - cut)} ms`);
      t.ok(await second.adopt(leg));
      await seen.next('parked', leg);
      await second.music(leg, undefined);
      t.match(seenFirst.all.at(-1), { type: 'down', taken: false }, 'it cannot know yet');
      way.mend();
      t.match(await seenFirst.next('down'), { taken: true });
      await new Promise<void>((resolve) => setTimeout(resolve, 2_000));
      t.notOk(first.up, 'it stands by now');
      t.notOk(await first.hangup(leg, 'normal'));
      t.ok(await second.exists(leg));
      await second.hangup(leg, 'normal');
      await seen.next('hungup', leg);
      await Promise.all([first.close(), second.close()]);
    });

    await t.test('with every daemon dead a waiting caller reaches the fallback within 8 s, and a talk goes on', async (t) => {
      const way = await cuttable(t, world.controlPort);
      const last = world.another({ port: way.port });
      const seen = new EventLog();
      last.start(seen.add);
      await seen.next('up');
      const leg = await serve(last, seen, world);
      const ear = world.ears.at(-1);
      await last.music(leg, undefined);
      const talking = await serve(last, seen, world);
      const agent = id<LegId>(`${talking}-1`);
      await last.originate({ leg: agent, to: world.phone('answers'), callerName: '', callerNumber: '', ringMs: 5_000, tenant: 'durand' });
      await seen.next('ready', agent);
      await last.bridge(talking, agent);
      await seen.next('bridged', talking);
      await new Promise<void>((resolve) => setTimeout(resolve, 400));
      const dead = performance.now();
      way.cut();
      await ear?.hears(isFallback, { timeoutMs: 9_000 });
      t.ok(performance.now() - dead < 8_500, `${Math.round(performance.now() - dead)} ms`);
      t.ok(await world.exists(agent), 'the talk goes on');
      way.mend();
      await seen.next('up');
      const legs = new Map((await last.legs()).map((one) => [one.leg, one]));
      t.match(legs.get(talking), { role: 'caller', bridgedTo: agent });
      t.match(legs.get(leg)?.role ?? 'other', 'other', 'whoever is in the fallback is no longer ours');
      await last.hangup(agent, 'normal');
      await seen.next('parked', talking);
      await last.hangup(talking, 'normal');
      await last.close();
    });

    await t.test('the switch restarts: the daemon comes back by itself and takes calls', async (t) => {
      const daemon = world.another();
      const seen = new EventLog();
      daemon.start(seen.add);
      await seen.next('up');
      await world.kill();
      await seen.next('down');
      await world.restart();
      await seen.next('up', undefined, 20_000);
      const downs = seen.all.filter((event) => event.type === 'down');
      t.match(downs.at(-1), { reason: says.restarted });
      t.notOk(
        downs.some((down) => down.taken),
        'nobody else serves its calls',
      );
      const leg = await serve(daemon, seen, world);
      await daemon.hangup(leg, 'normal');
      await seen.next('hungup', leg);
      await daemon.close();
    });
  });
}
