/**
 * A connection that comes back. Each socket gets a session of its own; subscriptions are asked for again, commands never:
 * whether a lost one was carried out is unknown, and only its sender can find out.
 */
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../ports/clock.js';
import type { Log } from '../../ports/log.js';
import type { BackgroundCommand, Command, Filter } from './command.js';
import type { EslEvent } from './decode.js';
import { EslError } from './errors.js';
import type { ParserLimits } from './parser.js';
import type { Reply } from './reply-queue.js';
import { EslSession, type SessionOptions } from './session.js';

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** Event names for `event json`, e.g. `['CHANNEL_PARK', 'CUSTOM', 'sofia::register']`; empty: none. */
  readonly events: readonly string[];
  /** See `SessionOptions`. Default: none. */
  readonly filters?: readonly Filter[];
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). Default: Math.random. */
  readonly random?: () => number;
  readonly limits?: Partial<ParserLimits>;
  readonly timings?: Partial<Timings>;
}

/** All in ms but `mostPending`. */
export interface Timings extends Pick<SessionOptions, 'handshakeMs' | 'replyMs' | 'quietMs' | 'lagMs' | 'mostPending'> {
  /** The first wait after a loss; doubled at each failure, up to `slowestRetryMs`, then ± a half at random. */
  readonly firstRetryMs: number;
  readonly slowestRetryMs: number;
  /** The wait after a refusal (password, access list): trying faster would only fill the switch's log. */
  readonly refusedRetryMs: number;
}

export const defaultTimings: Timings = {
  handshakeMs: 5_000,
  replyMs: 5_000,
  quietMs: 2_000,
  lagMs: 10_000,
  mostPending: 20_000,
  firstRetryMs: 200,
  slowestRetryMs: 5_000,
  refusedRetryMs: 30_000,
};

export interface ConnectionListener {
  /** Authenticated and subscribed. */
  up?(): void;
  /** Lost, or not reached: `retryMs` until the next try. */
  down?(error: EslError, retryMs: number): void;
  event?(event: EslEvent, lateMs: number): void;
  /** See `SessionListener`. */
  lag?(ms: number): void;
  reply?(command: Command, reply: Reply, ms: number): void;
}

export class EslConnection {
  readonly #options: ConnectionOptions;
  readonly #timings: Timings;
  #listener: ConnectionListener = {};
  #session: EslSession | undefined;
  #socket: Socket | undefined;
  #cancelRetry: (() => void) | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#timings = { ...defaultTimings, ...options.timings };
  }

  get up(): boolean {
    return this.#session?.ready === true;
  }

  /** Connects and stays connected until `close`. */
  start(listener: ConnectionListener): void {
    this.#listener = listener;
    this.#connect();
  }

  /**
   * `leavesBy`: see `EslSession`.
   * @throws {EslError} as a rejection: `esl-not-connected` at once, or what ended the connection before the reply came.
   */
  send(command: Command, leavesBy?: number): Promise<Reply> {
    return this.#session?.send(command, leavesBy) ?? Promise.reject(new EslError('esl-not-connected', command.verb));
  }

  /** The result of a command that runs in the background; needs BACKGROUND_JOB among the events. Errors as for `send`. */
  background(command: BackgroundCommand, leavesBy?: number): Promise<Reply> {
    return this.#session?.background(command, leavesBy) ?? Promise.reject(new EslError('esl-not-connected', command.verb));
  }

  /** Ends the present socket as if it had failed; the next one is tried as usual. */
  drop(error: EslError): void {
    this.#session?.end(error);
  }

  /** Resolves when the socket is closed. What was pending is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry?.();
    const socket = this.#socket;
    this.#session?.end(new EslError('esl-closed'));
    if (socket !== undefined && !socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  }

  #connect(): void {
    const { host, port, password, events, filters = [], clock, log, limits } = this.#options;
    const socket = connect({ host, port });
    this.#socket = socket;
    this.#session = new EslSession(
      socket,
      { password, events, filters, clock, log, ...this.#timings, ...(limits === undefined ? {} : { limits }) },
      {
        ready: () => {
          this.#failures = 0;
          this.#listener.up?.();
        },
        event: (event, lateMs) => this.#listener.event?.(event, lateMs),
        lag: (ms) => this.#listener.lag?.(ms),
        reply: (command, reply, ms) => this.#listener.reply?.(command, reply, ms),
        ended: (error) => this.#lost(error),
      },
    );
  }

  #lost(error: EslError): void {
    this.#session = undefined;
    if (this.#closed) return;
    const retryMs = this.#retryMs(error);
    this.#failures++;
    this.#cancelRetry = this.#options.clock.after(retryMs, () => this.#connect());
    this.#listener.down?.(error, retryMs);
  }

  /** Spread at random, so that daemons that lost a switch together do not come back together. */
  #retryMs(error: EslError): number {
    const { firstRetryMs, slowestRetryMs, refusedRetryMs } = this.#timings;
    const base = error.retryable ? Math.min(slowestRetryMs, firstRetryMs * 2 ** Math.min(this.#failures, 20)) : refusedRetryMs;
    return Math.round(base * (0.5 + (this.#options.random ?? Math.random)()));
  }
}
