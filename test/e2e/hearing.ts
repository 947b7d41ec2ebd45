/** What was heard on a call, as numbers. */
import { isTone, loudness, toneDuration } from '../../src/lab/audio.js';
import { until } from '../../src/lab/child.js';
import type { Call } from './sip/call.js';

/** Resolves with the instant when the tone has sounded for `forMs` up to now. */
export async function hears(call: Call, hertz: number, { forMs = 120, timeoutMs = 10_000 } = {}): Promise<number> {
  try {
    await call.media.hears((pcm) => isTone(pcm, hertz), { windowMs: forMs, timeoutMs });
  } catch (cause) {
    throw new Error(`${hertz} Hz was not heard`, { cause });
  }
  return performance.now();
}

/** The sound since an instant of performance.now(). */
export function soundSince(call: Call, at: number): Int16Array {
  const { heard } = call.media;
  return heard.pcm(at - (heard.startedAt ?? at));
}

/** How long a tone was heard in all, ms. */
export function heardMs(call: Call, hertz: number, since = 0): number {
  return toneDuration(soundSince(call, since), hertz);
}

/** A tick that comes later than this tells of a stall of this process, not of the wire. */
const STALL_MS = 200;

/**
 * Watches for silence on the wire: the longest time without a packet, ms, until asked. Counted while this process was awake:
 * ears and mouths live in it, so that its own stalls on a busy machine would look like gaps.
 */
export function watchGaps(call: Call): () => number {
  let [ticked, quiet, longest] = [performance.now(), 0, 0];
  const timer = setInterval(() => {
    const now = performance.now();
    quiet += Math.min(now - ticked, STALL_MS);
    longest = Math.max(longest, quiet);
    ticked = now;
  }, 10).unref();
  const seen = (): void => {
    quiet = 0;
  };
  call.media.on('audio', seen);
  return () => {
    clearInterval(timer);
    call.media.off('audio', seen);
    return longest;
  };
}

/** Resolves when nothing was heard for `forMs`, be it silence or no sound at all. */
export async function fallsSilent(call: Call, forMs = 100, timeoutMs = 10_000): Promise<void> {
  let loud = performance.now();
  const listen = (): void => {
    if (loudness(call.media.heard.last(20)) > -50) loud = performance.now();
  };
  call.media.on('audio', listen);
  await until('silence', async () => (performance.now() - loud > forMs ? true : undefined), { timeoutMs, everyMs: 10 });
  call.media.off('audio', listen);
}
