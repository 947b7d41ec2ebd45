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

const add = 'sched_api +8 A uuid_transfer A fallback XML ctx';

t.test('the dialplan’s guard is enough for a leg that is soon put through: nothing is sent', async (t) => {
  const { guards, clock, take } = world();
  guards.inherit(leg, fallback, 0);
  guards.keep(leg);
  await clock.advance(499);
  guards.rest(leg);
  guards.forget(leg);
  await clock.advance(60_000);
  t.same(take(), []);
  t.equal(clock.pending, 0);
});

t.test('ours takes the place of the dialplan’s in time, then the new guard is there before the old one goes', async (t) => {
  const { guards, clock, take } = world();
  guards.inherit(leg, fallback, 0);
  guards.keep(leg);
  await clock.advance(499);
  t.same(take(), []);
  await clock.advance(1);
  t.same(take(), ['sched_del A', add]);
  await clock.advance(3_000);
  t.same(take(), [add, 'sched_del 1']);
  guards.keep(leg);
  await clock.advance(3_000);
  t.same(take(), [add, 'sched_del 2'], 'once each time, however often it is served');
});

t.test('news that came late leave less time', async (t) => {
  const { guards, clock, take } = world();
  guards.inherit(leg, fallback, 300);
  guards.keep(leg);
  await clock.advance(200);
  t.same(take(), ['sched_del A', add]);
});

t.test('a leg that nobody serves goes the way of the dialplan’s guard; served late it is guarded at once', async (t) => {
  const { guards, clock, take } = world();
  guards.inherit(leg, fallback, 0);
  await clock.advance(3_900);
  t.same(take(), []);
  t.equal(clock.pending, 0);
  guards.keep(leg);
  await clock.advance(0);
  t.same(take(), ['sched_del A', add]);
});

t.test('a leg of whose park nobody told us is guarded at once', async (t) => {
  const { guards, clock, take } = world();
  guards.keep(leg);
  await clock.advance(5_000);
  t.same(take(), [], 'none of ours');
  guards.keep(leg, fallback);
  t.same(take(), ['sched_del A', add]);
  await clock.advance(3_000);
  t.same(take(), [add, 'sched_del 1']);
});

t.test('an agent’s leg is hung up', async (t) => {
  const { guards, clock, take } = world();
  guards.inherit(leg, { to: 'hangup' }, 0);
  guards.keep(leg);
  await clock.advance(500);
  t.same(take(), ['sched_del A', 'sched_api +8 A uuid_kill A NORMAL_CLEARING']);
});

t.test('nothing is renewed from before a bridge on, and a guard whose number comes late is deleted', async (t) => {
  const { guards, clock, take, held, state } = world();
  guards.inherit(leg, fallback, 0);
  guards.keep(leg);
  await clock.advance(500);
  state.answers = false;
  await clock.advance(3_000);
  take();
  guards.rest(leg);
  guards.keep(leg);
  for (const answer of held) answer();
  await settle();
  t.same(take(), ['sched_del 2'], 'the renewal that was under way');
  await clock.advance(60_000);
  t.same(take(), []);
});

t.test('a reply that is late: the guard whose number is not known goes with all others', async (t) => {
  const { guards, clock, take, held, state } = world();
  guards.inherit(leg, fallback, 0);
  guards.keep(leg);
  state.answers = false;
  await clock.advance(3_500);
  t.same(take(), ['sched_del A', add, 'sched_del A', add], 'the first would send him away while he is served');
  state.answers = true;
  for (const answer of held) answer();
  await settle();
  await clock.advance(3_000);
  t.same(take(), [add, 'sched_del 2']);
});

t.test('a bridge that came to nothing: guarded and renewed again', async (t) => {
  const { guards, clock, take } = world();
  guards.inherit(leg, fallback, 0);
  guards.keep(leg);
  guards.rest(leg);
  guards.resume(leg);
  t.same(take(), ['sched_del A', add], 'FreeSWITCH may have cancelled what was there');
  await clock.advance(3_000);
  t.same(take(), [add, 'sched_del 1']);
  guards.resume(leg);
  t.same(take(), [], 'only what rests is resumed');
});

t.test('the ends: told to, gone, node lost', async (t) => {
  const { guards, clock, take } = world();
  guards.inherit(leg, fallback, 0);
  guards.clear(leg);
  t.same(take(), ['sched_del A']);
  guards.inherit(leg, fallback, 0);
  guards.keep(leg);
  guards.forget(leg);
  await clock.advance(60_000);
  t.same(take(), [], 'FreeSWITCH forgets what was scheduled for a leg that is gone');
  guards.inherit(leg, fallback, 0);
  guards.keep(leg);
  await clock.advance(500);
  take();
  guards.forgetAll();
  await clock.advance(60_000);
  t.same(take(), [], 'the guards that are there do what they are for');
  t.equal(clock.pending, 0);
});
