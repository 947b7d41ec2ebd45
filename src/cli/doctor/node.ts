/** All that is asked about one FreeSWITCH, in the order in which an engineer would look. */
import { systemClock } from '../../clock.js';
import type { Config, FreeswitchNode } from '../../config/config.js';
import { ask } from '../../freeswitch/esl/command.js';
import { EslConnection } from '../../freeswitch/esl/connection.js';
import { EslError } from '../../freeswitch/esl/errors.js';
import { silent } from '../../ports/log.js';
import { checkListening, greet, greetingFinding, passwordFinding, refusedPassword } from './event-socket.js';
import { type Finding, fail } from './finding.js';
import { checkFreeswitchPeers } from './peers.js';
import { checkDialplan, checkPhones, checkProfile, checkTrunk } from './sip.js';
import { checkApiExpansion, checkLimits, checkModules, checkMusic, checkShellStream, checkVersion } from './switch.js';
import type { SwitchApi } from './switch-api.js';

export async function checkNode(node: FreeswitchNode, phones: Config['phones'], peers: readonly string[]): Promise<Finding[]> {
  const greeting = await greet(node);
  const first = [greetingFinding(node.id, node, greeting), passwordFinding(node.id, node.password)];
  if (greeting !== 'event-socket') return first;

  const connection = new EslConnection({ ...node, events: [], clock: systemClock, log: silent });
  try {
    await connected(connection);
    const api: SwitchApi = async (command) => (await connection.send(ask(...command.split(' ')))).text;
    return [...first, ...(await askAll(node, phones, peers, api))];
  } catch (error) {
    if (!(error instanceof EslError)) throw error;
    if (error.code === 'esl-auth-refused') return [...first, refusedPassword(node.id)];
    return [
      ...first,
      fail(`Node ${node.id}: the connection broke while we asked: ${error.message}.`, 'See FreeSWITCH’s log, then run doctor again.'),
    ];
  } finally {
    await connection.close();
  }
}

/** The first try counts: the connection itself would go on for ever. */
function connected(connection: EslConnection): Promise<void> {
  return new Promise((resolve, reject) => connection.start({ up: resolve, down: reject }));
}

async function askAll(node: FreeswitchNode, phones: Config['phones'], peers: readonly string[], api: SwitchApi): Promise<Finding[]> {
  return [
    await checkVersion(node.id, api),
    ...(await checkModules(node.id, api)),
    ...(await checkMusic(node.id, api)),
    ...(await checkProfile(node, api)),
    await checkDialplan(node, api),
    ...(await checkTrunk(node, api)),
    ...(await checkPhones(node, phones, api)),
    ...(await checkFreeswitchPeers(node, peers, api)),
    ...(await checkLimits(node.id, api)),
    await checkListening(node.id, api),
    await checkApiExpansion(node.id, api),
    ...(await checkShellStream(node.id, api)),
  ];
}
