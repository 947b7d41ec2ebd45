/** Callers who are due sooner: who gave up before, and whom an agent sent back. */
import t from 'tap';
import { waitingCall } from '../../../../src/core/queue/place.js';
import { agentA, agentB, queue, tenant } from '../../../support/tenants.js';
import { callerLeg, Journey } from './journey.js';

const boosts = { gaveUpMs: 30_000, withinMs: 3_600_000, transferredMs: 60_000 };
const flow = { open: { do: 'queue' }, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } as const;
const boosted = tenant({ flow, queue: queue({ boosts }) });
const leaves = { type: 'hungup', leg: callerLeg, cause: 'ORIGINATOR_CANCEL' } as const;

t.test('who hangs up while he waits, or while an agent is asked, is remembered', async (t) => {
  const waiting = new Journey(boosted).answered().played().happen(leaves);
  t.match(waiting.last, [
    { do: 'rememberGivenUp', caller: '0612345678', at: waiting.now, keepMs: 3_600_000 },
    { do: 'dequeue' },
    { do: 'writeRecord' },
  ]);
  const asked = new Journey(boosted).answered().played().offer(agentA, 't1').happen(leaves);
  t.ok(asked.did('rememberGivenUp'));
});

t.test('who hangs up elsewhere, has talked, or hides his number is not', async (t) => {
  t.notOk(new Journey(boosted).answered().happen(leaves).did('rememberGivenUp'), 'in the greeting');
  const talked = new Journey(tenant({ queue: queue({ boosts }) })).toAgent(agentA);
  t.notOk(talked.happen(leaves).did('rememberGivenUp'));
  const hidden = new Journey(boosted).answered().played();
  hidden.call = { ...hidden.call, caller: { number: 'anonymous', name: '' } };
  t.notOk(hidden.happen(leaves).did('rememberGivenUp'));
  t.notOk(new Journey(tenant({ flow })).answered().played().happen(leaves).did('rememberGivenUp'), 'no boost, nothing kept');
});

t.test('a caller who is sent back after a talk longer than the longest wait waits anew: time left, first ring', async (t) => {
  const { rings } = queue();
  const wider = { ...rings[0], afterMs: 15_000, requires: {} };
  const journey = new Journey(tenant({ queue: queue({ boosts, maxWaitMs: 300_000, rings: [rings[0], wider] }) })).toAgent(agentA);
  const talked = 360_000;
  const { enqueuedAt = 0 } = journey.call;
  journey.now += talked;
  journey.happen({ type: 'referred', leg: callerLeg, target: '1234' });
  t.equal(journey.call.state.at, 'waiting');
  t.equal(journey.call.timers.maxWait, journey.now + 300_000);
  t.equal(journey.call.enqueuedAt, enqueuedAt, 'at his old place');
  t.match(journey.last.at(-1), {
    do: 'enqueue',
    enqueuedAt,
    waiting: { rings: [{ afterMs: 0 }, { afterMs: journey.now - enqueuedAt + 15_000 }] },
  });
});

t.test('a caller whom an agent sends back is due sooner', async (t) => {
  const journey = new Journey(tenant({ queue: queue({ boosts }) })).toAgent(agentA);
  const before = waitingCall(journey.call, boosted, journey.now);
  journey.happen({ type: 'referred', leg: callerLeg, target: '1234' });
  const after = waitingCall(journey.call, boosted, journey.now);
  t.equal(after.deadline, before.deadline - 60_000);
  t.match(after.gaveUp, { caller: '0612345678', withinMs: 3_600_000, boostMs: 30_000 });
});

t.test('a talk ends where the agent sends the caller back; the wait after it is none, a second talk is', async (t) => {
  const sentBack = () => {
    const journey = new Journey(tenant({ queue: queue({ boosts }) })).toAgent(agentA);
    journey.now += 60_000;
    journey.happen({ type: 'referred', leg: callerLeg, target: '1234' });
    journey.now += 40_000;
    return journey;
  };
  const record = (journey: Journey) => journey.last.find((effect) => effect.do === 'writeRecord')?.record;
  t.match(record(sentBack().happen(leaves)), { outcome: 'abandoned', agent: agentA, talkMs: 60_000 });
  const again = sentBack().offer(agentB, 't2');
  again.happen({ type: 'ready', leg: again.other() }).played();
  again.happen({ type: 'bridged', leg: callerLeg, other: again.other() });
  again.now += 5_000;
  t.match(record(again.happen(leaves)), { outcome: 'answered', agent: agentB, talkMs: 65_000 });
});
