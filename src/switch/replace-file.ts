/** Files that a switch reads and we write. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Puts `text` in the place of `file` in one step, so that a switch that reads it meanwhile gets the old one or the new one. Readable
 * by the daemon's user and group only: the switch's user belongs to that group. Resolves with whether the file had to change.
 */
export async function replaceFile(file: string, text: string): Promise<boolean> {
  if ((await existing(file)) === text) return false;
  await mkdir(dirname(file), { recursive: true });
  // Not ending in .xml: FreeSWITCH includes *.xml of the folder.
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(draft, 'wx', 0o640);
    try {
      await handle.chmod(0o640); // whatever the umask is
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return true;
}

async function existing(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
