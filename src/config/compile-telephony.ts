/** A checked `telephony.yaml` as the daemon uses it. Nothing here can fail: the checks ran before. */
import { resolve } from 'node:path';
import { type AgentId, type DeviceId, id, type NodeId, type PoolId } from '../core/ids.js';
import type { Agent, Device, Supervisor } from '../core/site.js';
import type { Prompt } from '../core/tenant.js';
import { type Secrets, secretKey } from './check-telephony.js';
import { compileTokens } from './compile-http.js';
import { compileSupervisors } from './compile-supervisors.js';
import type { Config, PbxNode, PhoneAccount } from './config.js';
import type { PromptYaml } from './schema-common.js';
import { type AgentYaml, poolsOf, type TelephonyYaml } from './schema-telephony.js';
import { confirmText } from './speech.js';

export type Deployment = Omit<Config, 'site' | 'renderings' | 'supervision'> & {
  readonly agents: readonly Agent[];
  readonly supervisors: readonly Supervisor[];
  readonly pools: ReadonlySet<PoolId>;
  readonly agentPrefixes: readonly string[];
  readonly countryCode: string;
};

/** `speak` makes a prompt of the site's own in the given locale. */
export function compileTelephony(
  yaml: TelephonyYaml,
  secrets: Secrets,
  dir: string,
  speak: (locale: string) => (written: PromptYaml) => Prompt,
): Deployment {
  const { desk, remoteAgents } = yaml;
  // Spoken only where somebody will hear it.
  const confirm = () => speak(desk.locale)(remoteAgents.confirm ?? confirmText(desk.locale) ?? '');
  const nodes = yaml.nodes.map((node, index): PbxNode => {
    const { id: name, host, domain = host, trunk, directoryFile } = node;
    const password = secretAt(secrets, ['nodes', index, 'password']);
    const common = { id: id<NodeId>(name), password, domain, trunk, directoryFile };
    // Apart, for of each kind the peer's address has another shape.
    return node.kind === 'freeswitch' ? { ...node, ...common, peer: node.peer } : { ...node, ...common, peer: node.peer };
  });
  const firstNode = id<NodeId>(yaml.nodes[0]?.id ?? '');
  const agents = yaml.agents.map((agent, order): Agent => {
    const { name, skills, maxCalls } = agent;
    const [pool = '', ...others] = poolsOf(agent);
    const pools = [id<PoolId>(pool), ...others.map((other) => id<PoolId>(other))] as const;
    const device = deviceOf(agent.id, agent.device, firstNode, confirm);
    return { id: id<AgentId>(agent.id), name, pools, skills, order, maxCalls, device };
  });
  const phones = agents.flatMap(({ name, device }, index): PhoneAccount[] => {
    if (device.kind !== 'phone') return [];
    const password = secretAt(secrets, ['agents', index, 'device', 'phone', 'password']);
    return [{ node: device.node, device: device.id, user: device.user, password, name }];
  });
  const supervisors = compileSupervisors(yaml, agents, (own, device) => deviceOf(own, device, firstNode, confirm));
  const supervisorsPhones = yaml.supervisors.flatMap(({ id: own, name, device }, index): PhoneAccount[] => {
    const compiled = supervisors.find((supervisor) => supervisor.id === own)?.device;
    if (device === undefined || compiled?.kind !== 'phone') return [];
    const password = secretAt(secrets, ['supervisors', index, 'device', 'phone', 'password']);
    return [{ node: compiled.node, device: compiled.id, user: compiled.user, password, name }];
  });
  const { redis, http, records } = yaml;
  return {
    dir,
    nodes,
    redis: { url: redisUrl(redis.url, secrets.get('redis.password')), keyPrefix: redis.keyPrefix },
    http: { host: http.host, port: http.port, tokens: compileTokens(http, (path) => secretAt(secrets, ['http', ...path])) },
    records: { file: records.file === undefined ? undefined : resolve(dir, records.file), streamLength: records.streamLength },
    drainMs: yaml.drainSeconds * 1000,
    logLevel: yaml.logLevel,
    phones: [...phones, ...supervisorsPhones],
    agents,
    supervisors,
    pools: new Set(yaml.pools.map((pool) => id<PoolId>(pool))),
    agentPrefixes: remoteAgents.allowedPrefixes,
    countryCode: yaml.countryCode,
  };
}

/** An agent has one device, so it has the agent's name. */
function deviceOf(name: string, device: AgentYaml['device'], firstNode: NodeId, confirm: () => Prompt): Device {
  const deviceId = id<DeviceId>(name);
  if ('phone' in device) {
    const { node, user } = device.phone;
    return { id: deviceId, node: node === undefined ? firstNode : id(node), kind: 'phone', user };
  }
  const node = device.node === undefined ? firstNode : id<NodeId>(device.node);
  if ('uri' in device) return { id: deviceId, node, kind: 'uri', uri: device.uri };
  return { id: deviceId, node, kind: 'number', number: device.number, confirm: confirm() };
}

function redisUrl(url: string, password: string | undefined): string {
  if (password === undefined) return url;
  const whole = new URL(url);
  whole.password = encodeURIComponent(password);
  return whole.href;
}

function secretAt(secrets: Secrets, path: readonly (string | number)[]): string {
  const secret = secrets.get(secretKey(path));
  if (secret === undefined) throw new Error(`secret ${secretKey(path)} was not read before compiling`);
  return secret;
}
