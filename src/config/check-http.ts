/** What the schema cannot say of `http`: tokens that are one, scopes of somebody else’s role, names that must exist. */
import { known, reportTwins, reportUnknown, type Secrets, secretKey } from './check-telephony.js';
import type { TelephonyParts } from './parts.js';
import type { Path } from './problems.js';
import type { TokenYaml } from './schema-http.js';
import type { Source } from './source.js';

/** What can be guessed by trying is no secret: 16 characters of `openssl rand -hex 24` are far beyond that. */
const shortestToken = 16;

type Scope = 'pools' | 'agent' | 'tenants';
const scopes: Readonly<Record<TokenYaml['role'], { readonly may?: Scope; readonly must?: Scope }>> = {
  admin: {},
  supervisor: { may: 'pools' },
  agent: { must: 'agent' },
  tenant: { must: 'tenants' },
};

/** `tenants`: the ids in the tenants' files; undefined: not all of them could be read. */
export function checkHttp(source: Source, parts: TelephonyParts, tenants: readonly string[] | undefined): void {
  const { adminToken, tokens = [] } = parts.http ?? {};
  const ids = tokens.map((token) => token?.id);
  reportTwins(source, 'token', ids, (i) => ['http', 'tokens', i, 'id']);
  for (const [index, token] of tokens.entries()) {
    if (token === undefined) continue;
    const path: Path = ['http', 'tokens', index];
    if (adminToken !== undefined && token.id === 'admin') {
      source.report([...path, 'id'], 'is the name of http.adminToken: take another');
    }
    checkScope(source, path, token);
    const agents = known(parts.agents?.map((agent) => agent?.id));
    reportMissing(source, [...path, 'agent'], 'agent', [token.agent], agents);
    reportMissing(source, [...path, 'pools'], 'pool', token.pools ?? [], known(parts.pools));
    reportMissing(source, [...path, 'tenants'], 'tenant', token.tenants ?? [], tenants);
  }
}

function checkScope(source: Source, path: Path, token: Partial<TokenYaml>): void {
  if (token.role === undefined) return;
  const { may, must } = scopes[token.role];
  if (must !== undefined && token[must] === undefined) {
    source.report([...path, must], `is missing: a token of the role ${token.role} says whose it is`);
  }
  for (const scope of ['pools', 'agent', 'tenants'] as const) {
    if (token[scope] === undefined || scope === may || scope === must) continue;
    source.report([...path, scope], `does not belong to a token of the role ${token.role}`, 'key');
  }
}

function reportMissing(
  source: Source,
  path: Path,
  what: string,
  names: readonly (string | undefined)[],
  there: readonly string[] | undefined,
): void {
  for (const [index, name] of names.entries()) {
    if (name === undefined || there === undefined || there.includes(name)) continue;
    reportUnknown(source, what === 'agent' ? path : [...path, index], what, name, there);
  }
}

/** Runs when the secrets were read: two tokens that are one would make a guess of who asks. */
export function checkTokens(source: Source, parts: TelephonyParts, secrets: Secrets): void {
  const paths: readonly Path[] = [
    ['http', 'adminToken'],
    ...(parts.http?.tokens ?? []).map((_, i): Path => ['http', 'tokens', i, 'token']),
  ];
  const first = new Map<string, Path>();
  for (const path of paths) {
    const secret = secrets.get(secretKey(path));
    if (secret === undefined) continue;
    if (secret.length < shortestToken) {
      source.report(path, `is shorter than ${shortestToken} characters and could be guessed: take the output of openssl rand -hex 24`);
    } else if (/\s/u.test(secret)) {
      source.report(path, 'holds a space, which no bearer token can');
    }
    const twin = first.get(secret);
    if (twin === undefined) first.set(secret, path);
    else source.report(path, `is the same token as at ${source.where(twin)}: each needs one of its own`);
  }
}
