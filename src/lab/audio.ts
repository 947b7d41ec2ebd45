/** Sound as numbers: 16-bit mono PCM at 8 kHz, WAV files, tones, and what can be measured in them. */

/** Samples a second, everywhere in the laboratory: what telephones carry. */
export const RATE = 8_000;

export const samples = (ms: number): number => Math.round((ms * RATE) / 1_000);
export const milliseconds = (count: number): number => (count * 1_000) / RATE;

/** A sine. `amplitude`: 0 to 1; 0.3 is about as loud as speech. */
export function tone(hertz: number, ms: number, amplitude = 0.3): Int16Array {
  return Int16Array.from({ length: samples(ms) }, (_, i) => Math.round(amplitude * 32_767 * Math.sin((2 * Math.PI * hertz * i) / RATE)));
}

export const silence = (ms: number): Int16Array => new Int16Array(samples(ms));

export function concat(...parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Loudness in dB below full scale (a sine at full scale has −3); silence is −Infinity. */
export function loudness(pcm: Int16Array): number {
  let sum = 0;
  for (const sample of pcm) sum += sample * sample;
  return pcm.length === 0 || sum === 0 ? Number.NEGATIVE_INFINITY : 10 * Math.log10(sum / pcm.length / 32_768 ** 2);
}

/** Loudness in windows of `windowMs`, in order. */
export function loudnessOverTime(pcm: Int16Array, windowMs = 20): number[] {
  const size = samples(windowMs);
  return Array.from({ length: Math.floor(pcm.length / size) }, (_, i) => loudness(pcm.subarray(i * size, (i + 1) * size)));
}

/** Loudness of the part of the sound that is at this frequency, dB as in {@link loudness} (Goertzel). */
export function toneLevel(pcm: Int16Array, hertz: number): number {
  if (pcm.length === 0) return Number.NEGATIVE_INFINITY;
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / RATE);
  let [before, last] = [0, 0];
  for (const sample of pcm) [before, last] = [last, sample + coefficient * last - before];
  const power = last * last + before * before - coefficient * last * before;
  // A sine of amplitude a over n samples gives power (a·n/2)²; its mean square is a²/2.
  const meanSquare = (2 * power) / pcm.length ** 2 / 32_768 ** 2;
  return meanSquare <= 0 ? Number.NEGATIVE_INFINITY : 10 * Math.log10(meanSquare);
}

/**
 * Whether this is that tone: audible, and nearly all that is heard. Survives PCMU and PCMA; give it 40 ms or more, of
 * which a short window sees neighbours within 1 / duration as one.
 */
export function isTone(pcm: Int16Array, hertz: number): boolean {
  const all = loudness(pcm);
  return all > -50 && toneLevel(pcm, hertz) > all - 3;
}

/** How long that tone is heard in all, ms, in steps of `windowMs`. */
export function toneDuration(pcm: Int16Array, hertz: number, windowMs = 40): number {
  const size = samples(windowMs);
  let heard = 0;
  for (let at = 0; at + size <= pcm.length; at += size) if (isTone(pcm.subarray(at, at + size), hertz)) heard += windowMs;
  return heard;
}

/** Without the silence at both ends. */
export function trimmed(pcm: Int16Array, quieterThan = -50): Int16Array {
  const levels = loudnessOverTime(pcm);
  const first = levels.findIndex((level) => level > quieterThan);
  if (first === -1) return new Int16Array(0);
  const last = levels.findLastIndex((level) => level > quieterThan);
  return pcm.slice(first * samples(20), (last + 1) * samples(20));
}

/** One channel of interleaved sound. */
export interface Wav {
  readonly rate: number;
  readonly channels: readonly Int16Array[];
}

/** 16-bit PCM, or µ-law and A-law as telephone files are. @throws when it is no WAV, or of another kind. */
export function readWav(file: Buffer): Wav {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE')
    throw new Error('not a WAV file');
  let format: { kind: number; channels: number; rate: number; bits: number } | undefined;
  for (let at = 12; at + 8 <= file.length; ) {
    const [id, declared] = [file.toString('latin1', at, at + 4), file.readUInt32LE(at + 4)];
    // A recording that was cut off declares more, or nothing at all: take what is there.
    const body = file.subarray(at + 8, id === 'data' && declared === 0 ? file.length : at + 8 + declared);
    if (id === 'fmt ') {
      const kind = body.readUInt16LE(0) === 0xfffe ? body.readUInt16LE(24) : body.readUInt16LE(0);
      format = { kind, channels: body.readUInt16LE(2), rate: body.readUInt32LE(4), bits: body.readUInt16LE(14) };
    }
    if (id === 'data') {
      if (format === undefined) throw new Error('WAV file without a format');
      return { rate: format.rate, channels: separate(decode(body, format), format.channels) };
    }
    at += 8 + declared + (declared % 2);
  }
  throw new Error('WAV file without sound');
}

function decode(body: Buffer, format: { readonly kind: number; readonly bits: number }): Int16Array {
  if (format.kind === 1 && format.bits === 16) {
    return Int16Array.from({ length: Math.floor(body.length / 2) }, (_, i) => body.readInt16LE(i * 2));
  }
  if (format.kind === 7) return decodeUlaw(body);
  if (format.kind === 6) return decodeAlaw(body);
  throw new Error(`WAV format ${format.kind} with ${format.bits} bits is not supported`);
}

function separate(interleaved: Int16Array, channels: number): Int16Array[] {
  const length = Math.floor(interleaved.length / channels);
  return Array.from({ length: channels }, (_, channel) => Int16Array.from({ length }, (_, i) => interleaved[i * channels + channel] ?? 0));
}

/** 16-bit PCM. */
export function writeWav(channels: readonly Int16Array[], rate = RATE): Buffer {
  const length = Math.max(0, ...channels.map((channel) => channel.length));
  const size = length * channels.length * 2;
  const file = Buffer.alloc(44 + size);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(36 + size, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(channels.length, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate * channels.length * 2, 28);
  file.writeUInt16LE(channels.length * 2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(size, 40);
  for (const [c, channel] of channels.entries()) {
    for (const [i, sample] of channel.entries()) file.writeInt16LE(sample, 44 + (i * channels.length + c) * 2);
  }
  return file;
}

/** G.711 tables, computed once as ITU-T G.711 defines them. */
const ULAW = Int16Array.from({ length: 256 }, (_, byte) => {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return (bits & 0x80) === 0 ? magnitude : -magnitude;
});
const ALAW = Int16Array.from({ length: 256 }, (_, byte) => {
  const bits = byte ^ 0x55;
  const segment = (bits & 0x70) >> 4;
  const low = ((bits & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? low : (low + 0x100) << (segment - 1);
  return (bits & 0x80) === 0 ? -magnitude : magnitude;
});

export const decodeUlaw = (bytes: Uint8Array): Int16Array => Int16Array.from(bytes, (byte) => ULAW[byte] ?? 0);
export const decodeAlaw = (bytes: Uint8Array): Int16Array => Int16Array.from(bytes, (byte) => ALAW[byte] ?? 0);

export function encodeUlaw(pcm: Int16Array): Buffer {
  return Buffer.from(pcm.map((sample) => encodeUlawSample(sample)));
}

function encodeUlawSample(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), 32_635) + 0x84;
  const segment = 31 - Math.clz32(magnitude) - 7;
  return ~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f)) & 0xff;
}
