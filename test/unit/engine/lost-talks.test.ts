/** The daemon that had the call is gone, and what it saved with it: the agent must not be busy for ever. */
import t from 'tap';
import type { LegId } from '../../../src/core/ids.js';
import { MemoryCallStore } from '../../../src/memory/call-store.js';
import { agentA, queue } from '../../support/tenants.js';
import { desk, siteOf, World } from './world.js';

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

/** The caller is on the first node, the agent's phone on the second one. Two daemons have them, or one. */
async function across(daemons: 1 | 2): Promise<{ readonly world: World; readonly caller: LegId; readonly leg: LegId }> {
  const world = new World(siteOf([desk({ queue: queue({ maxWaitMs: 600_000 }) })], [agentA], 'n2'));
  if (daemons === 2) await world.boot([world.other]);
  await world.boot(daemons === 2 ? [world.switch] : [world.switch, world.other]);
  const caller = await world.call();
  const leg = world.other.callFromPeer(agentA);
  await world.talk(agentA);
  return { world, caller, leg };
}

for (const daemons of [1, 2] as const)
  t.test(
    `the caller’s node dies, and his agent’s phone is on another one, of ${daemons === 1 ? 'the same' : 'another'} daemon`,
    async (t) => {
      const { world, caller, leg } = await across(daemons);
      world.daemon.pbx.disconnect();
      await world.pass(600_000);
      t.equal(world.status(agentA), 'connected', 'as long as his phone has the call he may talk');
      world.other.hangUp(leg);
      await world.pass(121_000);
      t.equal(world.status(agentA), 'idle', 'he does not wait for that node');
      world.switch.hangUp(caller);
      world.daemon.pbx.connect();
      await world.pass(10_000);
      t.match(world.record(caller), { outcome: 'answered', agent: agentA });
      t.same(world.leftovers(), []);
    },
  );

t.test('a talk between two nodes goes on for hours: the phone has a leg', async (t) => {
  const { world, caller, leg } = await across(2);
  await world.pass(3_600_000);
  t.equal(world.status(agentA), 'connected');
  world.other.hangUp(leg);
  await world.hangUp(caller);
  await world.pass(10_000);
  t.same(world.leftovers(), []);
});
