/**
 * The daemon's connection to Redis. Commands of one tick leave in one write and run in order. Nothing is queued while Redis
 * is away: a command fails at once with `StoreUnavailable`, and none is ever sent twice. Any fault of the connection (also a
 * reply that does not come) ends it and all that is pending; a fresh one follows, forever, after a capped, jittered pause.
 *
 * One connection carries replies and publications (RESP3, Redis ≥ 6): a publication can then not be overtaken by a later
 * reply, and there is no state in which one of the two works alone.
 */
import { createClient, ErrorReply } from 'redis';
import { StoreUnavailable } from '../ports/routing-store.js';
import { type Script, scripts } from './scripts.js';

export interface RedisLinkOptions {
  /** `redis[s]://[[user]:password@]host[:port][/database]` */
  readonly url: string;
  /** For CLIENT LIST. */
  readonly name?: string;
  /** How long a reply may take before the connection is given up, ms. */
  readonly commandTimeoutMs?: number;
  /** Pauses between attempts grow from the first to the second, ms. */
  readonly backoffMs?: readonly [first: number, cap: number];
  /** Called after each command with its name (a script's, or the Redis command) and how long its reply took, ms. */
  readonly onLatency?: (command: string, ms: number) => void;
}

const connect = (options: RedisLinkOptions) =>
  createClient({
    url: options.url,
    name: options.name ?? 'telephony-core',
    socket: { reconnectStrategy: false, connectTimeout: 2_000 },
    // Its own timeout ends with the write, so ours is used: see `send`.
    commandOptions: { timeout: 0 },
    disableClientInfo: true,
    maintNotifications: 'disabled',
  });

export type RedisClient = ReturnType<typeof connect>;

export interface LinkUser {
  /** A new connection, not yet open to others: subscribe, check. A rejection ends it. The result runs once the link is up. */
  connecting(session: Session): Promise<() => void>;
  down(reason: string): void;
}

/** One connection. */
export class Session {
  readonly client: RedisClient;
  readonly #timeoutMs: number;
  readonly #onLatency: RedisLinkOptions['onLatency'];

  constructor(options: RedisLinkOptions) {
    this.client = connect(options);
    this.#timeoutMs = options.commandTimeoutMs ?? 1_000;
    this.#onLatency = options.onLatency;
  }

  /** Runs one command of the client. */
  async send<T>(name: string, command: (client: RedisClient) => Promise<T>): Promise<T> {
    const started = performance.now();
    const timer = setTimeout(() => this.end(new Error(`no reply to ${name} within ${this.#timeoutMs} ms`)), this.#timeoutMs);
    try {
      return await command(this.client);
    } finally {
      clearTimeout(timer);
      this.#onLatency?.(name, performance.now() - started);
    }
  }

  /** Scripts are loaded when the connection opens; EVAL is for a SCRIPT FLUSH by somebody else. */
  async run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const options = { keys: [...keys], arguments: [...args] };
    try {
      return await this.send(script.name, (client) => client.evalSha(script.sha, options));
    } catch (error) {
      if (!isReply(error, 'NOSCRIPT')) throw error;
      return await this.send(script.name, (client) => client.eval(script.source, options));
    }
  }

  end(reason: unknown): void {
    this.client.emit('error', reason);
  }
}

/** Error replies that mean "not here, not now" rather than a wrong command. */
const transient = [
  'LOADING',
  'READONLY',
  'MASTERDOWN',
  'OOM',
  'MISCONF',
  'NOREPLICAS',
  'CLUSTERDOWN',
  'BUSY',
  'TRYAGAIN',
  'NOAUTH',
  'UNKILLABLE',
];

export function isReply(error: unknown, code: string): boolean {
  return error instanceof ErrorReply && error.message.startsWith(code);
}

export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #users = new Set<LinkUser>();
  #session: Session | undefined;
  #state: 'new' | 'up' | 'down' | 'closed' = 'new';
  #attempts = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
  }

  get up(): boolean {
    return this.#state === 'up';
  }

  /** To be called before `start`. */
  use(user: LinkUser): void {
    this.#users.add(user);
  }

  /** Resolves after the first attempt, whatever came of it. */
  async start(): Promise<void> {
    if (this.#state === 'new') await this.#connect();
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    clearTimeout(this.#retry);
    const session = this.#session;
    this.#session = undefined;
    session?.client.destroy();
  }

  send<T>(name: string, command: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#guarded((session) => session.send(name, command));
  }

  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#guarded((session) => session.run(script, keys, args));
  }

  async #guarded<T>(action: (session: Session) => Promise<T>): Promise<T> {
    const session = this.#session;
    if (this.#state !== 'up' || session === undefined) throw new StoreUnavailable('Redis is away');
    try {
      return await action(session);
    } catch (error) {
      if (error instanceof ErrorReply) {
        // A wrong command or an answer that its caller knows; the connection is sound.
        if (!transient.some((code) => isReply(error, code))) throw error;
        this.#lost(session, error);
      }
      throw new StoreUnavailable('Redis did not answer', { cause: error });
    }
  }

  async #connect(): Promise<void> {
    const session = new Session(this.#options);
    this.#session = session;
    session.client.on('error', (error) => this.#lost(session, error));
    try {
      await session.send('HELLO', (client) => client.connect());
      await Promise.all(Object.values(scripts).map((script) => session.send('SCRIPT LOAD', (client) => client.scriptLoad(script.source))));
      const arrived = await Promise.all([...this.#users].map((user) => user.connecting(session)));
      if (this.#session !== session) return;
      this.#state = 'up';
      this.#attempts = 0;
      for (const tell of arrived) tell();
    } catch (error) {
      this.#lost(session, error);
    }
  }

  #lost(session: Session, error: unknown): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    session.client.destroy();
    const [first, cap] = this.#options.backoffMs ?? [50, 2_000];
    const pauseMs = Math.min(cap, first * 2 ** Math.min(this.#attempts++, 16)) * (0.5 + Math.random() / 2);
    this.#retry = setTimeout(() => {
      this.#connect().catch((unexpected: unknown) => this.#lost(session, unexpected));
    }, pauseMs);
    if (this.#state === 'down') return;
    this.#state = 'down';
    for (const user of this.#users) user.down(error instanceof Error ? error.message : String(error));
  }
}
