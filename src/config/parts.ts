/**
 * What can be read of a file that is not all right. The cross-checks run on it, so that one slip does not hide the other
 * problems until the next run.
 */
import type { z } from 'zod';
import { type AgentYaml, agentSchema, type NodeYaml, nodeSchema, type TelephonyYaml, telephonySchema } from './schema-telephony.js';
import { type MenuYaml, menuSchema, type TenantYaml, tenantSchema } from './schema-tenant.js';

/** A list keeps its places: an entry that is not all right is `undefined`. */
type Sifted<T> = readonly (T | undefined)[];

export type TelephonyParts = Partial<Omit<TelephonyYaml, 'nodes' | 'agents'>> & {
  readonly nodes: Sifted<NodeYaml>;
  readonly agents: Sifted<AgentYaml>;
  /** Also of entries that are not all right otherwise; `undefined`: cannot be told. */
  readonly nodeIds: Sifted<string> | undefined;
  readonly agentIds: Sifted<string>;
};

export type TenantParts = Partial<Omit<TenantYaml, 'menus' | 'numbers' | 'closures'>> & {
  /** Those that are all right. */
  readonly menus: Readonly<Record<string, MenuYaml>>;
  /** Also of menus that are not. */
  readonly menuNames: ReadonlySet<string>;
  readonly numbers: Sifted<string>;
  readonly closures: Sifted<TenantYaml['closures'][number]>;
};

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {});

function sift<T>(schema: z.ZodType<T>, value: unknown): Sifted<T> {
  return Array.isArray(value) ? value.map((entry: unknown) => schema.safeParse(entry).data) : [];
}

/** Each field that is all right by itself, with its default when it is not there. */
function soundFields<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, raw: Fields): Partial<z.output<z.ZodObject<Shape>>> {
  const sound: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    const result = (field as z.ZodType).safeParse(raw[name]);
    if (result.success && result.data !== undefined) sound[name] = result.data;
  }
  return sound as Partial<z.output<z.ZodObject<Shape>>>;
}

export function telephonyParts(value: unknown): TelephonyParts {
  const raw = fieldsOf(value);
  const idOf = (schema: z.ZodType<string>) => (entry: unknown) => schema.safeParse(fieldsOf(entry)['id']).data;
  return {
    ...soundFields(telephonySchema, raw),
    nodes: sift(nodeSchema, raw['nodes']),
    agents: sift(agentSchema, raw['agents']),
    nodeIds: Array.isArray(raw['nodes']) ? raw['nodes'].map(idOf(nodeSchema.shape.id)) : undefined,
    agentIds: Array.isArray(raw['agents']) ? raw['agents'].map(idOf(agentSchema.shape.id)) : [],
  };
}

export function tenantParts(value: unknown): TenantParts {
  const raw = fieldsOf(value);
  const menus = Object.entries(fieldsOf(raw['menus'])).map(([name, menu]) => [name, menuSchema.safeParse(menu).data] as const);
  return {
    ...soundFields(tenantSchema, raw),
    menus: Object.fromEntries(menus.filter((entry): entry is [string, MenuYaml] => entry[1] !== undefined)),
    menuNames: new Set(menus.map(([name]) => name)),
    numbers: sift(tenantSchema.shape.numbers.element, raw['numbers']),
    closures: sift(tenantSchema.shape.closures.unwrap().element, raw['closures']),
  };
}
