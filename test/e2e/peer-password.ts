/** Nodes that ask each other for a password besides the address: what docs/nodes.md says, on both kinds. */
import { readFile } from 'node:fs/promises';
import type { SiteOptions } from './site.js';

export const peerAccount = { user: 'tcore-peer', password: 'between-us' } as const;

const params = ['<param name="password" value="between-us"/>', '<param name="auth-acl" value="tcore-peers"/>'];
/** Both ends of it: the realm under which each node asks is that of FreeSWITCH's domain, or `asterisk`. */
const gateway = (realm: string, proxy: string): string => {
  const said = { realm, proxy, register: 'false', username: peerAccount.user, password: peerAccount.password };
  const lines = Object.entries(said).map(([name, value]) => `<param name="${name}" value="${value}"/>`);
  return `<include>\n<gateway name="${realm}">${lines.join('')}</gateway>\n</include>`;
};
const peersConf = await readFile(new URL('../../dialplan/asterisk/peers.conf', import.meta.url), 'utf8');

export const withPassword: Pick<SiteOptions, 'switch' | 'asteriskFiles'> = {
  switch: {
    settings: { tcore_peer_auth: 'true', tcore_peer_acl: 'none' },
    files: {
      'directory/peer.xml': `<include>
<user id="tcore-peer"><params>${params.join('')}</params><variables><variable name="user_context" value="tcore-peers"/></variables></user>
</include>`,
      'gateways/peers/freeswitch.xml': gateway('127.0.0.1', '127.0.0.3'),
      'gateways/peers/asterisk.xml': gateway('asterisk', '127.0.0.3'),
    },
  },
  // The lines for it, which stand there as comments. Our phones speak PCMU only, and so do their nodes then (differences.ts says what it is else).
  asteriskFiles: {
    'peers.conf': peersConf
      .replace('allow = alaw,ulaw', 'allow = ulaw,alaw')
      .replace(/^;((?:outbound_)?auth = peer|\[peer\]\(phone-auth\)|username = tcore-peer)$/gm, '$1')
      .replace(/^;password = …$/m, `password = ${peerAccount.password}`),
  },
};
