/** `telephony-core status`: what a running daemon is doing, asked over its API. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { EXIT, type Io } from './io.js';
import { statusAnswer, statusText } from './status-text.js';

const USAGE = `Usage: telephony-core status --token-file FILE [--url ${defaultUrl()}]
The token file holds an administrator's or supervisor's token (http.adminToken, http.tokens). TCORE_ADMIN_TOKEN is used when no file is given.`;

/** A daemon that hangs must not hang the person who asks about it. */
const TIMEOUT_MS = 5000;

function defaultUrl(): string {
  return 'http://127.0.0.1:8080';
}

export async function status(argv: readonly string[], io: Io): Promise<number> {
  const options = parse(argv, io);
  if (options === undefined) return EXIT.usage;
  const token = await readToken(options.tokenFile, io);
  if (token === undefined) return EXIT.usage;

  let response: Response;
  try {
    response = await fetch(new URL('/v1/status', options.url), {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    io.err(whyUnreachable(options.url, error));
    return EXIT.failed;
  }
  if (!response.ok) {
    io.err(whyRefused(options.url, response.status));
    return EXIT.failed;
  }
  const answer = statusAnswer.safeParse(await response.json().catch(() => undefined));
  if (!answer.success) {
    io.err(`What answers at ${options.url} is not telephony-core, or a version that this one does not understand.`);
    return EXIT.failed;
  }
  for (const line of statusText(answer.data)) io.out(line);
  return EXIT.ok;
}

interface Options {
  readonly url: URL;
  readonly tokenFile: string | undefined;
}

function parse(argv: readonly string[], io: Io): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { url: { type: 'string', default: defaultUrl() }, 'token-file': { type: 'string' } },
    });
    return { url: new URL(values.url), tokenFile: values['token-file'] };
  } catch (error) {
    io.err(messageOf(error));
    io.err(USAGE);
    return undefined;
  }
}

async function readToken(file: string | undefined, io: Io): Promise<string | undefined> {
  if (file === undefined) {
    const token = io.env['TCORE_ADMIN_TOKEN'];
    if (token === undefined) io.err(USAGE);
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

function whyRefused(url: URL, code: number): string {
  if (code === 401) return `The daemon at ${url} refuses this token: it is not the one in its configuration.`;
  if (code === 404)
    return `The daemon at ${url} has its API switched off (configure http.adminToken or http.tokens), or this token is not an administrator’s or supervisor’s.`;
  return `The daemon at ${url} answers with HTTP status ${code}; its log says more.`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
