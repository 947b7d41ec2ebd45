/** A node goes from one living daemon to another and back: whoever has it acts on the newest state, the other one keeps still. */
import t from 'tap';
import { agentA, queue } from '../../support/tenants.js';
import { desk, deviceOf, World } from './world.js';

t.test('from A to B and back to A: the talk that B began is not touched', async (t) => {
  const world = await World.start([desk({ queue: queue({ maxWaitMs: 60_000 }) })], []);
  const caller = await world.call();
  t.equal(world.at(caller), 'waiting');
  const a = world.daemon;
  a.pbx.disconnect();

  await world.reload([desk({ queue: queue({ maxWaitMs: 60_000 }) })], [agentA]);
  world.switch.register(deviceOf(agentA));
  await world.boot();
  await world.talk(agentA);
  t.equal(world.at(caller), 'connected', 'B connected them');
  const agentLeg = world.bridgedTo(caller);
  world.kill();

  a.pbx.connect();
  await world.pass(2_000);
  t.match(
    a.engine.calls().map((call) => call.state.at),
    ['connected'],
    'A took up what B saved',
  );
  await world.pass(120_000);
  t.equal(world.bridgedTo(caller), agentLeg, 'long after the limit of the wait that A remembered they still talk');
  await world.hangUp(caller);
  await world.pass(15_000);
  t.match(world.record(caller), { outcome: 'answered', agent: agentA });
  t.same(a.engine.calls(), []);
  t.equal(world.status(agentA), 'idle');
});

t.test('a daemon whose node was taken has no calls left, and can leave', async (t) => {
  for (const taken of [true, false]) {
    const world = await World.start([desk()], [agentA]);
    const caller = await world.call();
    const a = world.daemon;
    a.pbx.disconnect('another daemon owns the node', taken);
    t.equal(a.engine.calls().length, taken ? 0 : 1, 'without knowing who has the node it waits');
    await world.boot();
    await world.pass(2_000);
    await world.talk(agentA);
    await world.hangUp(caller);
    t.match(world.record(caller), { outcome: 'answered' });
    if (!taken) {
      world.kill();
      a.pbx.connect();
      await world.pass(1_000);
    }
    let left = false;
    const drained = a.engine.drain().then(() => {
      left = true;
    });
    await world.pass(0);
    t.ok(left, 'nothing is left to wait for');
    await drained;
    t.equal(world.stored.history.records.length, 1, 'and the call has one record');
  }
});

t.test('a caller who talks by nobody’s known doing is left alone until he is alone again', async (t) => {
  const world = await World.start([desk({ queue: queue({ maxWaitMs: 60_000 }) })], []);
  const caller = await world.call();
  const other = await world.call();
  world.switch.bridge(world.switch.leg(caller), world.switch.leg(other));
  await world.pass(120_000);
  t.equal(world.bridgedTo(caller), other);
  t.equal(world.at(caller), 'transferring');
});
