/** Supervisors on a running engine: who may, what follows, and that nobody listens on when daemons die. */
import t from 'tap';
import type { SupervisionMode } from '../../../src/core/call/supervised.js';
import type { Desk } from '../../../src/core/feature/desk.js';
import {
  type CallId,
  type DeviceId,
  id,
  type LegId,
  type NodeId,
  type PoolId,
  type SupervisorId,
  type TenantId,
} from '../../../src/core/ids.js';
import type { Supervisor } from '../../../src/core/site.js';
import { settle } from '../../support/fake-clock.js';
import { agentA, prompt } from '../../support/tenants.js';
import { desk, deviceOf, World } from './world.js';

const claire = id<SupervisorId>('claire');
const phone = id<DeviceId>('phone-claire');

const supervisorOf = (change: Partial<Supervisor> = {}): Supervisor => ({
  id: claire,
  name: 'Claire',
  device: { id: phone, node: id<NodeId>('n1'), kind: 'phone', user: '1900' },
  pools: undefined,
  tenants: undefined,
  ...change,
});

async function talk(supervisors: readonly Supervisor[] = [supervisorOf()]) {
  const world = await World.start([desk()], [agentA]);
  world.site = { ...world.site, supervisors: new Map(supervisors.map((one) => [one.id, one])) };
  world.switch.registered.add(phone);
  const caller = await world.call();
  await world.talk(agentA);
  const call = id<CallId>(caller);
  const attend = (mode: SupervisionMode, supervisor = claire, leg?: LegId) =>
    world.engine.supervision.attend({ call, supervisor, mode, via: 'api', ...(leg === undefined ? {} : { leg }) });
  return { world, caller, call, attend };
}

/** The phone of the supervisor: its leg. */
const legOf = (world: World) => world.switch.rung(phone)[0];

t.test('from the API to the ear, and to the record', async (t) => {
  const { world, caller, attend } = await talk();
  t.equal(attend('listen'), 'done');
  await settle();
  const leg = legOf(world);
  if (leg === undefined) throw new Error('his phone does not ring');
  world.switch.pickUp(leg.leg);
  await settle();
  const agent = world.bridgedTo(caller);
  t.same(leg.attends, { agent, mode: 'listen' });
  t.equal(attend('barge'), 'done');
  await settle();
  t.same(leg.attends, { agent, mode: 'barge' });
  await world.hangUp(caller);
  await world.pass(20_000);
  t.notOk(world.switch.legs.has(leg.leg));
  t.match(world.record(caller)?.supervised, [{ mode: 'listen' }, { mode: 'barge' }]);
  t.same(world.leftovers(), []);
});

t.test('the agent hangs up: the supervisor is not left with the caller, nor at the agent’s next call', async (t) => {
  const { world, caller, attend } = await talk();
  attend('barge');
  await settle();
  const leg = legOf(world);
  if (leg === undefined) throw new Error('his phone does not ring');
  world.switch.pickUp(leg.leg);
  await settle();
  world.switch.hangUp(world.ringing(agentA).leg);
  await settle();
  t.notOk(world.switch.legs.has(leg.leg));
  await world.pass(20_000);
  const next = await world.call();
  await world.talk(agentA);
  t.equal(world.at(next), 'connected');
  t.equal(world.switch.rung(phone).length, 0);
  t.equal(world.engine.calls()[0]?.supervision, undefined);
  t.equal(world.at(caller), 'unknown');
});

t.test('a refusal leaves the call alone and is kept with it', async (t) => {
  const foreign = supervisorOf({ tenants: new Set([id<TenantId>('durand')]) });
  const otherPool = supervisorOf({ pools: new Set([id<PoolId>('night')]) });
  const elsewhere = supervisorOf({ device: { ...supervisorOf().device, node: id<NodeId>('n2') } });
  const himself = supervisorOf({ device: { id: deviceOf(agentA), node: id<NodeId>('n1'), kind: 'phone', user: agentA } });
  for (const [supervisor, reason] of [
    [foreign, 'notAllowed'],
    [otherPool, 'notAllowed'],
    [himself, 'notAllowed'],
    [elsewhere, 'elsewhere'],
  ] as const) {
    const { world, attend } = await talk([supervisor]);
    t.equal(attend('listen'), reason);
    await settle();
    t.equal(world.switch.rung(phone).length, 0);
    t.match(world.engine.calls()[0]?.supervised, [{ supervisor: claire, refused: reason }]);
  }
  const { world, attend } = await talk([supervisorOf(), supervisorOf({ id: id('paul') })]);
  t.equal(attend('listen', id<SupervisorId>('nobody')), 'unknownSupervisor');
  t.equal(attend('listen'), 'done');
  t.equal(attend('listen', id<SupervisorId>('paul')), 'taken');
  t.equal(world.engine.supervision.attend({ call: id('no-such-call'), supervisor: claire, mode: 'listen', via: 'api' }), 'unknownCall');
  t.match(world.engine.calls()[0]?.supervised, [{ supervisor: 'paul', refused: 'taken' }]);
  const waiting = await world.call();
  t.equal(world.engine.supervision.attend({ call: id<CallId>(waiting), supervisor: claire, mode: 'listen', via: 'api' }), 'notTalking');
});

