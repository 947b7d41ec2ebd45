/** The real FreeSWITCH, booted with our own freeswitch-conf and dialplan on free ports of loopback. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, cp, mkdir, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './child.js';
import { eslRequest } from './esl-request.js';
import { freePort, reservePorts } from './free-port.js';
import { bootSwitch, type LabSwitch } from './lab-switch.js';
import { createScratch } from './scratch.js';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const PROFILES = ['internal', 'trunk', 'peers'] as const;

/** Where FreeSWITCH is, or in one sentence why it cannot be used. */
export type FoundFreeswitch =
  | { readonly binary: string; readonly missing?: undefined }
  | { readonly binary?: undefined; readonly missing: string };

/** Looks in FREESWITCH_BIN, PATH, /usr/bin and /usr/local/freeswitch*. */
export async function findFreeswitch(env: NodeJS.ProcessEnv): Promise<FoundFreeswitch> {
  const named = env['FREESWITCH_BIN'];
  if (named !== undefined && named !== '') {
    return (await isExecutable(named)) ? { binary: named } : { missing: `FREESWITCH_BIN names ${named}, which is not an executable file` };
  }
  const local = (await readdir('/usr/local').catch(() => [])).filter((name) => name.startsWith('freeswitch')).sort();
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/bin', ...local.map((name) => `/usr/local/${name}/bin`)];
  for (const folder of folders) {
    const binary = join(folder, 'freeswitch');
    if (folder !== '' && (await isExecutable(binary))) return { binary };
  }
  return { missing: 'FreeSWITCH is not installed (looked in FREESWITCH_BIN, PATH, /usr/bin and /usr/local/freeswitch*/bin)' };
}

async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

export interface FreeswitchOptions {
  readonly binary: string;
  /** Global variables as in freeswitch-conf/vars.xml; they win over ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Files to add or to replace, by path below the configuration folder, e.g. `../dialplan/freeswitch/bench.xml`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Where calls of other nodes come in, and whose; default: 127.0.0.1, nobody's. */
  readonly peer?: { readonly host: string; readonly from: readonly string[] };
  /** How many RTP ports it gets; two a leg. */
  readonly rtpPorts?: number;
}

export interface Freeswitch extends LabSwitch {
  readonly kind: 'freeswitch';
  readonly eslPort: number;
  /** Where the daemon rings agents, and where phones register; callers come in on `trunk`. */
  readonly profile: 'internal';
  /** Absolute: where the phones' `user` elements go, followed by `reloadxml`. */
  readonly directoryFile: string;
  /** One API command, e.g. `show channels as json`. */
  api(command: string): Promise<string>;
}

