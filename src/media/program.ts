/** Runs a program to its end, without a shell and with bounded time and output. */
import { spawn } from 'node:child_process';

export interface RunOptions {
  /** Written to its standard input. */
  readonly input?: string;
  /** Where it works. Default: where we do. */
  readonly cwd?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export class ProgramFailed extends Error {
  override readonly name = 'ProgramFailed';

  constructor(
    readonly program: string,
    /** It is not installed. */
    readonly missing: boolean,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** More than any complaint worth reading. */
const COMPLAINT_CHARS = 2000;

/** Resolves when the program ended with 0, else rejects with `ProgramFailed`. Never leaves it running. */
export function run(program: string, args: readonly string[], { input, cwd, timeoutMs, signal }: RunOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    // Not spawn's own `timeout`: its timer outlives a program that could not be started, and holds the process for so long.
    const expired = AbortSignal.timeout(timeoutMs);
    const child = spawn(program, args, {
      cwd,
      stdio: ['pipe', 'ignore', 'pipe'],
      killSignal: 'SIGKILL',
      signal: signal === undefined ? expired : AbortSignal.any([signal, expired]),
    });
    let complaint = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      complaint = (complaint + text).slice(0, COMPLAINT_CHARS);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT';
      const why = missing ? 'is not installed' : expired.aborted ? `took longer than ${timeoutMs} ms` : `cannot be run: ${error.message}`;
      reject(new ProgramFailed(program, missing, `${program} ${why}`, { cause: error }));
    });
    child.on('close', (code, killedBy) => {
      if (code === 0) return resolve();
      const how = killedBy === null ? `ended with ${code}` : `was stopped by ${killedBy}`;
      const what = complaint.trim().replace(/\s+/g, ' ');
      reject(new ProgramFailed(program, false, `${program} ${how}${what === '' ? '' : `: ${what}`}`));
    });
    // A program that ends without reading breaks the pipe; its exit code tells the story.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}
