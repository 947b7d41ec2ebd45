/** Folders that live as long as a test or a demo. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const PREFIX = 'tcore-lab-';

export interface Scratch {
  /** Absolute. */
  readonly dir: string;
  /** Absolute path of something in it. */
  path(...parts: string[]): string;
  /** Writes a file, making its folders; returns its absolute path. */
  write(path: string, content: string | Buffer): Promise<string>;
  /** Safe to repeat. */
  remove(): Promise<void>;
}

/** In memory where that is possible: SQLite and recordings of a load test would otherwise measure the disk. */
export async function createScratch(name: string): Promise<Scratch> {
  const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  await removeOrphans(base);
  const dir = await mkdtemp(join(base, `${PREFIX}${process.pid}-${name}-`));
  return {
    dir,
    path: (...parts) => join(dir, ...parts),
    async write(path, content) {
      const file = join(dir, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      return file;
    },
    // A program that was stopped a moment ago may still write its last file.
    remove: () => rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}

/** Folders of processes that were killed before they could remove them. */
async function removeOrphans(base: string): Promise<void> {
  for (const entry of await readdir(base)) {
    const pid = entry.startsWith(PREFIX) ? Number.parseInt(entry.slice(PREFIX.length), 10) : Number.NaN;
    if (!Number.isNaN(pid) && !isAlive(pid)) await rm(join(base, entry), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: alive, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
