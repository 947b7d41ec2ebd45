/** One listener's connection: server-sent events (WHATWG HTML §9.2), written by hand because what matters is whom it must not hold up. */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../ports/clock.js';
import type { FeedEvent } from './feed.js';

export interface StreamOptions {
  readonly response: ServerResponse;
  readonly clock: Clock;
  /** Asked before each event and each heartbeat: whether the bearer may hear it, or anything at all still. */
  hears(event: FeedEvent): boolean;
  allowed(): boolean;
  /** The connection is over, from whichever side. */
  ended(reason: string): void;
}

/** So that proxies and clients do not take silence for a dead connection. */
const heartbeatMs = 15_000;
/**
 * A reader that leaves this much unread, or anything for longer than a heartbeat, is dropped: it comes back with `Last-Event-ID` when
 * it can. More than the whole ring of the feed, which may be sent at once.
 */
const unreadBytes = 2 * 1024 * 1024;
/** How long a client should wait before it comes back, ms. */
const retryMs = 2_000;

export class EventStream {
  readonly #options: StreamOptions;
  #stopHeart: () => void = () => undefined;
  #over = false;
  /** Since when the connection has not taken all that was written, monotonic ms. */
  #behindSince: number | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    // `close` follows; without a listener the fault would end the process.
    options.response.on('error', () => undefined);
    options.response.on('drain', () => {
      this.#behindSince = undefined;
    });
    options.response.on('close', () => this.#end('closed by the client'));
  }

  open(id: string, resumed: boolean): void {
    this.#write(`retry: ${retryMs}\n`);
    this.#send('ready', id, JSON.stringify({ resumed }));
    this.#beat();
  }

  tell(event: FeedEvent): void {
    if (this.#mayStay() && this.#options.hears(event)) this.#send(event.happening.type, event.id, event.text);
  }

  /** The daemon leaves, or the token is worth nothing any more. */
  bye(reason: string): void {
    if (this.#over) return;
    this.#send('bye', undefined, JSON.stringify({ reason }));
    this.#options.response.end();
    this.#end(reason);
  }

  #mayStay(): boolean {
    if (this.#over) return false;
    if (this.#options.allowed()) return true;
    this.bye('The token is not valid any more.');
    return false;
  }

  #beat(): void {
    this.#stopHeart = this.#options.clock.after(heartbeatMs, () => {
      if (this.#behindSince !== undefined && this.#options.clock.monotonic() - this.#behindSince >= heartbeatMs) return this.#drop();
      if (!this.#mayStay()) return;
      this.#write(':\n\n');
      this.#beat();
    });
  }

  #send(type: string, id: string | undefined, data: string): void {
    // JSON holds no line break, which would end the field.
    this.#write(`event: ${type}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`);
  }

  #write(text: string): void {
    const { response, clock } = this.#options;
    if (this.#over) return;
    if (!response.write(text)) this.#behindSince ??= clock.monotonic();
    if (response.writableLength > unreadBytes) this.#drop();
  }

  #drop(): void {
    this.#end('read too slowly');
    this.#options.response.destroy();
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopHeart();
    this.#options.ended(reason);
  }
}
