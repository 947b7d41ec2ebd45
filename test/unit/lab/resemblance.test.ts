import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { concat, decodeUlaw, encodeUlaw, readWav, silence, tone } from '../../../src/lab/audio.js';
import { mostAlike, resemblance } from '../../../src/lab/resemblance.js';
import { createScratch } from '../../../src/lab/scratch.js';

const scratch = await createScratch('resemblance-test');
t.teardown(() => scratch.remove());

async function speak(text: string): Promise<Int16Array> {
  execFileSync('espeak-ng', ['-v', 'fr-fr', '-w', scratch.path('raw.wav'), text]);
  execFileSync('sox', [scratch.path('raw.wav'), '-r', '8000', '-c', '1', scratch.path('8k.wav')]);
  return readWav(await readFile(scratch.path('8k.wav'))).channels[0]!;
}

const greetings = {
  martin: await speak('Cabinet Martin, bonjour. Merci de patienter, nous allons vous répondre.'),
  dupont: await speak('Plomberie Dupont, bonjour. Merci de patienter, nous allons vous répondre.'),
  closed: await speak('Le cabinet est fermé. Laissez un message après le bip.'),
};

const throughPhone = (pcm: Int16Array): Int16Array => decodeUlaw(encodeUlaw(pcm));

t.test('a greeting is recognised after PCMU, late and quieter', async (t) => {
  for (const [name, greeting] of Object.entries(greetings)) {
    const heard = concat(silence(713), throughPhone(greeting.map((sample) => sample / 3)), silence(400));
    t.equal(mostAlike(heard, greetings), name);
    t.ok(resemblance(heard, greeting) > 0.8);
  }
});

t.test('a greeting is recognised by its first half', async (t) => {
  t.equal(mostAlike(throughPhone(greetings.dupont.subarray(0, greetings.dupont.length / 2)), greetings), 'dupont');
});

t.test('other sentences of the same voice are not', async (t) => {
  t.equal(mostAlike(throughPhone(await speak('Tapez un pour prendre un rendez-vous, deux pour une urgence.')), greetings), undefined);
  t.ok(resemblance(greetings.closed, greetings.martin) < 0.5);
});

t.test('neither are tones and silence', async (t) => {
  t.equal(mostAlike(tone(440, 3_000), greetings), undefined);
  t.equal(resemblance(silence(3_000), greetings.martin), 0);
});
