/** The daemon dies, or loses its PBX for a while: nobody is lost, nobody is disturbed who talks. */
import t from 'tap';
import { StoreUnavailable } from '../../../src/ports/routing-store.js';
import { settle } from '../../support/fake-clock.js';
import { agentA, agentB, queue, tenant } from '../../support/tenants.js';
import { desk, deviceOf, siteOf, World } from './world.js';

const { schedule } = desk();

t.test('killed in a menu: the menu is played again', async (t) => {
  const world = await World.start([tenant({ schedule })], [agentA]);
  const caller = await world.call();
  await world.pass(2_500);
  t.equal(world.at(caller), 'menu');
  world.kill();
  await world.pass(2_000);
  await world.boot();
  t.match(world.state(caller), { at: 'menu', play: String });
  world.switch.press(caller, '1');
  await world.pass(1_500);
  t.ok(world.rings(agentA));
});

t.test('killed while callers wait: each keeps his place', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const talking = await world.call();
  await world.talk(agentA);
  const callers = [];
  for (let n = 0; n < 3; n++) {
    callers.push(await world.call());
    await world.pass(500);
  }
  const places = () => new Map(world.engine.calls().map((call) => [call.id, call.enqueuedAt]));
  const before = places();
  world.kill();
  await world.pass(3_000);
  await world.boot();
  t.same(places(), before);
  t.equal(world.waiting(), 3);
  t.ok(callers.every((caller) => world.switch.leg(caller).music));
  await world.hangUp(talking);
  for (const caller of callers) {
    await world.pass(10_250);
    t.equal(world.at(caller), 'offered');
    await world.talk(agentA);
    await world.hangUp(caller);
  }
  await world.pass(10_250);
  t.same(world.leftovers(), []);
});

t.test('an agent becomes free before the callers could be fetched: the first of them gets him, once', async (t) => {
  const world = await World.start([desk({ queue: queue({ wrapUpMs: 0 }) })], [agentA]);
  const talking = await world.call();
  await world.talk(agentA);
  const [first, second] = [await world.call(), await world.call()];
  world.kill();
  // Who is to be looked for again is fetched a second after the others.
  world.switch.refuse('adopt', 2);
  await world.boot();
  await world.hangUp(talking);
  await world.pass(100);
  t.notOk(world.rings(agentA), 'nobody is rung for a caller who is still to be fetched');
  await world.pass(1_000);
  t.strictSame([world.at(first), world.at(second)], ['offered', 'waiting']);
  await world.talk(agentA);
  t.equal(world.at(first), 'connected');
  t.equal(world.engine.calls().find(({ leg }) => leg === first)?.offers.length, 1);
  await world.hangUp(first);
  await world.pass(100);
  t.equal(world.at(second), 'offered');
});

t.test('nobody comes: within 8 s the dialplan has the caller', async (t) => {
  const world = await World.start([desk()], []);
  const caller = await world.call();
  await world.pass(60_000);
  t.equal(world.switch.leg(caller).hands, 'ours', 'as long as the daemon lives he is guarded');
  world.kill();
  await world.pass(7_999);
  t.equal(world.switch.leg(caller).hands, 'ours');
  await world.pass(1);
  t.equal(world.switch.leg(caller).hands, 'fallback');
});

for (const phase of ['ringing', 'whispering', 'bridging'] as const) {
  t.test(`killed while an agent is asked (${phase}): one phone rings, the agent does not rest for it`, async (t) => {
    const world = await World.start([desk()], [agentA]);
    const caller = await world.call();
    if (phase !== 'ringing') await world.pickUp(agentA);
    if (phase === 'bridging') {
      // The bridge is asked for and not made when the daemon dies.
      world.daemon.pbx.bridge = () => new Promise(() => undefined);
      await world.pass(1_000);
    }
    t.match(world.state(caller), { at: 'offered', phase });
    const place = world.engine.calls()[0]?.enqueuedAt;
    const before = world.ringing(agentA).leg;
    await world.restart();
    t.equal(world.engine.calls()[0]?.enqueuedAt, place);
    t.notOk(world.switch.legs.has(before));
    if (phase === 'bridging') await world.pass(10_250);
    t.match(world.state(caller), { at: 'offered', phase: 'ringing' });
    await world.talk(agentA);
    t.ok(world.bridgedTo(caller));
    await world.hangUp(caller);
    await world.pass(10_250);
    t.same(world.leftovers(), []);
  });
}

