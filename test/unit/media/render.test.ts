import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { audioProblem } from '../../../src/config/audio-file.js';
import { renderingOf } from '../../../src/config/speech.js';
import type { Rendering } from '../../../src/core/rendering.js';
import { RenderingFailed, renderPrompts } from '../../../src/media/render.js';

const has = (program: string) => spawnSync(program, ['--version']).error === undefined;
const skip = has('espeak-ng') && has('sox') ? false : 'espeak-ng and sox are needed: apt-get install espeak-ng sox';

const spoken = (dir: string, text: string, voice = 'fr-fr'): Rendering =>
  renderingOf(dir, { text, locale: 'fr-FR', voice, wordsPerMinute: 150 });

/** Runs with a PATH of its own, in which each program is the given shell script. */
async function withPrograms(t: Test, scripts: Readonly<Record<string, string>>, work: () => Promise<unknown>): Promise<void> {
  const bin = t.testdir(Object.fromEntries(Object.keys(scripts).map((name) => [name, ''])));
  for (const [name, script] of Object.entries(scripts)) writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  for (const name of Object.keys(scripts)) spawnSync('chmod', ['755', join(bin, name)]);
  const path = process.env['PATH'];
  process.env['PATH'] = bin;
  try {
    await work();
  } finally {
    process.env['PATH'] = path;
  }
}

t.test('a folder deep down', { skip }, async (t) => {
  const dir = join(t.testdir({}), ...Array.from({ length: 5 }, () => 'a-folder-with-a-name-of-some-forty-chars'));
  t.same(await renderPrompts([spoken(dir, 'Merci.')]), { made: 1, kept: 0 });
});

t.test('texts become telephone audio, once', { skip }, async (t) => {
  const dir = join(t.testdir({}), 'cache', 'prompts');
  const texts = ['Bonjour, vous êtes bien au cabinet du docteur Martin.', 'Tapez 1.', 'Merci.'];
  const renderings = texts.map((text) => spoken(dir, text));
  t.same(await renderPrompts([...renderings, ...renderings]), { made: 3, kept: 0 }, 'the same file is made once');
  t.same(readdirSync(dir).length, 3, 'no draft is left');
  for (const { file } of renderings) t.equal(await audioProblem(file), undefined);
  const [greeting = '', short = ''] = renderings.map(({ file }) => file);
  const head = readFileSync(greeting).subarray(0, 44);
  t.same([head.readUInt16LE(22), head.readUInt32LE(24), head.readUInt16LE(34)], [1, 8000, 16], 'mono, 8 kHz, 16 bit');
  t.ok(statSync(greeting).size > 2 * 8000 * 2, 'longer than 2 s');
  t.ok(statSync(greeting).size > statSync(short).size);
  const before = statSync(greeting).mtimeMs;
  t.same(await renderPrompts(renderings), { made: 0, kept: 3 });
  t.equal(statSync(greeting).mtimeMs, before);
});

t.test('the voice is at −3 dB of full scale', { skip }, async (t) => {
  const rendering = spoken(t.testdir({}), 'Bonjour.');
  await renderPrompts([rendering]);
  const { stderr } = spawnSync('sox', [rendering.file, '-n', 'stat'], { encoding: 'utf8' });
  const peak = Number(/Maximum amplitude:\s+([\d.]+)/.exec(stderr)?.[1]);
  const dip = -Number(/Minimum amplitude:\s+(-[\d.]+)/.exec(stderr)?.[1]);
  t.ok(Math.abs(Math.max(peak, dip) - 10 ** (-3 / 20)) < 0.01, `${peak} ${dip}`);
});

t.test('no text is an option, a shell command or a file', { skip }, async (t) => {
  const dir = t.testdir({});
  const canary = join(dir, 'canary');
  const evil = [
    `--path=${canary}`,
    '-w /tmp/x',
    `$(touch ${canary})`,
    `'; touch ${canary}; '`,
    `\`touch ${canary}\``,
    '<speak>',
    '[[x]]',
    'a\nb',
  ];
  const cache = join(dir, 'cache');
  t.same(await renderPrompts(evil.map((text) => spoken(cache, text))), { made: evil.length, kept: 0 });
  t.same(readdirSync(dir), ['cache']);
});

t.test('a program that is missing is named', async (t) => {
  const rendering = spoken(t.testdir({}), 'Bonjour.');
  await withPrograms(t, {}, () =>
    t.rejects(renderPrompts([rendering]), {
      name: 'RenderingFailed',
      message: /“Bonjour\.”.*espeak-ng is not installed \(apt-get install espeak-ng\)/,
    }),
  );
  await withPrograms(t, { 'espeak-ng': 'exit 0' }, () =>
    t.rejects(renderPrompts([rendering]), { message: /sox is not installed \(apt-get install sox\)/ }),
  );
});

t.test('a program that fails is quoted, and leaves nothing behind', async (t) => {
  const dir = join(t.testdir({}), 'cache');
  const scripts = { 'espeak-ng': 'exit 0', sox: 'echo half > "${10}"; echo "no space left" >&2; exit 2' };
  await withPrograms(t, scripts, () => t.rejects(renderPrompts([spoken(dir, 'Bonjour.')]), { message: /sox ended with 2: no space left/ }));
  t.same(readdirSync(dir), []);
});

t.test('a voice that does not exist', { skip }, async (t) => {
  await t.rejects(renderPrompts([spoken(t.testdir({}), 'Bonjour.', 'zzzz')]), {
    message: /espeak-ng ended with 1: .*voice does not exist/,
  });
});

t.test('after a failure no further text is begun, and none runs on', async (t) => {
  const dir = t.testdir({});
  const log = join(dir, 'log');
  const scripts = { 'espeak-ng': `echo x >> ${log}; exit 1`, sox: 'exit 0' };
  const many = Array.from({ length: 20 }, (_, i) => spoken(join(dir, 'cache'), `texte ${i}`));
  await withPrograms(t, scripts, () => t.rejects(renderPrompts(many, { parallel: 3 }), RenderingFailed));
  t.ok(readFileSync(log, 'utf8').length / 2 <= 3, 'at most the three that ran');
});

t.test('it can be stopped', { timeout: 10_000 }, async (t) => {
  const stop = new AbortController();
  const rendering = spoken(t.testdir({}), 'Bonjour.');
  await withPrograms(t, { 'espeak-ng': 'exec /bin/sleep 60' }, async () => {
    const rendered = renderPrompts([rendering], { signal: stop.signal });
    stop.abort();
    await t.rejects(rendered, RenderingFailed);
  });
});

t.test('a folder that cannot be made', async (t) => {
  const dir = t.testdir({ file: '' });
  await t.rejects(renderPrompts([spoken(join(dir, 'file'), 'Bonjour.')]), RenderingFailed);
  mkdirSync(join(dir, 'ok'));
  t.same(await renderPrompts([]), { made: 0, kept: 0 });
});
