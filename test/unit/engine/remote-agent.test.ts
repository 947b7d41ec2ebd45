/** Agents at numbers outside, through the engine: dialled over the trunk where that is allowed, and bridged after 1 was pressed. */
import t from 'tap';
import { type AgentId, id, type NodeId } from '../../../src/core/ids.js';
import type { Site } from '../../../src/core/site.js';
import { settle } from '../../support/fake-clock.js';
import { agentA, prompt } from '../../support/tenants.js';
import { desk, deviceOf, siteOf, World } from './world.js';

function remote(agent: AgentId, number: string): Site {
  const site = siteOf([desk()], [agent]);
  const known = site.agents.get(agent);
  if (known === undefined) throw new Error(`no ${agent}`);
  const device = { id: deviceOf(agent), node: id<NodeId>('n1'), kind: 'number', number, confirm: prompt('press-1') } as const;
  return { ...site, agents: new Map([[agent, { ...known, device }]]) };
}

async function start(number: string): Promise<World> {
  const world = new World(remote(agentA, number));
  world.switch.registered.clear();
  await world.boot();
  return world;
}

t.test('no phone needs to register; 1 puts the caller through, also after a takeover', async (t) => {
  const world = await start('+33712345678');
  const caller = await world.call();
  t.match(world.ringing(agentA).request, { to: { kind: 'number', number: '+33712345678' } });
  await world.pickUp(agentA);
  await world.pass(1_000);
  t.equal(world.bridgedTo(caller), undefined);
  t.equal(world.status(agentA), 'offered');
  world.switch.press(world.ringing(agentA).leg, '1');
  await settle();
  t.equal(world.bridgedTo(caller), world.ringing(agentA).leg);
  t.equal(world.status(agentA), 'connected');
  await world.restart();
  t.equal(world.bridgedTo(caller), world.ringing(agentA).leg);
});

t.test('a voicemail that answers never hears the caller: the agent rests', async (t) => {
  const world = await start('+33712345678');
  const caller = await world.call();
  await world.pickUp(agentA);
  await world.pass(20_000);
  t.equal(world.bridgedTo(caller), undefined);
  t.equal(world.status(agentA), 'paused');
  t.equal(world.at(caller), 'waiting');
  t.same(world.switch.rung(deviceOf(agentA)), [], 'hung up');
});

t.test('a daemon that dies while he is asked: he is asked anew', async (t) => {
  const world = await start('+33712345678');
  const caller = await world.call();
  await world.pickUp(agentA);
  await world.restart();
  await world.pass(2_000);
  t.equal(world.bridgedTo(caller), undefined);
  t.ok(world.rings(agentA), 'his telephone rings again');
  t.same(world.errors, []);
});

t.test('a number that no prefix allows is never dialled', async (t) => {
  const world = await start('+33899123456');
  const caller = await world.call();
  t.same(world.switch.rung(deviceOf(agentA)), []);
  t.equal(world.at(caller), 'waiting');
  t.equal(world.status(agentA), 'paused');
});

t.test('a phone that is not registered is never rung, whatever the store believes', async (t) => {
  const world = new World(siteOf([desk()], [agentA]));
  world.switch.registered.clear();
  await world.boot();
  await world.stored.domain.agentReady({ agent: agentA, pools: [desk().queue.pool], skills: {}, order: 0 }, world.clock.now());
  const caller = await world.call();
  await world.pass(50);
  t.notOk(world.rings(agentA));
  t.equal(world.at(caller), 'waiting');
  t.equal(world.status(agentA), 'paused');
});
