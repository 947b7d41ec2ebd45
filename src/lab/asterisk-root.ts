/**
 * An Asterisk for machines that have none: Debian 12 has no package of it, Debian unstable has. The packages are unpacked into
 * a folder of their own and run by their own dynamic linker: nothing is installed, no chroot, no script of a package runs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Child } from './child.js';

/** How to start it, or in one sentence why it cannot be. */
export type FoundAsterisk =
  | { readonly program: AsteriskProgram; readonly missing?: undefined }
  | { readonly program?: undefined; readonly missing: string };

export interface AsteriskProgram {
  readonly command: string;
  /** In front of Asterisk's own. */
  readonly args: readonly string[];
  /** Absolute. */
  readonly modulesDir: string;
  readonly dataDir: string;
  /** As it says itself, e.g. `22.10.1`. */
  readonly version: string;
}

const MIRROR = 'http://deb.debian.org/debian';
const LEAST_MAJOR = 20;

/** Looks in ASTERISK_BIN and PATH, then in the cache folder. Never installs: see `fetchAsterisk`. */
export async function findAsterisk(env: NodeJS.ProcessEnv): Promise<FoundAsterisk> {
  const named = env['ASTERISK_BIN'];
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const installed = named !== undefined && named !== '' ? [named] : [...folders, '/usr/sbin'].map((folder) => join(folder, 'asterisk'));
  for (const command of installed) {
    const program = await installedProgram(command);
    if (program !== undefined && Number.parseInt(program.version, 10) >= LEAST_MAJOR) return { program };
  }
  const program = await unpackedProgram(cachedRoot(env));
  if (program !== undefined) return { program };
  return { missing: `there is no Asterisk ${LEAST_MAJOR} or later (looked in ASTERISK_BIN, PATH and ${cachedRoot(env)})` };
}

/**
 * Unpacks Debian unstable's Asterisk into the cache folder (about 270 MB), once for all clones on this machine. Needs mmdebstrap, and
 * the right to use it: root or user namespaces. `mirror`: of Debian, default deb.debian.org.
 */
export async function fetchAsterisk(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<FoundAsterisk> {
  const root = cachedRoot(env);
  const draft = `${root}.${process.pid}.tmp`;
  const mirror = env['TCORE_DEBIAN_MIRROR'] ?? MIRROR;
  say(`Unpacking Asterisk from ${mirror} (unstable) into ${root}: once, about 270 MB …`);
  try {
    await mkdir(join(root, '..'), { recursive: true });
    // A mirror that was frozen at some day has a Release file past its date.
    const args = ['--variant=extract', '--include=asterisk', '--aptopt=Acquire::Check-Valid-Until "false"', 'unstable', draft, mirror];
    const unpacking = await Child.start({ command: 'mmdebstrap', args: ['--quiet', ...args] });
    const { code } = await unpacking.exited;
    if (code !== 0) throw unpacking.failure('did not unpack it');
    await rename(draft, root).catch(async (error: NodeJS.ErrnoException) => {
      // Somebody else was faster.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } catch (error) {
    // Started through setpriv, which then says so itself.
    const { message } = error as Error;
    const absent = /ENOENT|failed to execute|No such file/.test(message) && !/^E:/m.test(message);
    return { missing: `Asterisk could not be unpacked: ${absent ? 'mmdebstrap is not installed (apt-get install mmdebstrap)' : message}` };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return await findAsterisk(env);
}

function cachedRoot(env: NodeJS.ProcessEnv): string {
  const cache = env['XDG_CACHE_HOME'];
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'telephony-core', 'asterisk-unstable');
}

async function installedProgram(command: string): Promise<AsteriskProgram | undefined> {
  if (!(await isExecutable(command))) return undefined;
  const version = await versionOf(command, []);
  if (version === undefined) return undefined;
  for (const modulesDir of [
    '/usr/lib/x86_64-linux-gnu/asterisk/modules',
    '/usr/lib/aarch64-linux-gnu/asterisk/modules',
    '/usr/lib/asterisk/modules',
  ])
    if (await isExecutable(modulesDir)) {
      const dataDir = (await isExecutable('/usr/share/asterisk')) ? '/usr/share/asterisk' : '/var/lib/asterisk';
      return { command, args: [], modulesDir, dataDir, version };
    }
  return undefined;
}

async function unpackedProgram(root: string): Promise<AsteriskProgram | undefined> {
  const arches = { 'x86_64-linux-gnu': 'lib64/ld-linux-x86-64.so.2', 'aarch64-linux-gnu': 'lib/ld-linux-aarch64.so.1' };
  for (const [arch, linker] of Object.entries(arches)) {
    const libraries = join(root, 'usr', 'lib', arch);
    const command = join(root, 'usr', linker);
    if (!(await isExecutable(command))) continue;
    const args = ['--library-path', libraries, join(root, 'usr', 'sbin', 'asterisk')];
    const version = await versionOf(command, args);
    if (version === undefined) continue;
    return { command, args, modulesDir: join(libraries, 'asterisk', 'modules'), dataDir: join(root, 'usr', 'share', 'asterisk'), version };
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function versionOf(command: string, args: readonly string[]): Promise<string | undefined> {
  const child = spawn(command, [...args, '-V'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await Promise.race([once(child, 'close'), once(child, 'error')]).catch(() => undefined);
  return /Asterisk (?:certified\/)?(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
}
