/** One UDP socket that speaks SIP on loopback: sends requests until they are answered, answers repetitions by itself. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { format, header, parseMessage, type SipMessage, token } from './message.js';

const LOOPBACK = '127.0.0.1';
/** RFC 3261, T1 and its limit for a transaction. */
const T1_MS = 500;
const GIVE_UP_MS = 32_000;

export type Headers = readonly (readonly [string, string])[];

export interface Request {
  readonly method: string;
  readonly uri: string;
  readonly headers: Headers;
  readonly body?: string;
  readonly port: number;
  /** Given for a CANCEL and for the ACK of a refusal, which belong to another request's transaction. */
  readonly branch?: string;
}

export class Endpoint {
  readonly port: number;
  /** What to do with a request that is new. */
  onRequest: (request: SipMessage, from: number) => void = () => undefined;
  readonly #socket: Socket;
  readonly #waiting = new Map<string, { onResponse: (response: SipMessage) => void; stop: () => void }>();
  readonly #answers = new Map<string, string>();
  #closed = false;

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.port = port;
    socket.on('message', (data, { port: from }) => this.#received(data.toString('utf8'), from));
  }

  static async open(port = 0): Promise<Endpoint> {
    const socket = createSocket('udp4');
    socket.bind(port, LOOPBACK);
    await once(socket, 'listening');
    return new Endpoint(socket, socket.address().port);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { stop } of this.#waiting.values()) stop();
    this.#socket.close();
  }

  /** Responses arrive one by one, repetitions too. Returns the branch. An ACK has no response: nothing is repeated. */
  request(request: Request, onResponse: (response: SipMessage) => void = () => undefined): string {
    const branch = request.branch ?? `z9hG4bK${token()}`;
    const via = ['Via', `SIP/2.0/UDP ${LOOPBACK}:${this.port};branch=${branch};rport`] as const;
    const text = format(`${request.method} ${request.uri} SIP/2.0`, [via, ...request.headers, ['Max-Forwards', '70']], request.body);
    this.#write(text, request.port);
    if (request.method === 'ACK') return branch;
    let wait = T1_MS;
    const since = performance.now();
    const again = (): void => {
      if (performance.now() - since > GIVE_UP_MS) return;
      this.#write(text, request.port);
      wait = Math.min(wait * 2, 4_000);
      timer = setTimeout(again, wait);
    };
    let timer = setTimeout(again, wait);
    this.#waiting.set(`${branch} ${request.method}`, { onResponse, stop: () => clearTimeout(timer) });
    return branch;
  }

  /** One request and its final response. @throws when none comes. */
  async ask(request: Request, timeoutMs = 8_000): Promise<SipMessage> {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${request.method} in ${timeoutMs} ms`)), timeoutMs);
      this.request(request, (response) => {
        if ((response.status ?? 0) < 200) return;
        clearTimeout(timer);
        resolve(response);
      });
    });
  }

  respond(request: SipMessage, to: number, status: string, extra: Headers = [], tag = '', body = ''): void {
    const copied = (request.headers.get('via') ?? []).map((via) => ['Via', via] as const);
    const toHeader = header(request, 'to');
    const headers: Headers = [
      ...copied,
      ['From', header(request, 'from')],
      ['To', tag === '' || toHeader.includes(';tag=') ? toHeader : `${toHeader};tag=${tag}`],
      ['Call-ID', header(request, 'call-id')],
      ['CSeq', header(request, 'cseq')],
      ...extra,
    ];
    const text = format(`SIP/2.0 ${status}`, headers, body);
    this.#answers.set(keyOf(request), text);
    this.#write(text, to);
  }

  #received(text: string, from: number): void {
    const message = parseMessage(text);
    if (message === undefined) return;
    if (message.status !== undefined) {
      const waiting = this.#waiting.get(`${branchOf(message)} ${methodOf(message)}`);
      // Any response stops the repetition: a provisional one says that the request has arrived.
      waiting?.stop();
      waiting?.onResponse(message);
      return;
    }
    const answered = this.#answers.get(keyOf(message));
    if (answered !== undefined) this.#write(answered, from);
    else this.onRequest(message, from);
  }

  #write(text: string, port: number): void {
    if (!this.#closed) this.#socket.send(text, port, LOOPBACK);
  }
}

const branchOf = (message: SipMessage): string => /branch=([^;\s,]+)/.exec(header(message, 'via'))?.[1] ?? '';
const methodOf = (message: SipMessage): string => header(message, 'cseq').split(/\s+/)[1] ?? '';
const keyOf = (message: SipMessage): string => `${branchOf(message)} ${message.method ?? ''}`;
