/** The recorded conversations in test/fixtures/esl-traces (see the README there). */
import { readdirSync, readFileSync } from 'node:fs';
import { type Frame, FrameParser } from '../../../../src/freeswitch/esl/parser.js';

const folder = new URL('../../../fixtures/esl-traces/', import.meta.url);

export interface Trace {
  readonly name: string;
  /** What FreeSWITCH sent, chunk by chunk as it came. */
  readonly chunks: readonly Buffer[];
  readonly bytes: Buffer;
}

export const traces: readonly Trace[] = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl'))
  .map((name) => {
    const chunks = readFileSync(new URL(name, folder), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { dir: string; data: string })
      .filter((line) => line.dir === 'fs->client')
      .map((line) => Buffer.from(line.data, 'base64'));
    return { name: name.replace('.jsonl', ''), chunks, bytes: Buffer.concat(chunks) };
  });

export function trace(name: string): Trace {
  const found = traces.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no trace ${name}`);
  return found;
}

/** Frames with their bodies copied, as they may be kept. */
export function parse(chunks: Iterable<Buffer>, parser = new FrameParser()): Frame[] {
  const frames: Frame[] = [];
  for (const chunk of chunks) parser.push(chunk, (frame) => frames.push({ ...frame, body: frame.body && Buffer.from(frame.body) }));
  return frames;
}

/** One line that is equal for equal frames. */
export const fingerprint = (frames: readonly Frame[]): string =>
  JSON.stringify(frames.map((frame) => [frame.type, [...frame.headers], frame.body?.toString('base64')]));

/** `bytes` cut at these places. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set([0, ...places, bytes.length])].filter((place) => place <= bytes.length).sort((a, b) => a - b);
  return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end));
}
