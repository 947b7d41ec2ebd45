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
    ['*13', 'pause'],
    ['*14', 'ready'],
  ]),
  texts,
  pauseReasons: [
    { id: 'lunch', digit: '1', spoken: prompt('lunch') },
    { id: 'training', digit: '2', spoken: prompt('training') },
  ],
  askReason: prompt('askReason'),
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

t.test('a pause with its reason lasts over restarts, and is known to whoever serves', async (t) => {
  const world = await start();
  const leg = world.switch.dialCode(agentA, '*13');
  await settle();
  world.switch.press(leg, '2');
  await world.pass(3_000);
  t.equal(world.status(agentA), 'paused');
  t.match(world.stored.domain.duties().get(agentA), { state: 'in', pause: { reason: 'training' } });
  await world.restart();
  t.equal(world.status(agentA), 'paused');
  const caller = await world.call();
  t.notOk(world.rings(agentA));
  await world.hangUp(caller);
  world.switch.dialCode(agentA, '*14');
  await world.pass(3_000);
  t.equal(world.status(agentA), 'idle');
});

t.test('a sign-out lasts over a restart', async (t) => {
  const world = await start();
  world.switch.dialCode(agentA, '*12');
  await world.pass(3_000);
  await world.restart();
  t.equal(world.status(agentA), 'signed out');
});

t.test('Redis is away: he hears that it was not done', async (t) => {
  const world = await start();
  world.daemon.link.down();
  const heard: string[] = [];
  world.switch.lengthOf = (file) => {
    heard.push(file);
    return 500;
  };
  world.switch.dialCode(agentB, '*12');
  await world.pass(3_000);
  t.same(heard, ['/prompts/unavailable.wav'], 'where nothing stands in for it');
});

t.test('Redis comes back empty: the daemons tell it who wanted no calls', async (t) => {
  const world = await start();
  world.switch.dialCode(agentA, '*12');
  await world.pass(3_000);
  world.daemon.link.down();
  world.stored.empty();
  world.daemon.link.up(true);
  await world.pass(1_000);
  t.equal(world.status(agentA), 'signed out');
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
