/** From a call and a tenant's configuration to what the routing store is asked. */
import t from 'tap';
import { compileAsks, compileRings, formsOf } from '../../../../src/config/compile-queue.js';
import { expectedOf, waitingCall, withOrigin } from '../../../../src/core/queue/place.js';
import type { Why } from '../../../../src/core/queue/why.js';
import { queue, tenant } from '../../../support/tenants.js';

const caller = { number: '0612345678', name: 'Zoé' };
const rings = compileRings({
  pool: 'reception',
  requires: { english: 60 },
  rings: [
    { afterSeconds: 15, requires: { english: 30 }, drop: [], addPools: [] },
    { afterSeconds: 40, requires: {}, drop: ['english'], addPools: ['night'] },
  ],
});

t.test('each ring builds on the one before', async (t) => {
  t.match(rings, [
    { afterMs: 0, pools: ['reception'], requires: { english: 60 } },
    { afterMs: 15_000, pools: ['reception'], requires: { english: 30 } },
    { afterMs: 40_000, pools: ['reception', 'night'], requires: {} },
  ]);
  t.same(rings[2]?.requires, {});
});

t.test('what a key asks for is relaxed by rings as well; a dropped skill still ranks', async (t) => {
  const asks = compileAsks({ class: 'emergency', requires: { medical: 10, english: 80 }, boostSeconds: 5 });
  const waiting = waitingCall({ caller, asks }, tenant({ queue: queue({ rings, prefers: ['calm'] }) }), 1_000_000);
  t.same(
    waiting.rings.map(({ requires }) => requires),
    [{ english: 80, medical: 10 }, { english: 30, medical: 10 }, { medical: 10 }],
  );
  t.same(waiting.rankBy, ['calm', 'english', 'medical']);
  t.match(waiting, { class: 0, deadline: 1_015_000, enqueuedAt: 1_000_000 });
});

t.test('what calls may ask for is known ahead: each ring, with what each key adds', async (t) => {
  const urgent = compileAsks({ class: 'emergency', requires: { medical: 10 }, boostSeconds: 0 });
  const plain = tenant({ queue: queue({ rings }) });
  const asking = { ...plain, flow: { ...plain.flow, open: { do: 'queue' as const, asks: urgent } } };
  const skillsOf = (of: typeof plain) => expectedOf(of).rings.map(({ requires }) => requires);
  t.same(skillsOf(plain), [{ english: 60 }, { english: 30 }, {}]);
  t.same(skillsOf(asking).slice(3), [{ english: 60, medical: 10 }, { english: 30, medical: 10 }, { medical: 10 }]);
  for (const asks of [undefined, urgent]) {
    const call = waitingCall({ caller, ...(asks === undefined ? {} : { asks }) }, asking, 0);
    t.ok(
      call.rings.every(({ pools, requires }) =>
        expectedOf(asking).rings.some((one) => JSON.stringify([one.pools, one.requires]) === JSON.stringify([pools, requires])),
      ),
      'a call asks for nothing else',
    );
  }
});

t.test('a ring that relaxes what only a key asks for leaves other calls alone', async (t) => {
  const relaxing = compileRings({
    pool: 'reception',
    requires: {},
    rings: [{ afterSeconds: 5, requires: { medical: 5 }, drop: [], addPools: [] }],
  });
  const of = (requires: Record<string, number>) =>
    waitingCall({ caller, asks: compileAsks({ requires, boostSeconds: 0 }) }, tenant({ queue: queue({ rings: relaxing }) }), 0).rings[1];
  t.same(of({})?.requires, {});
  t.same(of({ medical: 50 })?.requires, { medical: 5 });
});

t.test('a VIP is known in every form that a trunk sends; nobody else is', async (t) => {
  const vipNumbers = formsOf(['+33612345678'], '33');
  const classOf = (number: string) => waitingCall({ caller: { ...caller, number } }, tenant({ vipNumbers }), 0).class;
  t.same(['+33612345678', '33612345678', '0033612345678', '0612345678'].map(classOf), [1, 1, 1, 1]);
  t.same(['+33612345679', 'anonymous'].map(classOf), [2, 2]);
});

t.test('callers who withhold their numbers are not one sticky caller', async (t) => {
  const sticky = (number: string) =>
    waitingCall({ caller: { ...caller, number } }, tenant({ queue: queue({ stickyMs: 60_000 }) }), 0).sticky;
  t.same(sticky('0612345678'), { caller: '0612345678', ms: 60_000, waitMs: 0 });
  t.equal(sticky('anonymous'), undefined);
  const patient = tenant({ queue: queue({ stickyMs: 60_000, stickyWaitMs: 20_000 }) });
  t.match(waitingCall({ caller: { ...caller, number: '0612345678' } }, patient, 0).sticky, { waitMs: 20_000 });
  t.match(
    waitingCall({ caller: { ...caller, number: '0612345678' }, sentBack: true, onLineSince: 90_000 }, patient, 0).sticky,
    { waitMs: 0 },
    'his own agent has just sent him back',
  );
});

t.test('why a call went first: what the store cannot know is added', async (t) => {
  const told: Why = {
    by: 'agent',
    rule: 'longestIdle',
    order: 'deadline',
    ring: 0,
    pools: [],
    requires: {},
    idle: 1,
    considered: 1,
    idleMs: 0,
    fit: undefined,
    passedOver: [],
    notSticky: undefined,
    heldBack: [],
  };
  const boosts = { gaveUpMs: 0, withinMs: 0, transferredMs: 60_000 };
  const vips = tenant({ vipNumbers: new Set([caller.number]), queue: queue({ boosts }) });
  const asks = { class: undefined, requires: {}, boostMs: 5_000 };
  t.same(withOrigin(told, { caller }, tenant()), told);
  t.same(withOrigin(told, { caller, asks, sentBack: true }, vips), { ...told, order: 'class', keyBoostMs: 5_000, sentBackMs: 60_000 });
  t.equal(withOrigin({ ...told, order: 'guarantee' }, { caller }, vips).order, 'guarantee', 'which goes before classes');
  t.equal(withOrigin(told, { caller, asks: { ...asks, class: 2 } }, vips).order, 'deadline', 'the key made him a normal caller');
});
