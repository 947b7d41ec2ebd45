/** Everything about `telephony.yaml` that a schema cannot say: names that must exist, names that must not exist twice. */
import { resolve } from 'node:path';
import { mayDial } from '../core/tenant.js';
import { didYouMean, listed } from './nearest.js';
import type { TelephonyParts } from './parts.js';
import type { Path } from './problems.js';
import { filePath, type SecretYaml } from './schema-common.js';
import { type AgentYaml, poolsOf } from './schema-telephony.js';
import { type Env, readSecret } from './secrets.js';
import type { Source } from './source.js';
import { confirmText, isLocale, voiceOf } from './speech.js';

/** Secrets by the place where they stand, e.g. `nodes.0.password`. */
export type Secrets = ReadonlyMap<string, string>;

export const secretKey = (path: Path): string => path.join('.');

/** Reports every entry whose name was there before. */
export function reportTwins(source: Source, what: string, names: readonly (string | undefined)[], pathOf: (index: number) => Path): void {
  const first = new Map<string, Path>();
  for (const [index, name] of names.entries()) {
    if (name === undefined) continue;
    const path = pathOf(index);
    const twin = first.get(name);
    if (twin === undefined) first.set(name, path);
    else source.report(path, `the ${what} ${name} is already at ${source.where(twin)}: each may stand once`);
  }
}

export function reportUnknown(source: Source, path: Path, what: string, name: string, known: Iterable<string>): void {
  const names = [...new Set(known)];
  source.report(path, `there is no ${what} ${name}.${didYouMean(name, names)} Known: ${listed(names)}`);
}

export function checkTelephony(source: Source, parts: TelephonyParts): void {
  const { nodes = [], agents = [] } = parts;
  reportTwins(
    source,
    'node',
    nodes.map((node) => node?.id),
    (i) => ['nodes', i, 'id'],
  );
  reportTwins(
    source,
    'agent',
    agents.map((agent) => agent?.id),
    (i) => ['agents', i, 'id'],
  );
  reportTwins(source, 'pool', parts.pools ?? [], (i) => ['pools', i]);
  reportTwins(source, 'skill', parts.skills ?? [], (i) => ['skills', i]);
  const sockets = nodes.map((node) => (node?.host === undefined || node.port === undefined ? undefined : `at ${node.host}:${node.port}`));
  reportTwins(source, 'event socket', sockets, (i) => ['nodes', i]);
  checkAgents(source, parts);
  checkRemoteAgents(source, parts);
  for (const locale of Object.keys(parts.voice?.voices ?? {})) {
    if (!isLocale(locale)) source.report(['voice', 'voices', locale], 'is no locale: write language and country, e.g. fr-FR', 'key');
  }
}

function checkAgents(source: Source, { agents = [], nodes, ...named }: TelephonyParts): void {
  const ids = known(nodes?.map((node) => node?.id));
  const pools = known(named.pools);
  const skills = known(named.skills);
  const phones = agents.map((agent) =>
    agent?.device !== undefined && 'phone' in agent.device
      ? `${agent.device.phone.user}@${agent.device.phone.node ?? ids?.[0] ?? ''}`
      : undefined,
  );
  reportTwins(source, 'phone', phones, (i) => ['agents', i, 'device', 'phone', 'user']);
  for (const [index, agent] of agents.entries()) {
    if (agent === undefined) continue;
    const poolPath = (place: number): Path => {
      const listed = agent.pool === undefined ? place : place - 1;
      return listed < 0 ? ['agents', index, 'pool'] : ['agents', index, 'pools', listed];
    };
    reportTwins(source, 'pool', poolsOf(agent), poolPath);
    for (const [place, pool] of poolsOf(agent).entries()) {
      if (pools !== undefined && !pools.includes(pool)) reportUnknown(source, poolPath(place), 'pool', pool, pools);
    }
    for (const skill of Object.keys(agent.skills ?? {})) {
      if (skills !== undefined && !skills.includes(skill)) {
        source.report(
          ['agents', index, 'skills', skill],
          `there is no skill ${skill}.${didYouMean(skill, skills)} Add it to skills at the top of ${source.file}`,
          'key',
        );
      }
    }
    if (ids === undefined || agent.device === undefined) continue;
    const { path, node } = nodeOf(index, agent.device);
    if (node !== undefined && !ids.includes(node)) reportUnknown(source, path, 'node', node, ids);
    if (node === undefined && ids.length > 1) source.report(path.slice(0, -1), `must say which node it belongs to: ${listed(ids)}`);
  }
}

