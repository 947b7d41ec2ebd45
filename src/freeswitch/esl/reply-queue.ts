/**
 * Commands that wait for their replies. FreeSWITCH answers a connection's commands in order, one reply each, so the
 * oldest command owns the next reply. When one is overdue the rest are too, and which reply belongs to which command is no
 * longer known: the owner of this queue must then drop the connection.
 */
import type { Clock } from '../../ports/clock.js';
import type { Command } from './command.js';
import { EslError } from './errors.js';

export interface Reply {
  /** `false`: FreeSWITCH said `-ERR` or `-USAGE`. */
  readonly ok: boolean;
  /** What it said, without the line feed at the end. */
  readonly text: string;
}

interface Waiting {
  readonly command: Command;
  /** Monotonic ms. */
  readonly sentAt: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: EslError) => void;
}

export interface ReplyQueueOptions {
  readonly clock: Clock;
  /** Longest wait for a reply, ms. */
  readonly timeoutMs: number;
  /** Most commands that may wait at a time. */
  readonly most: number;
  readonly onTimeout: (error: EslError) => void;
  /** One round trip, ms. */
  readonly onReply: (command: Command, reply: Reply, ms: number) => void;
}

export class ReplyQueue {
  readonly #options: ReplyQueueOptions;
  #waiting: Waiting[] = [];
  /** Index of the oldest: shifting a long array at every reply would cost its length. */
  #oldest = 0;
  #cancelTimer: (() => void) | undefined;
  #ended: EslError | undefined;

  constructor(options: ReplyQueueOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#waiting.length - this.#oldest;
  }

  /** Calls `send` unless the queue is full or has ended. */
  add(command: Command, send: (text: string) => void): Promise<Reply> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.length >= this.#options.most) return Promise.reject(new EslError('esl-overloaded', command.verb));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, sentAt: this.#options.clock.monotonic(), resolve, reject });
      if (this.#cancelTimer === undefined) this.#watch(this.#options.timeoutMs);
      send(command.text);
    });
  }

  /** The reply to the oldest command. `false`: no command waits. */
  settle(reply: Reply): boolean {
    const waiting = this.#waiting[this.#oldest];
    if (waiting === undefined) return false;
    this.#oldest++;
    if (this.#oldest === this.#waiting.length || this.#oldest > 1_024) {
      this.#waiting = this.#waiting.slice(this.#oldest);
      this.#oldest = 0;
    }
    this.#options.onReply(waiting.command, reply, this.#options.clock.monotonic() - waiting.sentAt);
    waiting.resolve(reply);
    return true;
  }

  /** Rejects everything that waits, and all that comes later. */
  end(error: EslError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#cancelTimer?.();
    const waiting = this.#waiting.slice(this.#oldest);
    this.#waiting = [];
    this.#oldest = 0;
    for (const one of waiting) one.reject(error);
  }

  /** One timer for all: the oldest command is always the first to be overdue. */
  #watch(ms: number): void {
    this.#cancelTimer = this.#options.clock.after(ms, () => {
      this.#cancelTimer = undefined;
      const oldest = this.#waiting[this.#oldest];
      if (oldest === undefined) return;
      const left = oldest.sentAt + this.#options.timeoutMs - this.#options.clock.monotonic();
      if (left > 0) this.#watch(left);
      else this.#options.onTimeout(new EslError('esl-reply-timeout', `${oldest.command.verb}, ${this.#options.timeoutMs} ms`));
    });
  }
}
