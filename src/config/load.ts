/**
 * A configuration folder and the environment → one frozen `Config`, or every problem at once. The only reader of both:
 * `env` is `process.env` in the daemon and a plain object in tests.
 *
 * Order: each file is read and held against its schema; what is sound of it is cross-checked; only a folder without any
 * problem is compiled, so that a bad configuration never replaces a good one, not even in part.
 */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { SupervisorId, TenantId } from '../core/ids.js';
import type { Rendering } from '../core/rendering.js';
import type { Tenant } from '../core/tenant.js';
import { checkDesk } from './check-desk.js';
import { checkHttp, checkTokens } from './check-http.js';
import { checkNodes } from './check-nodes.js';
import { checkSite } from './check-site.js';
import { checkPins, checkSupervisors, checkSupervisorTenants } from './check-supervisors.js';
import { checkCacheDir, checkTelephony, readSecrets, type Secrets } from './check-telephony.js';
import { checkTenant } from './check-tenant.js';
import { compileDesk } from './compile-desk.js';
import { hashPins } from './compile-supervisors.js';
import { compileTelephony } from './compile-telephony.js';
import { compileTenant, promptCompiler } from './compile-tenant.js';
import type { Config } from './config.js';
import { deepFreeze } from './deep-freeze.js';
import { holidayDates } from './holidays.js';
import { telephonyParts, tenantParts } from './parts.js';
import type { HashedPin } from './pins.js';
import { type Problem, sortProblems } from './problems.js';
import { holdAgainst } from './schema.js';
import { type TelephonyYaml, telephonySchema } from './schema-telephony.js';
import { type TenantYaml, tenantSchema } from './schema-tenant.js';
import type { Env } from './secrets.js';
import { Source } from './source.js';

export type Loaded =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly [Problem, ...Problem[]] };

export interface LoadOptions {
  /** Instead of `telephony.yaml` in the folder, e.g. for a demo on other ports. Relative paths in it still start at the folder. */
  readonly telephonyFile?: string;
  /** Epoch ms; the years of public holidays are counted from here. */
  readonly now?: number;
}

export async function load(dir: string, env: Env, { telephonyFile, now = Date.now() }: LoadOptions = {}): Promise<Loaded> {
  const root = resolve(dir);
  const telephony = await Source.read(telephonyFile ?? join(dir, 'telephony.yaml'));
  const telephonyYaml = holdAgainst(telephonySchema, telephony);
  const parts = telephonyParts(telephony.value);
  checkTelephony(telephony, parts);
  checkNodes(telephony, parts);
  await checkDesk(telephony, parts, root);
  checkSupervisors(telephony, parts);
  checkCacheDir(telephony, root, parts.promptsCacheDir ?? '');
  const secrets = await readSecrets(telephony, parts, root, env);
  checkTokens(telephony, parts, secrets);
  checkPins(telephony, parts, secrets);

  const { files, problems } = await tenantFiles(dir);
  const tenants = await Promise.all(
    files.map(async (file) => {
      const source = await Source.read(file);
      const yaml = holdAgainst(tenantSchema, source);
      const tenant = tenantParts(source.value);
      await checkTenant(source, tenant, parts, root);
      return { source, yaml, parts: tenant };
    }),
  );
  checkSite(tenants);
  const ids = tenants.map((tenant) => tenant.parts.id);
  checkHttp(telephony, parts, ids.every((tenant) => tenant !== undefined) ? ids : undefined);
  checkSupervisorTenants(
    telephony,
    parts,
    tenants.flatMap(({ parts: { id } }) => id ?? []),
  );

  const [first, ...rest] = sortProblems([...telephony.problems, ...problems, ...tenants.flatMap(({ source }) => source.problems)]);
  if (first !== undefined) return { ok: false, problems: [first, ...rest] };
  const sound = tenants.flatMap(({ yaml }) => (yaml === undefined ? [] : [yaml]));
  if (telephonyYaml === undefined || sound.length !== tenants.length) throw new Error('a file without problems has no value');
  const pins = await hashPins(telephonyYaml, secrets);
  return { ok: true, config: deepFreeze(compile(root, telephonyYaml, secrets, pins, sound, new Date(now).getUTCFullYear())) };
}

/** `tenants/*.yaml`, in the order of their names. */
async function tenantFiles(dir: string): Promise<{ readonly files: readonly string[]; readonly problems: readonly Problem[] }> {
  const folder = join(dir, 'tenants');
  const problem = (file: string, message: string): Problem => ({ file, line: 0, column: 0, path: '', message });
  let names: string[];
  try {
    names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      files: [],
      problems: [
        problem(folder, code === 'ENOENT' ? 'there is no such folder: it holds one YAML file a tenant' : `cannot be read: ${code}`),
      ],
    };
  }
  const problems = names
    .filter((name) => name.endsWith('.yml'))
    .map((name) => problem(join(folder, name), 'is not read: rename it to end in .yaml'));
  const files = names.filter((name) => name.endsWith('.yaml')).map((name) => join(folder, name));
  if (files.length === 0 && problems.length === 0) problems.push(problem(folder, 'holds no tenant: add one file a tenant, NAME.yaml'));
  return { files, problems };
}

function compile(
  dir: string,
  yaml: TelephonyYaml,
  secrets: Secrets,
  pins: ReadonlyMap<SupervisorId, HashedPin>,
  tenantYamls: readonly TenantYaml[],
  year: number,
): Config {
  const speech = { cacheDir: resolve(dir, yaml.promptsCacheDir), ...yaml.voice };
  const renderings = new Map<string, Rendering>();
  const speak = (locale: string) => promptCompiler(locale, { dir, speech, renderings });
  const { agents, supervisors, pools, agentPrefixes, countryCode, ...deployment } = compileTelephony(yaml, secrets, dir, speak);
  const holidays = holidaysOnce(year);
  const tenants = tenantYamls.map((tenant) =>
    compileTenant(tenant, { dir, speech, holidays: holidays(tenant.holidays), countryCode, renderings }),
  );
  return {
    ...deployment,
    supervision: { pins, pinTries: yaml.supervision.pinTries, lockoutMs: yaml.supervision.lockoutMinutes * 60_000 },
    site: {
      tenants: new Map(tenants.map((tenant): [TenantId, Tenant] => [tenant.id, tenant])),
      numbers: new Map(tenants.flatMap(({ id, numbers }) => numbers.map((number): [string, TenantId] => [number, id]))),
      agents: new Map(agents.map((agent) => [agent.id, agent])),
      supervisors: new Map(supervisors.map((supervisor) => [supervisor.id, supervisor])),
      pools,
      desk: compileDesk(yaml.desk, { dir, speech, renderings }),
      agentPrefixes,
      countryCode,
    },
    renderings: [...renderings.values()],
  };
}

/** Eleven years of holidays take a few ms to compute, and most tenants share a country. */
function holidaysOnce(year: number): (place: TenantYaml['holidays']) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (place) => {
    if (place === undefined) return new Set();
    const key = `${place.country}/${place.region ?? ''}`;
    const dates = known.get(key) ?? holidayDates({ country: place.country, region: place.region }, year);
    known.set(key, dates);
    return dates;
  };
}
