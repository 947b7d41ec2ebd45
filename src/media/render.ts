/**
 * Speaks texts into audio files that any PBX can play: 8 kHz, 16 bit, mono. espeak-ng speaks, sox brings its voice to the
 * telephone's format and level. Each file is made once: its name holds the hash of all that it depends on.
 */
import { randomUUID } from 'node:crypto';
import { access, chmod, mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Rendering } from '../core/rendering.js';
import { type ProgramFailed, run } from './program.js';

export interface RenderOptions {
  /** How many texts are spoken at a time. Default: 2, as each keeps a core busy. */
  readonly parallel?: number;
  readonly signal?: AbortSignal;
}

export interface Rendered {
  readonly made: number;
  /** They were there already. */
  readonly kept: number;
}

/** A text that could not be spoken; `message` says which one, why, and what to do. */
export class RenderingFailed extends Error {
  override readonly name = 'RenderingFailed';
}

const SPEAKING_MS = 60_000;

/** Resolves when every file is there. Rejects with `RenderingFailed` at the first that cannot be made; files made so far stay. */
export async function renderPrompts(renderings: readonly Rendering[], options: RenderOptions = {}): Promise<Rendered> {
  const { parallel = 2, signal } = options;
  const waiting = [...new Map(renderings.map((rendering) => [rendering.file, rendering])).values()];
  let made = 0;
  let kept = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !failed; next = waiting.shift()) {
      try {
        if (await exists(next.file)) {
          kept++;
          continue;
        }
        await render(next, signal);
        made++;
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  // All workers have ended when this is known, so that no program runs on after a rejection.
  const ends = await Promise.allSettled(Array.from({ length: Math.max(1, parallel) }, worker));
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  return { made, kept };
}

async function render(rendering: Rendering, signal: AbortSignal | undefined): Promise<void> {
  const { file, text, voice, wordsPerMinute } = rendering;
  const spoken = `${file}.${randomUUID()}.spoken.tmp`;
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const limits = { timeoutMs: SPEAKING_MS, ...(signal === undefined ? {} : { signal }) };
    // The text goes in by stdin: it can neither be an option nor meet a shell. `-b 1`: it is UTF-8.
    // And the file by its name alone: espeak-ng cuts a path of more than about 200 characters, and says nothing.
    const speech = ['-b', '1', '-v', voice, '-s', String(wordsPerMinute), '-w', basename(spoken), '--stdin'];
    await run('espeak-ng', speech, { ...limits, cwd: dirname(file), input: text });
    // -3 dB leaves room for the resampling of a later hop; the silence in front is what a jitter buffer may swallow.
    const effects = ['channels', '1', 'rate', '8000', 'norm', '-3', 'pad', '0.1', '0.1'];
    await run('sox', ['-t', 'wav', spoken, '-t', 'wav', '-b', '16', '-e', 'signed-integer', draft, ...effects], limits);
    await chmod(draft, 0o644); // the switch runs as another user, whatever our umask is
    await rename(draft, file);
  } catch (error) {
    throw new RenderingFailed(`cannot speak “${excerpt(text)}” into ${file}: ${reason(error)}`, { cause: error });
  } finally {
    await Promise.all([rm(spoken, { force: true }), rm(draft, { force: true })]);
  }
}

function excerpt(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function reason(error: unknown): string {
  const failure = error as Partial<ProgramFailed> & NodeJS.ErrnoException;
  if (failure.missing === true) return `${failure.program} is not installed (apt-get install ${failure.program})`;
  if (failure.code === 'EACCES' || failure.code === 'EROFS') return 'the folder cannot be written: let the daemon’s user write there';
  return failure.message ?? String(error);
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw new RenderingFailed(`${file} cannot be looked at: ${reason(error)}`, { cause: error });
  }
}
