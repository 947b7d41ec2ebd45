/** An agent at a number outside: whoever answers there gets nothing of the caller before he has pressed 1. */
import t from 'tap';
import { id, type OfferToken } from '../../../../src/core/ids.js';
import { agentA, agentB, prompt, tenant } from '../../../support/tenants.js';
import { callerLeg, Journey } from './journey.js';

const confirm = prompt('press-1');
const flow = { open: { do: 'queue' }, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } as const;

/** The number outside has answered and hears the question. */
function asked(): Journey {
  const journey = new Journey(tenant({ flow })).answered().played().offer(agentA, 't1', confirm);
  return journey.happen({ type: 'ready', leg: journey.other() });
}

t.test('he is shown a number of ours, hears the whisper and the question, and takes the call with 1', async (t) => {
  const journey = new Journey(tenant({ flow })).answered().played().offer(agentA, 't1', confirm);
  t.match(journey.last, [{ do: 'originate', target: { agent: agentA }, callerNumber: '+33123456701' }]);
  journey.happen({ type: 'ready', leg: journey.other() });
  t.match(journey.last, [{ do: 'play', leg: journey.other(), prompt: { files: ['/prompts/whisper.wav', '/prompts/press-1.wav'] } }]);
  t.notOk(journey.did('acceptOffer'), 'it may be his voicemail');
  journey.happen({ type: 'digit', leg: journey.other(), digit: '1' });
  t.same(
    journey.last.map((effect) => effect.do),
    ['acceptOffer', 'bridge'],
  );
  journey.happen({ type: 'bridged', leg: callerLeg, other: journey.other() });
  t.equal(journey.call.state.at, 'connected');
});

t.test('the question is repeated until the time is up; then the call is not taken', async (t) => {
  const journey = asked();
  const until = journey.call.timers.step;
  for (let times = 0; times < 3; times++) {
    journey.now += 4_000;
    journey.happen({ type: 'played', leg: journey.other(), play: journey.playing(), failed: false });
    t.match(journey.last, [{ do: 'play', leg: journey.other() }]);
    t.equal(journey.call.timers.step, until, 'it has no more time for that');
  }
  journey.happen({ type: 'played', leg: journey.other(), play: journey.playing(), failed: true });
  t.same(journey.last, [], 'what cannot be played is not tried over and over');
  const leg = journey.other();
  journey.fire();
  t.match(journey.last, [{ do: 'hangup', leg }, { do: 'rejectOffer', missed: { reason: 'no-answer' } }, { do: 'enqueue' }]);
  t.match(journey.call.offers, [{ agent: agentA, outcome: 'no-answer' }]);
  t.notOk(journey.effects.some((effect) => effect.do === 'bridge'));
});

t.test('another key, or hanging up: not taken; the caller’s own keys mean nothing', async (t) => {
  const wrong = asked();
  wrong.happen({ type: 'digit', leg: callerLeg, digit: '1' });
  t.same(wrong.last, [], 'the caller cannot take his own call');
  wrong.happen({ type: 'digit', leg: wrong.other(), digit: '2' });
  t.match(wrong.last, [{ do: 'hangup' }, { do: 'rejectOffer', missed: { reason: 'no-answer' } }, { do: 'enqueue' }]);
  const left = asked();
  left.happen({ type: 'hungup', leg: left.other(), cause: 'NORMAL_CLEARING' });
  t.match(left.last, [{ do: 'hangup' }, { do: 'rejectOffer', missed: { reason: 'rejected' } }, { do: 'enqueue' }]);
});

t.test('a caller who hangs up meanwhile frees the agent, who has taken nothing', async (t) => {
  const journey = asked();
  journey.happen({ type: 'hungup', leg: callerLeg, cause: 'ORIGINATOR_CANCEL' });
  t.match(journey.last, [{ do: 'hangup' }, { do: 'dequeue' }, { do: 'releaseAgent', wrapUpMs: undefined }, { do: 'writeRecord' }]);
});

t.test('the next agent, at a desk phone, is asked as ever', async (t) => {
  const journey = asked();
  journey.happen({ type: 'digit', leg: journey.other(), digit: '#' }).offer(agentB, 't2');
  t.match(journey.last, [{ do: 'originate', callerNumber: '0612345678' }]);
  journey.happen({ type: 'ready', leg: journey.other() });
  t.ok(journey.did('acceptOffer'));
});

t.test('ring all: other phones ring while he is asked; whoever takes it first has it', async (t) => {
  const both = () => {
    const journey = new Journey(tenant({ flow })).answered().played();
    const [own, other] = ['t1', 't2'].map((token) => id<OfferToken>(token)) as [OfferToken, OfferToken];
    journey.happen({ type: 'offer', offer: { agent: agentA, token: own, confirm }, also: [{ agent: agentB, token: other }] });
    const legs = journey.last.flatMap((effect) => (effect.do === 'originate' ? [effect.leg] : []));
    journey.happen({ type: 'ready', leg: legs[0]! });
    return { journey, outside: legs[0]!, deskPhone: legs[1]! };
  };
  const byKey = both();
  byKey.journey.happen({ type: 'digit', leg: byKey.outside, digit: '1' });
  t.match(byKey.journey.last, [
    { do: 'acceptOffer' },
    { do: 'hangup', leg: byKey.deskPhone, cause: 'elsewhere' },
    { do: 'bridge', other: byKey.outside },
  ]);
  const byPhone = both();
  byPhone.journey.happen({ type: 'ready', leg: byPhone.deskPhone });
  t.match(byPhone.journey.last, [{ do: 'acceptOffer' }, { do: 'hangup', leg: byPhone.outside, cause: 'elsewhere' }, { do: 'play' }]);
  const wrong = both();
  wrong.journey.happen({ type: 'digit', leg: wrong.outside, digit: '7' });
  t.match(wrong.journey.last, [{ do: 'hangup', leg: wrong.outside }, { do: 'rejectOffer' }]);
  t.equal(wrong.journey.call.state.at, 'offered', 'the other rings on');
});
