import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import t from 'tap';
import {
  concat,
  decodeUlaw,
  encodeUlaw,
  isTone,
  loudness,
  readWav,
  silence,
  tone,
  toneDuration,
  toneLevel,
  trimmed,
  writeWav,
} from '../../../src/lab/audio.js';
import { createScratch } from '../../../src/lab/scratch.js';

const scratch = await createScratch('audio-test');
t.teardown(() => scratch.remove());
const sox = (...args: string[]): string => execFileSync('sox', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

t.test('loudness is in dB below full scale', async (t) => {
  t.ok(Math.abs(loudness(tone(1_000, 500, 1)) - -3.01) < 0.01);
  t.ok(Math.abs(loudness(tone(1_000, 500, 0.1)) - -23.01) < 0.01);
  t.equal(loudness(silence(20)), Number.NEGATIVE_INFINITY);
  t.equal(loudness(new Int16Array(0)), Number.NEGATIVE_INFINITY);
});

t.test('a tone is told from its neighbours, also after PCMU', async (t) => {
  for (const hertz of [300, 440, 950, 1_400, 1_800, 3_000]) {
    const heard = decodeUlaw(encodeUlaw(tone(hertz, 200)));
    t.ok(isTone(heard, hertz), `${hertz} Hz`);
    t.notOk(isTone(heard, hertz + 60), `${hertz} Hz is not ${hertz + 60} Hz`);
    t.ok(Math.abs(toneLevel(heard, hertz) - loudness(heard)) < 0.2, 'all of it is at that frequency');
  }
  t.notOk(isTone(silence(200), 440));
});

t.test('two tones at once: each has its level', async (t) => {
  const [low, high] = [tone(440, 400, 0.2), tone(1_000, 400, 0.1)];
  const both = low.map((sample, i) => sample + (high[i] ?? 0));
  t.ok(Math.abs(toneLevel(both, 440) - loudness(low)) < 0.1);
  t.ok(Math.abs(toneLevel(both, 1_000) - loudness(high)) < 0.1);
});

t.test('how long a tone lasts', async (t) => {
  const heard = concat(silence(500), tone(950, 400), tone(1_400, 400), silence(200));
  t.ok(Math.abs(toneDuration(heard, 1_400) - 400) <= 40, 'to a window');
  t.ok(Math.abs(toneDuration(heard, 950) - 400) <= 40);
  t.equal(toneDuration(heard, 700), 0);
});

t.test('silence at both ends is cut off', async (t) => {
  t.equal(trimmed(concat(silence(300), tone(440, 100), silence(40), tone(440, 100), silence(500))).length, tone(440, 240).length);
  t.equal(trimmed(silence(300)).length, 0);
});

t.test('WAV: sox reads what we write, channel by channel', async (t) => {
  const file = await scratch.write('stereo.wav', writeWav([tone(440, 500), tone(1_000, 300)]));
  t.match(sox('--i', file), /Channels +: 2[\s\S]*Sample Rate +: 8000[\s\S]*Duration +: 00:00:00.50/);
  for (const [channel, hertz] of [440, 1_000].entries()) {
    const single = scratch.path(`${channel}.wav`);
    sox(file, single, 'remix', String(channel + 1), 'trim', '0', '0.3');
    const [pcm] = readWav(await readFile(single)).channels;
    t.ok(isTone(pcm!, hertz));
  }
});

t.test('WAV: we read what sox writes, PCM, µ-law and A-law', async (t) => {
  for (const encoding of ['signed-integer', 'u-law', 'a-law']) {
    const file = scratch.path(`${encoding}.wav`);
    const bits = encoding === 'signed-integer' ? ['-b', '16'] : [];
    sox('-n', '-r', '8000', '-c', '2', '-e', encoding, ...bits, file, 'synth', '0.5', 'sine', '700', 'sine', '1200', 'gain', '-10');
    const { rate, channels } = readWav(await readFile(file));
    t.equal(rate, 8_000);
    t.equal(channels.length, 2);
    t.ok(isTone(channels[0]!, 700), encoding);
    t.ok(isTone(channels[1]!, 1_200), encoding);
    t.ok(Math.abs(loudness(channels[0]!) - -13) < 0.3, 'as loud as sox made it');
  }
});

t.test('WAV: a recording that was cut off is read as far as it goes', async (t) => {
  const whole = writeWav([tone(440, 500)]);
  t.equal(readWav(whole.subarray(0, 44 + 1_600)).channels[0]?.length, 800);
  const unfinished = Buffer.from(whole);
  unfinished.writeUInt32LE(0, 40);
  t.equal(readWav(unfinished).channels[0]?.length, 4_000);
});

t.test('WAV: anything else is refused', async (t) => {
  t.throws(() => readWav(Buffer.alloc(0)), /not a WAV file/);
  t.throws(() => readWav(Buffer.from('RIFFxxxxWAVE')), /without sound/);
});
