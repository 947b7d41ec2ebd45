/**
 * What can be read of a file that is not all right. The cross-checks run on it, so that one slip does not hide the other
 * problems until the next run.
 */
import { z } from 'zod';
import type { HttpYaml, TokenYaml } from './schema-http.js';
import type { SupervisorYaml } from './schema-supervisor.js';
import { type AgentYaml, type NodeYaml, type TelephonyYaml, telephonySchema } from './schema-telephony.js';
import { type ActionYaml, type HoursYaml, type MenuYaml, type QueueYaml, type TenantYaml, tenantSchema } from './schema-tenant.js';

/** A list keeps its places: an entry of which nothing can be read is `undefined`. */
type Sifted<T> = readonly (T | undefined)[];

export interface TelephonyParts {
  readonly nodes?: Sifted<Partial<NodeYaml>>;
  readonly agents?: Sifted<Partial<AgentYaml>>;
  readonly supervisors?: Sifted<Partial<SupervisorYaml>>;
  readonly pools?: Sifted<string>;
  readonly skills?: Sifted<string>;
  readonly remoteAgents?: Partial<Omit<TelephonyYaml['remoteAgents'], 'allowedPrefixes'>> & { readonly allowedPrefixes?: Sifted<string> };
  readonly redis?: Partial<TelephonyYaml['redis']>;
  readonly http?: Partial<Omit<HttpYaml, 'tokens'>> & { readonly tokens?: Sifted<Partial<TokenYaml>> };
  readonly voice?: Partial<TelephonyYaml['voice']>;
  readonly desk?: Partial<Omit<TelephonyYaml['desk'], 'pauseReasons'>> & {
    readonly pauseReasons?: Sifted<Partial<TelephonyYaml['desk']['pauseReasons'][number]>>;
  };
  readonly promptsCacheDir?: string;
}

export type MenuParts = Partial<Omit<MenuYaml, 'keys'>> & { readonly keys?: Readonly<Record<string, ActionYaml | undefined>> };

export interface TenantParts {
  readonly id?: string;
  readonly locale?: string;
  readonly timezone?: string;
  readonly numbers?: Sifted<string>;
  readonly allowedPrefixes?: Sifted<string>;
  readonly emergencyNumber?: string;
  readonly whisper?: TenantYaml['whisper'];
  readonly hours?: Partial<Readonly<Record<keyof HoursYaml, Sifted<string>>>>;
  readonly closures?: Sifted<TenantYaml['closures'][number]>;
  readonly holidays?: { readonly country?: string; readonly region?: string };
  readonly greetings?: Partial<TenantYaml['greetings']>;
  readonly flow?: Partial<TenantYaml['flow']>;
  /** Every menu that has a name, whatever else is wrong with it. */
  readonly menus?: Readonly<Record<string, MenuParts | undefined>>;
  readonly queue?: Partial<QueueYaml>;
  readonly share?: Partial<NonNullable<TenantYaml['share']>>;
  readonly voicemail?: Partial<TenantYaml['voicemail']>;
}

export function telephonyParts(value: unknown): TelephonyParts {
  return (sound(telephonySchema, value) ?? {}) as TelephonyParts;
}

export function tenantParts(value: unknown): TenantParts {
  return (sound(tenantSchema, value) ?? {}) as TenantParts;
}

/** The value with its defaults where it fits its schema; where it does not, whatever of its parts does. */
function sound(schema: z.core.$ZodType, value: unknown): unknown {
  const whole = z.safeParse(schema, value);
  if (whole.success) return whole.data;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return sound(schema.def.innerType, value);
  }
  if (Array.isArray(value)) {
    return schema instanceof z.ZodArray ? value.map((entry: unknown) => sound(schema.def.element, entry)) : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (schema instanceof z.ZodRecord) {
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, sound(schema.def.valueType, entry)]));
  }
  if (!(schema instanceof z.ZodObject)) return undefined;
  const parts = Object.entries(schema.shape).map(([name, field]) => [name, sound(field, Reflect.get(value, name))] as const);
  return Object.fromEntries(parts.filter(([, part]) => part !== undefined));
}
