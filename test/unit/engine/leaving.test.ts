/** Callers who hang up, agents whose phones go, in every state: nothing stays behind. */
import t from 'tap';
import type { LegId } from '../../../src/core/ids.js';
import type { Action } from '../../../src/core/tenant.js';
import { settle } from '../../support/fake-clock.js';
import { agentA, agentB, mainMenu, menu, prompt, queue, tenant } from '../../support/tenants.js';
import { desk, deviceOf, World } from './world.js';

const { schedule } = desk();
const withFlow = (open: Action) => desk({ flow: { open, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } });

/** How to bring a new caller into each state, what the record then says, and what the agent is left with. */
const states: readonly {
  readonly state: string;
  readonly world: () => Promise<World>;
  readonly reach: (world: World) => Promise<unknown>;
  readonly outcome: string;
  readonly agent?: string;
}[] = [
  {
    state: 'greeting',
    world: () => World.start([tenant({ schedule })], [agentA]),
    reach: async () => undefined,
    outcome: 'abandoned',
  },
  {
    state: 'playing',
    // biome-ignore lint/suspicious/noThenProperty: an action's next step has this name.
    world: () => World.start([withFlow({ do: 'play', prompt: prompt('news'), then: { do: 'queue' } })], [agentA]),
    reach: async () => undefined,
    outcome: 'abandoned',
  },
  {
    state: 'menu',
    world: () => World.start([tenant({ schedule, menus: { [mainMenu]: menu() } })], [agentA]),
    reach: (world) => world.pass(1_500),
    outcome: 'abandoned',
  },
  { state: 'waiting', world: () => World.start([desk()], []), reach: async () => undefined, outcome: 'abandoned' },
  {
    state: 'offered ringing',
    world: () => World.start([desk()], [agentA]),
    reach: async () => undefined,
    outcome: 'abandoned',
    agent: 'idle',
  },
  {
    state: 'offered whispering',
    world: () => World.start([desk()], [agentA]),
    reach: (world) => world.pickUp(agentA),
    outcome: 'abandoned',
    agent: 'idle',
  },
  {
    state: 'connected',
    world: () => World.start([desk()], [agentA]),
    reach: (world) => world.talk(agentA),
    outcome: 'answered',
    agent: 'wrapUp',
  },
  {
    state: 'transferring ringing',
    world: () => World.start([withFlow({ do: 'transfer', number: '+33612345678' })], [agentA]),
    reach: async () => undefined,
    outcome: 'abandoned',
  },
  {
    state: 'transferring talking',
    world: () => World.start([withFlow({ do: 'transfer', number: '+33612345678' })], [agentA]),
    reach: async (world) => {
      const leg = [...world.switch.legs.values()].find(({ request }) => request !== undefined);
      if (leg === undefined) throw new Error('nobody was rung');
      world.switch.pickUp(leg.leg);
      await settle();
    },
    outcome: 'transferred',
  },
  {
    state: 'voicemail greeting',
    world: () => World.start([withFlow({ do: 'voicemail' })], [agentA]),
    reach: async () => undefined,
    outcome: 'abandoned',
  },
  {
    state: 'voicemail recording',
    world: () => World.start([withFlow({ do: 'voicemail' })], [agentA]),
    reach: (world) => world.pass(3_000),
    outcome: 'voicemail',
  },
];

for (const { state, world: make, reach, outcome, agent } of states) {
  const arrive = async () => {
    const world = await make();
    const caller = await world.call();
    await reach(world);
    const now = world.state(caller);
    return { world, caller, now: now === undefined ? 'unknown' : 'phase' in now ? `${now.at} ${now.phase}` : now.at };
  };

  t.test(`the caller hangs up: ${state}`, async (t) => {
    const { world, caller, now } = await arrive();
    t.equal(now, state);
    await world.hangUp(caller);
    await settle();
    t.match(world.record(caller), { outcome, cause: 'NORMAL_CLEARING' });
    t.equal(world.switch.legs.size, 0, 'the agent’s phone rings no more');
    if (agent !== undefined) t.equal(world.status(agentA), agent);
    t.equal(world.stored.domain.calls, 0);
    await world.pass(10_250);
    t.same(world.leftovers(), []);
    t.equal(world.stored.written.length, 1);
  });

  t.test(`the caller’s leg disappears without a word: ${state}`, async (t) => {
    const { world, caller } = await arrive();
    world.switch.vanish(caller);
    await world.pass(600_000);
    t.ok(world.record(caller));
    t.equal(world.switch.legs.size, 0);
    t.same(world.leftovers(), []);
    t.equal(world.stored.written.length, 1);
  });
}

