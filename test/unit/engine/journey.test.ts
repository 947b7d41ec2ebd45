/** Calls that go as they should, from the trunk to the record. */
import t from 'tap';
import { settle } from '../../support/fake-clock.js';
import { agentA, agentB, missedRules, queue, tenant } from '../../support/tenants.js';
import { desk, deviceOf, number, World } from './world.js';

t.test('a call to an agent, and its record', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  t.ok(world.rings(agentA));
  t.equal(world.status(agentA), 'offered');
  t.match(world.ringing(agentA).request, { callerName: 'Martin Zoé', callerNumber: '0612345678', ringMs: 15_000 });
  await world.pass(4_000);
  await world.pickUp(agentA);
  t.equal(world.status(agentA), 'connected');
  t.equal(world.bridgedTo(caller), undefined, 'the agent hears the whisper first');
  await world.pass(1_000);
  t.equal(world.bridgedTo(caller), world.ringing(agentA).leg);
  await world.pass(60_000);
  await world.hangUp(caller);
  t.match(world.record(caller), {
    outcome: 'answered',
    agent: agentA,
    waitMs: 5_000,
    talkMs: 60_000,
    dialled: number,
    cause: 'NORMAL_CLEARING',
    recording: { ms: 60_000 },
    offers: [{ agent: agentA, outcome: 'answered' }],
  });
  t.equal(world.status(agentA), 'wrapUp');
  await world.pass(10_250);
  t.same(world.leftovers(), []);
  t.equal(world.switch.legs.size, 0);
});

t.test('a call without a whisper is saved four times, and a successor needs no more', async (t) => {
  const world = await World.start([desk({ whisper: { files: [] } })], [agentA]);
  let saves = 0;
  const { calls } = world.stored;
  const save = calls.save.bind(calls);
  calls.save = (call) => {
    saves++;
    return save(call);
  };
  const caller = await world.call();
  await world.pass(1_000);
  await world.restart();
  t.ok(world.rings(agentA), 'it is put back and offered again');
  saves = 0;
  await world.hangUp(caller);
  await world.call();
  await world.pass(4_000);
  await world.pickUp(agentA);
  await world.pass(5_000);
  t.equal(world.status(agentA), 'connected');
  t.equal(saves, 4, 'waiting, offered, bridging, connected');
});

t.test('the agent hangs up: the caller’s leg ends too', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  await world.talk(agentA);
  await world.hangUp(world.ringing(agentA).leg);
  t.match(world.record(caller), { outcome: 'answered' });
  t.notOk(world.switch.legs.has(caller));
  await world.pass(11_000);
  t.same(world.leftovers(), []);
});

t.test('greeting, menu, key, queue', async (t) => {
  const { schedule } = desk();
  const world = await World.start([tenant({ schedule })], [agentA]);
  const caller = await world.call();
  t.equal(world.at(caller), 'greeting');
  await world.pass(1_000);
  t.equal(world.at(caller), 'menu');
  world.switch.press(caller, '1');
  await world.pass(1_500);
  t.equal(world.at(caller), 'offered');
});

t.test('a number that nobody has is refused', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call('+33199999999');
  t.notOk(world.switch.legs.has(caller));
  t.match(world.daemon.pbx.commands, [`reject ${caller}`]);
  t.same(world.leftovers(), []);
});

t.test('a leg that is told of twice is one call', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  const caller = world.switch.call(number);
  world.switch.announce(caller);
  await settle();
  world.switch.announce(caller);
  await settle();
  t.equal(world.engine.calls().length, 1);
  t.equal(world.daemon.pbx.commands.filter((command) => command === `take ${caller}`).length, 1);
});

