/** The three clients behind one interface, each used as its documentation shows. */
import { createRequire } from 'node:module';
import { FreeSwitchClient, type FreeSwitchResponse } from 'esl';
import { systemClock } from '../../src/clock.js';
import { ask, type Command } from '../../src/freeswitch/esl/command.js';
import { EslConnection } from '../../src/freeswitch/esl/connection.js';
import { silent as silentLog } from '../../src/ports/log.js';

export interface Contestant {
  /** Resolves when it is connected and subscribed. `onEvent` gets a reader of the event's headers. */
  connect(port: number, onEvent: (header: (name: string) => string | undefined) => void): Promise<void>;
  command(): Promise<unknown>;
  close(): void;
}

export const contestantNames = ['ours', 'modesl', 'esl'] as const;
export type ContestantName = (typeof contestantNames)[number];

/** Those of a call in `test/fixtures/esl-traces` that the daemon may hear. */
const events = ['CHANNEL_CREATE', 'CHANNEL_PARK', 'CHANNEL_BRIDGE', 'CHANNEL_EXECUTE_COMPLETE', 'CHANNEL_HANGUP_COMPLETE', 'RECORD_STOP'];

class Ours implements Contestant {
  readonly #command: Command = ask('status');
  #connection: EslConnection | undefined;

  async connect(port: number, onEvent: (header: (name: string) => string | undefined) => void): Promise<void> {
    const connection = new EslConnection({ host: '127.0.0.1', port, password: 'x', events, clock: systemClock, log: silentLog });
    this.#connection = connection;
    await new Promise<void>((up, down) => connection.start({ up, down, event: (event) => onEvent((name) => event.get(name)) }));
  }

  async command(): Promise<unknown> {
    return await this.#connection?.send(this.#command);
  }

  close(): void {
    this.#connection?.close().catch(() => undefined);
  }
}

interface ModeslConnection {
  on(event: string, listener: (event: { getHeader(name: string): string | undefined }) => void): void;
  api(command: string, done: (reply: unknown) => void): void;
  events(format: 'json', names: readonly string[], done: () => void): void;
  disconnect(): void;
}

class Modesl implements Contestant {
  #connection: ModeslConnection | undefined;

  async connect(port: number, onEvent: (header: (name: string) => string | undefined) => void): Promise<void> {
    const { Connection } = createRequire(import.meta.url)('modesl') as {
      Connection: new (host: string, port: number, password: string, ready: () => void) => ModeslConnection;
    };
    const connection = await new Promise<ModeslConnection>((ready) => {
      const made: ModeslConnection = new Connection('127.0.0.1', port, 'x', () => ready(made));
    });
    this.#connection = connection;
    connection.on('error', () => undefined);
    for (const name of events) connection.on(`esl::event::${name}::*`, (event) => onEvent((header) => event.getHeader(header)));
    await new Promise<void>((done) => connection.events('json', [...events], done));
  }

  async command(): Promise<unknown> {
    return await new Promise((done) => this.#connection?.api('status', done));
  }

  close(): void {
    this.#connection?.disconnect();
  }
}

class Esl implements Contestant {
  #client: FreeSwitchClient | undefined;
  #call: FreeSwitchResponse | undefined;

  async connect(port: number, onEvent: (header: (name: string) => string | undefined) => void): Promise<void> {
    const silent = () => undefined;
    const client = new FreeSwitchClient({ host: '127.0.0.1', port, password: 'x', logger: { debug: silent, info: silent, error: silent } });
    this.#client = client;
    client.on('error', silent);
    const call = await new Promise<FreeSwitchResponse>((connected) => {
      client.on('connect', connected);
      client.connect();
    });
    this.#call = call;
    for (const name of events as 'CHANNEL_PARK'[]) {
      call.on(name, ({ body }) => onEvent((header) => body[header] as string | undefined));
    }
    await call.event_json(...(events as 'CHANNEL_PARK'[]));
  }

  async command(): Promise<unknown> {
    return await this.#call?.api('status');
  }

  close(): void {
    this.#client?.end();
  }
}

export const contestant = (name: ContestantName): Contestant =>
  ({ ours: () => new Ours(), modesl: () => new Modesl(), esl: () => new Esl() })[name]();
