/** The store is away, or comes back empty; the configuration is replaced: no agent stuck, no caller lost, the order kept. */
import t, { type Test } from 'tap';
import { id, type LegId, type TenantId } from '../../../src/core/ids.js';
import { settle } from '../../support/fake-clock.js';
import { agentA, agentB, queue, tenant } from '../../support/tenants.js';
import { desk, deviceOf, number, siteOf, World } from './world.js';

const { schedule } = desk();
const cut = ['down', 'losing replies'] as const;

/** The store is back, with or without its data. */
async function back(world: World, fresh: boolean): Promise<void> {
  world.daemon.link.state = 'down';
  if (fresh) world.stored.empty();
  world.daemon.link.up(fresh);
  await settle();
}

/** The one agent gets one after the other, and in the end nothing is left. */
async function servedInTurn(t: Test, world: World, callers: readonly LegId[]): Promise<void> {
  for (const caller of callers) {
    t.equal(world.at(caller), 'offered');
    await world.talk(agentA);
    await world.hangUp(caller);
    await world.pass(10_250);
  }
  t.same(world.leftovers(), []);
}

for (const fresh of [false, true]) {
  for (const how of cut) {
    const name = `${how}, back ${fresh ? 'empty' : 'with its data'}`;

    t.test(`away when callers arrive (${name}): served in their order`, async (t) => {
      const world = await World.start([desk()], [agentA]);
      world.daemon.link.down(how);
      const callers = [];
      for (let n = 0; n < 3; n++) {
        callers.push(await world.call());
        await world.pass(3_000);
      }
      t.same(
        callers.map((caller) => world.at(caller)),
        ['waiting', 'waiting', 'waiting'],
      );
      await back(world, fresh);
      // An offer whose publication was lost comes back by itself when it is overdue.
      if (how === 'losing replies') await world.pass(60_000);
      await servedInTurn(t, world, callers);
    });

    t.test(
      `away when an agent becomes free, and the daemon had just been restarted (${name}): the order is that of the queue`,
      async (t) => {
        const vip = '0699999999';
        const world = await World.start([desk({ vipNumbers: new Set([vip]) })], [agentA]);
        const talking = await world.call();
        await world.talk(agentA);
        const callers = [];
        for (let n = 0; n < 2; n++) {
          callers.push(await world.call());
          await world.pass(500);
        }
        // Came last, goes first.
        callers.unshift(world.switch.call(number, { number: vip, name: 'Noé' }));
        await world.pass(500);
        await world.restart();
        world.daemon.link.down(how);
        await world.hangUp(talking);
        await world.pass(10_250);
        await back(world, fresh);
        // His wrap-up, unless that was forgotten; and see above.
        await world.pass(how === 'losing replies' ? 60_000 : 10_250);
        await servedInTurn(t, world, callers);
      },
    );

    t.test(`away when the agent answers (${name}): they talk, and he gets no second call`, async (t) => {
      const world = await World.start([desk()], [agentA]);
      const caller = await world.call();
      world.daemon.link.down(how);
      await world.talk(agentA);
      t.ok(world.bridgedTo(caller));
      await back(world, fresh);
      t.equal(world.status(agentA), 'connected');
      const next = await world.call();
      await world.pass(60_000);
      t.equal(world.at(next), 'waiting');
      t.ok(world.bridgedTo(caller));
      await world.hangUp(caller);
      await world.pass(10_250);
      t.equal(world.at(next), 'offered');
      await world.hangUp(next);
      t.same(world.leftovers(), []);
    });

    t.test(`away when the talk ends (${name}): the agent is free afterwards, the record written once`, async (t) => {
      const world = await World.start([desk()], [agentA]);
      const caller = await world.call();
      await world.talk(agentA);
      world.daemon.link.down(how);
      await world.hangUp(caller);
      await world.pass(500);
      await back(world, fresh);
      await world.pass(11_250);
      t.match(world.record(caller), { outcome: 'answered', agent: agentA });
      t.same(world.leftovers(), []);
      await world.restart();
      await world.pass(2_000);
      t.equal(world.stored.history.records.length, 1);
    });

    for (const end of ['the caller hangs up', 'nobody answers', 'the agent hangs up on the whisper'] as const) {
      t.test(`away while a phone rings: ${end} (${name})`, async (t) => {
        const world = await World.start([desk()], [agentA]);
        const caller = await world.call();
        world.daemon.link.down(how);
        if (end === 'the caller hangs up') await world.hangUp(caller);
        else if (end === 'nobody answers') await world.pass(15_000);
        else {
          await world.pickUp(agentA);
          await world.hangUp(world.ringing(agentA).leg);
        }
        await world.pass(500);
        await back(world, fresh);
        await world.pass(60_000);
        if (end !== 'the caller hangs up') {
          t.match(world.at(caller), /offered|waiting/);
          await world.hangUp(caller);
        }
        await world.pass(11_000);
        t.same(world.leftovers(), []);
      });

      t.test(`back while a phone rings, then ${end} (${name})`, async (t) => {
        const world = await World.start([desk({ queue: queue({ maxWaitMs: 14_000 }) })], [agentA]);
        const caller = await world.call();
        world.daemon.link.down(how);
        await world.pass(300);
        await back(world, fresh);
        t.ok(world.rings(agentA), 'it rings on');
        if (end === 'the caller hangs up') await world.hangUp(caller);
        else if (end === 'nobody answers') await world.pass(15_000);
        else {
          await world.pickUp(agentA);
          await world.hangUp(world.ringing(agentA).leg);
        }
        if (end === 'nobody answers') t.equal(world.at(caller), 'voicemail', 'the wait is over');
        await world.pass(11_000);
        t.not(world.status(agentA), 'connected');
        if (world.switch.legs.has(caller)) await world.hangUp(caller);
        await world.pass(11_000);
        t.same(world.leftovers(), []);
      });
    }
  }
}