t.test('no answer, busy, phone gone: the next agent; the first is left alone for a while', async (t) => {
  for (const miss of ['NO_ANSWER', 'USER_BUSY', 'gone'] as const) {
    const world = await World.start([desk()], [agentA, agentB]);
    if (miss === 'gone') world.switch.registered.delete(deviceOf(agentA));
    const caller = await world.call();
    if (miss === 'NO_ANSWER') await world.pass(15_000);
    else if (miss === 'gone') await world.pass(20);
    else world.switch.hangUp(world.ringing(agentA).leg, 'USER_BUSY');
    await settle();
    t.equal(world.status(agentA), 'paused', miss);
    t.ok(world.rings(agentB), miss);
    t.notOk(world.rings(agentA), miss);
    await world.talk(agentB);
    await world.hangUp(caller);
    t.match(world.record(caller)?.offers, [{ agent: agentA }, { agent: agentB, outcome: 'answered' }]);
    await world.pass(11_000);
    t.same(world.leftovers(), []);
  }
});

t.test('the agent puts the phone down during the whisper: he rests, the caller waits on', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  const caller = await world.call();
  await world.pickUp(agentA);
  await world.hangUp(world.ringing(agentA).leg);
  t.equal(world.status(agentA), 'paused');
  t.ok(world.rings(agentB));
  t.equal(world.record(caller), undefined);
});

t.test('the same when the caller’s wait is over: the agent is not held for a call that has left the queue', async (t) => {
  const world = await World.start([desk({ queue: queue({ maxWaitMs: 10_000, missed: missedRules(10_000) }) })], [agentA]);
  const caller = await world.call();
  await world.pass(9_900);
  await world.pickUp(agentA);
  await world.pass(500);
  await world.hangUp(world.ringing(agentA).leg);
  t.equal(world.at(caller), 'voicemail');
  await world.pass(10_500);
  t.equal(world.status(agentA), 'idle');
});

t.test('the PBX refuses the bridge: back to music at once, the agent freed', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  const caller = await world.call();
  world.switch.refuse('bridge');
  await world.talk(agentA);
  t.ok(world.rings(agentB));
  t.ok(world.switch.leg(caller).music);
  t.equal(world.status(agentA), 'paused');
});

t.test('all agents busy: the caller waits; after-call work ends: he is offered', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const first = await world.call();
  await world.talk(agentA);
  const second = await world.call();
  t.equal(world.at(second), 'waiting');
  t.equal(world.waiting(), 1);
  t.ok(world.switch.leg(second).music);
  await world.hangUp(first);
  await world.pass(9_000);
  t.equal(world.status(agentA), 'wrapUp');
  t.equal(world.at(second), 'waiting');
  await world.pass(1_250);
  t.equal(world.at(second), 'offered');
  await world.talk(agentA);
  t.ok(world.bridgedTo(second));
});

t.test('callers are served in their order', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const callers = [];
  for (let n = 0; n < 4; n++) {
    callers.push(await world.call());
    await world.pass(100);
  }
  for (const caller of callers) {
    t.equal(world.at(caller), 'offered');
    await world.talk(agentA);
    await world.hangUp(caller);
    await world.pass(10_250);
  }
  t.same(world.leftovers(), []);
});

t.test('nobody is signed in: voicemail, when the tenant wants that', async (t) => {
  const world = await World.start([desk({ queue: queue({ noAgent: { do: 'voicemail' } }) })], []);
  const caller = await world.call();
  t.equal(world.at(caller), 'voicemail');
  t.equal(world.stored.domain.calls, 0);
  await world.pass(1_000);
  await world.pass(3_000);
  world.switch.endMessage(caller, 3_000);
  await settle();
  t.match(world.record(caller), { outcome: 'voicemail', message: { ms: 3_000 } });
  t.same(world.leftovers(), []);
});

t.test('a caller who hangs up while he is being taken leaves nothing behind', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = world.switch.call(number);
  // Its arrival is on the way; the command to take it crosses the hang-up.
  await null;
  await null;
  world.switch.hangUp(caller);
  await world.pass(250);
  t.same(world.leftovers(), []);
});
