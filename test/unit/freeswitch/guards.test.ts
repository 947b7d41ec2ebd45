import t from 'tap';
import { id, type LegId } from '../../../src/core/ids.js';
import type { Reply } from '../../../src/freeswitch/esl/reply-queue.js';
import { Guards } from '../../../src/freeswitch/guards.js';
import { FakeClock, settle } from '../../support/fake-clock.js';

const leg = id<LegId>('A');
const fallback = { to: 'fallback', context: 'ctx' } as const;

/** A switch that numbers its tasks; `answers: false` keeps its replies to itself. */
function world() {
  const clock = new FakeClock();
  const sent: string[] = [];
  const held: (() => void)[] = [];
  const state = { answers: true, tasks: 0 };
  const guards = new Guards({
    clock,
    do(command) {
      sent.push(command.text.trim().replace(/^api /, ''));
      const reply: Reply = command.verb === 'sched_api' ? { ok: true, text: `+OK Added: ${++state.tasks}` } : { ok: true, text: '+OK' };
      if (state.answers) return Promise.resolve(reply);
      return new Promise((resolve) => held.push(() => resolve(reply)));
    },
  });
  return { clock, sent, held, state, guards, take: () => sent.splice(0) };
}

const add = 'sched_api +8 tcore-A uuid_transfer A fallback XML ctx';
const addHangup = 'sched_api +8 tcore-A uuid_kill A NORMAL_CLEARING';

t.test('ours is there before the dialplan’s goes', async (t) => {
  const { guards, take } = world();
  guards.arm(leg, fallback);
  t.same(take(), [add, 'sched_del A']);
});

t.test('a leg that is served is renewed: the new guard before the old one goes', async (t) => {
  const { guards, clock, take } = world();
  guards.arm(leg, fallback);
  guards.keep(leg);
  await clock.advance(2_999);
  t.same(take(), [add, 'sched_del A']);
  await clock.advance(1);
  t.same(take(), [add, 'sched_del 1']);
  await clock.advance(3_000);
  t.same(take(), [add, 'sched_del 2']);
  guards.keep(leg);
  await clock.advance(3_000);
  t.same(take(), [add, 'sched_del 3'], 'once each time, however often it is served');
});

t.test('a leg that nobody serves goes the way of its guard', async (t) => {
  const { guards, clock, take } = world();
  guards.arm(leg, fallback);
  take();
  await clock.advance(60_000);
  t.same(take(), []);
  t.equal(clock.pending, 0);
});

t.test('whoever is served late is renewed at once', async (t) => {
  const { guards, clock, take } = world();
  guards.arm(leg, fallback);
  await clock.advance(5_000);
  take();
  guards.keep(leg);
  await clock.advance(0);
  t.same(take(), [add, 'sched_del 1']);
});

t.test('after a talk the guard hangs up, until somebody goes on serving the caller', async (t) => {
  const { guards, clock, take } = world();
  guards.arm(leg, { to: 'hangup' }, fallback);
  t.same(take(), [addHangup, 'sched_del A']);
  guards.keep(leg);
  await clock.advance(3_000);
  t.same(take(), [add, 'sched_del 1']);
});

t.test('nothing is renewed from before a bridge on, and a guard whose number comes late is deleted', async (t) => {
  const { guards, clock, take, held, state } = world();
  guards.arm(leg, fallback);
  guards.keep(leg);
  await clock.advance(2_999);
  state.answers = false;
  await clock.advance(1);
  take();
  guards.rest(leg);
  guards.keep(leg);
  for (const answer of held) answer();
  await settle();
  t.same(take(), ['sched_del 2'], 'the renewal that was under way');
  await clock.advance(60_000);
  t.same(take(), []);
});

t.test('a bridge that came to nothing: guarded and renewed again', async (t) => {
  const { guards, clock, take } = world();
  guards.arm(leg, fallback);
  guards.keep(leg);
  await settle();
  guards.rest(leg);
  take();
  guards.resume(leg);
  t.same(take(), [add, 'sched_del 1', 'sched_del A']);
  await clock.advance(3_000);
  t.same(take(), [add, 'sched_del 2']);
  guards.resume(leg);
  t.same(take(), [], 'only what rests is resumed');
});

t.test('the ends: bridged, gone, node lost', async (t) => {
  const { guards, clock, take } = world();
  guards.arm(leg, fallback);
  await settle();
  take();
  guards.clear(leg);
  t.same(take(), ['sched_del A', 'sched_del tcore-A']);
  guards.arm(leg, fallback);
  await settle();
  take();
  guards.release(leg);
  guards.release(leg);
  t.same(take(), ['sched_del tcore-A']);
  guards.arm(leg, fallback);
  guards.keep(leg);
  await clock.advance(3_000);
  take();
  guards.forgetAll();
  await clock.advance(60_000);
  t.same(take(), [], 'the guards that are there do what they are for');
  t.equal(clock.pending, 0);
});
