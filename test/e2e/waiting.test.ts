/** While a caller waits: what he is told over the music, what his keys do, and when he waits no longer. All of it measured in what he hears, in queues of their own at the same time. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { renderingOf, voiceOf } from '../../src/config/speech.js';
import { fillIn, waitingText } from '../../src/config/waiting-texts.js';
import { isTone, loudness, readWav, samples, tone, toneDuration } from '../../src/lab/audio.js';
import { mostAlike } from '../../src/lab/resemblance.js';
import { AtOnce } from './at-once.js';
import { heardMs, hears, soundSince } from './hearing.js';
import type { Call } from './sip/call.js';
import { type Backend, backends, Site } from './site.js';
import { always, desk, hertz, prompt } from './tenants.js';

t.setTimeout(240_000);

const numbers = {
  told: '+33199000011',
  full: '+33199000012',
  closing: '+33199000013',
  keyed: '+33199000014',
  manned: '+33199000015',
  short: '+33199000016',
};
/** A pool to which nobody belongs: whoever signs in for another queue takes no call from these. */
const unattended = { ...desk.queue, pool: 'nobody' };
const voicemail = { greeting: prompt('martinVoicemail'), maxSeconds: 20, silenceSeconds: 1 };

const telling = { keys: { 1: 'voicemail' }, announce: { firstSeconds: 2, everySeconds: 10, position: true, hints: false } };
const told = { ...desk, id: 'told', numbers: [numbers.told], recording: false, queue: { ...unattended, ...telling }, voicemail };
const keyed = { ...told, id: 'keyed', numbers: [numbers.keyed] };
const manned = { ...told, id: 'manned', numbers: [numbers.manned], queue: { ...desk.queue, ...telling } };

const full = {
  ...desk,
  id: 'full',
  numbers: [numbers.full],
  // biome-ignore lint/suspicious/noThenProperty: a step of a flow, not a promise
  queue: { ...unattended, maxLength: 1, full: { play: prompt('martinPlayed'), then: 'hangup' } },
};
const short = { ...desk, id: 'short', numbers: [numbers.short], queue: { ...unattended, music: 'prompts/durandOpen.wav' } };

/** Open until the next minute but a few seconds, in a time zone where it is about noon: no day ends meanwhile. */
function closingSoon() {
  const now = new Date(Date.now() + 15_000);
  const shift = 12 - now.getUTCHours();
  const end = `${12 + Math.floor((now.getUTCMinutes() + 1) / 60)}:${String((now.getUTCMinutes() + 1) % 60).padStart(2, '0')}`;
  return {
    ...desk,
    id: 'closing',
    numbers: [numbers.closing],
    // The sign of these names is the other way round (POSIX).
    timezone: shift === 0 ? 'Etc/GMT' : `Etc/GMT${shift > 0 ? '-' : '+'}${Math.abs(shift)}`,
    hours: Object.fromEntries(Object.keys(always).map((day) => [day, [`00:00-${end}`]])),
    queue: { ...unattended, atClosing: 'voicemail' },
    voicemail,
  };
}

/** What is spoken over the music next, until `then` is heard. */
async function announcement(call: Call, then: number = hertz.music): Promise<Int16Array> {
  await speech(call);
  const from = performance.now() - 700;
  await hears(call, then, { forMs: 300, timeoutMs: 15_000 });
  return withoutTones(soundSince(call, from), [hertz.music, then]);
}

/** After music something else, for so long that no part of it can be taken for the music: where a file of music begins anew, its phase jumps. */
async function speech(call: Call): Promise<void> {
  await hears(call, hertz.music, { forMs: 400 });
  const isOther = (pcm: Int16Array) => toneDuration(pcm, hertz.music) === 0 && loudness(pcm) > -45;
  await call.media.hears(isOther, { windowMs: 300, timeoutMs: 90_000 });
}

/** What is left when the tones at both ends are cut off. */
function withoutTones(pcm: Int16Array, tones: readonly number[]): Int16Array {
  const size = samples(40);
  const isOther = (at: number) => !tones.some((frequency) => isTone(pcm.subarray(at, at + size), frequency));
  const windows = Array.from({ length: Math.floor(pcm.length / size) }, (_, index) => index * size).filter(isOther);
  return pcm.subarray(windows[0] ?? 0, (windows.at(-1) ?? 0) + size);
}

for (const { on, skip } of backends) t.test(`waiting, on ${on}`, { skip }, (t) => waiting(t, on));