t.test('a store that comes back empty: who waits hears of nobody being there only when nobody is', async (t) => {
  const world = await World.start([desk({ queue: queue({ noAgent: { do: 'voicemail' } }) })], [agentA, agentB]);
  const first = await world.call();
  await world.talk(agentA);
  const second = await world.call();
  await world.talk(agentB);
  const third = await world.call();
  world.daemon.link.down();
  await world.pass(5_000);
  const during = await world.call();
  t.same(
    [third, during].map((caller) => world.at(caller)),
    ['waiting', 'waiting'],
  );
  await back(world, true);
  t.same(
    [third, during].map((caller) => world.at(caller)),
    ['waiting', 'waiting'],
  );
  await world.hangUp(first);
  await world.hangUp(second);
  await world.pass(10_250);
  t.same(
    [third, during].map((caller) => world.at(caller)),
    ['offered', 'offered'],
  );
});

t.test('killed while it told an empty store who talks: the next daemon can take that back', async (t) => {
  for (let turns = 0; turns < 8; turns++) {
    const world = await World.start([desk()], [agentA]);
    const caller = await world.call();
    await world.talk(agentA);
    world.daemon.link.down();
    world.stored.empty();
    world.daemon.link.up(true);
    for (let turn = 0; turn < turns; turn++) await null;
    world.kill();
    world.switch.hangUp(caller);
    await world.boot();
    await world.pass(11_000);
    t.equal(world.status(agentA), 'idle', `after ${turns} turns`);
  }
});

t.test('an agent whom nobody knows any more is signed out when he is offered a call', async (t) => {
  const world = await World.start([desk()], []);
  world.stored.domain.agentReady({ agent: agentA, pools: [desk().queue.pool], skills: {}, order: 0 }, world.clock.now());
  const caller = await world.call();
  await world.pass(30_000);
  t.equal(world.status(agentA), 'signed out');
  t.match(world.engine.calls()[0]?.offers, [{ agent: agentA, outcome: 'unreachable' }], 'once');
  await world.hangUp(caller);
  t.same(world.leftovers(), []);
});

t.test('a call that arrives while agents are being signed in waits for them', async (t) => {
  const world = await World.start([desk({ queue: queue({ noAgent: { do: 'voicemail' } }) })], [agentA]);
  world.kill();
  world.stored.empty();
  const booting = world.boot();
  const { pbx } = world.daemon;
  const list = pbx.reachableDevices.bind(pbx);
  let answer: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    answer = resolve;
  });
  pbx.reachableDevices = async () => {
    await asked;
    return list();
  };
  await booting;
  const caller = await world.call();
  t.equal(world.at(caller), 'waiting');
  answer();
  await settle();
  t.equal(world.at(caller), 'offered');
});

t.test('one who hangs up before that does not enter the queue', async (t) => {
  const world = await World.start([desk()], []);
  world.kill();
  const booting = world.boot();
  let answer: () => void = () => undefined;
  world.daemon.pbx.reachableDevices = () =>
    new Promise((resolve) => {
      answer = () => resolve(new Set());
    });
  await booting;
  const caller = await world.call();
  await world.hangUp(caller);
  answer();
  await settle();
  t.equal(world.stored.domain.calls, 0);
});

