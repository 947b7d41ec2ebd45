/** A prompt given as text, to be spoken into `file` before the daemon serves calls. */
export interface Rendering {
  /** Absolute; its name holds the hash of everything below and of `RENDERER`. */
  readonly file: string;
  readonly text: string;
  /** BCP 47. */
  readonly locale: string;
  /** The speech synthesizer's name of the voice, e.g. `fr-fr`. */
  readonly voice: string;
  readonly wordsPerMinute: number;
}

/** Names how texts become audio. A change here makes every cached file a new one: raise it whenever the sound changes. */
export const RENDERER = 'espeak-ng/1';
