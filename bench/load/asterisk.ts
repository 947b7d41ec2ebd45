/** The same comparison on Asterisk: app_queue, and our daemon over ARI. */

import { readFile } from 'node:fs/promises';
import { type Asterisk, type AsteriskOptions, startAsterisk } from '../../src/lab/asterisk.js';
import { fetchAsterisk, findAsterisk } from '../../src/lab/asterisk-root.js';
import type { Sipp } from '../../src/lab/sipp.js';
import { type Crew, type Desk, deskOn, languages, numberOf, unrestOf } from './desk.js';

const rtpPorts = 4_000;

async function boot(files: AsteriskOptions['files'] = {}): Promise<Asterisk> {
  let found = await findAsterisk(process.env);
  if (found.program === undefined) found = await fetchAsterisk(process.env, (line) => console.error(line));
  if (found.program === undefined) throw new Error(found.missing);
  return await startAsterisk({ program: found.program, rtpPorts, files });
}

export async function startDaemonOnAsterisk(crew: Crew, phones: Sipp): Promise<Desk> {
  return await deskOn(await boot(), crew, phones);
}

/** The same phones as endpoints of their own, whose state app_queue watches. */
export async function startAppQueueDesk(crew: Crew, phones: Sipp): Promise<Desk> {
  const modules = await readFile(new URL('../../dialplan/asterisk/modules.conf', import.meta.url), 'utf8');
  const agents = Array.from({ length: crew.size }, (_, agent) => `agent${agent}`);
  const pbx = await boot({
    'modules.conf': `${modules}\nload = app_queue.so\n`,
    'phones.conf': agents
      .map((agent) => `[${agent}](phone)\naors = ${agent}\n[${agent}]\ntype = aor\ncontact = sip:${agent}@127.0.0.1:${phones.port}\n`)
      .join('\n'),
    'queues.conf': queuesConf(agents),
    'extensions.conf':
      '[tcore]\nexten => _[+0-9]!,1,Answer(0,i)\n same => n,Queue(support)\n same => n,Hangup()\n[tcore-phones]\nexten => _X,1,Hangup()\n',
  });
  return {
    pbx,
    numbers: languages.map((_, index) => numberOf(index)),
    pids: { asterisk: pbx.pid },
    unrest: () => unrestOf(pbx, async () => []),
    stop: () => pbx.stop(),
  };
}

const queuesConf = (agents: readonly string[]): string => `[general]
persistentmembers = no
autofill = yes
[support]
musicclass = default
strategy = leastrecent
timeout = 20
retry = 1
wrapuptime = 0
ringinuse = no
${agents.map((agent) => `member => PJSIP/${agent}`).join('\n')}
`;
