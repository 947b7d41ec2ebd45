/** The way of a call into and out of a FreeSWITCH: profile, codecs, dialplan, gateway, phones. */
import type { FreeswitchNode, PhoneAccount } from '../../config/config.js';
import { type Finding, fail, ok, warning } from './finding.js';
import { attribute, element, type SwitchApi } from './switch-api.js';

type Node = Pick<FreeswitchNode, 'id' | 'context' | 'profile' | 'domain' | 'trunk'>;

/** As FreeSWITCH names them (`show codec`) and as SDP does. */
const CODECS = [
  { name: 'G.711 ulaw', sdp: 'PCMU' },
  { name: 'G.711 alaw', sdp: 'PCMA' },
];

export async function checkProfile(node: Node, api: SwitchApi): Promise<Finding[]> {
  const xml = await api(`sofia xmlstatus profile ${node.profile}`);
  if (!xml.includes('<profile-info>')) {
    return [
      fail(
        `Node ${node.id}: the Sofia profile ${node.profile} does not run.`,
        `fs_cli -x "sofia profile ${node.profile} start", then see FreeSWITCH’s log (often its SIP port is taken); or correct the node’s profile.`,
      ),
    ];
  }
  const loaded = await api('show codec');
  return [ok(`Node ${node.id}: the Sofia profile ${node.profile} runs.`), ...codecFindings(node, loaded, xml)];
}

function codecFindings(node: Node, loaded: string, profile: string): Finding[] {
  const findings: Finding[] = [];
  for (const codec of CODECS) {
    if (!loaded.includes(codec.name)) {
      findings.push(
        fail(`Node ${node.id}: the codec ${codec.sdp} is missing.`, 'FreeSWITCH has it built in; this build lacks it: use another.'),
      );
    }
    for (const way of ['inbound', 'outbound']) {
      if ((element(profile, `${way}-codecs`) ?? '').split(',').some((entry) => entry.startsWith(codec.sdp))) continue;
      findings.push(
        warning(
          `Node ${node.id}: the profile ${node.profile} does not offer ${codec.sdp} ${way}: phones and trunks that speak nothing else fail with 488.`,
          `Add it to ${way}-codec-prefs of the profile, then: fs_cli -x "sofia profile ${node.profile} rescan"`,
        ),
      );
    }
  }
  return findings.length > 0 ? findings : [ok(`Node ${node.id}: the codecs PCMU and PCMA are offered.`)];
}

/** What the dialplan must catch: the fallback, and the return from a bridge. Their names are in our dialplan files. */
const DESTINATIONS = ['fallback', 'after-bridge'];

export async function checkDialplan(node: Node, api: SwitchApi): Promise<Finding> {
  const remedy = `Put our dialplan files into FreeSWITCH’s dialplan folder as context ${node.context}, then: fs_cli -x reloadxml`;
  const xml = await api(`xml_locate dialplan context name ${node.context}`);
  if (!xml.includes('<context')) return fail(`Node ${node.id}: the dialplan has no context ${node.context}.`, remedy);
  const missing = DESTINATIONS.filter((destination) => !catches(xml, destination));
  if (missing.length > 0) return fail(`Node ${node.id}: the context ${node.context} does not catch ${missing.join(' and ')}.`, remedy);
  if (!/application="park"/.test(xml)) return fail(`Node ${node.id}: the context ${node.context} hands no call over (no park).`, remedy);
  return ok(`Node ${node.id}: the context ${node.context} hands calls over and has its fallback.`);
}

function catches(xml: string, destination: string): boolean {
  const conditions = [...xml.matchAll(/<condition\s([^>]*)>/g)].map(([, tag = '']) => tag);
  return conditions.some(
    (tag) => attribute(tag, 'field') === 'destination_number' && attribute(tag, 'expression')?.includes(destination) === true,
  );
}

export async function checkTrunk(node: Node, api: SwitchApi): Promise<Finding[]> {
  if (node.trunk === undefined) return [];
  const xml = await api(`sofia xmlstatus gateway ${node.trunk}`);
  const state = element(xml, 'state');
  if (state === undefined) {
    return [
      fail(
        `Node ${node.id}: there is no gateway ${node.trunk}.`,
        'Define it in a Sofia profile, or correct the node’s trunk. After adding it: fs_cli -x "sofia profile NAME rescan"',
      ),
    ];
  }
  // NOREG: a gateway that needs no registration. DOWN: it does not answer OPTIONS.
  if ((state === 'REGED' || state === 'NOREG') && element(xml, 'status')?.startsWith('UP') !== false) {
    return [ok(`Node ${node.id}: the gateway ${node.trunk} is up (${state}).`)];
  }
  return [
    fail(
      `Node ${node.id}: the gateway ${node.trunk} is ${state}: calls to outside numbers fail.`,
      'Check its address, user name and password with the carrier; follow one try with: fs_cli -x "sofia global siptrace on"',
    ),
  ];
}

/** A phone that FreeSWITCH does not know cannot register. */
export async function checkPhones(node: Node, phones: readonly PhoneAccount[], api: SwitchApi): Promise<Finding[]> {
  const unknown: string[] = [];
  for (const phone of phones.filter((account) => account.node === node.id)) {
    if ((await api(`user_exists id ${phone.user} ${node.domain}`)).trim() !== 'true') unknown.push(phone.user);
  }
  if (unknown.length === 0) return [];
  return [
    warning(
      `Node ${node.id}: FreeSWITCH does not know ${unknown.length} of our phones in the domain ${node.domain} (${unknown.slice(0, 5).join(', ')}${unknown.length > 5 ? ' …' : ''}).`,
      'The daemon writes them to directoryFile when it starts. If it has, include that file in the directory section of freeswitch.xml.',
    ),
  ];
}