t.test('a free agent’s phone unregisters: no offers; it is back: the caller who waits is offered', async (t) => {
  const world = await World.start([desk()], [agentA]);
  world.switch.register(deviceOf(agentA), false);
  await settle();
  const caller = await world.call();
  t.equal(world.at(caller), 'waiting');
  t.equal(world.status(agentA), 'signed out');
  world.switch.register(deviceOf(agentA));
  await settle();
  t.equal(world.at(caller), 'offered');
});

t.test('a phone unregisters while it rings: the next agent, and it is signed out', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  const caller = await world.call();
  world.switch.register(deviceOf(agentA), false);
  await settle();
  t.ok(world.rings(agentA), 'it may still answer');
  await world.pass(15_000);
  t.equal(world.status(agentA), 'signed out');
  t.ok(world.rings(agentB));
  await world.talk(agentB);
  await world.hangUp(caller);
  await world.pass(10_250);
  t.same(world.leftovers(), []);
});

t.test('a phone unregisters during the talk: the talk goes on, then the agent is signed out', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  await world.talk(agentA);
  world.switch.register(deviceOf(agentA), false);
  await world.pass(30_000);
  t.ok(world.bridgedTo(caller));
  t.equal(world.status(agentA), 'connected');
  await world.hangUp(caller);
  t.equal(world.status(agentA), 'signed out');
  t.same(world.leftovers(), []);
});

t.test('an agent sends the caller on: outside, or back into the queue', async (t) => {
  const world = await World.start([desk({ queue: queue({ wrapUpMs: 5_000 }) })], [agentA]);
  const caller = await world.call();
  await world.talk(agentA);
  world.switch.refer(caller, '+33611111111');
  await settle();
  t.equal(world.at(caller), 'transferring');
  t.equal(world.status(agentA), 'wrapUp');
  await world.hangUp(caller);

  const second = await world.call();
  await world.pass(5_250);
  await world.talk(agentA);
  const since = world.engine.calls()[0]?.enqueuedAt;
  world.switch.refer(second, 'reception');
  await world.pass(5_250);
  t.equal(world.at(second), 'offered');
  t.equal(world.engine.calls()[0]?.enqueuedAt, since, 'at his old place');
});

t.test('a caller who has vanished is not offered again and again', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  const caller = await world.call();
  world.switch.vanish(caller);
  await world.pass(61_000);
  t.match(world.record(caller), { outcome: 'lost', cause: 'VANISHED' });
});

t.test('an agent answers for a caller who has vanished: no other phone rings for him', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  const caller = await world.call();
  await world.pickUp(agentA);
  world.switch.vanish(caller);
  // The whisper ends, and the bridge is refused.
  await world.pass(1_000);
  await world.pass(1_250);
  t.match(world.record(caller), { outcome: 'lost', offers: [{ agent: agentA }] });
  t.equal(world.record(caller)?.offers.length, 1);
});

t.test('a prompt cannot be played because the caller has vanished: he goes no further', async (t) => {
  const world = await World.start([tenant({ schedule })], [agentA]);
  const caller = await world.call();
  world.switch.endPlay(caller);
  world.switch.vanish(caller);
  await settle();
  t.equal(world.at(caller), 'menu', 'he goes no further');
  await world.pass(1_000);
  t.match(world.record(caller), { outcome: 'lost' });
});

t.test('a prompt cannot be played because the caller has just hung up: the event that says so is waited for', async (t) => {
  const world = await World.start([tenant({ schedule })], [agentA]);
  const caller = await world.call();
  world.switch.endPlay(caller);
  world.switch.vanish(caller);
  await world.pass(100);
  world.switch.emit({ type: 'hungup', leg: caller, cause: 'NORMAL_CLEARING' });
  await world.pass(1_000);
  t.match(world.record(caller), { outcome: 'abandoned', cause: 'NORMAL_CLEARING' });
});

t.test('a caller who hangs up while he is being taken has abandoned, and is asked nothing more', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const { pbx } = world.daemon;
  const take = pbx.take.bind(pbx);
  // The event overtakes the PBX's yes, which comes by another connection.
  const overtaken = async (leg: LegId): Promise<boolean> => {
    const taken = await take(leg);
    world.switch.hangUp(leg);
    for (let i = 0; i < 10; i++) await null;
    return taken;
  };
  Object.assign(pbx, { take: overtaken });
  const caller = await world.call();
  t.match(world.record(caller), { outcome: 'abandoned', cause: 'NORMAL_CLEARING' });
  t.equal(world.switch.rung(deviceOf(agentA)).length, 0);
});

t.test('a hang-up that the PBX refuses is repeated until the leg is gone', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  await world.pickUp(agentA);
  world.switch.refuse('hangup', 2);
  await world.hangUp(caller);
  t.equal(world.switch.legs.size, 1);
  await world.pass(2_000);
  t.equal(world.switch.legs.size, 0);
});
