/** Node's inspector in a daemon's process (Chrome DevTools Protocol), which SIGUSR1 opens on port 9229. */
import { once } from 'node:events';
import WebSocket from 'ws';
import { until } from '../../src/lab/child.js';
import type { Daemon } from '../../src/lab/daemon.js';

interface Asked {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class Inspector {
  readonly #socket: WebSocket;
  /** By their ids. */
  readonly #asked: Asked[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (message: Buffer) => {
      const { id, result } = JSON.parse(message.toString()) as { readonly id?: number; readonly result?: unknown };
      if (id !== undefined) this.#asked[id]?.resolve(result);
    });
    socket.on('close', () => {
      for (const one of this.#asked) one.reject(new Error('the daemon closed its inspector'));
    });
  }

  /** Once for each daemon: the port stays open. */
  static async open(daemon: Daemon): Promise<Inspector> {
    daemon.signal('SIGUSR1');
    const opened = async (): Promise<string | undefined> => /Debugger listening on (ws:\S+)/.exec(daemon.output)?.[1];
    const giveUp = () =>
      /Starting inspector on .* failed/.test(daemon.output) ? new Error('port 9229, of Node’s inspector, is taken') : undefined;
    const socket = new WebSocket(await until('Node’s inspector', opened, { giveUp }));
    await once(socket, 'open');
    return new Inspector(socket);
  }

  ask(method: string, params: object = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#asked.push({ resolve, reject }) - 1;
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** What is still used after a collection of garbage, MB. */
  async liveHeapMb(): Promise<number> {
    await this.ask('HeapProfiler.collectGarbage');
    const { usedSize } = (await this.ask('Runtime.getHeapUsage')) as { readonly usedSize: number };
    return usedSize / 1_048_576;
  }

  close(): void {
    this.#socket.close();
  }
}
