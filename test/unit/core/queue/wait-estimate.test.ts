import t from 'tap';
import { afterCall, afterWait, mixed, unknownPace } from '../../../../src/core/queue/pace.js';
import { estimateWait, type Outlook } from '../../../../src/core/queue/wait-estimate.js';

const busy = (change: Partial<Outlook> = {}): Outlook => ({
  position: 1,
  ahead: 0,
  agents: { idle: 0, busy: 4, paused: 0 },
  handlingMs: 200_000,
  leavesPerMs: 0,
  ...change,
});

t.test('the next caller waits for the first of all agents to become free', async (t) => {
  t.equal(estimateWait(busy()), 50_000);
  t.equal(estimateWait(busy({ agents: { idle: 0, busy: 1, paused: 3 } })), 200_000, 'who pauses is not counted on');
});

t.test('each caller before him adds as much', async (t) => {
  t.equal(estimateWait(busy({ ahead: 3 })), 200_000);
  t.equal(estimateWait(busy({ ahead: 0.5 })), 75_000, 'one who may go to other agents adds less');
});

t.test('those who give up make room', async (t) => {
  // s/h = 1/50,000 a ms, θ = 1/100,000 a ms: 50,000 + 1/(1/50,000 + 1/100,000) = 50,000 + 33,333
  const estimate = estimateWait(busy({ ahead: 1, leavesPerMs: 1 / 100_000 })) ?? 0;
  t.equal(Math.round(estimate), 83_333);
});

t.test('idle agents take one call each at once', async (t) => {
  const agents = { idle: 2, busy: 2, paused: 0 };
  t.equal(estimateWait(busy({ agents, ahead: 0 })), 0);
  t.equal(estimateWait(busy({ agents, ahead: 1.9 })), 0);
  t.equal(estimateWait(busy({ agents, ahead: 2 })), 50_000);
  t.equal(estimateWait(busy({ agents, handlingMs: undefined })), 0);
});

t.test('nobody can tell without agents, or before the first call has ended', async (t) => {
  t.equal(estimateWait(busy({ agents: { idle: 0, busy: 0, paused: 2 } })), undefined);
  t.equal(estimateWait(busy({ handlingMs: undefined })), undefined);
});

t.test('a tenant at its cap waits for its own calls to end, in its own queue', async (t) => {
  const idle = { idle: 5, busy: 2, paused: 0 };
  t.equal(estimateWait(busy({ agents: idle, cap: { room: 1, busy: 1 } })), 0, 'one more may be served');
  t.equal(estimateWait(busy({ agents: idle, cap: { room: 0, busy: 2 } })), 100_000);
  t.equal(estimateWait(busy({ agents: idle, position: 3, ahead: 2, cap: { room: 0, busy: 2, handlingMs: 60_000 } })), 90_000);
  t.equal(estimateWait(busy({ agents: idle, cap: { room: -1, busy: 3 } })), 200_000, 'two must end, of which two agents work');
  t.equal(estimateWait(busy({ ahead: 9, cap: { room: 0, busy: 2 } })), 500_000, 'before that all the others');
  t.equal(estimateWait(busy({ agents: idle, cap: { room: 0, busy: 0 } })), undefined, 'nobody of its pool is signed in');
});

t.test('calls that another cap holds back are in the way of nobody but their own tenant', async (t) => {
  t.equal(estimateWait(busy({ ahead: 6, held: { calls: 6, agents: 2 } })), 100_000, 'the other two agents come to him');
  t.equal(estimateWait(busy({ ahead: 1, held: { calls: 1, agents: 3 } })), 100_000, 'sooner: when that one is served, all do');
  t.equal(estimateWait(busy({ ahead: 2, held: { calls: 2, agents: 4 } })), 150_000, 'all agents are theirs');
  t.equal(estimateWait(busy({ ahead: 0.3, held: { calls: 0.1 + 0.2, agents: 0 } })), 50_000);
});

t.test('a long queue is estimated all the same', async (t) => {
  const estimate = estimateWait(busy({ ahead: 20_000, leavesPerMs: 1e-6 })) ?? 0;
  t.ok(estimate > 0 && Number.isFinite(estimate));
});

t.test('the pace follows the last calls', async (t) => {
  let pace = afterCall(unknownPace, 100_000);
  t.equal(pace.handlingMs, 100_000);
  pace = afterCall(pace, 200_000);
  t.equal(pace.handlingMs, 150_000);
  for (let call = 0; call < 300; call++) pace = afterCall(pace, 60_000);
  t.ok(Math.abs(pace.handlingMs - 60_000) < 300, 'what was long ago is forgotten');
  t.equal(pace.handled, 50);
});

t.test('patience is the leavers over the time waited', async (t) => {
  let pace = unknownPace;
  for (let caller = 0; caller < 2_000; caller++) pace = afterWait(pace, 30_000, caller % 4 === 0);
  const { leavesPerMs } = mixed([[pace, 1]]);
  t.ok(Math.abs(leavesPerMs - 0.25 / 30_000) < 1e-7);
});

t.test('a mix weighs only what is known', async (t) => {
  const fast = afterCall(unknownPace, 60_000);
  const slow = afterCall(unknownPace, 120_000);
  t.equal(
    mixed([
      [fast, 1],
      [slow, 3],
      [unknownPace, 9],
    ]).handlingMs,
    105_000,
  );
  t.same(mixed([[unknownPace, 1]]), { handlingMs: undefined, leavesPerMs: 0 });
});
