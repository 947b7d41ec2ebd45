/** Callbacks through crashes, outages, drains and reloads: what was promised is done, once, at its place. */
import t, { type Test } from 'tap';
import type { LegId } from '../../../src/core/ids.js';
import type { Tenant } from '../../../src/core/tenant.js';
import type { FakeLeg } from '../../support/fake-switch.js';
import { agentA, agentB, callbackRules, queue } from '../../support/tenants.js';
import { desk, siteOf, tenantId, World } from './world.js';

const line = '+33123456702';

/** On one number callers wait, on the other they are offered a callback; both wait in one queue. */
function tenants(change: Parameters<typeof callbackRules>[0] = {}): readonly Tenant[] {
  const shared = queue({ callback: callbackRules({ capPercent: 100, ...change }), maxWaitMs: 3_600_000 });
  const back = desk({ id: tenantId('back'), numbers: [line], queue: shared, flow: { ...desk().flow, open: { do: 'callback' } } });
  return [desk({ queue: shared }), back];
}

/** He agrees, hears that he will be called, and is hung up. */
async function asks(world: World): Promise<LegId> {
  const caller = await world.call(line);
  await world.pass(100);
  world.switch.press(caller, '1');
  await world.pass(3_000);
  return caller;
}

/** The caller's phone, that rings or was answered. */
function calledBack(world: World): FakeLeg | undefined {
  return [...world.switch.legs.values()].find(({ request }) => request?.to.kind === 'number');
}

async function picksUp(t: Test, world: World, keys = '1'): Promise<LegId> {
  const leg = calledBack(world);
  if (leg === undefined) throw new Error('nobody is called');
  t.match(leg.request, { to: { number: '+33612345678' }, callerNumber: line });
  world.switch.pickUp(leg.leg);
  await world.pass(100);
  world.switch.press(leg.leg, keys);
  await world.pass(100);
  return leg.leg;
}

/** A world in which one agent talks, and somebody waits to be called back. */
async function waiting(change: Parameters<typeof callbackRules>[0] = {}) {
  const world = await World.start(tenants(change), [agentA]);
  const talking = await world.call();
  await world.talk(agentA);
  const caller = await asks(world);
  return { world, talking, caller };
}

/** The agent's talk ends, and he takes the callback. */
async function turnComes(world: World, talking: LegId): Promise<void> {
  await world.hangUp(talking);
  await world.pass(10_250);
  await takes(world);
}

/** The agent picks up, and hears the whisper, which has two parts. */
async function takes(world: World): Promise<void> {
  await world.talk(agentA);
  await world.pass(1_250);
}

t.test('he is called when his turn comes, before one who came later', async (t) => {
  const { world, talking, caller } = await waiting();
  t.match(world.state(caller), { at: 'callback', phase: 'queued' });
  t.notOk(world.switch.legs.has(caller), 'he has hung up');
  const later = await world.call();
  await turnComes(world, talking);
  t.equal(world.at(later), 'waiting');
  t.equal(world.at(caller), 'callingBack');
  const leg = await picksUp(t, world);
  t.equal(world.at(caller), 'connected');
  t.equal(world.bridgedTo(leg), world.ringing(agentA).leg);
  t.same(await world.stored.callbacks.list(tenantId('back'), world.clock.now()), []);
  await world.hangUp(leg);
  t.match(world.record(caller), { outcome: 'answered', agent: agentA, callback: { tries: [{ outcome: 'reached' }] } });
  await world.pass(10_250);
  t.equal(world.at(later), 'offered');
  await world.hangUp(later);
  await world.pass(10_250);
  t.same(world.leftovers(), []);
});

t.test('the agent hangs up after the talk: the caller’s line is ended too', async (t) => {
  const { world, talking, caller } = await waiting();
  await turnComes(world, talking);
  await picksUp(t, world);
  await world.hangUp(world.ringing(agentA).leg);
  await world.pass(10_250);
  t.match(world.record(caller), { outcome: 'answered' });
  t.same(world.leftovers(), []);
});

t.test('killed while he waits, and while his phone rings: he is called all the same', async (t) => {
  const { world, talking, caller } = await waiting();
  const place = world.engine.calls().find(({ id }) => id === (caller as string))?.enqueuedAt;
  world.kill();
  await world.pass(3_000);
  await world.boot();
  await world.pass(1_000);
  t.match(world.state(caller), { at: 'callback', phase: 'queued' });
  await turnComes(world, talking);
  t.equal(world.at(caller), 'callingBack');
  world.kill();
  await world.pass(2_000);
  await world.boot();
  await world.pass(2_000);
  t.equal(calledBack(world), undefined, 'a phone that rang for the dead daemon rings no more');
  t.match(world.state(caller), { at: 'callback', phase: 'resting' });
  await world.pass(610_000);
  await takes(world);
  await picksUp(t, world);
  t.match(world.engine.calls()[0], {
    enqueuedAt: place,
    state: { at: 'connected' },
    callback: { tries: [{ outcome: 'withdrawn' }, { outcome: 'reached' }] },
  });
});

t.test('killed as they talk: nobody is torn apart', async (t) => {
  const { world, talking, caller } = await waiting();
  await turnComes(world, talking);
  const leg = await picksUp(t, world);
  await world.restart();
  await world.pass(6_000);
  t.equal(world.at(caller), 'connected');
  t.equal(world.bridgedTo(leg), world.ringing(agentA).leg);
  t.equal(world.status(agentA), 'connected');
  await world.hangUp(leg);
  await world.pass(10_250);
  t.same(world.leftovers(), []);
});

