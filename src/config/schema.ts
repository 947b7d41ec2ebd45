/** The two schemas: holding a file against one, and printing one for editors. */
import { z } from 'zod';
import { telephonySchema } from './schema-telephony.js';
import { tenantSchema } from './schema-tenant.js';
import type { Source } from './source.js';
import { complaints } from './words.js';

export const SCHEMAS = { telephony: telephonySchema, tenant: tenantSchema } as const;
export type SchemaName = keyof typeof SCHEMAS;

/** The file's value with its defaults, or `undefined` after the problems were reported to the source. */
export function holdAgainst<S extends z.ZodType>(schema: S, source: Source): z.output<S> | undefined {
  if (source.value === undefined) return undefined;
  const result = schema.safeParse(source.value);
  if (result.success) return result.data;
  for (const { path, at, message } of complaints(result.error.issues, source.value, keysOf(schema))) source.report(path, message, at);
  return undefined;
}

/** JSON Schema draft 7, which editors' YAML servers understand best. */
export function jsonSchema(name: SchemaName): Record<string, unknown> {
  const title = name === 'telephony' ? 'telephony.yaml of telephony-core' : 'A tenant’s file of telephony-core';
  return { title, ...z.toJSONSchema(SCHEMAS[name], { io: 'input', target: 'draft-7' }) };
}

/** Every key that a file can have anywhere, for "did you mean". */
function keysOf(schema: z.ZodType): ReadonlySet<string> {
  const keys = new Set<string>();
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    for (const [name, inner] of Object.entries(part)) {
      if (name === 'properties') for (const key of Object.keys(inner as object)) keys.add(key);
      visit(inner);
    }
  };
  visit(z.toJSONSchema(schema, { io: 'input' }));
  return keys;
}