/** Resolves when both SIP profiles run and the event socket answers. */
export async function startFreeswitch(options: FreeswitchOptions): Promise<Freeswitch> {
  const scratch = await createScratch('freeswitch');
  const rtp = await reservePorts(options.rtpPorts ?? 1_000);
  const [phonePort, trunkPort, peerPort, eslPort] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const { host: peerHost, from } = options.peer ?? { host: '127.0.0.1', from: [] };
  const password = randomBytes(12).toString('hex');
  const settings = {
    tcore_domain: '127.0.0.1',
    tcore_context: 'tcore',
    ...options.settings,
    tcore_phone_port: String(phonePort),
    tcore_trunk_port: String(trunkPort),
    tcore_peer_ip: peerHost,
    tcore_peer_port: String(peerPort),
    tcore_rtp_first_port: String(rtp.first),
    tcore_rtp_last_port: String(rtp.last),
    tcore_esl_port: String(eslPort),
    tcore_esl_password: password,
  };
  const conf = scratch.path('freeswitch-conf');
  const folders = { log: 'log', run: 'run', db: 'db', recordings: 'recordings', sounds: 'sounds', storage: 'storage' };
  const dirOptions = Object.entries(folders).flatMap(([option, folder]) => [`-${option}`, scratch.path(folder)]);
  const directoryFile = join(conf, 'directory', 'phones.xml');
  const logFile = scratch.path('log', 'freeswitch.log');
  const api = (command: string): Promise<string> => eslRequest({ port: eslPort, password }, command);

  const layOut = async (): Promise<void> => {
    // Without what somebody set for his own FreeSWITCH.
    const shipped = (source: string): boolean => !/freeswitch-conf\/(local|directory|gateways|acl\/peers)\/[^/]*\.xml$/.test(source);
    await cp(join(PROJECT, 'freeswitch-conf'), conf, { recursive: true, filter: shipped });
    await cp(join(PROJECT, 'dialplan'), scratch.path('dialplan'), { recursive: true });
    await Promise.all(['freeswitch-conf/directory', ...Object.values(folders)].map((dir) => mkdir(scratch.path(dir), { recursive: true })));
    await scratch.write('freeswitch-conf/local/lab.xml', settingsXml(settings));
    await scratch.write('freeswitch-conf/acl/peers/lab.xml', allowXml(from));
    for (const [path, content] of Object.entries(options.files ?? {})) await scratch.write(join('freeswitch-conf', path), content);
  };

  const life = await bootSwitch({
    name: 'FreeSWITCH',
    command: options.binary,
    // -nf: in the foreground, so that it is our child; -nc: no console; -nonat: asks no router for anything.
    args: ['-nonat', '-nc', '-nf', '-conf', conf, ...dirOptions],
    logFile,
    layOut,
    async ready(giveUp) {
      for (const profile of PROFILES) {
        // Profiles start in threads of their own, after the event socket opened.
        const probe = async (): Promise<true | undefined> => {
          const status = await api('sofia status').catch(() => '');
          return new RegExp(`^\\s*${profile}\\s.*RUNNING`, 'm').test(status) ? true : undefined;
        };
        await until(`FreeSWITCH's profile ${profile}`, probe, { timeoutMs: 30_000, giveUp });
      }
    },
    // SIGTERM alone was seen to take more than 30 s.
    async farewell() {
      await api('fsctl shutdown now').catch(() => undefined);
    },
    async release() {
      await rtp.release().catch(() => undefined);
      await scratch.remove();
    },
  });

  return {
    kind: 'freeswitch',
    host: '127.0.0.1',
    phonePort,
    trunkPort,
    peerHost,
    peerPort,
    eslPort,
    password,
    domain: settings.tcore_domain,
    context: settings.tcore_context,
    profile: 'internal',
    recordingsDir: scratch.path(folders.recordings),
    directoryFile,
    logFile,
    dir: scratch.dir,
    get pid() {
      return life.pid;
    },
    get running() {
      return life.running;
    },
    kill: life.kill,
    restart: life.restart,
    stop: life.stop,
    api,
    async channels() {
      const { rows = [] } = JSON.parse(await api('show channels as json')) as { rows?: { uuid: string }[] };
      return rows.map(({ uuid }) => uuid);
    },
    async allowPhones(phones) {
      await scratch.write('freeswitch-conf/directory/phones.xml', phonesXml(phones));
      await api('reloadxml');
    },
  };
}

/** FreeSWITCH reads included files line by line: each element on a line of its own. */
function settingsXml(settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(([name, value]) => `  <X-PRE-PROCESS cmd="set" data="${name}=${value}"/>`);
  return ['<include>', ...lines, '</include>', ''].join('\n');
}

function allowXml(addresses: readonly string[]): string {
  return ['<include>', ...addresses.map((address) => `  <node type="allow" cidr="${address}/32"/>`), '</include>', ''].join('\n');
}

function phonesXml(phones: Readonly<Record<string, string>>): string {
  const users = Object.entries(phones).map(
    ([user, password]) => `  <user id="${user}"><params><param name="password" value="${password}"/></params></user>`,
  );
  return ['<include>', ...users, '</include>', ''].join('\n');
}
