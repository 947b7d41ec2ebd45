/** Codes of desk phones through the engine: whose phone it is, what is done, and what becomes of the leg. */
import t from 'tap';
import type { Desk } from '../../../src/core/feature/desk.js';
import { plainDesk } from '../../../src/core/feature/desk.js';
import type { Site } from '../../../src/core/site.js';
import { settle } from '../../support/fake-clock.js';
import { agentA, agentB, prompt } from '../../support/tenants.js';
import { siteOf, desk as tenant, World } from './world.js';

const texts = new Proxy({}, { get: (_, name) => prompt(String(name)) }) as NonNullable<Desk['texts']>;
const desk: Desk = {
  ...plainDesk,
  codes: new Map([
    ['*11', 'signIn'],
    ['*12', 'signOut'],
  ]),
  texts,
};

async function start(change: Partial<Desk> = {}): Promise<World> {
  const site: Site = { ...siteOf([tenant()], [agentA, agentB]), desk: { ...desk, ...change } };
  const world = new World(site);
  await world.boot();
  return world;
}

t.test('who dials is signed out, and nobody else; dialling again signs him in', async (t) => {
  const world = await start();
  const leg = world.switch.dialCode(agentA, '*12');
  await settle();
  t.equal(world.status(agentB), 'idle');
  t.ok(world.switch.leg(leg).play, 'he hears that it is done');
  t.equal(world.status(agentA), 'signed out');
  await world.pass(1_000);
  t.notOk(world.switch.legs.has(leg), 'and is hung up');
  world.switch.dialCode(agentA, '*11');
  await world.pass(2_000);
  t.equal(world.status(agentA), 'idle');
  t.same(world.leftovers(), []);
});

t.test('a phone that is nobody’s hears so; its leg is no call', async (t) => {
  const world = await start();
  const leg = world.switch.dialCode('stranger', '*12');
  await settle();
  t.ok(world.switch.leg(leg).play);
  t.same(world.engine.calls(), []);
  await world.pass(2_000);
  t.same(world.leftovers(), []);
  t.equal(world.switch.legs.size, 0);
});

t.test('without codes nothing is answered', async (t) => {
  const world = await start({ codes: new Map(), texts: undefined });
  const leg = world.switch.dialCode(agentA, '*12');
  await settle();
  t.notOk(world.switch.legs.has(leg));
  t.equal(world.status(agentA), 'idle');
});

t.test('the daemon dies meanwhile: the PBX hangs the phone up, and the next daemon takes it for no caller', async (t) => {
  const world = await start();
  world.switch.lengthOf = () => 60_000;
  const leg = world.switch.dialCode(agentA, '*12');
  await settle();
  await world.restart();
  t.same(world.engine.calls(), []);
  await world.pass(60_000);
  t.notOk(world.switch.legs.has(leg));
});
