/** The Lua scripts: read once, includes put in, named by the hash that EVALSHA wants. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface Script {
  readonly name: ScriptName;
  readonly source: string;
  readonly sha: string;
}

const names = [
  'attach',
  'agent-ready',
  'agent-gone',
  'wish',
  'restore-duties',
  'duties',
  'prepare',
  'enqueue',
  'abandon',
  'gave-up',
  'accept',
  'reject',
  'release',
  'restore',
  'relax',
  'tick',
  'outlook',
  'stats',
  'talks',
  'append-record',
  'callback-keep',
  'callback-check',
  'callback-withdraw',
  'callback-end',
] as const;

export type ScriptName = (typeof names)[number];

/** `-- @include agents` becomes the text of `includes/agents.lua`. The files lie beside this one, in src and in dist. */
function assemble(name: ScriptName): Script {
  const read = (file: string) => readFileSync(new URL(`./commands/${file}.lua`, import.meta.url), 'utf8');
  const source = read(name).replace(/^-- @include (\S+)$/gm, (_, include: string) => read(`includes/${include}`));
  return { name, source, sha: createHash('sha1').update(source).digest('hex') };
}

export const scripts = Object.fromEntries(names.map((name) => [name, assemble(name)])) as Readonly<Record<ScriptName, Script>>;
