/** Whether a file is audio that a switch can play as it is. Only its head is read: `check` runs on hundreds of files. */
import { open } from 'node:fs/promises';

const HEAD_BYTES = 4096;
const PCM = 1;
/** WAVE_FORMAT_EXTENSIBLE: the real format is the first two bytes of the sub-format. */
const EXTENSIBLE = 0xfffe;
const HOW = 'convert it with: sox IN -r 8000 -c 1 -b 16 OUT.wav';

/** What is wrong with an audio file, in an operator's words; `undefined`: nothing. */
export async function audioProblem(file: string): Promise<string | undefined> {
  let head: Buffer;
  let size: number;
  try {
    const handle = await open(file, 'r');
    try {
      const info = await handle.stat();
      if (!info.isFile()) return `${file} is not a file`;
      size = info.size;
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      head = buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no file ${file}`;
    return `${file} cannot be read: ${code ?? String(error)}`;
  }
  const problem = wavProblem(head, size);
  return problem === undefined ? undefined : `${file} ${problem}`;
}

/** `head`: the first bytes of a file of `size` bytes. RIFF/WAVE as in Microsoft's "Multimedia Programming Interface", 1991. */
export function wavProblem(head: Buffer, size: number): string | undefined {
  if (head.length < 12 || head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WAVE')
    return `is not a WAV file: ${HOW}`;
  let format: { readonly tag: number; readonly channels: number; readonly rate: number; readonly bits: number } | undefined;
  for (let at = 12; at + 8 <= head.length; ) {
    const name = head.toString('latin1', at, at + 4);
    const length = head.readUInt32LE(at + 4);
    const body = at + 8;
    if (name === 'fmt ' && body + 16 <= head.length) {
      const tag = head.readUInt16LE(body);
      format = {
        tag: tag === EXTENSIBLE && body + 26 <= head.length ? head.readUInt16LE(body + 24) : tag,
        channels: head.readUInt16LE(body + 2),
        rate: head.readUInt32LE(body + 4),
        bits: head.readUInt16LE(body + 14),
      };
    }
    if (name === 'data') {
      if (format === undefined) break;
      if (format.tag !== PCM || format.bits !== 16) return `is not 16-bit PCM: ${HOW}`;
      if (format.rate !== 8000 && format.rate !== 16_000) return `has a rate of ${format.rate} Hz instead of 8000 or 16000: ${HOW}`;
      if (format.channels !== 1 && format.channels !== 2) return `has ${format.channels} channels: ${HOW}`;
      return length === 0 || size <= body ? 'holds no sound' : undefined;
    }
    at = body + length + (length % 2);
  }
  return `is a damaged WAV file: ${HOW}`;
}
