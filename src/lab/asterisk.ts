/** The real Asterisk, booted with our own dialplan/asterisk on free ports of loopback. */
import { randomBytes } from 'node:crypto';
import { appendFile, cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AsteriskProgram } from './asterisk-root.js';
import { tone, writeWav } from './audio.js';
import { Child, until } from './child.js';
import { freePort, reservePorts } from './free-port.js';
import { bootSwitch, type LabSwitch } from './lab-switch.js';
import { createScratch } from './scratch.js';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

export interface AsteriskOptions {
  readonly program: AsteriskProgram;
  /** Files to add or to replace, by path below the configuration folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** What a caller hears in the fallback: absolute, without its extension. */
  readonly fallbackSound?: string;
  /** Where calls of other nodes come in, and whose; default: 127.0.0.1, nobody's. */
  readonly peer?: { readonly host: string; readonly from: readonly string[] };
  /** Phones are rung where they say, not where they register from as in our configuration: SIPp's register from elsewhere. */
  readonly contactsAsTold?: boolean;
  /** How many RTP ports it gets; two a leg. */
  readonly rtpPorts?: number;
}

export interface Asterisk extends LabSwitch {
  readonly kind: 'asterisk';
  readonly ariPort: number;
  readonly amiPort: number;
  /** Of ARI and AMI, as the password. */
  readonly user: 'telephony-core';
  /** Absolute: the phones' accounts, followed by a reload of res_pjsip. */
  readonly phonesFile: string;
  readonly version: string;
  /** One command of its console, e.g. `core show channels`; its output. */
  cli(command: string): Promise<string>;
}

