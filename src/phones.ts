/** The desk phones' accounts, written where the PBX reads them: phones register whether a daemon runs or not. */
import { accountsConf } from './asterisk/accounts.js';
import type { PbxNode, PhoneAccount } from './config/config.js';
import { directoryXml } from './freeswitch/directory.js';
import { replaceFile } from './switch/replace-file.js';

/**
 * Whether there is a file of ours, which the PBX must then read again: also where it was written already, perhaps by another daemon, which
 * does not have that node and could not say so.
 */
export async function syncPhones(node: PbxNode, phones: readonly PhoneAccount[]): Promise<boolean> {
  if (node.directoryFile === undefined) return false;
  const own = phones.filter((phone) => phone.node === node.id);
  const text = node.kind === 'freeswitch' ? directoryXml(node.domain, own, `${node.context}-phones`) : accountsConf(own);
  await replaceFile(node.directoryFile, text);
  return true;
}
