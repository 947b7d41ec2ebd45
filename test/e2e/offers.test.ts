/** What comes of an offer that is not taken, by what happened; and agents at a number outside. */
import t from 'tap';
import { tone } from '../../src/lab/audio.js';
import { heardMs, hears } from './hearing.js';
import type { Call, IncomingCall } from './sip/call.js';
import { Phone } from './sip/phone.js';
import { backends, phones, Site } from './site.js';
import { desk, hertz, numbers, prompt } from './tenants.js';

t.setTimeout(240_000);
const speak = (call: Call, frequency: number): void => call.media.say(tone(frequency, 1_000), true);
const mobile = '+33712345678';
const missed = { noAnswer: 5, busy: 1, rejected: 3, unreachable: 7, inARow: { times: 0 } };
const tenant = { ...desk, queue: { ...desk.queue, missed } };

const outside = { ...tenant, queue: { ...tenant.queue, ringSeconds: 10 } };

/** How long he is paused from now on, ms. */
async function pauseOf(site: Site): Promise<number> {
  await site.agentIs('alice', 'paused');
  const since = performance.now();
  await site.agentIs('alice', 'idle', 15_000);
  return performance.now() - since;
}

for (const { on, skip } of backends)
  t.test(`offers that are not taken on ${on}`, { skip }, async (t) => {
    const site = await Site.start(t, { on, tenants: [tenant], agents: phones('alice') });
    t.afterEach(() => site.quiet());

    const cases: readonly (readonly [string, string, number, (leg: IncomingCall) => void])[] = [
      ['no answer', 'no-answer', missed.noAnswer, () => undefined],
      ['486', 'busy', missed.busy, (leg) => leg.refuse('486 Busy Here')],
      ['603', 'rejected', missed.rejected, (leg) => leg.refuse('603 Decline')],
      ['480', 'no-answer', missed.noAnswer, (leg) => leg.refuse('480 Temporarily Unavailable')],
      ['503', 'unreachable', missed.unreachable, (leg) => leg.refuse('503 Service Unavailable')],
    ];
    for (const [name, outcome, seconds, onRing] of cases) {
      t.test(`${name} is ${outcome}`, async (t) => {
        const alice = await site.signIn('alice');
        alice.onRing = onRing;
        const call = await site.dial(numbers.desk);
        await alice.rings();
        await site.agentIs('alice', 'paused');
        // He leaves before the pause ends, so that it is not followed by another offer.
        await call.hangUp();
        const paused = await pauseOf(site);
        t.ok(paused > seconds * 1_000 - 900 && paused < seconds * 1_000 + 900, `paused for ${Math.round(paused)} ms, not ${seconds} s`);
        t.match(await site.record(call), { outcome: 'abandoned', offers: [{ agent: 'alice', outcome }] });
        t.equal(alice.rang.length, 1);
        await site.signOut('alice', alice);
      });
    }

    t.test('a phone that is gone but still registered is unreachable', async (t) => {
      const alice = await site.signIn('alice');
      alice.close();
      const call = await site.dial(numbers.desk);
      await site.agentIs('alice', 'paused', 40_000);
      await call.hangUp();
      t.match(await site.record(call), { offers: [{ agent: 'alice', outcome: /^(unreachable|no-answer)$/ }] });
      const again = await site.signIn('alice');
      await site.signOut('alice', again);
    });

    t.test('a phone that has unregistered is never rung; its agent is signed out, not paused', async (t) => {
      const alice = await site.signIn('alice');
      await alice.register(site.account('alice'), 0);
      await site.agentIs('alice', 'unreachable');
      const call = await site.dial(numbers.desk);
      await hears(call, hertz.music, { forMs: 1_000 });
      t.equal(alice.rang.length, 0);
      await call.hangUp();
      t.match(await site.record(call), { outcome: 'abandoned', offers: [] });
      alice.close();
    });
  });

for (const { on, skip } of backends)
  t.test(`agents at a number outside on ${on}`, { skip }, async (t) => {
    const carrier = await Phone.open();
    t.teardown(() => carrier.close());
    const site = await Site.start(t, {
      on,
      tenants: [outside],
      agents: [{ id: 'alice', name: 'alice', phone: { number: mobile } }],
      settings: { remoteAgents: { allowedPrefixes: ['+337'], confirm: prompt('durandOpen') } },
      carrier: carrier.port,
    });
    await site.agentIs('alice', 'idle');
    t.afterEach(async () => {
      carrier.onRing = () => undefined;
      await site.quiet();
      carrier.forget();
    });

    t.test('1 puts the caller through, and nothing before', async (t) => {
      const call = await site.dial(numbers.desk);
      const leg = await carrier.rings();
      t.match(leg.request.uri, /^sip:\+33712345678@/);
      t.equal(leg.callerNumber, numbers.desk, 'the carrier is shown our own number');
      leg.answer();
      speak(call, hertz.caller);
      speak(leg, hertz.agent);
      await hears(leg, hertz.deskWhisper);
      await hears(leg, hertz.durandOpen);
      // Longer than any guard, which is renewed while he is asked over and over.
      for (let times = 0; times < 8; times++) {
        await hears(leg, hertz.deskWhisper);
        await hears(leg, hertz.durandOpen);
      }
      t.equal(heardMs(leg, hertz.caller), 0, 'he hears nothing of the caller');
      t.equal(heardMs(call, hertz.agent), 0);
      await hears(call, hertz.music);
      await leg.media.dial('1');
      await hears(leg, hertz.caller);
      await hears(call, hertz.agent);
      await site.agentIs('alice', 'connected');
      await leg.hangUp();
      t.match(await call.ended, { by: 'them' });
      t.match(await site.record(call), { outcome: 'answered', agent: 'alice', offers: [{ agent: 'alice', outcome: 'answered' }] });
    });

    t.test('a voicemail that answers gets neither the caller nor the call', async (t) => {
      const call = await site.dial(numbers.desk);
      const leg = await carrier.rings();
      leg.answer();
      const answered = performance.now();
      speak(call, hertz.caller);
      // Its greeting.
      speak(leg, hertz.other);
      t.match(await leg.ended, { by: 'them' });
      const asked = performance.now() - answered;
      t.ok(asked > 19_000 && asked < 22_000, `it was hung up after ${Math.round(asked)} ms`);
      await site.agentIs('alice', 'paused');
      await call.hangUp();
      t.equal(heardMs(leg, hertz.caller), 0, 'the voicemail heard nothing of the caller');
      t.equal(heardMs(call, hertz.other), 0, 'nor the caller the voicemail');
      t.match(await site.record(call), { outcome: 'abandoned', offers: [{ agent: 'alice', outcome: 'no-answer' }] });
    });

    t.test('another key: not taken', async (t) => {
      const call = await site.dial(numbers.desk);
      const leg = await carrier.rings();
      leg.answer();
      await hears(leg, hertz.durandOpen);
      await leg.media.dial('5');
      t.match(await leg.ended, { by: 'them' });
      await site.agentIs('alice', 'paused');
      await call.hangUp();
      t.match(await site.record(call), { offers: [{ agent: 'alice', outcome: 'no-answer' }] });
    });
  });
