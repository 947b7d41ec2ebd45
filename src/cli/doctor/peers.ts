/** The way between nodes: where it is configured, each node must have its end of it and let the other ones in. */
import { isIPv4 } from 'node:net';
import type { Ari } from '../../asterisk/ari.js';
import type { AsteriskNode, FreeswitchNode, PbxNode } from '../../config/config.js';
import { type Finding, fail, ok, warning } from './finding.js';
import { attribute, type SwitchApi } from './switch-api.js';

/** As freeswitch-conf names it. */
const LIST = 'tcore-peers';

/** The other nodes that have a peer address. */
export function peersOf(node: PbxNode, nodes: readonly PbxNode[]): readonly string[] {
  return nodes.flatMap(({ id, peer }) => (id === node.id || peer === undefined ? [] : [peer.host]));
}

export async function checkFreeswitchPeers(
  { id, context, peer }: Pick<FreeswitchNode, 'id' | 'context' | 'peer'>,
  others: readonly string[],
  api: SwitchApi,
): Promise<Finding[]> {
  if (peer === undefined) return [];
  const findings: Finding[] = [];
  if (!(await api(`sofia xmlstatus profile ${peer.profile}`)).includes('<profile-info>'))
    findings.push(
      fail(
        `Node ${id}: the Sofia profile ${peer.profile} does not run: callers of other nodes cannot reach the phones of this one.`,
        `Take over sip_profiles/peers.xml of freeswitch-conf, then: fs_cli -x "sofia profile ${peer.profile} start"; or correct peer.profile.`,
      ),
    );
  const dialplan = await api(`xml_locate dialplan context name ${context}-peers`);
  if (!attributes(dialplan, 'application').includes('bridge'))
    findings.push(
      fail(
        `Node ${id}: the dialplan has no context ${context}-peers that rings phones.`,
        'Put our dialplan files into FreeSWITCH’s dialplan folder, then: fs_cli -x reloadxml',
      ),
    );
  for (const host of others.filter(isIPv4)) {
    if ((await api(`acl ${host} ${LIST}`)).trim() === 'true') continue;
    findings.push(
      warning(
        `Node ${id}: the list ${LIST} does not let ${host} in.`,
        `Add <node type="allow" cidr="${host}/32"/> in acl/peers/, then: fs_cli -x reloadacl`,
      ),
    );
  }
  return findings.length > 0 ? findings : [ok(`Node ${id}: calls of ${others.length} other nodes are let in.`)];
}

export async function checkAsteriskPeers(
  { id, peer }: Pick<AsteriskNode, 'id' | 'peer'>,
  others: readonly string[],
  ari: Pick<Ari, 'get'>,
): Promise<Finding[]> {
  if (peer === undefined) return [];
  const { endpoint } = peer;
  if (!(await ari.get(`/endpoints/PJSIP/${endpoint}`)).ok)
    return [
      fail(
        `Node ${id}: there is no PJSIP endpoint ${endpoint}: no call passes between this node and others.`,
        'Include peers.conf in pjsip.conf and give it a transport; or correct peer.endpoint.',
      ),
    ];
  const { ok: known, body } = await ari.get(`/asterisk/config/dynamic/res_pjsip/identify/${endpoint}`);
  const match = known && Array.isArray(body) ? (body as { attribute?: string; value?: string }[]) : [];
  const allowed = match.flatMap(({ attribute: name, value = '' }) => (name === 'match' ? value.split(',') : []));
  const missing = others.filter((host) => isIPv4(host) && !allowed.some((one) => one.startsWith(`${host}/`) || one === host));
  if (missing.length === 0) return [ok(`Node ${id}: calls of ${others.length} other nodes are let in.`)];
  return [
    warning(
      `Node ${id}: no identify ${endpoint} names ${missing.join(', ')}.`,
      `If no network there holds them: add match = ${missing.join(',')} in peers.conf, then: asterisk -rx "pjsip reload"`,
    ),
  ];
}

const attributes = (xml: string, name: string): readonly (string | undefined)[] =>
  [...xml.matchAll(/<action\s([^>]*)>/g)].map(([, tag = '']) => attribute(tag, name));
