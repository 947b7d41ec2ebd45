/** Files and folders on the PBX's host, which is this host unless the node's address says otherwise. */
import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PbxNode } from '../../config/config.js';
import { type Finding, fail, ok, warning } from './finding.js';

type Node = Pick<PbxNode, 'id' | 'host' | 'recordingsDir' | 'directoryFile'>;

export function isLocal(host: string): boolean {
  return /^(127\.|localhost$|::1$)/.test(host);
}

/** An hour of stereo at 8 kHz, 16 bit, takes 115 MB. */
const LITTLE_SPACE_BYTES = 5e9;
const NO_SPACE_BYTES = 200e6;

export async function checkFolders(node: Node): Promise<Finding[]> {
  if (!isLocal(node.host)) {
    return [
      warning(
        `Node ${node.id} is on another host (${node.host}): its folders cannot be looked at from here.`,
        'Run doctor on that host too, or see to it that prompts, recordings and directory file are on storage that both hosts share.',
      ),
    ];
  }
  return [...(await checkRecordings(node)), ...(await checkDirectoryFile(node))];
}

async function checkRecordings({ id, recordingsDir }: Node): Promise<Finding[]> {
  const why = await whyNotWritable(recordingsDir);
  if (why !== undefined) {
    return [
      fail(
        `Node ${id}: the recordings folder ${recordingsDir} ${why}.`,
        `mkdir -p ${recordingsDir}, and let the user that the switch runs as write there.`,
      ),
    ];
  }
  const space = await statfs(recordingsDir);
  return [
    ok(`Node ${id}: the recordings folder ${recordingsDir} is there and writable for this user.`),
    spaceFinding(id, recordingsDir, space.bavail * space.bsize),
  ];
}

export function spaceFinding(node: string, folder: string, bytes: number): Finding {
  const free = bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
  const remedy = 'An hour of recorded talk takes 115 MB: make room, or mount a bigger disk there.';
  if (bytes < NO_SPACE_BYTES) return fail(`Node ${node}: only ${free} are free in ${folder}.`, remedy);
  if (bytes < LITTLE_SPACE_BYTES) return warning(`Node ${node}: only ${free} are free in ${folder}.`, remedy);
  return ok(`Node ${node}: ${free} are free in ${folder}.`);
}

async function checkDirectoryFile({ id, directoryFile }: Node): Promise<Finding[]> {
  if (directoryFile === undefined) return [];
  // It is replaced as a whole, through a new file beside it.
  const folder = dirname(directoryFile);
  const why = await whyNotWritable(folder);
  if (why === undefined) return [ok(`Node ${id}: the phone directory ${directoryFile} can be written.`)];
  return [
    fail(
      `Node ${id}: the phone directory ${directoryFile} cannot be written: ${folder} ${why}.`,
      `mkdir -p ${folder}, and let the user that the daemon runs as write there.`,
    ),
  ];
}

/** `undefined`: it is writable for this user. */
export async function whyNotWritable(folder: string): Promise<string | undefined> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' ? 'does not exist' : 'is not writable for this user';
  }
}
