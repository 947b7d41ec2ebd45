/** Waiting callers and the whole engine: the store's figures are heard, and nothing that goes wrong loses anybody. */
import t from 'tap';
import { settle } from '../../support/fake-clock.js';
import { agentA, agentB, prompt, queue } from '../../support/tenants.js';
import { desk, World } from './world.js';

const place = (number: number) => prompt(`place-${number}`);
const announce = {
  firstMs: 20_000,
  everyMs: 30_000,
  position: { places: [place(1), place(2)], beyond: place(3) },
  wait: { spans: [{ upToMs: 60_000, prompt: prompt('soon') }], beyond: prompt('later') },
  messages: [],
  hints: [],
};

/** The announcements that were played since the last time. */
function listen(world: World): () => readonly string[] {
  const heard: string[] = [];
  world.switch.lengthOf = (file) => {
    const name = file.replace(/^.*\/|\.wav$/g, '');
    if (/^place|^soon$|^later$/.test(name)) heard.push(name);
    return 1_000;
  };
  return () => heard.splice(0);
}

/** One agent who talks, and callers who wait for him. */
async function busyDesk(change: Parameters<typeof queue>[0], waiting: number) {
  const world = await World.start([desk({ queue: queue({ maxWaitMs: 600_000, ...change }) })], [agentA]);
  const heard = listen(world);
  const talking = await world.call();
  await world.talk(agentA);
  const callers = [];
  for (let index = 0; index < waiting; index++) callers.push(await world.call());
  return { world, heard, talking, callers };
}

t.test('place and wait are heard at intervals; the error of the estimate can be read from the record', async (t) => {
  const { world, heard, talking, callers } = await busyDesk({ announce, wrapUpMs: 0 }, 2);
  await world.pass(20_000);
  t.same(heard(), ['place-1', 'place-2'], 'no call has ended yet: nobody knows how long it takes');
  await world.hangUp(talking);
  await world.pass(1_000);
  t.equal(world.at(callers[0]!), 'offered');
  await world.talk(agentA);
  await world.pass(28_000);
  t.same(heard(), ['place-1', 'soon'], 'the second caller has moved up; the first call took less than a minute');
  await world.hangUp(callers[0]!);
  await world.talk(agentA);
  await world.hangUp(callers[1]!);
  const told = world.record(callers[1]!)?.told ?? [];
  t.match(told, [{ position: 2 }, { position: 1, waitMs: 21_000 }]);
  await world.pass(1_000);
  t.same(world.leftovers(), []);
});

t.test('a daemon dies and the next one goes on in the same rhythm', async (t) => {
  const { world, heard, callers } = await busyDesk({ announce }, 1);
  await world.pass(15_000);
  await world.restart();
  await world.pass(4_000);
  t.same(heard(), []);
  await world.pass(1_500);
  t.same(heard(), ['place-1']);
  await world.pass(30_000);
  t.same(heard(), ['place-1']);
  t.equal(world.at(callers[0]!), 'waiting');
});

t.test('a daemon that dies in the middle of an announcement', async (t) => {
  const { world, heard, callers } = await busyDesk({ announce }, 1);
  await world.pass(20_200);
  t.same(heard(), ['place-1']);
  await world.restart();
  await world.pass(2_000);
  t.equal(world.at(callers[0]!), 'waiting');
  t.ok(world.switch.legs.get(callers[0]!)?.music, 'he hears music again');
  await world.pass(30_000);
  t.same(heard(), ['place-1']);
});

t.test('a prompt that is missing on the switch: music, and the next try', async (t) => {
  const { world, callers } = await busyDesk({ announce }, 1);
  world.switch.lengthOf = () => undefined;
  await world.pass(60_000);
  t.equal(world.at(callers[0]!), 'waiting');
  t.ok(world.switch.legs.get(callers[0]!)?.music);
  t.same(world.errors, []);
});

t.test('the store is away: nobody is told figures that nobody knows, nobody is lost', async (t) => {
  const { world, heard, callers } = await busyDesk({ announce }, 1);
  world.daemon.link.down();
  await world.pass(60_000);
  t.same(heard(), []);
  t.equal(world.at(callers[0]!), 'waiting');
  world.daemon.link.up(false);
  await world.pass(30_000);
  t.same(heard(), ['place-1']);
});

t.test('a reload removes the announcements, the keys, then the whole tenant', async (t) => {
  const { world, heard, talking, callers } = await busyDesk({ announce, keys: { '1': { do: 'voicemail' } } }, 2);
  await world.reload([desk({ queue: queue({ maxWaitMs: 600_000 }) })], [agentA]);
  await world.pass(60_000);
  t.same(heard(), []);
  world.switch.press(callers[0]!, '1');
  await settle();
  t.equal(world.at(callers[0]!), 'waiting', 'that key is nobody’s any more');
  await world.reload([], [agentA]);
  await world.pass(30_000);
  t.same([world.at(callers[0]!), world.at(callers[1]!)], ['waiting', 'waiting']);
  await world.hangUp(talking);
  await world.pass(11_000);
  t.equal(world.at(callers[0]!), 'offered', 'and still served');
});

t.test('a key gives the place back: the next caller is the first', async (t) => {
  const { world, talking, callers } = await busyDesk({ keys: { '1': { do: 'voicemail' } } }, 2);
  world.switch.press(callers[0]!, '1');
  await settle();
  t.equal(world.at(callers[0]!), 'voicemail');
  t.equal(world.waiting(), 1);
  await world.hangUp(talking);
  await world.pass(11_000);
  t.equal(world.at(callers[1]!), 'offered');
});

t.test('a full queue: one more is turned away; a successor turns nobody away who waits', async (t) => {
  const { world, callers } = await busyDesk({ maxLength: 2, full: { do: 'voicemail' } }, 3);
  t.same(
    callers.map((caller) => world.at(caller)),
    ['waiting', 'waiting', 'voicemail'],
  );
  await world.restart();
  await world.pass(6_000);
  t.same(
    callers.slice(0, 2).map((caller) => world.at(caller)),
    ['waiting', 'waiting'],
  );
  await world.hangUp(callers[0]!);
  const next = await world.call();
  t.equal(world.at(next), 'waiting', 'there is room again');
});

t.test('the last agent leaves: those who wait go on to what the tenant wants', async (t) => {
  const agentsLeft = { graceMs: 20_000, action: { do: 'voicemail' } } as const;
  const world = await World.start([desk({ queue: queue({ maxWaitMs: 600_000, agentsLeft }) })], [agentA, agentB]);
  await world.call();
  await world.talk(agentA);
  await world.call();
  await world.talk(agentB);
  const caller = await world.call();
  await world.engine.wish(world.site.agents.get(agentA)!, { do: 'signOut' });
  await world.pass(60_000);
  t.equal(world.at(caller), 'waiting', 'one is left');
  await world.engine.wish(world.site.agents.get(agentB)!, { do: 'signOut' });
  await world.pass(16_000);
  await world.engine.wish(world.site.agents.get(agentB)!, { do: 'signIn' });
  await world.pass(60_000);
  t.equal(world.at(caller), 'waiting', 'he has come back in time');
  await world.engine.wish(world.site.agents.get(agentB)!, { do: 'signOut' });
  await world.pass(40_000);
  t.equal(world.at(caller), 'voicemail');
});
