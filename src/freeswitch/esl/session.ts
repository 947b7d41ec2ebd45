/**
 * One socket to FreeSWITCH from its greeting to its end. Whatever goes wrong ends it once, with one coded error, and
 * everything that waited is rejected with that error: nothing is left pending and nothing is carried into the next socket.
 *
 *   greeting ──auth/request──▶ authenticating ──+OK──▶ subscribing ──+OK──▶ ready ──▶ ended
 *       └────────────── refused, denied, too slow, malformed, closed ────────────────────▲
 */
import type { Socket } from 'node:net';
import type { Clock } from '../../ports/clock.js';
import type { Log } from '../../ports/log.js';
import { auth, type BackgroundCommand, type Command, type Filter, filter, ping, subscribe } from './command.js';
import { type EslEvent, eventOf } from './decode.js';
import { EslError } from './errors.js';
import { Impatience } from './impatience.js';
import { type Frame, FrameParser, type ParserLimits } from './parser.js';
import { type Reply, ReplyQueue } from './reply-queue.js';

export interface SessionOptions {
  readonly password: string;
  /** Event names for `event json`; empty: none. */
  readonly events: readonly string[];
  /** Of these events only those come of which one of them holds; empty: all. */
  readonly filters: readonly Filter[];
  readonly clock: Clock;
  readonly log: Log;
  /** From the socket being opened to the confirmed subscription, ms. */
  readonly handshakeMs: number;
  /** Longest wait for a reply, ms. */
  readonly replyMs: number;
  /** After this long without a frame we ask whether the other side is alive, ms. */
  readonly quietMs: number;
  /** Events that are this much later than the quickest one of the last minutes end the socket, ms. */
  readonly lagMs: number;
  readonly mostPending: number;
  readonly limits?: Partial<ParserLimits>;
}

export interface SessionListener {
  ready(): void;
  /** Never a background job's result: that goes to whoever sent the command. `lateMs`: how much later than the quickest one of the last minutes. */
  event(event: EslEvent, lateMs: number): void;
  /** Time from FreeSWITCH's stamp to us, ms; the clocks' difference is in it. */
  lag(ms: number): void;
  reply(command: Command, reply: Reply, ms: number): void;
  ended(error: EslError): void;
}

interface Job {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: EslError) => void;
  readonly cancelTimer: () => void;
}

export class EslSession {
  readonly #socket: Socket;
  readonly #options: SessionOptions;
  readonly #listener: SessionListener;
  readonly #parser: FrameParser;
  readonly #replies: ReplyQueue;
  readonly #jobs = new Map<string, Job>();
  /** Commands that leave when the present events have been looked at, */
  #outbox = '';
  /** and not later than this, monotonic ms. */
  #leavesBy = Number.POSITIVE_INFINITY;
  #at: 'greeting' | 'authenticating' | 'subscribing' | 'ready' | 'ended' = 'greeting';
  /** The smallest lags of the present minute and of the one before in which events came. Monotonic ms less FreeSWITCH's stamp. */
  #quickest = Number.POSITIVE_INFINITY;
  #formerQuickest = Number.POSITIVE_INFINITY;
  #minuteEndsAt = Number.NEGATIVE_INFINITY;
  #framesSinceCheck = 0;
  readonly #impatience: Impatience;
  /** Replies that are still to come before we are ready. */
  #asked = 0;
  #cancelTimer: () => void;

