/** Call records in a file, one JSON line each, only ever appended to. Made for logrotate: move the file, then `reopen()`. */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CallRecord } from '../core/call/record.js';
import type { History } from '../ports/history.js';
import { RecentCalls } from './recent-calls.js';

/** How much of the file's end is read at the start, to know what a predecessor wrote before it died. */
const tailBytes = 1_048_576;

export class JsonlHistory implements History {
  readonly #file: string;
  readonly #recent = new RecentCalls();
  #handle: FileHandle | undefined;
  /** Set when the last write may have ended inside a line. */
  #torn = false;
  /** One thing at a time; never rejects. */
  #last: Promise<unknown> = Promise.resolve();

  constructor({ file }: { readonly file: string }) {
    this.#file = file;
  }

  append(record: CallRecord): Promise<void> {
    return this.#next(async () => {
      const handle = this.#handle ?? (await this.#open());
      if (this.#recent.has(record.call)) return;
      const line = `${this.#torn ? '\n' : ''}${JSON.stringify(record)}\n`;
      this.#torn = true;
      await handle.appendFile(line);
      this.#torn = false;
      this.#recent.add(record.call);
    });
  }

  /** Goes on in the file of that name, new or not: after rotation. */
  reopen(): Promise<void> {
    return this.#next(() => this.#close());
  }

  close(): Promise<void> {
    return this.#next(() => this.#close());
  }

  #next<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.#file), { recursive: true });
    const handle = await open(this.#file, 'a+', 0o640);
    this.#handle = handle;
    await this.#readTail(handle);
    return handle;
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #readTail(handle: FileHandle): Promise<void> {
    const { size } = await handle.stat();
    const length = Math.min(size, tailBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString('utf8', 0, bytesRead);
    this.#torn = text !== '' && !text.endsWith('\n');
    for (const line of text.split('\n')) {
      const call = /^\{"call":("(?:[^"\\]|\\.)*")/.exec(line)?.[1];
      if (call !== undefined && line.endsWith('}')) this.#recent.add(JSON.parse(call) as CallRecord['call']);
    }
  }
}