t.test('killed while the bridge was being made, and it was made: both talk on', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  await world.pickUp(agentA);
  const agent = world.ringing(agentA).leg;
  const { pbx } = world.daemon;
  const bridge = pbx.bridge.bind(pbx);
  pbx.bridge = (one, other) => {
    const made = bridge(one, other);
    queueMicrotask(() => world.kill());
    return made;
  };
  await world.pass(1_000);
  t.notOk(world.alive);
  t.equal(world.bridgedTo(caller), agent);
  await world.boot();
  t.equal(world.at(caller), 'connected');
  t.equal(world.bridgedTo(caller), agent);
  await world.hangUp(caller);
  t.match(world.record(caller), { outcome: 'answered', agent: agentA });
});

t.test('killed while they talk: nobody notices, and the end is recorded', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  await world.talk(agentA);
  const agent = world.ringing(agentA).leg;
  await world.pass(5_000);
  world.kill();
  await world.pass(30_000);
  await world.boot();
  t.equal(world.bridgedTo(caller), agent);
  t.same(world.daemon.pbx.commands, [], 'untouched');
  await world.pass(25_000);
  await world.hangUp(caller);
  t.match(world.record(caller), { outcome: 'answered', agent: agentA, talkMs: 60_000 });
  await world.pass(10_250);
  t.same(world.leftovers(), []);
});

t.test('the talk ended while no daemon lived: record written, agent free', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  await world.talk(agentA);
  world.kill();
  await world.hangUp(caller);
  await world.pass(20_000);
  await world.boot();
  t.match(world.record(caller), { outcome: 'answered', agent: agentA, cause: 'VANISHED' });
  await world.pass(10_250);
  t.same(world.leftovers(), []);
});

t.test('the agent hung up while no daemon lived: the caller is not left in a guarded park', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  await world.talk(agentA);
  world.kill();
  await world.hangUp(world.ringing(agentA).leg);
  await world.pass(2_000);
  await world.boot();
  t.match(world.record(caller), { outcome: 'answered' });
  t.notOk(world.switch.legs.has(caller));
});

t.test('killed in voicemail: what the caller says is not lost', async (t) => {
  const world = await World.start([desk({ flow: { open: { do: 'voicemail' }, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } })], []);
  const caller = await world.call();
  await world.pass(2_000);
  t.match(world.state(caller), { phase: 'recording' });
  await world.restart();
  await world.pass(2_000);
  world.switch.endMessage(caller, 900);
  await settle();
  t.match(world.record(caller), { outcome: 'voicemail', message: { ms: 900 } });
});

t.test('killed after it hung up, before the PBX did: the caller is hung up, not taken for a new one', async (t) => {
  const world = await World.start([desk({ flow: { open: { do: 'hangup' }, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } })], []);
  world.switch.refuse('hangup');
  const caller = await world.call();
  t.equal(world.at(caller), 'ending');
  world.kill();
  await world.pass(6_000);
  await world.boot();
  t.notOk(world.switch.legs.has(caller));
  t.match(world.record(caller), { outcome: 'completed' });
  t.equal(world.stored.written.length, 1);
});

t.test('the saved calls are lost too: a waiting caller’s leg remembers his place', async (t) => {
  const world = await World.start([desk()], []);
  const caller = await world.call();
  const place = world.engine.calls()[0]?.enqueuedAt;
  await world.pass(5_000);
  world.kill();
  world.stored.empty();
  await world.pass(2_000);
  await world.boot();
  t.match(world.engine.calls(), [{ id: caller, enqueuedAt: place, state: { at: 'waiting' } }]);
  t.ok(world.switch.leg(caller).music);
});

