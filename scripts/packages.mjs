/** Installs what a fresh Debian misses: npm packages, and the programs that the demo and the tests start. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Program → Debian package. */
const PROGRAMS = { 'redis-server': 'redis-server', sipp: 'sip-tester', sox: 'sox', 'espeak-ng': 'espeak-ng' };
/** For a machine without Asterisk: src/lab/asterisk-root.ts unpacks one. */
const UNPACKERS = { mmdebstrap: 'mmdebstrap', newuidmap: 'uidmap' };

/** Says what to do and returns false when something is missing that it may not install. */
export function installMissing(root, say) {
  return installNpm(root, say) && installPrograms(say);
}

function installNpm(root, say) {
  if (npmUpToDate(root)) return true;
  say('npm packages are missing or older than package-lock.json: npm ci');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) say('npm ci failed; see above.');
  return status === 0;
}

/** Compares versions rather than times: a checkout changes the time of a lock file, not what it says. */
function npmUpToDate(root) {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const has = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const wants = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  // Optional ones are for other platforms, or not.
  return Object.entries(wants).every(([path, { version, optional }]) => path === '' || optional || has[path]?.version === version);
}

function installPrograms(say) {
  const wanted = onPath('asterisk') ? PROGRAMS : { ...PROGRAMS, ...UNPACKERS };
  const packages = Object.entries(wanted)
    .filter(([program]) => !onPath(program))
    .map(([, name]) => name);
  if (packages.length === 0) return true;
  const line = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const isRoot = process.getuid?.() === 0;
  if (!onPath('apt-get')) {
    say(`These programs are missing, and this is not Debian: ${packages.join(', ')}. Install them, then start again.`);
    return false;
  }
  // Somebody at a terminal can type a password; nobody else can.
  const sudo = isRoot ? [] : onPath('sudo') ? ['sudo', ...(process.stdin.isTTY ? [] : ['-n'])] : undefined;
  if (sudo !== undefined) {
    say(`installing from Debian: ${packages.join(', ')}`);
    const [command, ...args] = [...sudo, 'sh', '-c', installScript(packages)];
    const { status } = spawnSync(command, args, { stdio: 'inherit' });
    if (status === 0) return true;
  }
  say(
    `These packages are missing, and cannot be installed from here. Run this line, then start again:\n\n  ${isRoot ? line : `sudo sh -c '${line}'`}\n`,
  );
  return false;
}

/**
 * Debian starts a service as soon as its package is installed, unless policy-rc.d forbids it (exit code 101). The tests
 * start a Redis of their own; a second one on the machine, now or after a reboot, is nobody's wish.
 */
function installScript(packages) {
  return `
    set -e
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
      trap 'rm -f /usr/sbin/policy-rc.d' EXIT
      printf '#!/bin/sh\\nexit 101\\n' > $policy
      chmod 755 $policy
    fi
    export DEBIAN_FRONTEND=noninteractive
    install="apt-get install -y --no-install-recommends ${packages.join(' ')}"
    $install || { apt-get update && $install; }
    ${packages.includes('redis-server') ? 'systemctl disable redis-server >/dev/null 2>&1 || true' : ''}
  `;
}

function onPath(program) {
  // Not every user's PATH holds sbin, where some of these live.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false; // Not in this folder.
    }
  });
}
