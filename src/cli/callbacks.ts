/** `telephony-core callbacks`: who waits to be called back, on whichever daemon, and cancelling one. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { answerOf, DEFAULT_URL, daemonOptions, messageOf, readToken, whyNotUnderstood } from './daemon-client.js';
import { EXIT, type Io } from './io.js';
import { duration, table } from './table.js';

const USAGE = `Usage: telephony-core callbacks list | cancel CALL --token-file FILE [--url ${DEFAULT_URL}]
CALL is as the list shows it. The token file holds an administrator's token, or one of a supervisor or a tenant, who sees his own.
TCORE_ADMIN_TOKEN is used when no file is given.`;

const listed = z.object({
  callbacks: z.array(
    z.object({ call: z.string(), tenant: z.string(), node: z.string(), number: z.string(), askedAt: z.number(), until: z.number() }),
  ),
});
const cancelled = z.object({ done: z.literal(true) });

export async function callbacks(argv: readonly string[], io: Io): Promise<number> {
  const asked = parse(argv);
  if (typeof asked === 'string') {
    if (asked !== '') io.err(asked);
    io.err(USAGE);
    return EXIT.usage;
  }
  const token = await readToken(asked.tokenFile, USAGE, io);
  if (token === undefined) return EXIT.usage;
  const { url, cancel } = asked;
  const path = '/v1/callbacks';
  const answer = await answerOf(
    cancel === undefined ? { url, token, path } : { url, token, path: `${path}/${encodeURIComponent(cancel)}/cancel`, method: 'POST' },
    io,
  );
  if (answer === undefined) return EXIT.failed;
  const list = cancel === undefined ? listed.safeParse(answer.json).data?.callbacks : undefined;
  if (list !== undefined) for (const line of lines(list)) io.out(line);
  else if (cancel !== undefined && cancelled.safeParse(answer.json).success) io.out(`${cancel}: cancelled`);
  else {
    io.err(whyNotUnderstood(url));
    return EXIT.failed;
  }
  return EXIT.ok;
}

function lines(list: z.infer<typeof listed>['callbacks']): readonly string[] {
  if (list.length === 0) return ['Nobody waits to be called back.'];
  const now = Date.now();
  return table(
    ['CALL', 'tenant', 'node', 'number', 'asked', 'given up'],
    [...list]
      .sort((a, b) => a.askedAt - b.askedAt)
      .map(({ call, tenant, node, number, askedAt, until }) => {
        const [ago, left] = [duration(Math.max(0, now - askedAt)), duration(Math.max(0, until - now))];
        return [call, tenant, node, number, `${ago} ago`, `in ${left}`];
      }),
  );
}

interface Asked {
  readonly url: URL;
  readonly tokenFile: string | undefined;
  /** The call whose callback is cancelled; `undefined`: they are listed. */
  readonly cancel: string | undefined;
}

/** A text: what is wrong with the arguments. */
function parse(argv: readonly string[]): Asked | string {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: daemonOptions, allowPositionals: true });
    const [verb, call, ...rest] = positionals;
    const fits = (verb === 'list' && call === undefined) || (verb === 'cancel' && call !== undefined && rest.length === 0);
    return fits ? { url: new URL(values.url), tokenFile: values['token-file'], cancel: call } : '';
  } catch (error) {
    return messageOf(error);
  }
}
