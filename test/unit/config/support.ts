/** A configuration folder that is all right, and the same with one slip in it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { load } from '../../../src/config/load.js';
import { formatProblem } from '../../../src/config/problems.js';

export const DESK = join(import.meta.dirname, '../../fixtures/config/desk');
export const ENV = { ESL_PASSWORD: 'esl-secret', PHONE_PASSWORD: 'phone-secret' };

export type DeskFile = 'telephony' | 'cabinet' | 'notaire';
const PLACES: Readonly<Record<DeskFile, string>> = {
  telephony: 'telephony.yaml',
  cabinet: 'tenants/cabinet.yaml',
  notaire: 'tenants/notaire.yaml',
};

export const deskText = (file: DeskFile): string => readFileSync(join(DESK, PLACES[file]), 'utf8');

/** A WAV file of silence; each part of its head can be spoilt. */
export function wav({ rate = 8000, channels = 1, bits = 16, tag = 1, samples = 80, data = 'data' } = {}): Buffer {
  const body = Buffer.alloc(samples * channels * (bits / 8));
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + body.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(tag, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE((rate * channels * bits) / 8, 28);
  head.writeUInt16LE((channels * bits) / 8, 32);
  head.writeUInt16LE(bits, 34);
  head.write(data, 36, 'latin1');
  head.writeUInt32LE(body.length, 40);
  return Buffer.concat([head, body]);
}

type Edits = Partial<Record<DeskFile, string>>;

/** Writes the desk into a folder of its own, some of its files changed. */
export function desk(t: Test, edits: Edits = {}, hello: Buffer | undefined = wav()): string {
  const file = (name: DeskFile) => edits[name] ?? deskText(name);
  return t.testdir({
    'telephony.yaml': file('telephony'),
    tenants: { 'cabinet.yaml': file('cabinet'), 'notaire.yaml': file('notaire') },
    prompts: hello === undefined ? {} : { 'hello.wav': hello },
  });
}

/** `from` must be there, so that a test cannot pass because its slip was never made. */
export function edit(file: DeskFile, from: string, to: string): Edits {
  const text = deskText(file);
  if (!text.includes(from)) throw new Error(`${file} holds no ${from}`);
  return { [file]: text.replace(from, to) };
}

/** The problems as `check` prints them, file names shortened to those of the folder. */
export async function problemsOf(dir: string, env: Readonly<Record<string, string | undefined>> = ENV): Promise<readonly string[]> {
  const loaded = await load(dir, env);
  return loaded.ok ? [] : loaded.problems.map((problem) => formatProblem(problem).replaceAll(`${dir}/`, ''));
}