t.test('another store stands in without a word of the first being lost: new callers wait until agents are signed in', async (t) => {
  const world = await World.start([desk({ queue: queue({ noAgent: { do: 'voicemail' } }) })], [agentA]);
  const { link } = world.daemon;
  const ready = link.routing.agentReady.bind(link.routing);
  link.routing.agentReady = async (agent) => {
    await settle();
    await settle();
    await ready(agent);
  };
  world.stored.empty();
  link.up(true);
  const caller = await world.call();
  t.equal(world.at(caller), 'waiting');
  await world.pass(2_000);
  t.equal(world.at(caller), 'offered');
});

t.test('killed before it could say who talks: the next daemon says it', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  world.daemon.link.down();
  await world.talk(agentA);
  await world.restart();
  t.equal(world.at(caller), 'connected');
  await world.pass(60_000);
  t.equal(world.status(agentA), 'connected');
});

t.test('the store is lost between the record and the removal of the saved call', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  const { history } = world.stored;
  const append = history.append.bind(history);
  history.append = async (record) => {
    await append(record);
    world.daemon.link.down();
  };
  await world.hangUp(caller);
  await settle();
  t.equal(world.stored.calls.size, 1);
  await back(world, false);
  t.same(world.leftovers(), []);
});

t.test('a phone that unregisters while the list of phones is under way stays unregistered', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const { pbx } = world.daemon;
  const list = pbx.reachableDevices.bind(pbx);
  pbx.reachableDevices = async () => {
    const phones = await list();
    world.switch.register(deviceOf(agentA), false);
    await settle();
    return phones;
  };
  pbx.disconnect();
  pbx.connect();
  await settle();
  await settle();
  t.equal(world.status(agentA), 'signed out');
});

t.test('a reload removes the menu in which a caller stands: a receptionist', async (t) => {
  const world = await World.start([tenant({ schedule })], [agentA]);
  const caller = await world.call();
  await world.pass(2_500);
  await world.reload([tenant({ schedule, menus: {} })], [agentA]);
  await world.pass(5_000);
  t.equal(world.at(caller), 'offered');
});

t.test('a reload removes a tenant with calls in it: they are served to their end', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const talking = await world.call();
  await world.talk(agentA);
  const waiting = await world.call();
  const other = desk({ id: id<TenantId>('durand'), numbers: ['+33123456702'] });
  await world.reload([other], [agentA]);
  const refused = await world.call();
  t.notOk(world.switch.legs.has(refused));
  await world.hangUp(talking);
  t.equal(world.status(agentA), 'wrapUp');
  await world.pass(10_250);
  t.equal(world.at(waiting), 'offered');
  await world.talk(agentA);
  await world.hangUp(waiting);
  await world.pass(10_250);
  t.same(world.leftovers(), []);
});

t.test('a tenant with a talk is removed while no daemon lives: his agent is not kept for ever', async (t) => {
  const world = await World.start([desk()], [agentA]);
  const caller = await world.call();
  await world.talk(agentA);
  world.kill();
  world.site = siteOf([], [agentA]);
  await world.boot();
  t.ok(world.bridgedTo(caller));
  t.equal(world.status(agentA), 'idle');
  t.equal(world.stored.calls.size, 0);
});

t.test('a reload removes an agent on a call: he talks to the end, then is gone', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  const caller = await world.call();
  await world.talk(agentA);
  await world.reload([desk()], [agentB]);
  await world.pass(20_000);
  t.ok(world.bridgedTo(caller));
  await world.hangUp(caller);
  t.equal(world.status(agentA), 'signed out');
  await world.call();
  t.ok(world.rings(agentB));
});

t.test('a reload removes an agent while the store is away: he is signed out when it is back', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  await world.engine.wish(world.site.agents.get(agentA)!, { do: 'pause', reason: undefined });
  const { link } = world.daemon;
  link.down();
  await world.reload([desk()], [agentB]);
  t.equal(world.status(agentA), 'paused', 'nobody could say so');
  await world.reload([desk()], [agentB]);
  link.up();
  await settle();
  t.strictSame([world.status(agentA), world.status(agentB)], ['signed out', 'idle']);
});

t.test('so is one whom a store that comes back empty knows from his talk alone', async (t) => {
  const world = await World.start([desk()], [agentA, agentB]);
  const caller = await world.call();
  await world.talk(agentA);
  // Else he would be signed out as soon as he is offered a call.
  const ann = world.site.agents.get(agentA);
  if (ann !== undefined) await world.engine.wish(ann, { do: 'pause', reason: undefined });
  await world.reload([desk()], [agentB]);
  world.daemon.link.down();
  world.stored.empty();
  await back(world, true);
  await world.hangUp(caller);
  await world.pass(20_000);
  t.equal(world.status(agentA), 'signed out');
});
