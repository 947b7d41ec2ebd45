/** A caller leaves a message: what is in the file is what he said. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { readWav, tone, toneDuration } from '../../src/lab/audio.js';
import { fallsSilent, heardMs, hears } from './hearing.js';
import { backends, type PlacedCall, Site } from './site.js';
import { durand, hertz, martin, numbers } from './tenants.js';

t.setTimeout(120_000);
const beep = 1_000;

for (const { on, skip } of backends)
  t.test(`voicemail on ${on}`, { skip }, async (t) => {
    const site = await Site.start(t, { on, tenants: [martin, durand] });
    t.afterEach(() => site.quiet());

    /** How long the caller's tone is in the message of his record. */
    async function left(call: PlacedCall) {
      const record = await site.record(call);
      const { channels } = readWav(await readFile(join(site.pbx.recordingsDir, record.message?.file ?? 'none')));
      const [sound = new Int16Array()] = channels;
      return {
        record,
        ms: toneDuration(sound, hertz.caller),
        greeting: toneDuration(sound, hertz.martinVoicemail),
        length: sound.length / 8,
      };
    }

    t.test('no agent is signed in: voicemail instead of the queue, ended by silence', async (t) => {
      const call = await site.dial(numbers.martin);
      await hears(call, hertz.martinMenu);
      await call.media.dial('1');
      await hears(call, hertz.martinVoicemail);
      await hears(call, beep);
      await fallsSilent(call);
      call.media.say(tone(hertz.caller, 2_000));
      t.match(await call.ended, { by: 'them' }, 'silence ends the message and the call');
      const { record, ms, greeting, length } = await left(call);
      t.match(record, { outcome: 'voicemail', agent: null, offers: [], digits: ['1'] });
      t.ok(ms >= 1_800 && ms <= 2_040, `${ms} of 2,000 ms are in the file`);
      t.equal(greeting, 0, 'what he heard is not in it');
      t.ok(Math.abs((record.message?.ms ?? 0) - length) <= 100, `the record says ${record.message?.ms} ms, the file ${length}`);
      t.equal(heardMs(call, hertz.music), 0, 'he never waited');
    });

    t.test('# ends the message', async (t) => {
      const call = await site.dial(numbers.durand);
      await hears(call, hertz.durandVoicemail);
      await hears(call, beep);
      await fallsSilent(call);
      call.media.say(tone(hertz.caller, 1_000), true);
      await site.reaches(call, 'voicemail');
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const pressedAt = performance.now();
      await call.media.dial('#');
      const { at } = await call.ended;
      t.ok(at - pressedAt < 900, 'at once, although he goes on speaking');
      const { record, ms } = await left(call);
      t.match(record, { outcome: 'voicemail', opening: 'closed' });
      // He spoke 1,000 ms; Asterisk takes the last 200 and more off a recording that a key ends, so that the key is not in it.
      t.ok(ms >= 500 && ms < 1_600, `${ms} ms`);
    });

    t.test('hanging up ends it too', async (t) => {
      const call = await site.dial(numbers.durand);
      await hears(call, beep, { timeoutMs: 8_000 });
      await fallsSilent(call);
      call.media.say(tone(hertz.caller, 1_000), true);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await call.hangUp();
      const { record, ms } = await left(call);
      t.equal(record.outcome, 'voicemail');
      t.ok(ms >= 1_100, `${ms} ms`);
    });

    t.test('a caller who says nothing leaves no message', async (t) => {
      const call = await site.dial(numbers.durand);
      await hears(call, beep, { timeoutMs: 8_000 });
      t.match(await call.ended, { by: 'them' });
      t.match(await site.record(call), { outcome: 'abandoned', message: null });
    });
  });
