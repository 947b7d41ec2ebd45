/** `telephony-core check DIR`: every problem of a configuration at once, before the daemon meets it. */
import { stat } from 'node:fs/promises';
import type { Config } from '../config/config.js';
import { load } from '../config/load.js';
import { formatProblem } from '../config/problems.js';
import { EXIT, type Io } from './io.js';

export async function check(argv: readonly string[], { out, err, env }: Io): Promise<number> {
  const [dir, ...rest] = argv;
  if (dir === undefined || dir.startsWith('-') || rest.length > 0) {
    err('Usage: telephony-core check DIR');
    return EXIT.usage;
  }
  if (!(await isFolder(dir))) {
    err(`${dir} is no folder: name the one that holds telephony.yaml and tenants/`);
    return EXIT.configuration;
  }
  const loaded = await load(dir, env);
  if (loaded.ok) {
    out(summary(dir, loaded.config));
    return EXIT.ok;
  }
  for (const problem of loaded.problems) out(formatProblem(problem));
  const count = loaded.problems.length;
  err(count === 1 ? '1 problem' : `${count} problems`);
  return EXIT.configuration;
}

function summary(dir: string, { nodes, site, renderings }: Config): string {
  const counts = [
    counted(nodes.length, 'node'),
    counted(site.pools.size, 'pool'),
    counted(site.agents.size, 'agent'),
    counted(site.tenants.size, 'tenant'),
    counted(site.numbers.size, 'number'),
    counted(renderings.length, 'spoken text'),
  ];
  return `${dir} is all right: ${counts.join(', ')}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

async function isFolder(dir: string): Promise<boolean> {
  try {
    return (await stat(dir)).isDirectory();
  } catch {
    return false;
  }
}