/** Resolves when it takes calls and ARI answers. */
export async function startAsterisk(options: AsteriskOptions): Promise<Asterisk> {
  const { program } = options;
  const scratch = await createScratch('asterisk');
  const rtp = await reservePorts(options.rtpPorts ?? 1_000);
  const [phonePort, trunkPort, peerPort] = [await freePort(), await freePort(), await freePort()];
  const [ariPort, amiPort] = [await freePort(), await freePort()];
  const { host: peerHost, from } = options.peer ?? { host: '127.0.0.1', from: [] };
  const password = randomBytes(12).toString('hex');
  const conf = scratch.path('etc');
  const logFile = scratch.path('log', 'messages');
  const phonesFile = join(conf, 'phones.conf');
  const folders = ['log', 'run', 'lib/keys', 'spool', 'cache', 'recordings', 'agi', 'moh'];
  const settings: Readonly<Record<string, string>> = {
    'asterisk.conf': [
      '[directories]',
      `astetcdir => ${conf}`,
      `astmoddir => ${program.modulesDir}`,
      `astdatadir => ${program.dataDir}`,
      `astcachedir => ${scratch.path('cache')}`,
      `astvarlibdir => ${scratch.path('lib')}`,
      `astdbdir => ${scratch.path('lib')}`,
      `astkeydir => ${scratch.path('lib')}`,
      `astagidir => ${scratch.path('agi')}`,
      `astspooldir => ${scratch.path('spool')}`,
      `astrundir => ${scratch.path('run')}`,
      `astlogdir => ${scratch.path('log')}`,
      '[options]',
      'live_dangerously = no',
      'nocolor = yes',
    ].join('\n'),
    'http.conf': `[general]\nenabled = yes\nbindaddr = 127.0.0.1\nbindport = ${ariPort}\nsessionlimit = 1000\n`,
    'manager.conf': `[general]\nenabled = yes\nwebenabled = no\nbindaddr = 127.0.0.1\nport = ${amiPort}\ndisplayconnects = no\n#include "secrets/manager.conf"\n`,
    'rtp.conf': `[general]\nrtpstart = ${rtp.first}\nrtpend = ${rtp.last}\nstrictrtp = yes\n`,
    'transports.conf': Object.entries({
      phones: `127.0.0.1:${phonePort}`,
      trunk: `127.0.0.1:${trunkPort}`,
      peers: `${peerHost}:${peerPort}`,
    })
      .map(([name, bind]) => `[${name}]\ntype = transport\nprotocol = udp\nbind = ${bind}\n`)
      .join('\n'),
    'secrets/ari.conf': `[telephony-core]\ntype = user\nread_only = no\npassword = ${password}\n`,
    'secrets/manager.conf': `[telephony-core]\nsecret = ${password}\nread = none\nwrite = call,system,command\n`,
    'globals.conf': `[globals]\nTCORE_FALLBACK_SOUND = ${options.fallbackSound ?? ''}\n`,
    'phones.conf': '',
    'musiconhold.conf': `[default]\nmode = files\ndirectory = ${scratch.path('moh')}\n`,
  };

  const cli = async (command: string): Promise<string> => {
    const asked = await Child.start({
      command: program.command,
      args: [...program.args, '-C', join(conf, 'asterisk.conf'), '-rx', command],
    });
    const { code } = await asked.exited;
    if (code !== 0) throw asked.failure('the console refused');
    return asked.output;
  };

  const layOut = async (): Promise<void> => {
    await cp(join(PROJECT, 'dialplan', 'asterisk'), conf, { recursive: true });
    await Promise.all(folders.map((folder) => mkdir(scratch.path(folder), { recursive: true })));
    for (const [path, content] of Object.entries({ ...settings, ...options.files })) await scratch.write(join('etc', path), content);
    if (options.contactsAsTold) {
      const pjsip = await readFile(join(conf, 'pjsip.conf'), 'utf8');
      await scratch.write('etc/pjsip.conf', pjsip.replace('rewrite_contact = yes', 'rewrite_contact = no'));
    }
    if (from.length > 0)
      await appendFile(join(conf, 'peers.conf'), `\n[peer]\ntype = identify\nendpoint = peer\nmatch = ${from.join(',')}\n`);
    // No note of the ringing and busy tones (indications.conf): music can be told from them.
    await scratch.write('moh/notes.wav', writeWav([tone(480, 4_000)]));
  };

  const life = await bootSwitch({
    name: 'Asterisk',
    command: program.command,
    // -f: in the foreground, so that it is our child.
    args: [...program.args, '-f', '-C', join(conf, 'asterisk.conf')],
    logFile,
    layOut,
    async ready(giveUp) {
      const booted = async (): Promise<true | undefined> => {
        const headers = { authorization: `Basic ${Buffer.from(`telephony-core:${password}`).toString('base64')}` };
        const reply = await fetch(`http://127.0.0.1:${ariPort}/ari/asterisk/info?only=status`, { headers }).catch(() => undefined);
        return reply?.ok === true ? true : undefined;
      };
      await until('Asterisk’s ARI', booted, { timeoutMs: 30_000, giveUp });
      // ARI answers before the last modules are loaded.
      await cli('core waitfullybooted');
    },
    async release() {
      await rtp.release().catch(() => undefined);
      await scratch.remove();
    },
  });

  return {
    kind: 'asterisk',
    host: '127.0.0.1',
    domain: '127.0.0.1',
    context: 'tcore',
    phonePort,
    trunkPort,
    peerHost,
    peerPort,
    ariPort,
    amiPort,
    user: 'telephony-core',
    password,
    phonesFile,
    recordingsDir: scratch.path('recordings'),
    logFile,
    dir: scratch.dir,
    version: program.version,
    get pid() {
      return life.pid;
    },
    get running() {
      return life.running;
    },
    kill: life.kill,
    restart: life.restart,
    stop: life.stop,
    cli,
    async channels() {
      const lines = (await cli('core show channels concise')).split('\n');
      return lines.filter((line) => line.includes('!')).map((line) => line.trim().split('!').at(-1) ?? '');
    },
    async allowPhones(phones) {
      await scratch.write('etc/phones.conf', phonesConf(phones));
      await cli('module reload res_pjsip.so');
    },
  };
}

function phonesConf(phones: Readonly<Record<string, string>>): string {
  const accounts = Object.entries(phones).map(
    ([user, password]) =>
      `[${user}](phone)\nauth = ${user}\naors = ${user}\n[${user}](phone-auth)\nusername = ${user}\npassword = ${password}\n[${user}](phone-aor)\n`,
  );
  return accounts.join('\n');
}
