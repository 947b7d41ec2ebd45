/** A real redis-server of its own for a test: free port, scratch folder, stopped by its process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
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

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export async function startRedis(options: { readonly aof?: boolean } = {}): Promise<RedisServer> {
  const dir = await mkdtemp(join(tmpdir(), 'tcore-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;

  const end = async () => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  };
  const start = async () => {
    const settings = { port, bind: '127.0.0.1', dir, save: '', appendonly: options.aof ? 'yes' : 'no', daemonize: 'no' };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const started = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    let log = '';
    await new Promise<void>((resolve, reject) => {
      started.stdout.on('data', (chunk: Buffer) => {
        if (log.length < 16_384) log += chunk.toString();
        if (log.includes('Ready to accept connections')) resolve();
      });
      started.once('error', reject);
      started.once('exit', () => reject(new Error(`redis-server did not start:\n${log}`)));
    });
  };
  process.once('exit', () => child?.kill('SIGKILL'));

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill: end,
    start,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    stop: async () => {
      await end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
