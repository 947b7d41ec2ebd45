/** `telephony-core status`: what a running daemon is doing, asked over its API. */
import { parseArgs } from 'node:util';
import { askDaemon, DEFAULT_URL, daemonOptions, messageOf, readToken, whyNotUnderstood, whyRefused } from './daemon-client.js';
import { EXIT, type Io } from './io.js';
import { statusAnswer, statusText } from './status-text.js';

const USAGE = `Usage: telephony-core status --token-file FILE [--url ${DEFAULT_URL}]
The token file holds an administrator's or supervisor's token (http.adminToken, http.tokens). TCORE_ADMIN_TOKEN is used when no file is given.`;

export async function status(argv: readonly string[], io: Io): Promise<number> {
  const options = parse(argv, io);
  if (options === undefined) return EXIT.usage;
  const token = await readToken(options.tokenFile, USAGE, io);
  if (token === undefined) return EXIT.usage;

  const response = await askDaemon({ url: options.url, token, path: '/v1/status' }, io);
  if (response === undefined) return EXIT.failed;
  if (!response.ok) {
    io.err(whyRefused(options.url, response.status));
    return EXIT.failed;
  }
  const answer = statusAnswer.safeParse(await response.json().catch(() => undefined));
  if (!answer.success) {
    io.err(whyNotUnderstood(options.url));
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
      options: daemonOptions,
    });
    return { url: new URL(values.url), tokenFile: values['token-file'] };
  } catch (error) {
    io.err(messageOf(error));
    io.err(USAGE);
    return undefined;
  }
}