  constructor(socket: Socket, options: SessionOptions, listener: SessionListener) {
    this.#socket = socket;
    this.#options = options;
    this.#listener = listener;
    this.#parser = new FrameParser(options.limits);
    this.#replies = new ReplyQueue({
      clock: options.clock,
      timeoutMs: options.replyMs,
      most: options.mostPending,
      onTimeout: (error) => this.end(error),
      onReply: (command, reply, ms) => listener.reply(command, reply, ms),
    });
    // What has not left yet will do as well as an empty line.
    this.#impatience = new Impatience(options.clock, () => {
      if (socket.writable && socket.writableLength === 0) socket.write('\n');
    });
    this.#cancelTimer = options.clock.after(options.handshakeMs, () => this.end(new EslError('esl-handshake-timeout', `at ${this.#at}`)));
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => {
      const code = this.#at === 'greeting' ? 'esl-connect-failed' : 'esl-socket-error';
      this.end(new EslError(code, error.message, { cause: error }));
    });
    const closed = () => this.end(new EslError('esl-closed-by-peer', this.#parser.midFrame ? 'in the middle of a frame' : undefined));
    socket.on('end', closed);
    socket.on('close', closed);
  }

  get ready(): boolean {
    return this.#at === 'ready';
  }

  /**
   * The reply to a command. @throws {EslError} (as a rejection) when the connection ends first.
   * @param leavesBy Monotonic ms: should it be written later only, the session ends instead.
   */
  send(command: Command, leavesBy = Number.POSITIVE_INFINITY): Promise<Reply> {
    if (this.#at !== 'ready') return Promise.reject(new EslError('esl-not-connected', command.verb));
    return this.#replies.add(command, (text) => this.#write(text, leavesBy));
  }

  /** The result of a background command. Errors and `leavesBy` as for `send`. */
  async background(command: BackgroundCommand, leavesBy?: number): Promise<Reply> {
    const result = new Promise<Reply>((resolve, reject) => {
      const late = () => this.end(new EslError('esl-reply-timeout', `result of ${command.verb}, ${command.resultWithinMs} ms`));
      this.#jobs.set(command.job, { resolve, reject, cancelTimer: this.#options.clock.after(command.resultWithinMs, late) });
    });
    // The result may come, or the connection may end, before the reply is looked at.
    result.catch(() => undefined);
    try {
      const accepted = await this.send(command, leavesBy);
      if (accepted.ok) return await result;
      return accepted;
    } finally {
      this.#jobs.get(command.job)?.cancelTimer();
      this.#jobs.delete(command.job);
    }
  }

  /** What is sent in answer to one chunk of events leaves in one write: a call takes some thirty commands, and each write wakes FreeSWITCH. */
  #write(text: string, leavesBy: number): void {
    if (this.#outbox === '') setImmediate(() => this.#flush());
    this.#outbox += text;
    this.#leavesBy = Math.min(this.#leavesBy, leavesBy);
  }

  /** The process may have been suspended since: what was allowed then may be for another daemon to say now, and is never written. */
  #flush(): void {
    const outbox = this.#outbox;
    const late = this.#options.clock.monotonic() > this.#leavesBy;
    this.#outbox = '';
    this.#leavesBy = Number.POSITIVE_INFINITY;
    if (late) this.end(new EslError('esl-stood-still'));
    else if (outbox !== '' && this.#socket.writable) this.#socket.write(outbox);
  }

  end(error: EslError): void {
    if (this.#at === 'ended') return;
    this.#at = 'ended';
    this.#flush();
    this.#cancelTimer();
    this.#impatience.stop();
    this.#socket.destroy();
    this.#replies.end(error);
    for (const job of this.#jobs.values()) {
      job.cancelTimer();
      job.reject(error);
    }
    this.#jobs.clear();
    this.#listener.ended(error);
  }

  #read(chunk: Buffer): void {
    if (this.#at === 'ended') return;
    try {
      this.#parser.push(chunk, (frame) => {
        if (this.#at !== 'ended') this.#frame(frame);
      });
    } catch (error) {
      this.end(error instanceof EslError ? error : new EslError('esl-frame-malformed', 'unexpected', { cause: error }));
    }
  }

  #frame(frame: Frame): void {
    this.#framesSinceCheck++;
    switch (frame.type) {
      case 'text/event-json':
      case 'text/event-plain':
        this.#event(frame);
        break;
      case 'command/reply':
        this.#reply(frame.headers.get('reply-text') ?? '');
        break;
      case 'api/response':
        this.#reply(frame.body?.toString('utf8') ?? '');
        break;
      case 'auth/request':
        if (this.#at === 'greeting') {
          this.#at = 'authenticating';
          this.#socket.write(auth(this.#options.password).text);
        } else this.end(new EslError('esl-reply-unmatched', frame.type));
        break;
      case 'text/disconnect-notice':
        this.end(new EslError('esl-disconnect-notice'));
        break;
      case 'text/rude-rejection':
        this.end(new EslError('esl-access-denied'));
        break;
      default:
        this.#options.log.debug({ type: frame.type }, 'a frame of a kind that we do not know was ignored');
    }
  }

  /** The handshake is not in the queue: a refusal and the notice behind it may come in one chunk, and the refusal is what counts. */
  #reply(said: string): void {
    const reply = asReply(said);
    if (this.#at === 'authenticating') {
      if (!reply.ok) this.end(new EslError('esl-auth-refused'));
      else if (this.#options.events.length === 0) this.#becomeReady();
      else this.#subscribe();
    } else if (this.#at === 'subscribing') {
      if (!reply.ok) this.end(new EslError('esl-subscription-refused', reply.text));
      else if (--this.#asked === 0) this.#becomeReady();
    } else if (!this.#replies.settle(reply)) this.end(new EslError('esl-reply-unmatched'));
  }

  #subscribe(): void {
    const { events, filters } = this.#options;
    this.#at = 'subscribing';
    // The filters first: what is subscribed comes at once.
    const commands = [...filters.map(filter), subscribe(events)];
    this.#asked = commands.length;
    this.#socket.write(commands.map(({ text }) => text).join(''));
  }

  #becomeReady(): void {
    this.#at = 'ready';
    this.#cancelTimer();
    this.#watchSilence();
    this.#listener.ready();
  }

  /** Finds a peer that is gone, frozen, or sends its bytes one by one: no whole frame for a while, then no reply either. */
  #watchSilence(): void {
    this.#framesSinceCheck = 0;
    this.#cancelTimer = this.#options.clock.after(this.#options.quietMs, () => {
      if (this.#framesSinceCheck === 0 && this.#replies.length === 0) {
        this.send(ping()).catch((error: unknown) => this.#options.log.debug({ err: error }, 'the event socket did not answer'));
      }
      this.#watchSilence();
    });
  }

  #event(frame: Frame): void {
    const event = eventOf(frame);
    if (event === undefined) return;
    const lateMs = this.#late(event);
    if (lateMs > this.#options.lagMs) {
      this.end(new EslError('esl-lagging', `${Math.round(lateMs)} ms`));
      return;
    }
    if (event.name === 'BACKGROUND_JOB') {
      // Jobs of other connections come as well: everybody who subscribed gets them.
      this.#jobs.get(event.get('Job-UUID') ?? '')?.resolve(asReply(event.body() ?? ''));
      return;
    }
    this.#impatience.rise();
    try {
      this.#listener.event(event, lateMs);
    } catch (error) {
      this.#options.log.error({ err: error, event: event.name }, 'an event could not be handled');
    }
  }

  /**
   * FreeSWITCH queues events for a slow reader until it drops them: rather a new connection and a fresh look at its calls. Ours is
   * the monotonic clock, so that setting the time ends nothing; clocks that drift apart are left behind minute by minute.
   */
  #late(event: EslEvent): number {
    const stamp = Number(event.get('Event-Date-Timestamp') ?? 'none');
    if (!Number.isFinite(stamp)) return 0;
    const { clock } = this.#options;
    this.#listener.lag(clock.now() - stamp / 1_000);
    const now = clock.monotonic();
    if (now >= this.#minuteEndsAt) {
      this.#minuteEndsAt = now + 60_000;
      this.#formerQuickest = this.#quickest;
      this.#quickest = Number.POSITIVE_INFINITY;
    }
    const lag = now - stamp / 1_000;
    this.#quickest = Math.min(this.#quickest, lag);
    return lag - Math.min(this.#quickest, this.#formerQuickest);
  }
}

function asReply(said: string): Reply {
  const text = said.replace(/\n+$/, '');
  return { ok: !text.startsWith('-ERR') && !text.startsWith('-USAGE'), text };
}
