/** Programs that a test or the demo runs beside itself: started, waited for, and stopped by id. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** SCHED_RR at this priority (sched(7)), where this user may have it: it does not wait for what it measures. */
  readonly realTime?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How much of its output is kept, characters: enough to say why it failed. */
const KEEP = 200_000;
const SETPRIV = '/usr/bin/setpriv';

let realTimeIsAllowed: boolean | undefined;
/** Root may, and who has CAP_SYS_NICE or a limit `rtprio`. */
const mayBeRealTime = (): boolean => {
  realTimeIsAllowed ??= spawnSync('chrt', ['--rr', '1', 'true']).status === 0;
  return realTimeIsAllowed;
};

export class Child {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Stdout and stderr in the order of arrival, the last {@link KEEP} characters. */
  output = '';
  #exit: Exit | undefined;
  readonly #process: ChildProcess;
  readonly #changes = new EventEmitter().setMaxListeners(0);

  private constructor(child: ChildProcess, pid: number) {
    this.#process = child;
    this.pid = pid;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-KEEP);
        this.#changes.emit('output', text);
      });
    }
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#exit = { code, signal };
        this.#changes.emit('exit');
        resolve(this.#exit);
      });
    });
  }

  /** @throws when the program cannot be started, e.g. ENOENT. */
  static async start(options: ChildOptions): Promise<Child> {
    // The kernel kills it when this process dies, even by kill -9: nothing is left behind on other people's machines.
    const tied = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--'] : [];
    const scheduled = options.realTime !== undefined && mayBeRealTime() ? ['chrt', '--rr', String(options.realTime)] : [];
    const [command = options.command, ...args] = [...tied, ...scheduled, options.command, ...options.args];
    const child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: { ...process.env, ...options.env } }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await once(child, 'spawn');
    if (child.pid === undefined) throw new Error(`${options.command} has no process id`);
    return new Child(child, child.pid);
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  onOutput(listener: (text: string) => void): void {
    this.#changes.on('output', listener);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.#process.kill(signal);
  }

  /** SIGTERM, and SIGKILL after `graceMs`. Safe to repeat. */
  async stop(graceMs = 5_000): Promise<Exit> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return await this.exited;
  }

  /** Waits until its output so far matches. @throws when it ends, or after `timeoutMs`. */
  async outputMatches(pattern: RegExp, timeoutMs = 10_000): Promise<RegExpMatchArray> {
    return await new Promise((resolve, reject) => {
      const check = (): boolean => {
        const found = this.output.match(pattern);
        if (found !== null) finish(() => resolve(found));
        else if (this.#exit !== undefined) finish(() => reject(this.failure(`ended before it wrote ${pattern}`)));
        return found !== null;
      };
      const timer = setTimeout(() => finish(() => reject(this.failure(`did not write ${pattern} in ${timeoutMs} ms`))), timeoutMs);
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#changes.off('output', check);
        this.#changes.off('exit', check);
        settle();
      };
      this.#changes.on('output', check);
      this.#changes.on('exit', check);
      check();
    });
  }

  failure(what: string): Error {
    const end = this.#exit === undefined ? '' : ` (exit code ${this.#exit.code ?? this.#exit.signal})`;
    return new Error(`${this.#process.spawnargs.join(' ')}: ${what}${end}\n${this.output.slice(-4_000)}`);
  }
}

/**
 * Repeats `probe` until it gives something, for what announces itself by no event (a port that opens, a profile that
 * comes up). @throws after `timeoutMs`, or at once when `giveUp` says why.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  options: { readonly timeoutMs?: number; readonly everyMs?: number; readonly giveUp?: () => Error | undefined } = {},
): Promise<T> {
  const { timeoutMs = 10_000, everyMs = 25, giveUp } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    const reason = giveUp?.();
    if (reason !== undefined) throw reason;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Whether something listens on that TCP port of loopback. */
export async function portOpen(port: number): Promise<true | undefined> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const finish = (open: true | undefined): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => finish(true)).once('error', () => finish(undefined));
  });
}
