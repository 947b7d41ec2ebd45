/** From the queue to an agent: who is rung and when, the whisper, the talk, its recording and its end. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { isTone, readWav, tone, toneDuration } from '../../src/lab/audio.js';
import { heardMs, hears, soundSince } from './hearing.js';
import type { Call } from './sip/call.js';
import { backends, Site } from './site.js';
import { desk, hasty, hertz, martin, numbers } from './tenants.js';

t.setTimeout(180_000);

/** Says a tone until the call ends. */
const speak = (call: Call, frequency: number): void => call.media.say(tone(frequency, 1_000), true);

for (const { on, skip } of backends)
  t.test(`agents on ${on}`, { skip }, async (t) => {
    const site = await Site.start(t, { on, tenants: [martin, desk, hasty] });
    t.afterEach(() => site.quiet());

    t.test('queue, agent, whisper, talk, recording; the agent hangs up', async (t) => {
      const alice = await site.signIn('alice');
      const call = await site.dial(numbers.desk, { callerName: "Jo d'Été" });
      const leg = await alice.rings();
      await hears(call, hertz.music);
      t.match(leg.callerName, /^Accueil Jo d['’]Été$/, 'the tenant’s short name, then the caller’s name');
      t.equal(leg.callerNumber, call.from);
      const musicUntil = performance.now();
      leg.answer();
      await hears(leg, hertz.deskWhisper);
      speak(call, hertz.caller);
      speak(leg, hertz.agent);
      await hears(call, hertz.agent);
      const bridged = await hears(leg, hertz.caller);
      t.equal(heardMs(call, hertz.deskWhisper), 0, 'the caller does not hear the whisper');
      t.equal(heardMs(leg, hertz.music), 0, 'the agent does not hear the music');
      t.ok(isTone(soundSince(call, musicUntil).subarray(0, 1_600), hertz.music), 'the music goes on while the agent hears the whisper');
      t.match(await site.reaches(call, 'connected'), { state: 'connected' });
      await site.agentIs('alice', 'connected');
      await hears(call, hertz.agent, { forMs: 2_000 });
      t.equal(heardMs(call, hertz.music, bridged + 200), 0, 'no music in the talk');
      await leg.hangUp();
      t.match(await call.ended, { by: 'them' }, 'the caller gets a BYE');
      const record = await site.record(call);
      t.match(record, { outcome: 'answered', agent: 'alice', offers: [{ agent: 'alice', outcome: 'answered' }] });
      t.ok(record.answeredAt !== null && record.enqueuedAt !== null && record.answeredAt > record.enqueuedAt);

      const { channels } = readWav(await readFile(join(site.pbx.recordingsDir, record.recording?.file ?? 'none')));
      const [left, right] = channels;
      t.equal(channels.length, 2, 'stereo');
      t.ok(left !== undefined && right !== undefined);
      if (left === undefined || right === undefined) return;
      t.ok(toneDuration(left, hertz.caller) >= 400, `the caller on the left: ${toneDuration(left, hertz.caller)} ms`);
      t.ok(toneDuration(right, hertz.agent) >= 400, `the agent on the right: ${toneDuration(right, hertz.agent)} ms`);
      t.equal(toneDuration(left, hertz.agent), 0, 'the agent is not on the left');
      t.equal(toneDuration(right, hertz.caller), 0, 'the caller is not on the right');
      t.ok(Math.abs((record.recording?.ms ?? 0) - left.length / 8) < 200, 'the record says how long it is');
      await site.quiet();
      t.equal((await site.recordsOf(call)).length, 1, 'one record');
      await site.signOut('alice', alice);
    });

    t.test('the caller hangs up during the talk: the agent gets a BYE', async (t) => {
      const alice = await site.signIn('alice');
      const call = await site.dial(numbers.desk);
      const leg = await alice.rings();
      leg.answer();
      speak(call, hertz.caller);
      await hears(leg, hertz.caller);
      await call.hangUp();
      t.match(await leg.ended, { by: 'them' });
      t.match(await site.record(call), { outcome: 'answered', agent: 'alice' });
      await site.agentIs('alice', 'wrapUp');
      await site.signOut('alice', alice);
    });

    t.test('an agent who does not answer: the next one is asked, the first is left alone', async (t) => {
      const alice = await site.signIn('alice');
      const call = await site.dial(numbers.desk);
      const first = await alice.rings();
      const benoit = await site.signInWhileBusy('benoit');
      t.match(await first.ended, { by: 'them', status: 487 }, 'alice’s phone stops ringing');
      const leg = await benoit.rings();
      leg.answer();
      speak(leg, hertz.agent);
      await hears(call, hertz.agent);
      await call.hangUp();
      const record = await site.record(call);
      t.match(record, {
        agent: 'benoit',
        offers: [
          { agent: 'alice', outcome: 'no-answer' },
          { agent: 'benoit', outcome: 'answered' },
        ],
      });
      t.equal(heardMs(first, hertz.deskWhisper), 0);
      await site.signOut('alice', alice);
      await site.signOut('benoit', benoit);
    });

    t.test('a busy agent (486): the next one at once', async (t) => {
      const alice = await site.signIn('alice');
      alice.onRing = (leg) => leg.refuse('486 Busy Here');
      const call = await site.dial(numbers.desk);
      const refused = await alice.rings();
      const benoit = await site.signInWhileBusy('benoit');
      const leg = await benoit.rings();
      t.ok(leg.rangAt - refused.rangAt < 3_000, 'without waiting for the ring time');
      leg.answer();
      speak(leg, hertz.agent);
      await hears(call, hertz.agent);
      t.ok(heardMs(call, hertz.music) > 100, 'he heard music meanwhile');
      await leg.hangUp();
      t.match(await site.record(call), { agent: 'benoit', offers: [{ agent: 'alice', outcome: 'busy' }, { agent: 'benoit' }] });
      t.equal(alice.rang.length, 1, 'alice was asked once');
      await site.signOut('alice', alice);
      await site.signOut('benoit', benoit);
    });

    t.test('a phone that is not registered is never rung', async (t) => {
      const alice = await site.signIn('alice');
      await site.signOut('alice', alice);
      const call = await site.dial(numbers.hasty);
      await hears(call, hertz.martinPlayed, { timeoutMs: 12_000 });
      t.match(await call.ended, { by: 'them' });
      t.match(await site.record(call), { offers: [], agent: null, outcome: 'completed' });
      t.ok(heardMs(call, hertz.music) > 4_000, `he waited with music, which began again at its end: ${heardMs(call, hertz.music)} ms`);
      t.equal(alice.rang.length, 0);
    });

    t.test('an agent who comes while a caller waits is rung at once', async () => {
      const call = await site.dial(numbers.desk);
      await site.reaches(call, 'waiting');
      await hears(call, hertz.music);
      const chloe = await site.signInWhileBusy('chloe');
      const leg = await chloe.rings(2_000);
      leg.answer();
      speak(leg, hertz.agent);
      await hears(call, hertz.agent);
      await leg.hangUp();
      await call.ended;
      await site.signOut('chloe', chloe);
    });

    t.test('first come, first served', async (t) => {
      const waiting = [];
      for (let i = 0; i < 3; i++) {
        const call = await site.dial(numbers.desk);
        await site.reaches(call, 'waiting');
        waiting.push(call);
      }
      const alice = await site.signInWhileBusy('alice');
      for (const call of waiting) {
        const leg = await alice.rings();
        t.equal(leg.callerNumber, call.from);
        leg.answer();
        speak(leg, hertz.agent);
        await hears(call, hertz.agent);
        await leg.hangUp();
        await call.ended;
      }
      await site.signOut('alice', alice);
    });
  });
