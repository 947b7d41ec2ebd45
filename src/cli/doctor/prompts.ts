/** Are the prompts there, or can they be made? */
import { access } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { type Finding, fail, ok } from './finding.js';
import { whyNotWritable } from './folders.js';

/** What speaks a text, and what brings it to a telephone's format; both are Debian packages of that name. */
const RENDERERS = ['espeak-ng', 'sox'];

export async function checkPrompts(renderings: readonly { readonly file: string }[], path: string): Promise<Finding[]> {
  const missing: string[] = [];
  for (const { file } of renderings) if (!(await exists(file))) missing.push(file);
  if (missing.length === 0) return [ok(`All ${renderings.length} spoken prompts are rendered.`)];

  const findings: Finding[] = [];
  for (const program of RENDERERS) {
    if (await onPath(program, path)) continue;
    findings.push(
      fail(
        `${missing.length} spoken prompts are missing and cannot be rendered: ${program} is not installed.`,
        `apt-get install ${program}`,
      ),
    );
  }
  for (const folder of new Set(missing.map((file) => dirname(file)))) {
    const why = await whyNotWritable(folder);
    // The daemon makes the folder itself where it may.
    if (why === undefined || (why === 'does not exist' && (await whyNotWritable(dirname(folder))) === undefined)) continue;
    findings.push(
      fail(
        `Spoken prompts cannot be written: ${folder} ${why}.`,
        `mkdir -p ${folder}, and let the user that the daemon runs as write there.`,
      ),
    );
  }
  if (findings.length > 0) return findings;
  return [ok(`${missing.length} of ${renderings.length} spoken prompts are not rendered yet; the daemon does that when it starts.`)];
}

async function onPath(program: string, path: string): Promise<boolean> {
  for (const folder of path.split(delimiter)) if (folder !== '' && (await exists(join(folder, program)))) return true;
  return false;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
