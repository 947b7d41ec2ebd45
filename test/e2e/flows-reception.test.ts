/** What a caller meets before he reaches anybody: hours, greetings, menus. Everything heard is measured. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { readWav } from '../../src/lab/audio.js';
import { mostAlike } from '../../src/lab/resemblance.js';
import { startCallers } from '../../src/lab/sipp.js';
import { fallsSilent, heardMs, hears } from './hearing.js';
import { backends, Site } from './site.js';
import { desk, durand, hertz, martin, numbers, spoken, spokenText } from './tenants.js';

t.setTimeout(180_000);

for (const { on, skip } of backends)
  t.test(`reception on ${on}`, { skip }, async (t) => {
    const site = await Site.start(t, { on, tenants: [martin, durand, desk, spoken] });
    t.afterEach(() => site.quiet());

    t.test('open hours: the tenant’s own greeting, then the menu', async (t) => {
      const call = await site.dial(numbers.martin);
      await hears(call, hertz.martinGreeting);
      await hears(call, hertz.martinMenu);
      await call.hangUp();
      t.equal(heardMs(call, hertz.durandClosed), 0, 'nothing of another tenant');
      t.ok(heardMs(call, hertz.martinGreeting) >= 400, 'the greeting was heard whole');
      t.match(await site.record(call), { tenant: 'martin', opening: 'open', dialled: numbers.martin, outcome: 'abandoned' });
    });

    t.test('closed hours: the other tenant’s own greeting, then voicemail', async (t) => {
      const call = await site.dial(numbers.durand);
      await hears(call, hertz.durandClosed);
      await hears(call, hertz.durandVoicemail);
      await call.hangUp();
      t.ok(heardMs(call, hertz.durandClosed) >= 600, 'the greeting was heard whole');
      t.equal(heardMs(call, hertz.durandOpen), 0, 'not the greeting of open hours');
      t.equal(heardMs(call, hertz.martinGreeting), 0, 'nothing of another tenant');
      t.match(await site.record(call), { tenant: 'durand', opening: 'closed' });
    });

    t.test('a spoken greeting is heard as it was rendered', async (t) => {
      const call = await site.dial(numbers.spoken);
      t.match(await call.ended, { by: 'them', status: 200 });
      const cache = join(site.daemon.configDir, 'prompts-cache');
      const files = (await readdir(cache, { recursive: true })).filter((file) => file.endsWith('.wav'));
      const read = async (file: string) => [file, readWav(await readFile(join(cache, file))).channels[0] ?? new Int16Array()] as const;
      const rendered = Object.fromEntries(await Promise.all(files.map(read)));
      t.ok(files.length >= 3, 'there are others to take it for');
      const heard = mostAlike(call.media.heard.pcm(), rendered);
      t.ok(heard !== undefined, 'it is one of the rendered prompts');
      // About 15 letters a second: it is this sentence and not a shorter one.
      const ms = (rendered[heard ?? '']?.length ?? 0) / 8;
      t.ok(ms > spokenText.length * 40 && ms < spokenText.length * 140, `${ms} ms for ${spokenText.length} letters`);
      t.ok(call.media.heard.ms >= ms - 100, 'it was not cut short');
      t.match(await site.record(call), { tenant: 'spoken', outcome: 'completed' });
    });

    t.test('a key while the menu speaks cuts it short and does what it stands for', async (t) => {
      const call = await site.dial(numbers.martin);
      await hears(call, hertz.martinMenu);
      await call.media.dial('3');
      await hears(call, hertz.martinPlayed);
      t.match(await call.ended, { by: 'them' }, 'the flow ends the call');
      t.ok(heardMs(call, hertz.martinMenu) < 700, `${heardMs(call, hertz.martinMenu)} ms of 1,200 were heard`);
      t.match(await site.record(call), { digits: ['3'], outcome: 'completed' });
    });

    t.test('a key during the greeting counts already', async (t) => {
      const call = await site.dial(numbers.martin);
      await hears(call, hertz.martinGreeting, { forMs: 40 });
      await call.media.dial('3');
      await hears(call, hertz.martinPlayed);
      await call.ended;
      t.equal(heardMs(call, hertz.martinMenu), 0, 'the menu is not heard at all');
      t.match(await site.record(call), { digits: ['3'] });
    });

    t.test('a key after the prompt, while it is awaited', async (t) => {
      const call = await site.dial(numbers.martin);
      await hears(call, hertz.martinMenu);
      await fallsSilent(call);
      await call.media.dial('2');
      await hears(call, hertz.martinVoicemail);
      await call.hangUp();
      t.match(await site.record(call), { digits: ['2'] });
    });

    t.test('an entry of two keys', async (t) => {
      const call = await site.dial(numbers.martin);
      await hears(call, hertz.martinMenu);
      await call.media.dial('42');
      t.match(await call.ended, { by: 'them' });
      t.match(await site.record(call), { digits: ['42'], outcome: 'completed' });
    });

    t.test('wrong keys: told so, asked again, then the way out', async (t) => {
      const call = await site.dial(numbers.martin);
      await hears(call, hertz.martinMenu);
      await call.media.dial('9');
      await hears(call, hertz.martinInvalid);
      await hears(call, hertz.martinMenu);
      await call.media.dial('*');
      t.match(await call.ended, { by: 'them' }, 'onInvalid: hangup');
      t.match(await site.record(call), { digits: ['9', '*'], outcome: 'completed' });
    });

    t.test('the beginning of a longer entry and no more is a wrong key', async (t) => {
      const call = await site.dial(numbers.martin);
      await hears(call, hertz.martinMenu);
      await call.media.dial('4');
      await hears(call, hertz.martinInvalid);
      await call.hangUp();
      t.match(await site.record(call), { digits: ['4'] });
    });

    t.test('no key: asked once more, then voicemail', async (t) => {
      const call = await site.dial(numbers.martin);
      await hears(call, hertz.martinVoicemail, { timeoutMs: 15_000 });
      await call.hangUp();
      const menu = heardMs(call, hertz.martinMenu);
      t.ok(menu >= 2_100 && menu <= 2_600, `the menu was heard twice: ${menu} ms of 2 × 1,200`);
      t.equal(heardMs(call, hertz.martinInvalid), 0, 'silence is no wrong key');
      t.match(await site.record(call), { digits: [] });
    });

    t.test('a number that nobody has is refused with 404', async (t) => {
      const call = await site.dial(numbers.nobody);
      t.match(await call.ended, { by: 'them', status: 404 });
      const sipp = await startCallers({
        scenario: 'caller-refused-404',
        port: site.pbx.trunkPort,
        calls: [{ number: numbers.nobody }],
      });
      t.match(await sipp.finished, { ok: true, successful: 1 }, 'SIPp sees it too');
      t.strictSame(await site.recordsOf(call), [], 'it was nobody’s call');
    });

    t.test('a national number is the same number', async (t) => {
      const call = await site.dial(numbers.durand.replace('+33', '0'));
      await hears(call, hertz.durandClosed);
      await call.hangUp();
      t.match(await site.record(call), { tenant: 'durand', dialled: numbers.durand });
    });

    t.test('a name full of traps arrives intact in the record', async (t) => {
      // As it stands between the quotes of the header, which FreeSWITCH leaves as they are.
      const name = 'Éloïse \\"%zz\\" 100% ☎ d\'Été';
      const headers = [['User-Agent', 'Café ☎ %zz 100%']] as const;
      const call = await site.dial(numbers.durand, { callerNumber: '0699999999', from: `"${name}" <sip:0699999999@127.0.0.1>`, headers });
      await hears(call, hertz.durandClosed);
      await call.hangUp();
      t.strictSame((await site.record(call)).caller, { number: '0699999999', name });
    });
  });