t.test('his phone is not registered', async (t) => {
  const { world, attend } = await talk();
  world.switch.registered.delete(phone);
  attend('listen');
  await world.pass(1_000);
  t.match(world.engine.calls()[0], { state: { at: 'connected' }, supervised: [{ refused: 'unreachable' }] });
});

t.test('leaving hangs his phone up and leaves the talk alone', async (t) => {
  const { world, caller, call, attend } = await talk();
  attend('listen');
  await settle();
  world.switch.pickUp(legOf(world)?.leg ?? id('none'));
  await settle();
  t.equal(world.engine.supervision.leave(call), 'done');
  await settle();
  t.equal(legOf(world), undefined);
  t.equal(world.at(caller), 'connected');
  t.equal(world.engine.supervision.leave(call), 'done', 'again');
  t.equal(world.engine.supervision.leave(id('no-such-call')), 'unknownCall');
});

t.test('a daemon that dies takes nobody’s ear along: the next one hangs it up, and the talk goes on', async (t) => {
  for (const how of ['attending', 'ringing'] as const) {
    const { world, caller, attend } = await talk();
    attend('listen');
    await settle();
    const leg = legOf(world)?.leg;
    if (leg === undefined) throw new Error('his phone does not ring');
    if (how === 'attending') world.switch.pickUp(leg);
    await settle();
    await world.restart();
    await world.pass(2_000);
    t.notOk(world.switch.legs.has(leg), how);
    t.equal(world.at(caller), 'connected', how);
    t.equal(world.engine.calls()[0]?.supervision, undefined, how);
    t.notOk(
      world.engine.calls()[0]?.supervised?.some(({ to }) => to === null),
      how,
    );
    await world.hangUp(caller);
    await world.pass(20_000);
    t.same(world.leftovers(), [], how);
  }
});

t.test('without a daemon the PBX itself hangs him up', async (t) => {
  const { world, caller, attend } = await talk();
  attend('whisper');
  await settle();
  const leg = legOf(world)?.leg ?? id<LegId>('none');
  world.switch.pickUp(leg);
  await settle();
  world.kill();
  await world.pass(9_000);
  t.notOk(world.switch.legs.has(leg));
  t.ok(world.bridgedTo(caller), 'the talk goes on');
});

t.test('by a code on his own phone: right PIN, wrong PIN, nobody talks', async (t) => {
  const { world, caller } = await talk();
  const typed: string[] = [];
  const texts = new Proxy({}, { get: (_, name) => prompt(String(name)) }) as NonNullable<Desk['texts']>;
  world.site = { ...world.site, desk: { ...world.site.desk, texts } };
  const dial = (result: 'right' | 'wrongPin' | 'locked', phone: string = agentA) => {
    world.pins = async (supervisor, pin) => {
      typed.push(`${supervisor} ${pin}`);
      return result;
    };
    const leg = id<LegId>('his-own');
    return world.engine.supervision.byCode({ leg, node: id<NodeId>('n1'), supervisor: claire, verb: 'whisper', digits: [phone, '4711'] });
  };
  t.same(await dial('wrongPin'), prompt('wrongPin'));
  t.same(await dial('locked'), prompt('locked'));
  t.same(await dial('right', '9999'), prompt('unknownAgent'));
  const refused = { supervisor: claire, mode: 'whisper', via: 'phone' };
  t.match(world.engine.calls()[0]?.supervised, [
    { ...refused, refused: 'wrongPin' },
    { ...refused, refused: 'locked' },
  ]);
  t.equal(await dial('right'), undefined, 'he hears the talk');
  t.match(world.engine.calls()[0]?.supervised?.[2], refused);
  t.same(new Set(typed), new Set(['claire 4711']));
  t.notMatch(JSON.stringify(world.engine.calls()), '4711');
  await world.hangUp(caller);
  t.same(await dial('right'), prompt('notTalking'));
});