t.test('the saved calls are lost while a phone rings: it stops, and rings once', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  const old = world.ringing(agentA).leg;
  world.kill();
  world.stored.empty();
  let most = 0;
  world.switch.watch = () => {
    most = Math.max(most, world.switch.rung(deviceOf(agentA)).length);
  };
  await world.boot();
  t.equal(most, 1);
  t.not(world.ringing(agentA).leg, old, 'an id is never used twice');
  await world.talk(agentA);
  t.ok(world.bridgedTo(caller));
});

t.test('what was saved last is lost while a phone rings: it stops, and rings once', async (t) => {
  const world = await World.start([desk()], [agentA]);
  world.switch.register(deviceOf(agentA), false);
  const caller = await world.call();
  world.stored.calls.save = () => Promise.reject(new StoreUnavailable('the test cut the connection'));
  world.switch.register(deviceOf(agentA));
  await settle();
  const old = world.ringing(agentA).leg;
  await world.restart();
  t.not(world.ringing(agentA).leg, old, 'an id is never used twice');
  await world.talk(agentA);
  t.ok(world.bridgedTo(caller));
  t.same(world.errors, []);
});

t.test('a caller known by his leg only who cannot be fetched at once is looked for again', async (t) => {
  const world = await World.start([desk()], []);
  await world.call();
  world.kill();
  world.stored.empty();
  world.switch.refuse('adopt', 2);
  await world.boot();
  t.same(world.daemon.pbx.commands.filter((command) => command.startsWith('adopt')).length, 1);
  await world.pass(2_000);
  t.same(world.daemon.pbx.commands.filter((command) => command.startsWith('adopt')).length, 3);
  t.equal(world.waiting(), 1);
});

t.test('a caller whose tenant is gone is not kept from the dialplan’s fallback', async (t) => {
  for (const saved of [true, false]) {
    const world = await World.start([desk()], []);
    const caller = await world.call();
    world.kill();
    if (!saved) world.stored.empty();
    world.site = siteOf([], []);
    await world.boot();
    await world.pass(10_000);
    // The daemon lives: only that it never touched the caller lets the guard of the one before it fire.
    t.equal(world.switch.leg(caller).hands, 'fallback');
    t.same(world.leftovers(), []);
  }
});

t.test('drain: nobody new, those who are here to their end, then their records', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  let drained = false;
  const drain = world.engine.drain().then(() => {
    drained = true;
  });
  const late = await world.call();
  await world.talk(agentA);
  await world.pass(4_000);
  t.equal(world.switch.leg(late).hands, 'fallback', 'the dialplan has him');
  t.notOk(drained);
  world.daemon.link.down();
  await world.hangUp(caller);
  t.same(world.engine.calls(), []);
  t.notOk(drained, 'the record is not safe yet');
  world.daemon.link.up();
  await world.pass(1_000);
  t.ok(drained);
  await drain;
  t.equal(world.record(caller)?.outcome, 'answered');
});

t.test('drain while a caller is being taken: he is served first', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = world.switch.call('+33123456701');
  await null;
  await null;
  t.match(world.daemon.pbx.commands, [`take ${caller}`]);
  let drained = false;
  const drain = world.engine.drain().then(() => {
    drained = true;
  });
  await settle();
  t.equal(world.at(caller), 'offered');
  t.notOk(drained);
  await world.hangUp(caller);
  await drain;
});

t.test('a caller who arrived while no daemon was there is served', async (t) => {
  const world = await World.start([desk()], [agentA]);
  world.kill();
  const caller = world.switch.call('+33123456701');
  await world.pass(2_000);
  await world.boot();
  t.equal(world.at(caller), 'offered');
});

