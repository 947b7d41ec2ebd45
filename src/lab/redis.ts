/** A real redis-server of its own: free port, scratch folder, stopped by its process. */
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

export async function startRedis(options: { readonly aof?: boolean } = {}): Promise<RedisServer> {
  const scratch = await createScratch('redis');
  const port = await freePort();
  const settings = { port, bind: '127.0.0.1', dir: scratch.dir, save: '', appendonly: options.aof ? 'yes' : 'no', daemonize: 'no' };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  let child: Child | undefined;

  const start = async () => {
    child = await Child.start({ command: 'redis-server', args });
    await child.outputMatches(/Ready to accept connections/);
  };
  const kill = async () => {
    await child?.kill();
  };

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
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
