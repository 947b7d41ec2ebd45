/** How a command asks a running daemon over its API, and what it says when that fails. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Io } from './io.js';

export const DEFAULT_URL = 'http://127.0.0.1:8080';

/** What every such command takes. */
export const daemonOptions = {
  url: { type: 'string', default: DEFAULT_URL },
  'token-file': { type: 'string' },
} as const;

/** A daemon that hangs must not hang the person who asks about it. */
const TIMEOUT_MS = 5000;

export interface Ask {
  readonly url: URL;
  readonly token: string;
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly body?: Readonly<Record<string, unknown>>;
}

/** The answer, whatever its status; `undefined`: there was none, and the person was told why. */
export async function askDaemon({ url, token, path, method = 'GET', body }: Ask, io: Io): Promise<Response | undefined> {
  try {
    return await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    io.err(whyUnreachable(url, error));
    return undefined;
  }
}

const problem = z.object({ detail: z.string() });

/** What the daemon answered to what it did not refuse; `undefined`: nothing of use, and the person was told why. */
export async function answerOf(ask: Ask, io: Io): Promise<{ readonly json: unknown } | undefined> {
  const response = await askDaemon(ask, io);
  if (response === undefined) return undefined;
  const json: unknown = await response.json().catch(() => undefined);
  if (response.ok) return { json };
  const { data } = problem.safeParse(json);
  // 404 is both "no such thing" and "no API"; where the daemon says nothing more, neither do we.
  io.err(data === undefined || response.status === 401 ? whyRefused(ask.url, response.status) : data.detail);
  return undefined;
}

/** Something else listens there, or a daemon of another version. */
export const whyNotUnderstood = (url: URL): string =>
  `What answers at ${url} is not telephony-core, or a version that this one does not understand.`;

/** `undefined`: there is none, and the person was told. */
export async function readToken(file: string | undefined, usage: string, io: Io): Promise<string | undefined> {
  if (file === undefined) {
    const token = io.env['TCORE_ADMIN_TOKEN'];
    if (token === undefined) io.err(usage);
    return token;
  }
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    io.err(`The token file cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

function whyUnreachable(url: URL, error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `The daemon at ${url} does not answer within ${TIMEOUT_MS / 1000} s: it hangs, or a firewall drops the request.`;
  }
  // `fetch` hides the socket's error in `cause`.
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED') {
    return `No daemon runs at ${url} (connection refused). Start it with: telephony-core start DIR`;
  }
  return `The daemon at ${url} cannot be reached: ${messageOf(cause)}`;
}

export function whyRefused(url: URL, code: number): string {
  if (code === 401) return `The daemon at ${url} refuses this token: it is not the one in its configuration.`;
  if (code === 404)
    return `The daemon at ${url} has its API switched off (configure http.adminToken or http.tokens), or this token is not an administrator’s or supervisor’s.`;
  return `The daemon at ${url} answers with HTTP status ${code}; its log says more.`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