t.test('the PBX is lost for a while: callers wait on, talks go on, agents are not bothered', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  const talking = await world.call();
  await world.talk(agentA);
  const ringing = await world.call();
  const { pbx } = world.daemon;
  pbx.disconnect();
  world.switch.hangUp(world.ringing(agentB).leg, 'NO_ANSWER');
  await world.pass(6_000);
  t.equal(world.at(ringing), 'offered', 'nothing is known, nothing is done');
  pbx.connect();
  await settle();
  t.equal(world.at(talking), 'connected');
  t.ok(world.bridgedTo(talking));
  t.ok(world.rings(agentB), 'asked again');
  await world.talk(agentB);
  await world.hangUp(ringing);
  await world.hangUp(talking);
  await world.pass(10_250);
  t.same(world.leftovers(), []);
});

t.test('a long loss: nothing is decided behind the PBX’s back, and no agent is offered what cannot ring', async (t) => {
  const world = await World.start([desk()], []);
  const waiting = await world.call();
  const gone = await world.call();
  const { pbx } = world.daemon;
  pbx.disconnect();
  world.switch.hangUp(gone);
  world.switch.registered.add(deviceOf(agentA));
  await world.stored.domain.agentReady({ agent: agentA, pools: [desk().queue.pool], skills: {}, order: 0 }, world.clock.now());
  await world.pass(7_000);
  t.equal(world.status(agentA), 'idle');
  t.equal(world.at(waiting), 'waiting');
  pbx.connect();
  await settle();
  t.equal(world.at(waiting), 'waiting', 'nobody of this site is there');
  t.match(world.record(gone), { outcome: 'lost' });
});

t.test('a wait that ends while the PBX is lost ends when it is back', async (t) => {
  const world = await World.start([desk({ queue: queue({ maxWaitMs: 5_000 }) })], []);
  const caller = await world.call();
  world.daemon.pbx.disconnect();
  await world.pass(6_000);
  t.equal(world.at(caller), 'waiting', 'voicemail could not be heard now');
  world.daemon.pbx.connect();
  await settle();
  t.equal(world.at(caller), 'voicemail');
});

t.test('the store moves a call whose PBX is lost: nothing is timed meanwhile, and the leg it gave up ends afterwards', async (t) => {
  const world = await World.start([desk({ queue: queue({ maxWaitMs: 5_000 }) })], [agentA]);
  const caller = await world.call();
  const { pbx, link } = world.daemon;
  let refuse: () => void = () => undefined;
  link.routing.accept = () =>
    new Promise((resolve) => {
      refuse = () => resolve(false);
    });
  await world.pickUp(agentA);
  const agent = world.ringing(agentA).leg;
  pbx.disconnect();
  refuse();
  await world.pass(6_000);
  t.equal(world.at(caller), 'waiting');
  pbx.connect();
  await settle();
  t.notOk(world.switch.legs.has(agent));
});

t.test('a phone left from before the loss is hung up before another rings for its caller', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  const caller = await world.call();
  const { pbx, link } = world.daemon;
  const { domain } = world.stored;
  // The offer has expired, and the PBX is lost before he who picked up can be let go.
  link.routing.accept = async (call, offer) => {
    domain.reject(call, offer, undefined, world.clock.now());
    pbx.disconnect();
    return false;
  };
  const { leg: left } = world.ringing(agentA);
  await world.pickUp(agentA);
  t.equal(world.at(caller), 'waiting');
  t.ok(world.switch.legs.has(left));
  const beside: boolean[] = [];
  world.switch.rang = () => beside.push(world.switch.legs.has(left));
  pbx.connect();
  await settle();
  t.equal(world.at(caller), 'offered');
  t.strictSame(beside, [false]);
});

t.test('an agent signs in while a node is taken over: his phone rings once, for a caller who is there', async (t) => {
  const world = await World.start([desk()], [agentA]);
  world.switch.register(deviceOf(agentA), false);
  const caller = await world.call();
  t.equal(world.at(caller), 'waiting');
  const { pbx } = world.daemon;
  pbx.disconnect();
  world.switch.registered.add(deviceOf(agentA));
  pbx.connect();
  await settle();
  t.equal(world.at(caller), 'offered');
  t.equal(pbx.commands.filter((command) => command.startsWith('originate')).length, 1);
});

