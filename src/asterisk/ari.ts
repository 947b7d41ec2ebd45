/**
 * ARI: commands by HTTP, events by a websocket. Whoever connects the websocket last under the application's name gets the events
 * (the one before hears `ApplicationReplaced`), so it is opened by the daemon that takes the node over, and by nobody else.
 *
 * Not the package ari-client: docs/adr/0005-ari-without-ari-client.md.
 */
import { Pool } from 'undici';
import { WebSocket } from 'ws';
import { application } from './options.js';

export interface AriAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** `status` 0: no answer; what became of the command is not known. */
export interface AriReply {
  readonly ok: boolean;
  readonly status: number;
  readonly body: unknown;
}

export type AriEvent = Readonly<Record<string, unknown>> & { readonly type: string };

type Query = Readonly<Record<string, string | number | undefined>>;

/** Longest wait for an answer, ms. `addChannel` and `continue` wait for a playback's end, so those are stopped before. */
const answerMs = 5_000;
/** How many commands are on their way at a time. */
const connections = 16;
/** A websocket from which nothing comes, not even the answer to a ping, is dead. */
const pingMs = 1_500;

export class Ari {
  readonly #pool: Pool;
  readonly #address: AriAddress;
  readonly #authorization: string;

  constructor(address: AriAddress) {
    this.#address = address;
    this.#authorization = `Basic ${Buffer.from(`${address.user}:${address.password}`).toString('base64')}`;
    this.#pool = new Pool(`http://${address.host}:${address.port}`, {
      connections,
      connectTimeout: answerMs,
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
    });
  }

  get(path: string, query: Query = {}): Promise<AriReply> {
    return this.#send('GET', path, query);
  }

  /** `variables` are set on the channel that is made. */
  post(path: string, query: Query = {}, variables?: Readonly<Record<string, string>>): Promise<AriReply> {
    return this.#send('POST', path, query, variables === undefined ? undefined : { variables });
  }

  put(path: string, body: unknown): Promise<AriReply> {
    return this.#send('PUT', path, {}, body);
  }

  delete(path: string, query: Query = {}): Promise<AriReply> {
    return this.#send('DELETE', path, query);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /** Resolves when Asterisk sends us the events of our application. Rejects when it cannot be connected. */
  async listen(listener: { event(event: AriEvent): void; closed(reason: string): void }): Promise<() => void> {
    const { host, port } = this.#address;
    const socket = new WebSocket(`ws://${host}:${port}/ari/events?app=${application}`, {
      headers: { authorization: this.#authorization },
      handshakeTimeout: answerMs,
      perMessageDeflate: false,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    let heard = true;
    const watch = setInterval(() => {
      // It hangs, or the network is gone: close() would wait for an answer.
      if (!heard) socket.terminate();
      heard = false;
      socket.ping();
    }, pingMs);
    socket.on('pong', () => {
      heard = true;
    });
    let reason = 'Asterisk closed the websocket';
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      clearInterval(watch);
      listener.closed(reason);
    });
    socket.on('message', (data: Buffer) => {
      heard = true;
      const event: unknown = parsed(data.toString('utf8'));
      if (isEvent(event)) listener.event(event);
    });
    return () => {
      clearInterval(watch);
      socket.removeAllListeners('close');
      socket.terminate();
    };
  }

  /** Never rejects. */
  async #send(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, query: Query, body?: unknown): Promise<AriReply> {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
    const asked = parameters.size === 0 ? path : `${path}?${parameters}`;
    const headers = {
      authorization: this.#authorization,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    try {
      const request = { method, path: `/ari${asked}`, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
      const { statusCode, body: answer } = await this.#pool.request(request);
      return { ok: statusCode >= 200 && statusCode < 300, status: statusCode, body: parsed(await answer.text()) };
    } catch (error) {
      return { ok: false, status: 0, body: { message: error instanceof Error ? error.message : String(error) } };
    }
  }
}

/** A part of a path: channel ids come from outside as well. */
export const segment = (text: string): string => encodeURIComponent(text);

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    // Not ours to judge: whoever needs the body finds that it is not there.
    return undefined;
  }
}

const isEvent = (value: unknown): value is AriEvent =>
  typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)['type'] === 'string';
