/** What Asterisk recorded, as files on this host. */
import { mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { NodeId } from '../core/ids.js';
import type { Clock } from '../ports/clock.js';

const HEADER = 44;
const RATE = 8_000;
const STEREO_FRAME = 4;

/** PCM 16 bit (RIFF/WAVE). */
function header(bytes: number): Buffer {
  const head = Buffer.alloc(HEADER);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + bytes, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * STEREO_FRAME, 28);
  head.writeUInt16LE(STEREO_FRAME, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(bytes, 40);
  return head;
}

/** A recording that is not complete. */
export const rawSuffix = '.raw';

/** Asterisk appends to it, without a header of its own (MixMonitor's interleaved format). Both users may write there. */
export async function beginRecording(raw: string): Promise<void> {
  await mkdir(dirname(raw), { recursive: true, mode: 0o775 });
  const file = await open(raw, 'w', 0o664);
  await file.write(header(0));
  await file.close();
}

/** Asterisk closes the file a moment after the channel is gone, and tells nobody: complete is what has stopped growing. */
export async function endRecording(raw: string, wav: string): Promise<{ readonly ms: number; readonly bytes: number }> {
  let size = -1;
  for (let now = (await stat(raw)).size; now !== size; now = (await stat(raw)).size) {
    size = now;
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  const file = await open(raw, 'r+');
  await file.write(header(size - HEADER), 0, HEADER, 0);
  await file.close();
  await rename(raw, wav);
  return { ms: Math.round((size - HEADER) / STEREO_FRAME / (RATE / 1_000)), bytes: size };
}

/** What is written to was written to this long ago at the most, ms. */
const quietMs = 2_000;

/**
 * Completes what a daemon that died left behind: recordings that nobody writes to any more. The result: their names below the folder.
 * Those of other nodes, should the folder be theirs too, are left alone: who is on hold is written rarely.
 * @param inUse Absolute names of those that this node's Asterisk writes now.
 */
export async function completeRecordings(
  folder: string,
  node: NodeId,
  inUse: ReadonlySet<string>,
  clock: Clock,
): Promise<readonly string[]> {
  const left: string[] = [];
  for await (const raw of rawFilesBelow(folder)) if (isOf(node, raw) && !inUse.has(raw)) left.push(raw);
  if (left.length === 0) return [];
  // The channel may have ended just now: then whoever heard of that completes it.
  await new Promise<void>((resolve) => clock.after(quietMs, resolve));
  const completed: string[] = [];
  for (const raw of left) {
    const found = await stat(raw).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs < quietMs) continue;
    const wav = raw.slice(0, -rawSuffix.length);
    await endRecording(raw, wav);
    completed.push(relative(folder, wav));
  }
  return completed;
}

/** A recording has the name of its call, which begins with that of the caller's node: `legOf`. */
const isOf = (node: NodeId, raw: string): boolean => {
  const name = basename(raw);
  return name.startsWith(`${node}-`) && /^\d+\.\d+/.test(name.slice(node.length + 1));
};

async function* rawFilesBelow(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* rawFilesBelow(path);
    else if (entry.name.endsWith(`.wav${rawSuffix}`)) yield path;
  }
}

/** Length of a message, ms; 0: there is none. Asterisk writes it in mono, 16 bit. */
export async function messageMs(wav: string): Promise<number> {
  const size = await stat(wav).then(
    (found) => found.size,
    () => HEADER,
  );
  return Math.max(0, Math.round((size - HEADER) / 2 / (RATE / 1_000)));
}
