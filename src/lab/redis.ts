/** A real redis-server of its own: free port or socket, scratch folder, stopped by its process. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Child } from './child.js';
import { freePort } from './free-port.js';
import { createScratch } from './scratch.js';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** kill -9: nothing is written that was not written before. */
  kill(): Promise<void>;
  /** On the same port and folder: with `aof` it comes back with its data, without it comes back empty. */
  start(): Promise<void>;
  /** Suspends it: it accepts connections and answers nothing. */
  freeze(): void;
  thaw(): void;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Looks in PATH. */
export function findRedis(env: NodeJS.ProcessEnv): { readonly binary: string } | { readonly missing: string } {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const binary = folders.map((folder) => join(folder, 'redis-server')).find((file) => existsSync(file));
  return binary === undefined ? { missing: 'there is no redis-server in PATH' } : { binary };
}

/** `socket`: on a socket in its folder, which is this user's alone; it has no port then. */
export async function startRedis(options: { readonly aof?: boolean; readonly socket?: boolean } = {}): Promise<RedisServer> {
  const scratch = await createScratch('redis');
  const port = options.socket ? 0 : await freePort();
  const socket = scratch.path('redis.sock');
  const at = options.socket ? { port, unixsocket: socket } : { port, bind: '127.0.0.1' };
  const settings = { ...at, dir: scratch.dir, save: '', appendonly: options.aof ? 'yes' : 'no', daemonize: 'no' };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  let child: Child | undefined;

  const start = async () => {
    child = await Child.start({ command: 'redis-server', args });
    await child.outputMatches(/eady to accept connections/);
  };
  const kill = async () => {
    await child?.kill();
  };

  await start();
  return {
    url: options.socket ? `unix://${socket}` : `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child?.pid ?? 0;
    },
    kill,
    start,
    freeze: () => child?.signal('SIGSTOP'),
    thaw: () => child?.signal('SIGCONT'),
    stop: async () => {
      await kill();
      await scratch.remove();
    },
  };
}
