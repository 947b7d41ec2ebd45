/** Which of several recordings was heard, although it came through a telephone, late, quieter and perhaps cut short. */
import { loudness, samples, toneLevel, trimmed } from './audio.js';

/** Speech as a telephone passes it: third-octaves from 250 to 3,150 Hz. */
const BANDS = [250, 315, 400, 500, 630, 800, 1_000, 1_250, 1_600, 2_000, 2_500, 3_150];
const STEP_MS = 20;
/** Longer than a step, so that the lowest bands are told apart. */
const WINDOW_MS = 40;
/** Below the recording's own loudness: quieter than this is noise of the line. */
const FLOOR_DB = -40;

type Spectrogram = readonly (readonly number[])[];

/**
 * 1: the same recording; about 0: nothing in common. Compares how each band's level changes over time, at the delay
 * (up to `maxDelayMs`, either way) where both agree best. Seen with espeak-ng in one voice: the same sentence after PCMU, late, quieter
 * or cut short 0.84 and more; other sentences 0.25 to 0.65; sentences that share most of their words 0.75.
 */
export function resemblance(heard: Int16Array, reference: Int16Array, maxDelayMs = 3_000): number {
  const [a, b] = [spectrogram(trimmed(heard)), spectrogram(trimmed(reference))];
  if (a.length === 0 || b.length === 0) return 0;
  const maxDelay = Math.round(maxDelayMs / STEP_MS);
  let best = 0;
  for (let delay = -maxDelay; delay <= maxDelay; delay++) best = Math.max(best, agreement(a, b, delay));
  return best;
}

/** The name of the reference that `heard` resembles most, or `undefined` when it resembles none. */
export function mostAlike(heard: Int16Array, references: Readonly<Record<string, Int16Array>>, atLeast = 0.75): string | undefined {
  const scores = Object.entries(references).map(([name, reference]) => ({ name, score: resemblance(heard, reference) }));
  const best = scores.sort((x, y) => y.score - x.score)[0];
  return best !== undefined && best.score >= atLeast ? best.name : undefined;
}

/** Levels in dB against the recording's own loudness, so that volume does not matter, and against each band's mean, so that two
 * sentences do not look alike for being spoken by one voice. */
function spectrogram(pcm: Int16Array): Spectrogram {
  const [step, size, own] = [samples(STEP_MS), samples(WINDOW_MS), loudness(pcm)];
  const bands = BANDS.map((hertz) => {
    const levels: number[] = [];
    for (let at = 0; at + size <= pcm.length; at += step)
      levels.push(Math.max(FLOOR_DB, toneLevel(pcm.subarray(at, at + size), hertz) - own));
    const mean = levels.reduce((sum, level) => sum + level, 0) / Math.max(1, levels.length);
    return levels.map((level) => level - mean);
  });
  return (bands[0] ?? []).map((_, frame) => bands.map((levels) => levels[frame] ?? 0));
}

/** Pearson's correlation of all bands where both sound at this delay; too little in common to judge is no agreement. */
function agreement(a: Spectrogram, b: Spectrogram, delay: number): number {
  const from = Math.max(0, delay);
  const to = Math.min(a.length, b.length + delay);
  // At least half of the shorter one, so that a chance likeness at the very end does not count.
  if (to - from < Math.min(a.length, b.length) / 2) return 0;
  let [n, sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0, 0];
  for (let i = from; i < to; i++) {
    const [left, right] = [a[i], b[i - delay]];
    if (left === undefined || right === undefined) continue;
    for (const [band, x] of left.entries()) {
      const y = right[band] ?? 0;
      n++;
      sx += x;
      sy += y;
      sxx += x * x;
      syy += y * y;
      sxy += x * y;
    }
  }
  const spread = Math.sqrt((n * sxx - sx * sx) * (n * syy - sy * sy));
  return spread === 0 ? 0 : (n * sxy - sx * sy) / spread;
}