t.test('a store that is away, or comes back empty, forgets no promise', async (t) => {
  for (const empty of [false, true]) {
    const { world, talking, caller } = await waiting();
    world.daemon.link.down();
    await world.pass(5_000);
    if (empty) world.stored.empty();
    world.daemon.link.up(empty);
    await world.pass(61_000);
    t.match(world.state(caller), { at: 'callback', phase: 'queued' });
    t.equal((await world.stored.callbacks.list(tenantId('back'), world.clock.now())).length, 1);
    await turnComes(world, talking);
    await picksUp(t, world);
    t.equal(world.at(caller), 'connected');
  }
});

t.test('what could be forgotten is not promised: the store is away, or too many wait', async (t) => {
  const world = await World.start(tenants({ maxPending: 1 }), []);
  world.daemon.link.down();
  const refused = await asks(world);
  t.equal(world.at(refused), 'waiting');
  world.daemon.link.up();
  await world.pass(3_000);
  const first = await asks(world);
  t.equal(world.at(first), 'callback');
  const caller = { number: '0687654321', name: '' };
  const second = world.switch.call(line, caller);
  await world.pass(100);
  world.switch.press(second, '1');
  await world.pass(3_000);
  t.equal(world.at(second), 'waiting', 'one too many');
});

t.test('a daemon that drains leaves them to its successor', async (t) => {
  const { world, talking, caller } = await waiting();
  const drained = world.engine.drain();
  t.equal(world.at(caller), 'unknown');
  await world.hangUp(talking);
  await drained;
  await world.pass(10_250);
  t.notOk(world.rings(agentA), 'nobody is rung for a call that is nobody’s');
  await world.engine.stop();
  await world.restart();
  await world.pass(1_000);
  await takes(world);
  await picksUp(t, world);
  t.equal(world.at(caller), 'connected');
});

t.test('who calls again has his place, and is called no more', async (t) => {
  const { world, talking, caller } = await waiting();
  const [pending] = await world.stored.callbacks.list(tenantId('back'), world.clock.now());
  await world.pass(60_000);
  world.site = siteOf(
    tenants().map((one) => ({ ...one, flow: { ...one.flow, open: { do: 'queue' } as const } })),
    [agentA],
  );
  const again = await world.call(line);
  await world.pass(100);
  t.match(world.record(caller), { outcome: 'cancelled', cause: 'CALLED_AGAIN' });
  t.equal(world.engine.calls().find(({ id }) => id === (again as string))?.enqueuedAt, pending?.enqueuedAt);
  await turnComes(world, talking);
  t.equal(world.at(again), 'connected');
});

/** Who is rung from now on. */
function rung(world: World): string[] {
  const kinds: string[] = [];
  world.switch.rang = ({ request }) => kinds.push(request?.to.kind ?? 'nobody');
  return kinds;
}

t.test('cancelled by an operator of another daemon: no phone rings for it, not for a moment', async (t) => {
  const { world, talking, caller } = await waiting();
  const kinds = rung(world);
  await world.stored.callbacks.withdraw(tenantId('back'), '+33612345678', 'cancelled');
  await world.hangUp(talking);
  await world.pass(10_250);
  t.match(world.record(caller), { outcome: 'cancelled', cause: 'CANCELLED', offers: [{ agent: agentA, outcome: 'withdrawn' }] });
  t.same(kinds, []);
  t.equal(world.status(agentA), 'idle');
  t.same(world.leftovers(), []);
});

t.test('he calls again elsewhere as the agent hears that he will be called: his phone does not ring', async (t) => {
  const { world, talking, caller } = await waiting();
  await world.hangUp(talking);
  await world.pass(10_250);
  const kinds = rung(world);
  await world.talk(agentA);
  await world.stored.callbacks.withdraw(tenantId('back'), '+33612345678', 'calledAgain');
  await world.pass(1_250);
  t.match(world.record(caller), { outcome: 'cancelled', cause: 'CALLED_AGAIN' });
  t.same(kinds, []);
  t.same(world.leftovers(), []);
});

t.test('cancelled by an operator of another daemon: seen within a minute', async (t) => {
  const { world, talking, caller } = await waiting();
  await world.stored.callbacks.withdraw(tenantId('back'), '+33612345678', 'cancelled');
  await world.pass(61_000);
  t.match(world.record(caller), { outcome: 'cancelled', cause: 'CANCELLED' });
  await world.hangUp(talking);
  await world.pass(10_250);
  t.same(world.leftovers(), []);
});

t.test('the tenant is removed: the call ends with a record', async (t) => {
  const { world, caller } = await waiting();
  world.site = siteOf([desk()], [agentA]);
  await world.restart();
  await world.pass(6_000);
  t.match(world.record(caller), { outcome: 'cancelled', cause: 'TENANT_REMOVED' });
});

t.test('a pool of two with a cap of 50 %: one agent is left for callers on the line', async (t) => {
  const world = await World.start(tenants({ capPercent: 50 }), [agentA, agentB]);
  const first = await asks(world);
  t.equal(world.at(first), 'offered');
  const second = world.switch.call(line, { number: '0687654321', name: '' });
  await world.pass(100);
  world.switch.press(second, '1');
  await world.pass(3_000);
  t.match(world.state(second), { at: 'callback', phase: 'queued' });
  const live = await world.call();
  await world.pass(100);
  t.equal(world.at(live), 'offered', 'also when he came later');
});
