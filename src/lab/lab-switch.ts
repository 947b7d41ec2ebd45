/** What the switches of the laboratory have in common: where they are reached, and the life of their process. */
import { readFile } from 'node:fs/promises';
import { Child } from './child.js';

/** A process that was booted, and can be again. */
export interface SwitchProcess {
  readonly pid: number;
  readonly running: boolean;
  /** kill -9. Ports, folders and database stay for `restart`. */
  kill(): Promise<void>;
  /** An orderly end followed by a start, or the start alone after `kill`: same ports, folders and database. */
  restart(): Promise<void>;
  /** Ends it and removes its folders. Safe to repeat. */
  stop(): Promise<void>;
}

export interface LabSwitch extends SwitchProcess {
  readonly host: '127.0.0.1';
  /** Phones register here. */
  readonly phonePort: number;
  /** Callers come in here. */
  readonly trunkPort: number;
  /** Calls of other nodes come in here. */
  readonly peerHost: string;
  readonly peerPort: number;
  /** Of what drives it. */
  readonly password: string;
  readonly domain: string;
  readonly context: string;
  /** Absolute; made when first written to. */
  readonly recordingsDir: string;
  readonly logFile: string;
  /** Everything of this instance; gone after `stop`. */
  readonly dir: string;
  /** Ids of the channels that there are now. */
  channels(): Promise<readonly string[]>;
  /** Registers nobody: says who may. User → password. */
  allowPhones(phones: Readonly<Record<string, string>>): Promise<void>;
}

export interface SwitchPlan {
  /** As in an error. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Its folders and files, once. */
  layOut(): Promise<void>;
  /** Resolves when it takes calls. `giveUp`: why it never will. */
  ready(giveUp: () => Error | undefined): Promise<void>;
  /** What is said before SIGTERM. */
  farewell?(): Promise<void>;
  /** Gives back what was taken for it, however it ended. */
  release(): Promise<void>;
}

/** @throws when it does not start, with the end of its log; nothing is left of it then. */
export async function bootSwitch({ name, command, args, logFile, layOut, ready, farewell, release }: SwitchPlan): Promise<SwitchProcess> {
  let child: Child | undefined;
  const boot = async (): Promise<void> => {
    const started = await Child.start({ command, args });
    child = started;
    await ready(() => (started.exit === undefined ? undefined : started.failure('ended while it started')));
  };
  const end = async (): Promise<void> => {
    if (child === undefined || child.exit !== undefined) return;
    await farewell?.();
    await child.stop(5_000);
  };
  const kill = async (): Promise<void> => {
    await child?.kill();
  };

  try {
    await layOut();
    await boot();
  } catch (error) {
    const log = await readFile(logFile, 'utf8').catch(() => '');
    await kill();
    await release();
    throw new Error(`${name} did not start\n${log.slice(-2_000)}`, { cause: error });
  }

  let stopped: Promise<void> | undefined;
  return {
    get pid() {
      return child?.pid ?? 0;
    },
    get running() {
      return child !== undefined && child.exit === undefined;
    },
    kill,
    async restart() {
      await end();
      await boot();
    },
    stop: () => {
      stopped ??= end().then(release);
      return stopped;
    },
  };
}
