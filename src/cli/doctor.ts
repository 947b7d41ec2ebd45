/** `telephony-core doctor DIR`: what is wrong with the configuration, the PBX nodes, Redis and the prompts, and what to do. */
import { load } from '../config/load.js';
import { formatProblem } from '../config/problems.js';
import { checkAsterisk } from './doctor/asterisk.js';
import { type Finding, fail, findingText, ok } from './doctor/finding.js';
import { checkFolders } from './doctor/folders.js';
import { checkNode } from './doctor/node.js';
import { peersOf } from './doctor/peers.js';
import { checkPrompts } from './doctor/prompts.js';
import { checkRedis } from './doctor/redis.js';
import { EXIT, type Io } from './io.js';

/** 0 even with warnings; 1 when calls cannot be served. */
export async function doctor(argv: readonly string[], { out, err, env }: Io): Promise<number> {
  const [dir, ...rest] = argv;
  if (dir === undefined || dir.startsWith('-') || rest.length > 0) {
    err('Usage: telephony-core doctor DIR');
    return EXIT.usage;
  }
  const findings: Finding[] = [];
  // Told as they come: a node that does not answer takes seconds.
  for await (const found of examine(dir, env)) {
    findings.push(...found);
    for (const line of found.flatMap(findingText)) out(line);
  }
  const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length;
  out('');
  out(`${counted(count('FAIL'), 'failure')}, ${counted(count('warning'), 'warning')}, ${count('ok')} ok.`);
  return count('FAIL') === 0 ? EXIT.ok : EXIT.failed;
}

async function* examine(dir: string, env: Io['env']): AsyncGenerator<readonly Finding[]> {
  const loaded = await load(dir, env);
  if (!loaded.ok) {
    const remedy = 'Correct the configuration; telephony-core check says when all is right. Nothing else can be looked at before.';
    const last = loaded.problems.length - 1;
    // One remedy for all of them, below the last.
    yield loaded.problems.map((problem, index) => fail(formatProblem(problem), index === last ? remedy : undefined));
    return;
  }
  const { nodes, site, phones, renderings, redis } = loaded.config;
  yield [ok(`The configuration in ${dir} is valid: ${counted(site.tenants.size, 'tenant')}, ${counted(site.agents.size, 'agent')}.`)];
  for (const node of nodes) {
    const others = peersOf(node, nodes);
    yield node.kind === 'freeswitch' ? await checkNode(node, phones, others) : await checkAsterisk(node, phones, others);
    yield await checkFolders(node);
  }
  yield await checkPrompts(renderings, env['PATH'] ?? '');
  yield await checkRedis(redis.url);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
