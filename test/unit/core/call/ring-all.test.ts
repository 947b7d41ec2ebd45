/** Ring all, seen from one call: several phones ring, one of them gets the caller. */
import t from 'tap';
import { type AgentId, id, type OfferToken } from '../../../../src/core/ids.js';
import { agentA, agentB, tenant } from '../../../support/tenants.js';
import { callerLeg, Journey } from './journey.js';

const agentC = id<AgentId>('agent-c');
const flow = { open: { do: 'queue' }, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } as const;
const [one, two, three] = [agentA, agentB, agentC].map((agent, index) => ({ agent, token: id<OfferToken>(`t${index + 1}`) }));

/** Three phones ring. */
function ringing() {
  const journey = new Journey(tenant({ flow })).answered().played().happen({ type: 'enqueued' });
  journey.happen({ type: 'offer', offer: one!, also: [two!, three!] });
  const legs = journey.last.flatMap((effect) => (effect.do === 'originate' ? [effect.leg] : []));
  return { journey, legs };
}

const outcomes = ({ call }: Journey) => call.offers.map(({ agent, outcome }) => [agent, outcome]);

t.test('all phones ring; the first who answers hears the whisper, the others were taken elsewhere', async (t) => {
  const { journey, legs } = ringing();
  t.equal(new Set(legs).size, 3);
  t.match(journey.last, [{ target: { agent: agentA } }, { target: { agent: agentB } }, { target: { agent: agentC } }]);
  journey.happen({ type: 'ready', leg: legs[1]! });
  t.match(journey.last, [
    { do: 'acceptOffer', offer: two },
    { do: 'hangup', leg: legs[0], cause: 'elsewhere' },
    { do: 'hangup', leg: legs[2], cause: 'elsewhere' },
    { do: 'play', leg: legs[1] },
  ]);
  t.equal(journey.last.length, 4);
  journey.happen({ type: 'ready', leg: legs[2]! }).happen({ type: 'hungup', leg: legs[0]!, cause: 'LOSE_RACE' });
  t.same(journey.last, [], 'whoever answered a moment later is hung up already');
  journey.played().happen({ type: 'bridged', leg: callerLeg, other: legs[1]! });
  t.match(journey.call.state, { at: 'connected', offer: two });
  t.same(outcomes(journey), [
    [agentA, 'elsewhere'],
    [agentB, 'answered'],
    [agentC, 'elsewhere'],
  ]);
  t.match(journey.call.offers, [{}, { beside: agentA }, { beside: agentA }]);
});

t.test('who refuses stops only his own phone; the caller waits again when the last one is gone', async (t) => {
  const { journey, legs } = ringing();
  const timers = journey.call.timers;
  journey.happen({ type: 'failed', leg: legs[0]!, reason: 'busy', cause: 'USER_BUSY' });
  t.match(journey.last, [
    { do: 'hangup', leg: legs[0] },
    { do: 'rejectOffer', offer: one, missed: { reason: 'busy' } },
  ]);
  t.equal(journey.last.length, 2);
  t.match(journey.call.state, { at: 'offered', phase: 'ringing', leg: legs[1], also: [{ leg: legs[2] }] });
  t.same(journey.call.timers, timers, 'the time to ring is that of the round');
  journey.happen({ type: 'hungup', leg: legs[2]!, cause: 'NORMAL_CLEARING' });
  t.match(journey.call.state, { at: 'offered', leg: legs[1], also: undefined });
  journey.happen({ type: 'failed', leg: legs[1]!, reason: 'no-answer', cause: 'NO_ANSWER' });
  t.match(journey.last, [{ do: 'hangup' }, { do: 'rejectOffer', offer: two }, { do: 'enqueue' }]);
  t.same(outcomes(journey), [
    [agentA, 'busy'],
    [agentB, 'no-answer'],
    [agentC, 'rejected'],
  ]);
});

t.test('nobody answers in time: all are told to the store', async (t) => {
  const { journey } = ringing();
  journey.fire();
  t.same(
    journey.last.map((effect) => effect.do),
    ['hangup', 'rejectOffer', 'hangup', 'rejectOffer', 'hangup', 'rejectOffer', 'enqueue'],
  );
});

t.test('the caller hangs up: all phones stop, the agents are free at once', async (t) => {
  const { journey, legs } = ringing();
  journey.happen({ type: 'hungup', leg: callerLeg, cause: 'ORIGINATOR_CANCEL' });
  t.match(journey.last, [
    ...legs.map((leg) => ({ do: 'hangup', leg, cause: 'cancel' })),
    { do: 'dequeue' },
    ...[one, two, three].map((offer) => ({ do: 'releaseAgent', offer, wrapUpMs: undefined })),
    { do: 'writeRecord' },
  ]);
});

t.test('the winner’s offer had expired: he is hung up, and the caller is back in the queue', async (t) => {
  const { journey, legs } = ringing();
  journey.happen({ type: 'ready', leg: legs[0]! }).happen({ type: 'offerExpired', offer: one! });
  t.match(journey.last, [{ do: 'hangup', leg: legs[0], cause: 'cancel' }, { do: 'enqueue' }]);
});

t.test('taken over while phones ring: their agents refused nothing', async (t) => {
  const { journey } = ringing();
  journey.happen({ type: 'parked', leg: callerLeg });
  const rejected = journey.last.flatMap((effect) => (effect.do === 'rejectOffer' ? [[effect.offer, effect.missed]] : []));
  t.same(rejected, [
    [one, undefined],
    [two, undefined],
    [three, undefined],
  ]);
});

t.test('the offers are told again, fewer of them: nothing changes; new ones replace them all', async (t) => {
  const { journey, legs } = ringing();
  journey.happen({ type: 'offer', offer: two!, also: [three!] });
  t.same(journey.last, []);
  const fresh = { agent: agentA, token: id<OfferToken>('t9') };
  journey.happen({ type: 'offer', offer: fresh });
  t.match(journey.last, [...legs.map((leg) => ({ do: 'hangup', leg })), { do: 'originate', target: { agent: agentA } }]);
});
