/** What arrived at a phone, as one continuous recording: lost packets and pauses become silence. */
import { milliseconds, RATE, samples } from './audio.js';

/** A jump of the timestamps by more than this against the clock is a new stream, not a delay. */
const JUMP = samples(300);

export class Heard {
  #pcm = new Int16Array(RATE * 10);
  #length = 0;
  #startedAt: number | undefined;
  /** Position of timestamp 0 of the present stream, in samples. */
  #origin = 0;
  #ssrc: number | undefined;

  /** How much was heard up to now, ms since the first packet. */
  get ms(): number {
    return milliseconds(this.#length);
  }

  /** When the first packet came (`performance.now()`). */
  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  /** `fromMs`, `toMs`: since the first packet. */
  pcm(fromMs = 0, toMs = this.ms): Int16Array {
    return this.#pcm.slice(Math.max(0, samples(fromMs)), Math.min(this.#length, samples(toMs)));
  }

  /** The last `ms`, or less if less was heard. */
  last(ms: number): Int16Array {
    return this.pcm(this.ms - ms);
  }

  add(sound: Int16Array, packet: { readonly ssrc: number; readonly timestamp: number }, now: number): void {
    this.#startedAt ??= now;
    const byClock = samples(now - this.#startedAt);
    let at = (packet.timestamp - this.#origin) | 0;
    // Timestamps tell order and gaps better than arrival does; but a stream of its own starts where the clock says.
    if (packet.ssrc !== this.#ssrc || Math.abs(at - byClock) > JUMP) {
      this.#ssrc = packet.ssrc;
      at = Math.max(this.#length, byClock);
      this.#origin = (packet.timestamp - at) | 0;
    }
    if (at < 0) return;
    this.#grow(at + sound.length);
    this.#pcm.set(sound, at);
    this.#length = Math.max(this.#length, at + sound.length);
  }

  #grow(length: number): void {
    if (length <= this.#pcm.length) return;
    const larger = new Int16Array(length * 2);
    larger.set(this.#pcm);
    this.#pcm = larger;
  }
}
