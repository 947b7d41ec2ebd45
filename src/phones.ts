/** The desk phones' accounts, written where the PBX reads them: phones register whether a daemon runs or not. */
import type { FreeswitchNode, PhoneAccount } from './config/config.js';
import { directoryXml, writeDirectory } from './freeswitch/directory.js';

/** Whether the file changed: the PBX must then read it again. */
export async function syncPhones(node: FreeswitchNode, phones: readonly PhoneAccount[]): Promise<boolean> {
  if (node.directoryFile === undefined) return false;
  const own = phones.filter((phone) => phone.node === node.id);
  return writeDirectory(node.directoryFile, directoryXml(node.domain, own, `${node.context}-phones`));
}