t.test('lost again before its calls are taken up: nothing is timed', async (t) => {
  const world = await World.start([desk({ queue: queue({ maxWaitMs: 5_000 }) })], []);
  const caller = await world.call();
  const { pbx } = world.daemon;
  pbx.disconnect();
  pbx.connect();
  pbx.disconnect();
  await world.pass(20_000);
  t.equal(world.at(caller), 'waiting', 'voicemail could not be heard now');
});

t.test('what was due while no daemon lived waits until the call knows its legs', async (t) => {
  const world = await World.start([tenant({ schedule })], [agentA]);
  const caller = await world.call();
  await world.pass(2_500);
  world.kill();
  await world.pass(6_000);
  const booting = world.boot();
  const { pbx } = world.daemon;
  pbx.legs = () => new Promise(() => undefined);
  await booting;
  await world.pass(10);
  t.match(world.state(caller), { at: 'menu', failures: 0 }, 'he was not asked, so he did not fail to answer');
});

t.test('bridged while the snapshot was under way: the talk is not torn', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  await world.pickUp(agentA);
  const { pbx } = world.daemon;
  const legs = pbx.legs.bind(pbx);
  pbx.disconnect();
  pbx.legs = async () => {
    const snapshot = await legs();
    pbx.legs = legs;
    const [one, other] = [world.switch.leg(caller), world.ringing(agentA)];
    world.switch.bridge(one, other);
    await settle();
    return snapshot;
  };
  pbx.connect();
  await world.pass(5_000);
  t.equal(world.at(caller), 'connected');
  t.ok(world.bridgedTo(caller));
});

t.test('the PBX is lost after it refused to hang up: that is no fault, and done when it is back', async (t) => {
  const world = await World.start([desk({ flow: { open: { do: 'hangup' }, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } })], []);
  const { pbx } = world.daemon;
  const exists = pbx.exists.bind(pbx);
  pbx.exists = (leg) => {
    pbx.disconnect();
    return exists(leg);
  };
  world.switch.refuse('hangup');
  const caller = await world.call();
  t.notOk(pbx.up);
  t.ok(world.switch.legs.has(caller));
  pbx.exists = exists;
  pbx.connect();
  await world.pass(10_000);
  t.notOk(world.switch.legs.has(caller));
  t.same(world.leftovers(), []);
});

t.test('a caller who cannot be fetched at once is looked for again', async (t) => {
  const world = await World.start([desk()], [agentA]);
  world.switch.register(deviceOf(agentA), false);
  const caller = await world.call();
  world.kill();
  world.switch.refuse('adopt');
  await world.boot();
  await world.pass(1_000);
  t.ok(world.switch.leg(caller).music);
  world.switch.register(deviceOf(agentA));
  await settle();
  t.equal(world.at(caller), 'offered');
});

for (const saved of [true, false])
  t.test(`a caller carried off by a guard as he is fetched is fetched again (${saved ? 'known' : 'known by his leg only'})`, async (t) => {
    const world = await World.start([desk()], [agentA]);
    world.switch.register(deviceOf(agentA), false);
    const [first, second] = [await world.call(), await world.call()];
    world.kill();
    if (!saved) world.stored.empty();
    // A guard of the daemon before this one: what it does comes after what adopting did, and nobody is told.
    const park = world.switch.park.bind(world.switch);
    let fires = true;
    world.switch.park = (leg) => {
      if (leg.leg !== first || !fires) return park(leg);
      fires = false;
      world.switch.fallBack(leg);
    };
    await world.boot();
    t.equal(world.switch.leg(first).hands, 'fallback');
    await world.pass(1_000);
    t.equal(world.switch.leg(first).hands, 'ours');
    world.switch.register(deviceOf(agentA));
    await settle();
    t.strictSame([world.at(first), world.at(second)], ['offered', 'waiting']);
    const asked = () => world.daemon.pbx.commands.filter((command) => command.startsWith('adopt')).length;
    await world.pass(5_000);
    t.equal(asked(), 3, 'whoever is back is not fetched again');
  });
