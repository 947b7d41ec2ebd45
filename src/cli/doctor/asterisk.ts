/** All that is asked about one Asterisk, in the order in which an engineer would look. */
import { Ami } from '../../asterisk/ami.js';
import { Ari, type AriReply } from '../../asterisk/ari.js';
import { systemClock } from '../../clock.js';
import type { AsteriskNode, Config } from '../../config/config.js';
import { silent } from '../../ports/log.js';
import { type Finding, fail, ok, warning } from './finding.js';
import { checkAsteriskPeers } from './peers.js';

/** 20 is the least whose ARI has all that we use. */
const LEAST_MAJOR = 20;
/** The first of each branch without the holes that were published until 2026 (security advisories of Asterisk). */
const SAFE: Readonly<Record<number, readonly [number, number]>> = { 20: [20, 1], 22: [10, 1] };

/** Module → what does not work without it. */
const NEEDED: Readonly<Record<string, string>> = {
  'chan_pjsip.so': 'there is no SIP',
  'res_pjsip_registrar.so': 'phones cannot register',
  'app_stasis.so': 'calls do not reach the daemon',
  'res_stasis_playback.so': 'prompts cannot be played',
  'app_mixmonitor.so': 'calls cannot be recorded',
  'app_record.so': 'messages cannot be taken',
  'func_timeout.so': 'no guard brings a caller to the fallback when the daemon dies',
  'res_musiconhold.so': 'whoever waits hears nothing',
  'format_wav.so': 'prompts cannot be read',
};

export async function checkAsterisk(node: AsteriskNode, phones: Config['phones'], peers: readonly string[]): Promise<Finding[]> {
  const ari = new Ari(node);
  try {
    const info = await ari.get('/asterisk/info');
    const first = reached(node, info);
    if (!info.ok) return [first];
    return [
      first,
      checkVersion(node.id, info.body),
      ...(await checkModules(node.id, ari)),
      await checkAmi(node),
      ...(await checkPhones(node, phones, ari)),
      ...(await checkAsteriskPeers(node, peers, ari)),
    ];
  } finally {
    await ari.close();
  }
}

function reached({ id, host, port, user }: AsteriskNode, { ok: answered, status }: AriReply): Finding {
  const at = `Node ${id}: ARI ${host}:${port}`;
  if (answered) return ok(`${at} answers.`);
  if (status === 401) {
    return fail(
      `${at} refuses the account ${user}.`,
      'Compare user and password of the node with the account in ari.conf, then: asterisk -rx "ari reload".',
    );
  }
  if (status === 404) {
    return fail(`${at}: a web server answers, but ARI is not there.`, 'Load res_ari.so and set enabled = yes in ari.conf and http.conf.');
  }
  return fail(
    `${at} does not answer.`,
    'Start Asterisk, set enabled = yes in http.conf, and compare host and port of the node with bindaddr and bindport there.',
  );
}

export function checkVersion(node: string, info: unknown): Finding {
  const text = (info as { readonly system?: { readonly version?: string } } | undefined)?.system?.version ?? '';
  const [major, minor, patch] =
    /^(\d+)\.(\d+)(?:\.(\d+))?/
      .exec(text)
      ?.slice(1)
      .map((part) => Number(part ?? 0)) ?? [];
  if (major === undefined || minor === undefined) {
    return warning(`Node ${node}: the version “${text.slice(0, 40)}” cannot be read.`, `Asterisk ${LEAST_MAJOR} or newer is needed.`);
  }
  if (major < LEAST_MAJOR) return fail(`Node ${node}: Asterisk ${text} is too old.`, `Upgrade: ${LEAST_MAJOR} is the least that works.`);
  const safe = SAFE[major];
  const older = safe === undefined ? major === 21 : minor < safe[0] || (minor === safe[0] && (patch ?? 0) < safe[1]);
  if (!older) return ok(`Node ${node}: Asterisk ${text}.`);
  return warning(`Node ${node}: Asterisk ${text} has known holes.`, 'Upgrade to 20.20.1, 22.10.1 or newer.');
}

async function checkModules(node: string, ari: Ari): Promise<Finding[]> {
  const { body } = await ari.get('/asterisk/modules');
  const loaded = new Set(
    (Array.isArray(body) ? (body as { name?: string; status?: string }[]) : [])
      .filter(({ status }) => status === 'Running')
      .map(({ name }) => name),
  );
  const findings = Object.entries(NEEDED)
    .filter(([module]) => !loaded.has(module))
    .map(([module, without]) =>
      fail(
        `Node ${node}: ${module} is not loaded: ${without}.`,
        `asterisk -rx "module load ${module}", and add it to modules.conf so that it stays.`,
      ),
    );
  return findings.length > 0 ? findings : [ok(`Node ${node}: all modules that we need are loaded.`)];
}

async function checkAmi(node: AsteriskNode): Promise<Finding> {
  const at = `Node ${node.id}: AMI ${node.host}:${node.amiPort}`;
  const login = await Ami.tryLogin({ ...node, port: node.amiPort, clock: systemClock, log: silent });
  if (login === 'ok') return ok(`${at} answers.`);
  return login === 'refused'
    ? fail(
        `${at} refuses the account ${node.user}.`,
        'Compare user and password of the node with the account in manager.conf, then: asterisk -rx "manager reload".',
      )
    : fail(`${at} does not answer.`, 'Set enabled = yes in manager.conf, and compare its port with the node’s amiPort.');
}

async function checkPhones({ id, directoryFile }: AsteriskNode, phones: Config['phones'], ari: Ari): Promise<Finding[]> {
  const { body } = await ari.get('/endpoints/PJSIP');
  const states = new Map(
    (Array.isArray(body) ? (body as { resource?: string; state?: string }[]) : []).map(({ resource, state }) => [resource, state]),
  );
  const own = phones.filter((phone) => phone.node === id);
  const unknown = own.filter(({ user }) => !states.has(user)).map(({ user }) => user);
  const away = own.filter(({ user }) => states.get(user) === 'offline').map(({ user }) => user);
  const findings: Finding[] = [];
  if (unknown.length > 0) {
    const how = directoryFile === undefined ? 'Add them to your pjsip.conf' : `pjsip.conf must include ${directoryFile}`;
    findings.push(
      warning(`Node ${id}: Asterisk does not know the phones ${unknown.join(', ')}.`, `${how}; the daemon writes it when it starts.`),
    );
  }
  if (away.length > 0)
    findings.push(warning(`Node ${id}: not registered: ${away.join(', ')}.`, 'Switch the phones on; see docs/phones.md.'));
  return findings.length > 0 ? findings : [ok(`Node ${id}: ${own.length} phones are registered.`)];
}
