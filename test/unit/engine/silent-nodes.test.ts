/** A node that answers nothing: its phones are passed over at once, for a while. */
import t from 'tap';
import { id, type NodeId } from '../../../src/core/ids.js';
import { agentA, agentB } from '../../support/tenants.js';
import { desk, deviceOf, siteOf, World } from './world.js';

const originated = (world: World): number => world.daemon.pbx.commands.filter((command) => command.startsWith('originate')).length;

t.test('the phones of a node that answers nothing are passed over at once, and tried again later', async (t) => {
  const site = siteOf([desk()], [agentA, agentB]);
  const a = site.agents.get(agentA);
  if (a === undefined) throw new Error('no agent');
  const away = { ...a, device: { id: deviceOf(agentA), node: id<NodeId>('n2'), kind: 'phone', user: agentA } } as const;
  const world = new World({ ...site, agents: new Map([...site.agents, [agentA, away]]) });
  await world.boot([world.switch, world.other]);
  world.switch.emit({ type: 'silent', node: id<NodeId>('n2') });

  const caller = await world.call();
  t.ok(world.rings(agentB), 'nobody waits for the one who cannot be rung');
  t.equal(originated(world), 1);
  await world.talk(agentB);
  t.equal(world.at(caller), 'connected');
  const next = await world.call();
  t.equal(world.at(next), 'waiting');
  await world.pass(70_000);
  t.ok(world.rings(agentA), 'he has rested, and his node may be back');
  await world.hangUp(next);
  await world.hangUp(caller);
  await world.pass(120_000);
  const offers = (world.record(caller)?.offers ?? []).map(({ agent, outcome }) => [agent, outcome]);
  t.same(offers, [
    [agentA, 'unreachable'],
    [agentB, 'answered'],
  ]);
  t.same(world.leftovers(), []);
});
