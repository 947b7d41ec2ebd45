/** The daemon itself as a process of its own, so that it can be killed like one. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Asterisk } from './asterisk.js';
import { Child, type Exit, until } from './child.js';
import { freePort } from './free-port.js';
import type { Freeswitch } from './freeswitch.js';
import { createScratch, type Scratch } from './scratch.js';

/** In the source tree TypeScript runs through tsx; an installed package has only JavaScript. */
const ours = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url));
const loader = (program: string): readonly string[] => (program.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : []);

export interface LabAgent {
  readonly id: string;
  readonly name: string;
  /** Default: `reception`. Another one is to be named in `settings.pools`. */
  readonly pool?: string;
  readonly skills?: Readonly<Record<string, number>>;
  /** Default: 1. */
  readonly maxCalls?: number;
  /** Where the phone registers; default: `pbx1`, or where there is but one. */
  readonly node?: string;
  /** A phone that registers with `user`, a fixed address, or a number outside. */
  readonly phone: { readonly user: string; readonly password: string } | { readonly uri: string } | { readonly number: string };
}

export interface DaemonOptions {
  readonly pbx: Freeswitch | Asterisk;
  /** Further nodes, `pbx2` and so on; all of them are peers then. */
  readonly others?: readonly (Freeswitch | Asterisk)[];
  readonly redisUrl: string;
  readonly agents: readonly LabAgent[];
  /** Tenant files: name without `.yaml` → content. */
  readonly tenants: Readonly<Record<string, string>>;
  /** Audio files of the configuration: path below its folder → content. */
  readonly audio?: Readonly<Record<string, Buffer>>;
  /** Changes to telephony.yaml, at its top level. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The daemon's `main`; default: the one that this file belongs to. */
  readonly program?: string;
}

export interface Daemon {
  /** Holds telephony.yaml, tenants/, prompts/ and calls.jsonl. */
  readonly configDir: string;
  readonly url: string;
  readonly adminToken: string;
  readonly pid: number;
  readonly running: boolean;
  /** What it logged since it was last started. */
  readonly output: string;
  onOutput(listener: (text: string) => void): void;
  /** Resolves when it answers ready: connected, owner of the node, Redis there. */
  start(): Promise<void>;
  /** kill -9 */
  kill(): Promise<void>;
  /** SIGTERM, and its exit. */
  terminate(): Promise<Exit>;
  signal(signal: NodeJS.Signals): void;
  api(path: string, method?: 'GET' | 'POST'): Promise<Response>;
  writeTenant(name: string, content: string): Promise<void>;
  /** The finished calls so far, oldest first. */
  records(): Promise<readonly Record<string, unknown>[]>;
  /** Ends it and removes its folders. */
  stop(): Promise<void>;
}

export async function createDaemon(options: DaemonOptions): Promise<Daemon> {
  const scratch = await createScratch('daemon');
  const httpPort = await freePort();
  const adminToken = 'lab-admin-token-of-some-length';
  const { program = ours } = options;
  const secrets = await layOut(scratch, options, httpPort);
  const env = { ...secrets, TCORE_ADMIN_TOKEN: adminToken };
  const url = `http://127.0.0.1:${httpPort}`;
  let child: Child | undefined;
  const listeners: ((text: string) => void)[] = [];

  const daemon: Daemon = {
    configDir: scratch.dir,
    url,
    adminToken,
    get pid() {
      return child?.pid ?? 0;
    },
    get running() {
      return child !== undefined && child.exit === undefined;
    },
    get output() {
      return child?.output ?? '';
    },
    onOutput: (listener) => {
      listeners.push(listener);
      child?.onOutput(listener);
    },
    async start() {
      const started = await Child.start({ command: process.execPath, args: [...loader(program), program, 'start', scratch.dir], env });
      child = started;
      for (const listener of listeners) started.onOutput(listener);
      const ready = async (): Promise<true | undefined> => {
        const response = await fetch(`${url}/health/ready`).catch(() => undefined);
        return response?.ok ? true : undefined;
      };
      const giveUp = (): Error | undefined => (started.exit === undefined ? undefined : started.failure('ended while it started'));
      await until(`the daemon\n${started.output}`, ready, { timeoutMs: 30_000, giveUp });
    },
    async kill() {
      await child?.kill();
    },
    async terminate() {
      if (child === undefined) throw new Error('the daemon was never started');
      child.signal('SIGTERM');
      return child.exited;
    },
    signal: (signal) => child?.signal(signal),
    api: (path, method = 'GET') => fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${adminToken}` } }),
    async writeTenant(name, content) {
      await scratch.write(`tenants/${name}.yaml`, content);
    },
    async records() {
      const text = await readFile(scratch.path('calls.jsonl'), 'utf8').catch(() => '');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    async stop() {
      await child?.kill();
      await scratch.remove();
    },
  };
  return daemon;
}

/** Writes the configuration; returns the secrets that it names. */
async function layOut(scratch: Scratch, options: DaemonOptions, httpPort: number): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {};
  const { others = [] } = options;
  const nodes = [options.pbx, ...others].map((pbx, index) => {
    const variable = `TCORE_PBX${index === 0 ? '' : index + 1}_PASSWORD`;
    secrets[variable] = pbx.password;
    const peer = others.length === 0 ? {} : { peer: { host: pbx.peerHost, port: pbx.peerPort } };
    return { ...nodeOf(pbx), ...peer, id: `pbx${index + 1}`, password: { env: variable } };
  });
  const first = others.length === 0 ? undefined : 'pbx1';
  const agents = options.agents.map(({ id, name, pool = 'reception', skills = {}, maxCalls = 1, node = first, phone }) => {
    const where = node === undefined ? {} : { node };
    if (!('user' in phone)) return { id, name, pool, skills, maxCalls, device: { ...phone, ...where } };
    const variable = `TCORE_PHONE_${phone.user}`;
    secrets[variable] = phone.password;
    return { id, name, pool, skills, maxCalls, device: { phone: { ...where, user: phone.user, password: { env: variable } } } };
  });
  const telephony = {
    nodes,
    redis: { url: options.redisUrl },
    pools: ['reception'],
    agents,
    http: { port: httpPort, adminToken: { env: 'TCORE_ADMIN_TOKEN' } },
    records: { file: scratch.path('calls.jsonl') },
    promptsCacheDir: scratch.path('prompts-cache'),
    ...options.settings,
  };
  // YAML 1.2 holds JSON.
  await scratch.write('telephony.yaml', JSON.stringify(telephony, undefined, 2));
  for (const [name, content] of Object.entries(options.tenants)) await scratch.write(`tenants/${name}.yaml`, content);
  for (const [path, content] of Object.entries(options.audio ?? {})) await scratch.write(path, content);
  return secrets;
}

/** A switch as telephony.yaml names it. */
function nodeOf(pbx: Freeswitch | Asterisk): Readonly<Record<string, unknown>> {
  const { kind, host, domain, context, recordingsDir } = pbx;
  const common = { kind, host, domain, context, recordingsDir };
  if (pbx.kind === 'asterisk') return { ...common, port: pbx.ariPort, amiPort: pbx.amiPort, trunk: 'trunk', directoryFile: pbx.phonesFile };
  // Tenants may name numbers outside; only a call that is put through needs the gateway itself.
  return { ...common, port: pbx.eslPort, profile: pbx.profile, trunk: 'carrier', directoryFile: pbx.directoryFile };
}
