/** Ring all with a whole engine: answers that race, daemons that die while phones ring, a store that goes away. */
import t from 'tap';
import { type AgentId, id } from '../../../src/core/ids.js';
import { queue } from '../../support/tenants.js';
import { desk, deviceOf, World } from './world.js';

const agents = ['ann', 'bob', 'eve'].map((name) => id<AgentId>(name)) as [AgentId, AgentId, AgentId];
const [ann, bob, eve] = agents;
const start = () => World.start([desk({ queue: queue({ strategy: 'ringAll' }) })], agents);
const ringing = (world: World) => agents.filter((agent) => world.rings(agent));

t.test('the first answer wins; the others are idle at once, without a pause', async (t) => {
  const world = await start();
  const caller = await world.call();
  t.same(ringing(world), agents);
  await world.talk(bob);
  t.equal(world.bridgedTo(caller), world.ringing(bob).leg);
  t.same(ringing(world), []);
  t.same(
    agents.map((agent) => world.status(agent)),
    ['idle', 'connected', 'idle'],
  );
  const second = await world.call();
  t.same(ringing(world), [ann, eve]);
  await world.hangUp(second);
  await world.hangUp(caller);
  t.match(world.record(caller), {
    agent: bob,
    offers: [
      { agent: ann, outcome: 'elsewhere' },
      { agent: bob, outcome: 'answered' },
      { agent: eve, outcome: 'elsewhere' },
    ],
  });
  await world.pass(11_000);
  t.same(world.leftovers(), []);
});

t.test('two answer in the same moment: one talks, the other is hung up', async (t) => {
  const world = await start();
  const caller = await world.call();
  world.switch.pickUp(world.ringing(eve).leg);
  world.switch.pickUp(world.ringing(ann).leg);
  await world.pass(1_000);
  t.equal(world.bridgedTo(caller), world.ringing(eve).leg);
  t.equal(world.switch.rung(deviceOf(ann)).length, 0);
  await world.hangUp(caller);
  await world.pass(11_000);
  t.same(world.leftovers(), []);
});

t.test('one is busy, the others ring on; when the last is gone the caller waits at his place', async (t) => {
  const world = await start();
  const caller = await world.call();
  world.switch.hangUp(world.ringing(ann).leg, 'USER_BUSY');
  await world.pass(100);
  t.same(ringing(world), [bob, eve]);
  t.equal(world.status(ann), 'paused');
  world.switch.hangUp(world.ringing(bob).leg, 'USER_BUSY');
  world.switch.hangUp(world.ringing(eve).leg, 'USER_BUSY');
  await world.pass(100);
  t.equal(world.at(caller), 'waiting');
  await world.pass(10_250);
  t.same(ringing(world).length > 0, true, 'asked again after their pauses');
  await world.hangUp(caller);
  await world.pass(30_000);
  t.same(world.leftovers(), []);
});

t.test('the daemon dies while phones ring: they are hung up, and its successor asks all again', async (t) => {
  const world = await start();
  const caller = await world.call();
  await world.restart();
  await world.pass(3_000);
  t.same(ringing(world), agents);
  for (const agent of agents) t.equal(world.switch.rung(deviceOf(agent)).length, 1);
  await world.talk(ann);
  t.equal(world.bridgedTo(caller), world.ringing(ann).leg);
  await world.hangUp(caller);
  await world.pass(11_000);
  t.same(world.leftovers(), []);
});

t.test('the daemon dies after an answer: its successor does not ring the others beside a talk', async (t) => {
  const world = await start();
  const caller = await world.call();
  await world.talk(bob);
  await world.restart();
  await world.pass(3_000);
  t.equal(world.bridgedTo(caller), world.ringing(bob).leg);
  t.same(ringing(world), []);
  t.same(
    agents.map((agent) => world.status(agent)),
    ['idle', 'connected', 'idle'],
  );
  await world.hangUp(caller);
  await world.pass(11_000);
  t.same(world.leftovers(), []);
});

t.test('the store comes back empty while phones ring: all are asked anew, nobody twice', async (t) => {
  const world = await start();
  const caller = await world.call();
  world.daemon.link.down();
  await world.pass(1_000);
  world.stored.empty();
  world.daemon.link.up(true);
  await world.pass(5_000);
  for (const agent of agents) t.equal(world.switch.rung(deviceOf(agent)).length, 1, `${agent} is rung once`);
  await world.talk(eve);
  t.equal(world.bridgedTo(caller), world.ringing(eve).leg);
  t.same(
    agents.map((agent) => world.status(agent)),
    ['idle', 'idle', 'connected'],
  );
  await world.hangUp(caller);
  await world.pass(11_000);
  t.same(world.leftovers(), []);
});