async function waiting(t: Test, on: Backend): Promise<void> {
  const site = await Site.start(t, { on, tenants: [told, keyed, manned, full, short], settings: { pools: ['reception', 'nobody'] } });
  const atOnce = new AtOnce(t);

  const spoken = (name: 'next' | 'position' | 'soon' | 'closed', value: string | number = '') => {
    const text = fillIn(waitingText('fr-FR', undefined, name) ?? '', value);
    const voice = voiceOf('fr-FR') ?? '';
    return renderingOf(join(site.daemon.configDir, 'prompts-cache'), { text, locale: 'fr-FR', voice, wordsPerMinute: 150 }).file;
  };
  const sounds = async (files: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(files).map(async ([name, file]) => [name, readWav(await readFile(file)).channels[0] ?? new Int16Array()]),
      ),
    ) as Record<string, Int16Array>;
  const places = () => sounds({ next: spoken('next'), second: spoken('position', 2), seventh: spoken('position', 7) });

  atOnce.begin('closing time while waiting: told so, then voicemail', async () => {
    await site.daemon.writeTenant('closing', JSON.stringify(closingSoon()));
    t.equal((await site.daemon.api('/v1/reload', 'POST')).status, 200);
    const call = await site.dial(numbers.closing);
    await site.reaches(call, 'waiting');
    await hears(call, hertz.music);
    const heard = await announcement(call, hertz.martinVoicemail);
    await call.hangUp();
    t.equal(mostAlike(heard, { ...(await places()), ...(await sounds({ closed: spoken('closed') })) }), 'closed');
    t.match(await site.record(call), { opening: 'open', outcome: 'abandoned' });
  });

  atOnce.begin('place in the queue, in the tenant’s language; the music goes on; the record says what was told', async () => {
    const first = await site.dial(numbers.told);
    await site.reaches(first, 'waiting');
    const second = await site.dial(numbers.told);
    const [one, two] = await Promise.all([announcement(first), announcement(second)]);
    const known = await places();
    t.equal(mostAlike(one, known), 'next');
    t.equal(mostAlike(two, known), 'second');
    t.ok(heardMs(first, hertz.music) > 1_500, 'music before');
    // The music goes on by itself.
    await hears(first, hertz.music, { forMs: 3_000 });
    await first.hangUp();
    t.equal(mostAlike(await announcement(second), known), 'next', 'he has moved up; told ten seconds later');
    await second.hangUp();
    t.match(await site.record(first), { outcome: 'abandoned', told: [{ position: 1 }] });
    t.match(await site.record(second), { told: [{ position: 2 }, { position: 1 }] });
  });

  atOnce.begin('agents', async () => {
    await atOnce.step('an agent answers in the middle of an announcement: the caller hears him, and no more of it', async () => {
      const alice = await site.signIn('alice');
      const busy = await site.dial(numbers.manned);
      (await alice.rings()).answer();
      await site.reaches(busy, 'connected');
      const call = await site.dial(numbers.manned);
      await site.reaches(call, 'waiting');
      await hears(call, hertz.music);
      const benoit = await site.signInWhileBusy('benoit');
      const leg = await benoit.rings();
      leg.answer();
      leg.media.say(tone(hertz.agent, 1_000), true);
      await hears(call, hertz.agent);
      const talking = performance.now();
      await hears(call, hertz.agent, { forMs: 3_000 });
      t.equal(heardMs(call, hertz.music, talking + 500), 0);
      await leg.hangUp();
      await busy.hangUp();
      t.match(await site.record(call), { outcome: 'answered', agent: 'benoit' });
      await site.signOut('alice', alice);
      await site.signOut('benoit', benoit);
    });

    await atOnce.step('a key while an agent’s phone rings: it stops, and the agent is free', async () => {
      const alice = await site.signIn('alice');
      const call = await site.dial(numbers.manned);
      const leg = await alice.rings();
      await hears(call, hertz.music);
      await call.media.dial('1');
      t.match(await leg.ended, { by: 'them', status: 487 });
      await hears(call, hertz.martinVoicemail);
      await site.agentIs('alice', 'idle');
      await call.hangUp();
      t.match(await site.record(call), { digits: ['1'], offers: [{ agent: 'alice', outcome: 'withdrawn' }] });
      await site.signOut('alice', alice);
    });
  });

  atOnce.begin('a key leaves for voicemail, also in the middle of an announcement', async () => {
    const call = await site.dial(numbers.keyed);
    await hears(call, hertz.music);
    await speech(call);
    await call.media.dial('1');
    await hears(call, hertz.martinVoicemail, { timeoutMs: 3_000 });
    const left = performance.now();
    await site.reaches(call, 'voicemail');
    await call.hangUp();
    t.equal(heardMs(call, hertz.music, left), 0, 'the music has ended');
    t.match(await site.record(call), { digits: ['1'], outcome: 'abandoned', offers: [] });
  });

  atOnce.begin('a short music file is heard for as long as it takes', async () => {
    const call = await site.dial(numbers.short);
    await site.reaches(call, 'waiting');
    await hears(call, hertz.durandOpen);
    const from = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 13_000));
    const ms = heardMs(call, hertz.durandOpen, from);
    t.ok(ms > 12_000, `20 times 500 ms are over, and it went on: ${ms} ms of 13,000`);
    await call.hangUp();
  });

  atOnce.begin('a full queue: told so, while who waits already waits on', async () => {
    const first = await site.dial(numbers.full);
    await site.reaches(first, 'waiting');
    const second = await site.dial(numbers.full);
    await hears(second, hertz.martinPlayed);
    t.match(await second.ended, { by: 'them' });
    t.match(await site.record(second), { outcome: 'completed', offers: [] });
    await site.reaches(first, 'waiting');
    await first.hangUp();
    const third = await site.dial(numbers.full);
    await site.reaches(third, 'waiting');
    await third.hangUp();
  });

  await atOnce.over();
  t.test('nothing is left of all that', () => site.quiet());
}
