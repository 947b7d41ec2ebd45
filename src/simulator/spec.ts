/** Assumptions as a planner gives them: a YAML file, or `calls=900 handlingSeconds=120` on the command line. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Assumptions, assumptionsSchema } from './assumptions.js';
import { BadInput } from './bad-input.js';

/** What was given, not yet checked. */
export async function readSpec(text: string): Promise<Readonly<Record<string, unknown>>> {
  const given: unknown = /\.ya?ml$/.test(text) ? parse(await readText(text)) : pairs(text);
  if (given !== null && typeof given === 'object' && !Array.isArray(given)) return given as Record<string, unknown>;
  throw new BadInput(`${text} holds no name: value`);
}

export function toAssumptions(given: Readonly<Record<string, unknown>>): Assumptions {
  const checked = assumptionsSchema.safeParse(given);
  if (checked.success) return checked.data;
  throw new BadInput(checked.error.issues.map(({ path, message }) => [...path, message].join(': ')).join('\n'));
}

export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new BadInput(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
}

function pairs(text: string): Readonly<Record<string, unknown>> {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  return Object.fromEntries(
    words.map((word) => {
      const [, name, value] = /^([A-Za-z]+)=(.+)$/.exec(word) ?? [];
      if (name === undefined) throw new BadInput(`${word} is not name=value; a file of assumptions ends in .yaml`);
      return [name, parse(value ?? '') as unknown];
    }),
  );
}

/** For `--help`: every assumption with what it means and what holds without it. */
export function assumptionsHelp(): readonly string[] {
  const properties = z.toJSONSchema(assumptionsSchema, { io: 'input' }).properties ?? {};
  return Object.entries(properties).map(([name, property]) => {
    const { description = '', default: without } = property as { description?: string; default?: unknown };
    const plain = typeof without === 'object' || without === undefined ? '' : ` [${String(without)}]`;
    return `  ${name.padEnd(16)} ${description}${plain}`;
  });
}
