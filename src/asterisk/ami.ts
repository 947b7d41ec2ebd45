/**
 * AMI, for what ARI cannot do: recording both sides into one file, sending a channel elsewhere while it plays, setting a guard
 * while it plays (ARI waits for the end of the sound). Actions only; its events are switched off.
 */
import { connect, type Socket } from 'node:net';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';

export interface AmiOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly clock: Clock;
  readonly log: Log;
}

type Fields = Readonly<Record<string, string>>;

const answerMs = 5_000;
const reconnectMs = { first: 100, longest: 2_000 } as const;
/** No answer of ours is longer; whoever sends more is no Asterisk. */
const longestBlock = 100_000;

export class Ami {
  readonly #options: AmiOptions;
  readonly #pending = new Map<string, { settle: (reply: Fields | undefined) => void; stopTimer: () => void }>();
  #socket: Socket | undefined;
  #loggedIn = false;
  #received = '';
  #sequence = 0;
  #closed = false;
  #retryMs: number = reconnectMs.first;
  #stopRetry: () => void = () => undefined;
  #told: (result: 'ok' | 'refused' | 'no answer') => void = () => undefined;

  constructor(options: AmiOptions) {
    this.#options = options;
  }

  /** Once, for whoever wants to know why there is no connection. */
  static async tryLogin(options: AmiOptions): Promise<'ok' | 'refused' | 'no answer'> {
    const ami = new Ami(options);
    const result = await new Promise<'ok' | 'refused' | 'no answer'>((resolve) => {
      ami.#told = resolve;
      ami.start();
    });
    ami.close();
    return result;
  }

  get up(): boolean {
    return this.#loggedIn;
  }

  start(): void {
    const { host, port } = this.#options;
    const socket = connect(port, host);
    this.#socket = socket;
    this.#received = '';
    socket.setNoDelay(true).setEncoding('utf8');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', (err) => this.#options.log.debug({ err }, 'AMI'));
    socket.on('close', () => this.#lost());
    socket.once('connect', () => {
      const { user, password } = this.#options;
      this.#send('Login', { Username: user, Secret: password, Events: 'off' })
        .then((reply) => {
          this.#loggedIn = reply?.['Response'] === 'Success';
          if (this.#loggedIn) this.#retryMs = reconnectMs.first;
          this.#told(this.#loggedIn ? 'ok' : reply === undefined ? 'no answer' : 'refused');
          if (!this.#loggedIn) socket.destroy();
        })
        .catch(() => undefined);
    });
  }

  close(): void {
    this.#closed = true;
    this.#stopRetry();
    this.#socket?.destroy();
  }

  /** Whether Asterisk did it. Never rejects; `false` also when there is no connection or no answer. */
  async do(action: string, fields: Fields): Promise<boolean> {
    if (!this.#loggedIn) return false;
    const reply = await this.#send(action, fields);
    if (reply !== undefined && reply['Response'] !== 'Success')
      this.#options.log.debug({ action, said: reply['Message'] }, 'Asterisk refused an action');
    return reply?.['Response'] === 'Success';
  }

  #send(action: string, fields: Fields): Promise<Fields | undefined> {
    const socket = this.#socket;
    const id = String(++this.#sequence);
    const lines = Object.entries({ Action: action, ActionID: id, ...fields }).map(([name, value]) => `${name}: ${value}`);
    // A line break in a value would be a header of its own, or an action.
    if (socket === undefined || lines.some((line) => /[\r\n\0]/.test(line))) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const settle = (reply: Fields | undefined): void => {
        this.#pending.get(id)?.stopTimer();
        this.#pending.delete(id);
        resolve(reply);
      };
      // An answer that does not come: the connection is not to be trusted any more.
      const stopTimer = this.#options.clock.after(answerMs, () => socket.destroy());
      this.#pending.set(id, { settle, stopTimer });
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    });
  }

  #read(text: string): void {
    this.#received += text;
    // The greeting is one line without an empty one after it.
    if (this.#received.startsWith('Asterisk Call Manager')) {
      const end = this.#received.indexOf('\r\n');
      if (end < 0) return;
      this.#received = this.#received.slice(end + 2);
    }
    for (let end = this.#received.indexOf('\r\n\r\n'); end >= 0; end = this.#received.indexOf('\r\n\r\n')) {
      const block = this.#received.slice(0, end);
      this.#received = this.#received.slice(end + 4);
      const fields = Object.fromEntries(
        block.split('\r\n').map((line) => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon), line.slice(colon + 1).trim()];
        }),
      );
      this.#pending.get(fields['ActionID'] ?? '')?.settle(fields);
    }
    if (this.#received.length > longestBlock) this.#socket?.destroy();
  }

  #lost(): void {
    this.#loggedIn = false;
    this.#socket = undefined;
    for (const { settle } of [...this.#pending.values()]) settle(undefined);
    this.#told('no answer');
    if (this.#closed) return;
    const wait = this.#retryMs;
    this.#retryMs = Math.min(reconnectMs.longest, wait * 2);
    this.#stopRetry = this.#options.clock.after(wait, () => this.start());
  }
}