/** Toll fraud is stopped here and again when an agent is rung. */
function checkRemoteAgents(source: Source, parts: TelephonyParts): void {
  const { agents = [], nodes = [], remoteAgents = {}, desk, voice } = parts;
  const allowedPrefixes = known(remoteAgents.allowedPrefixes);
  const remote = agents.flatMap((agent, index) =>
    agent?.device !== undefined && 'number' in agent.device ? [{ path: ['agents', index, 'device'] as Path, device: agent.device }] : [],
  );
  for (const { path, device } of remote) {
    if (allowedPrefixes !== undefined && !mayDial({ allowedPrefixes, emergencyNumber: undefined }, device.number)) {
      const prefixes = allowedPrefixes.join(', ') || 'none';
      source.report(
        [...path, 'number'],
        `${device.number} begins with none of remoteAgents.allowedPrefixes (${prefixes}): add its prefix there`,
      );
    }
    const node = nodes.length === 1 ? nodes[0] : nodes.find((one) => one?.id === device.node);
    if (node !== undefined && node.trunk === undefined) {
      source.report(
        [...path, 'number'],
        `the node ${node.id ?? ''} has no trunk, so that no number outside can be reached: set trunk there`,
      );
    }
  }
  const { confirm } = remoteAgents;
  const locale = desk?.locale;
  // A locale that is none is told by the desk's own check.
  if (remote.length === 0 || locale === undefined || !isLocale(locale)) return;
  const at: Path = ['remoteAgents', 'confirm'];
  if (confirm === undefined && confirmText(locale) === undefined) {
    source.report(at, `is missing: there is no ready-made sentence for ${locale}`);
  } else if ((confirm === undefined || typeof confirm === 'string' || 'text' in confirm) && !voiceOf(locale) && !voice?.voices?.[locale]) {
    source.report(at, `there is no voice for ${locale}: name one under voice.voices, or give confirm as a file`);
  }
}

/** Where a device says which node it belongs to, and what it says. */
export function nodeOf(agent: number, device: AgentYaml['device']): { readonly path: Path; readonly node: string | undefined } {
  return 'phone' in device
    ? { path: ['agents', agent, 'device', 'phone', 'node'], node: device.phone.node }
    : { path: ['agents', agent, 'device', 'node'], node: device.node };
}

/** The names that can be read of a list; `undefined`: it cannot be told what there is. */
export function known(names: readonly (string | undefined)[] | undefined): readonly string[] | undefined {
  return names?.filter((name) => name !== undefined);
}

/** The folder for spoken texts is handed to the switch, wherever the configuration folder is. */
export function checkCacheDir(source: Source, dir: string, cacheDir: string): void {
  if (!filePath.safeParse(resolve(dir, cacheDir)).success) {
    source.report(
      ['promptsCacheDir'],
      `${resolve(dir, cacheDir)} holds characters that cannot be handed to the switch: use another folder`,
    );
  }
}

/** Reads every secret; one that cannot be read is a problem at the first place where it is named. */
export async function readSecrets(source: Source, parts: TelephonyParts, dir: string, env: Env): Promise<Secrets> {
  const named: { readonly path: Path; readonly secret: SecretYaml | undefined }[] = [
    ...(parts.nodes ?? []).map((node, i) => ({ path: ['nodes', i, 'password'], secret: node?.password })),
    ...(parts.agents ?? []).map((agent, i) => ({
      path: ['agents', i, 'device', 'phone', 'password'],
      secret: agent?.device !== undefined && 'phone' in agent.device ? agent.device.phone.password : undefined,
    })),
    ...(parts.supervisors ?? []).flatMap((supervisor, i) => [
      { path: ['supervisors', i, 'pin'], secret: supervisor?.pin },
      {
        path: ['supervisors', i, 'device', 'phone', 'password'],
        secret: supervisor?.device !== undefined && 'phone' in supervisor.device ? supervisor.device.phone.password : undefined,
      },
    ]),
    { path: ['redis', 'password'], secret: parts.redis?.password },
    { path: ['http', 'adminToken'], secret: parts.http?.adminToken },
    ...(parts.http?.tokens ?? []).map((token, i) => ({ path: ['http', 'tokens', i, 'token'], secret: token?.token })),
  ];
  const secrets = new Map<string, string>();
  // Many phones may share one variable or file: that it is missing is told once.
  const broken = new Map<string, Path[]>();
  for (const { path, secret } of named) {
    if (secret === undefined) continue;
    const read = await readSecret(secret, dir, env);
    if (read.ok) secrets.set(secretKey(path), read.value);
    else broken.set(read.message, [...(broken.get(read.message) ?? []), path]);
  }
  for (const [message, [first = [], ...others]] of broken) {
    const more = others.length === 0 ? '' : ` (named in ${others.length + 1} places)`;
    source.report(first, `${message}${more}`);
  }
  return secrets;
}
