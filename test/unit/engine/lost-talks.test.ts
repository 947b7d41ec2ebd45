/** The daemon that had the call is gone, and what it saved with it: the agent must not be busy for ever. */
import t from 'tap';
import { MemoryCallStore } from '../../../src/memory/call-store.js';
import { agentA, queue } from '../../support/tenants.js';
import { desk, World } from './world.js';

/** Agent and caller talk; then the daemon dies, and nothing is left of what was saved of the call. */
async function lost(): Promise<{ readonly world: World; readonly caller: Awaited<ReturnType<World['call']>> }> {
  const world = await World.start([desk({ queue: queue({ maxWaitMs: 600_000 }) })], [agentA]);
  const caller = await world.call();
  await world.talk(agentA);
  world.kill();
  world.stored.calls = new MemoryCallStore();
  return { world, caller };
}

t.test('who talks to nobody any more is freed, and takes calls again', async (t) => {
  const { world, caller } = await lost();
  world.switch.hangUp(caller);
  await world.boot();
  t.equal(world.status(agentA), 'connected');
  await world.pass(2_000);
  t.equal(world.status(agentA), 'connected', 'whoever has the call may be about to say so');
  await world.pass(5_000);
  t.equal(world.status(agentA), 'idle', 'the switch knows that there is no such leg');
  t.same(world.leftovers(), []);
  await world.call();
  t.ok(world.rings(agentA));
});

t.test('while the two have legs they talk, though nobody knows their call', async (t) => {
  const { world, caller } = await lost();
  await world.boot();
  await world.pass(600_000);
  t.equal(world.status(agentA), 'connected');
  world.switch.hangUp(caller);
  await world.pass(61_000);
  t.equal(world.status(agentA), 'idle');
});

t.test('while his phone has the leg of a call from another node he talks, though nobody knows that call', async (t) => {
  const { world, caller } = await lost();
  // The caller is at a node whose daemon is gone: here is but the leg to the phone, under a name of its own.
  world.switch.hangUp(caller);
  const leg = world.switch.callFromPeer(agentA);
  await world.boot();
  await world.pass(600_000);
  t.equal(world.status(agentA), 'connected');
  world.switch.callFromPeer('somebody-else');
  world.switch.hangUp(leg);
  await world.pass(61_000);
  t.equal(world.status(agentA), 'idle');
});

t.test('a talk that a daemon has is never touched', async (t) => {
  const world = await World.start([desk()], [agentA]);
  await world.call();
  await world.talk(agentA);
  await world.pass(3_600_000);
  t.equal(world.status(agentA), 'connected');
  await world.restart();
  await world.pass(600_000);
  t.equal(world.status(agentA), 'connected');
});

t.test('while the node is out of reach the two may talk there: nobody is freed', async (t) => {
  const { world, caller } = await lost();
  world.switch.hangUp(caller);
  await world.boot();
  world.daemon.pbx.disconnect();
  await world.pass(10_000);
  t.equal(world.status(agentA), 'connected');
});
