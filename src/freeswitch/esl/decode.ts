/**
 * The body of an event frame, read on demand. An event has about 150 values and we look at ten of them: parsing all of it
 * costs more than everything else the daemon does with it, so a value is searched for when it is asked for.
 *
 * Nothing here throws on what a caller can influence: a User-Agent with a broken `%` sequence must not end the daemon.
 */
import { EslError } from './errors.js';
import type { Frame } from './parser.js';

export interface EslEvent {
  /** E.g. `CHANNEL_PARK`. */
  readonly name: string;
  /** Size of the body as it came, bytes. */
  readonly bytes: number;
  /** The value of a header, decoded; `undefined` when absent. Names are as FreeSWITCH writes them, e.g. `Unique-ID`. */
  get(header: string): string | undefined;
  /** What follows the headers, e.g. the result of a background job. */
  body(): string | undefined;
  /** Every header that has a plain value. Slow: for tests and diagnosis. */
  all(): Readonly<Record<string, string>>;
}

/**
 * The event inside a frame of type `text/event-json` or `text/event-plain`; `undefined` for other frames.
 * @throws {EslError} `esl-frame-malformed` when the body is not an event.
 */
export function eventOf(frame: Frame): EslEvent | undefined {
  if (frame.body === undefined) return undefined;
  // latin1 keeps one character a byte and is copied, not decoded; values with other characters are decoded when read.
  if (frame.type === 'text/event-json') return new JsonEvent(frame.body.toString('latin1'));
  if (frame.type === 'text/event-plain') return new PlainEvent(frame.body.toString('latin1'));
  return undefined;
}

/** `{"Event-Name":"…","Unique-ID":"…",…}` as cJSON prints it: no white space between the parts. */
class JsonEvent implements EslEvent {
  readonly #text: string;
  readonly name: string;

  constructor(text: string) {
    this.#text = text;
    const end = text.charCodeAt(text.length - 1) === 0x0a ? text.length - 2 : text.length - 1;
    if (text.charCodeAt(0) !== 0x7b || text.charCodeAt(end) !== 0x7d)
      throw new EslError('esl-frame-malformed', 'an event is not a JSON object');
    const name = this.get('Event-Name');
    if (name === undefined) throw new EslError('esl-frame-malformed', 'an event has no name');
    this.name = name;
  }

  get bytes(): number {
    return this.#text.length;
  }

  get(header: string): string | undefined {
    // A quote that follows `,` or `{` opens a string, and one inside a value is escaped: this cannot match within a value.
    const key = `"${header}":`;
    let at = -1;
    if (this.#text.startsWith(key, 1)) at = 1 + key.length;
    else {
      const found = this.#text.indexOf(`,${key}`);
      if (found >= 0) at = found + 1 + key.length;
    }
    if (at < 0) return undefined;
    if (this.#text.charCodeAt(at) === 0x22) return jsonString(this.#text, at + 1);
    return /^-?[\d.eE+-]+|^true|^false/.exec(this.#text.slice(at, at + 32))?.[0];
  }

  body(): string | undefined {
    return this.get('_body');
  }

  all(): Readonly<Record<string, string>> {
    let parsed: unknown;
    try {
      parsed = JSON.parse(Buffer.from(this.#text, 'latin1').toString('utf8'));
    } catch (error) {
      throw new EslError('esl-frame-malformed', 'an event is not JSON', { cause: error });
    }
    const values: Record<string, string> = {};
    for (const [name, value] of Object.entries(parsed as Record<string, unknown>)) if (typeof value === 'string') values[name] = value;
    return values;
  }
}

/** The JSON string that begins at `from`, after its quote. */
function jsonString(text: string, from: number): string | undefined {
  let end = text.indexOf('"', from);
  while (end > 0 && escaped(text, end)) end = text.indexOf('"', end + 1);
  if (end < 0) return undefined;
  const raw = utf8(text.slice(from, end));
  if (!raw.includes('\\')) return raw;
  return raw.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex: string | undefined, char: string | undefined) =>
    hex === undefined ? (jsonEscapes[char ?? ''] ?? char ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const jsonEscapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Whether the character at `at` has an odd number of backslashes before it. */
function escaped(text: string, at: number): boolean {
  let before = at;
  while (text.charCodeAt(before - 1) === 0x5c) before--;
  return (at - before) % 2 === 1;
}

/** `Name: value` lines with percent-encoded values; an inner `Content-Length` announces a body after a blank line. */
class PlainEvent implements EslEvent {
  readonly #text: string;
  readonly #headersEnd: number;
  readonly name: string;

  constructor(text: string) {
    this.#text = text;
    const blank = text.indexOf('\n\n');
    this.#headersEnd = blank < 0 ? text.length : blank;
    const name = this.get('Event-Name');
    if (name === undefined) throw new EslError('esl-frame-malformed', 'an event has no name');
    this.name = name;
  }

  get bytes(): number {
    return this.#text.length;
  }

  get(header: string): string | undefined {
    const key = `${header}: `;
    let at = -1;
    if (this.#text.startsWith(key)) at = key.length;
    else {
      const found = this.#text.indexOf(`\n${key}`);
      if (found >= 0 && found < this.#headersEnd) at = found + 1 + key.length;
    }
    if (at < 0) return undefined;
    const end = this.#text.indexOf('\n', at);
    return decodePercent(utf8(this.#text.slice(at, end < 0 ? this.#text.length : end)));
  }

  body(): string | undefined {
    const bytes = Number(this.get('Content-Length') ?? 'none');
    if (!Number.isSafeInteger(bytes) || bytes < 0) return undefined;
    return utf8(this.#text.slice(this.#headersEnd + 2, this.#headersEnd + 2 + bytes));
  }

  all(): Readonly<Record<string, string>> {
    const values: Record<string, string> = {};
    for (const line of this.#text.slice(0, this.#headersEnd).split('\n')) {
      const colon = line.indexOf(': ');
      if (colon > 0 && !Object.hasOwn(values, line.slice(0, colon)))
        values[line.slice(0, colon)] = decodePercent(utf8(line.slice(colon + 2)));
    }
    return values;
  }
}

/**
 * Text held as one character a byte → text. What is not UTF-8 becomes U+FFFD. A copy also of what needs no decoding: V8 keeps the whole
 * event for as long as somebody keeps a slice of it, such as a call's id.
 */
function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** One character in UTF-8, each byte as `%XX` (RFC 3629 §4). */
const encodedCharacter =
  /%[0-7][\dA-F]|%(?:C[2-9A-F]|D[\dA-F])%[89AB][\dA-F]|%E[\dA-F](?:%[89AB][\dA-F]){2}|%F[0-4](?:%[89AB][\dA-F]){3}/gi;

/**
 * `%XX` → characters; what is not the encoding of one stays as it stands. FreeSWITCH does not encode a `%` that already looks
 * like an encoding (switch_utils.c), so a value may hold sequences that mean nothing.
 */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(encodedCharacter, (sequence) => {
    try {
      return decodeURIComponent(sequence);
    } catch {
      return sequence; // overlong or a surrogate half: not a character
    }
  });
}
