/**
 * Bytes → frames, however the bytes are split. Pure: no socket, no clock.
 *
 * A frame is a block of `Name: value` lines, a blank line, and `Content-Length` bytes of body (mod_event_socket.c). Whole
 * frames inside one chunk are sliced, not copied; what spans chunks is gathered in a buffer that doubles, so the work is
 * linear in the bytes and memory is bounded by the limits. After an error the parser is dead: where the next frame begins
 * is unknown, and guessing would hand one caller's reply to another.
 */
import { EslError } from './errors.js';

export interface Frame {
  /** The `Content-Type`, e.g. `text/event-json`. */
  readonly type: string;
  /** All header lines; names in lower case, values as sent. The first of a repeated name wins, as in FreeSWITCH. */
  readonly headers: ReadonlyMap<string, string>;
  /** Valid only during the callback: it may be a window onto the socket's chunk. */
  readonly body: Buffer | undefined;
}

export interface ParserLimits {
  /** The header block without its blank line, bytes. */
  readonly headerBytes: number;
  readonly bodyBytes: number;
}

/** A body of `show channels as json` has about 860 bytes a channel; a reply to `connect` carries a channel in its header. */
export const defaultLimits: ParserLimits = { headerBytes: 64 * 1024, bodyBytes: 16 * 1024 * 1024 };

/** Types whose content is in the body: without a length their end cannot be known. */
const needsBody = new Set(['api/response', 'text/event-json', 'text/event-plain', 'text/event-xml', 'log/data']);

const LF = 0x0a;

/** A frame whose body is awaited. */
interface Head {
  readonly type: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly bodyBytes: number;
}

export class FrameParser {
  readonly #limits: ParserLimits;
  /** What came of an unfinished header or body. */
  readonly #part = new Gatherer();
  #head: Head | undefined;
  #fault: EslError | undefined;

  constructor(limits: Partial<ParserLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  /** Whether the bytes so far end inside a frame. */
  get midFrame(): boolean {
    return this.#head !== undefined || this.#part.length > 0;
  }

  /** Bytes held for an unfinished frame. */
  get heldBytes(): number {
    return this.#part.capacity;
  }

  /**
   * Calls `onFrame` for each frame that `chunk` completes, in order.
   * @throws {EslError} on the first malformed frame, and at every call after that.
   */
  push(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    if (this.#fault !== undefined) throw this.#fault;
    let at = 0;
    while (at < chunk.length) {
      at = this.#head === undefined ? this.#readHead(chunk, at, onFrame) : this.#readBody(this.#head, chunk, at, onFrame);
    }
  }

  #readHead(chunk: Buffer, from: number, onFrame: (frame: Frame) => void): number {
    // A blank line may be split: its first half is then the last byte that is held.
    const split = this.#part.last === LF && chunk[from] === LF;
    const blank = split ? from : chunk.indexOf('\n\n', from, 'latin1');
    const end = blank < 0 ? chunk.length : blank;
    const most = this.#limits.headerBytes;
    if (this.#part.length + end - from > most + 1) throw this.#fail('esl-header-too-large', `over ${most} bytes`);
    if (blank < 0) {
      this.#part.add(chunk, from, end, most + 1);
      return end;
    }
    if (this.#part.length === 0) {
      this.#openFrame(chunk.toString('utf8', from, end), onFrame);
      return end + 2;
    }
    this.#part.add(chunk, from, end, most + 1);
    const held = this.#part.take();
    this.#openFrame(held.toString('utf8', 0, split ? held.length - 1 : held.length), onFrame);
    return split ? end + 1 : end + 2;
  }

  #openFrame(text: string, onFrame: (frame: Frame) => void): void {
    const headers = new Map<string, string>();
    let length: number | undefined;
    for (const line of text.split('\n')) {
      const colon = line.indexOf(':');
      if (colon < 1) throw this.#fail('esl-frame-malformed', 'a header line has no name');
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
      if (name === 'content-length') {
        if (length !== undefined) throw this.#fail('esl-length-duplicate');
        length = this.#length(value);
      }
      if (!headers.has(name)) headers.set(name, value);
    }
    const type = headers.get('content-type');
    if (type === undefined) throw this.#fail('esl-frame-malformed', 'a frame has no Content-Type');
    if (length === undefined && needsBody.has(type)) throw this.#fail('esl-length-missing', type);
    if (length !== undefined && length > 0) this.#head = { type, headers, bodyBytes: length };
    else onFrame({ type, headers, body: length === undefined ? undefined : Buffer.alloc(0) });
  }

  #length(value: string): number {
    if (!/^\d{1,15}$/.test(value)) throw this.#fail('esl-length-invalid');
    const length = Number(value);
    if (length > this.#limits.bodyBytes) {
      throw this.#fail('esl-body-too-large', `${length} bytes announced, ${this.#limits.bodyBytes} allowed`);
    }
    return length;
  }

  #readBody(head: Head, chunk: Buffer, from: number, onFrame: (frame: Frame) => void): number {
    const missing = head.bodyBytes - this.#part.length;
    if (chunk.length - from < missing) {
      this.#part.add(chunk, from, chunk.length, head.bodyBytes);
      return chunk.length;
    }
    const end = from + missing;
    let body: Buffer;
    if (this.#part.length === 0) body = chunk.subarray(from, end);
    else {
      this.#part.add(chunk, from, end, head.bodyBytes);
      body = this.#part.take();
    }
    this.#head = undefined;
    onFrame({ type: head.type, headers: head.headers, body });
    return end;
  }

  #fail(code: EslError['code'], detail?: string): EslError {
    this.#part.take();
    this.#head = undefined;
    this.#fault = new EslError(code, detail);
    return this.#fault;
  }
}

/** Bytes that come in pieces: every byte is copied a bounded number of times. */
class Gatherer {
  #bytes: Buffer | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get capacity(): number {
    return this.#bytes?.length ?? 0;
  }

  get last(): number | undefined {
    return this.#length === 0 ? undefined : this.#bytes?.[this.#length - 1];
  }

  /** `most`: how much there can be in the end, bytes. Memory follows what has come, not what was announced. */
  add(chunk: Buffer, from: number, to: number, most: number): void {
    const needed = this.#length + to - from;
    let bytes = this.#bytes;
    if (bytes === undefined || bytes.length < needed) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(most, 2 * (bytes?.length ?? 256))));
      bytes?.copy(grown, 0, 0, this.#length);
      bytes = grown;
      this.#bytes = grown;
    }
    chunk.copy(bytes, this.#length, from, to);
    this.#length = needed;
  }

  /** Everything so far; empty afterwards. */
  take(): Buffer {
    const all = this.#bytes?.subarray(0, this.#length) ?? Buffer.alloc(0);
    this.#bytes = undefined;
    this.#length = 0;
    return all;
  }
}
