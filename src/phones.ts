/** The desk phones' accounts, written where the PBX reads them: phones register whether a daemon runs or not. */
import { accountsConf } from './asterisk/accounts.js';
import type { PbxNode, PhoneAccount } from './config/config.js';
import { directoryXml } from './freeswitch/directory.js';
import { replaceFile } from './switch/replace-file.js';

/** Whether the file changed: the PBX must then read it again. */
export async function syncPhones(node: PbxNode, phones: readonly PhoneAccount[]): Promise<boolean> {
  if (node.directoryFile === undefined) return false;
  const own = phones.filter((phone) => phone.node === node.id);
  const text = node.kind === 'freeswitch' ? directoryXml(node.domain, own, `${node.context}-phones`) : accountsConf(own);
  return replaceFile(node.directoryFile, text);
}
