/** `telephony-core agent`: shows an agent, or asks for him what he could dial himself. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { answerOf, DEFAULT_URL, daemonOptions, messageOf, readToken, whyNotUnderstood } from './daemon-client.js';
import { EXIT, type Io } from './io.js';
import { agentAnswer, agentTable } from './status-text.js';

const USAGE = `Usage: telephony-core agent ID [signin | signout | pause [REASON] | ready | extend [SECONDS]] --token-file FILE [--url ${DEFAULT_URL}]
Without a wish the agent is shown. The token file holds an administrator's token, or one of a supervisor or the agent.
TCORE_ADMIN_TOKEN is used when no file is given.`;

/** What may follow each wish, as the body of the request; `undefined`: not this. */
const wishes: Readonly<Record<string, (more: string | undefined) => Readonly<Record<string, unknown>> | undefined>> = {
  signin: nothing,
  signout: nothing,
  ready: nothing,
  pause: (reason) => (reason === undefined ? {} : { reason }),
  extend: (seconds) => (seconds === undefined ? {} : /^\d{1,5}$/.test(seconds) ? { seconds: Number(seconds) } : undefined),
};

const said = z.object({ result: z.string() });

const results: Readonly<Record<string, string>> = {
  done: 'done',
  later: 'done: it holds from the end of the present call on',
  already: 'so it was before',
};

export async function agent(argv: readonly string[], io: Io): Promise<number> {
  const asked = parse(argv);
  if (typeof asked === 'string') {
    if (asked !== '') io.err(asked);
    io.err(USAGE);
    return EXIT.usage;
  }
  const token = await readToken(asked.tokenFile, USAGE, io);
  if (token === undefined) return EXIT.usage;
  const { url, path, wish, body } = asked;
  const answer = await answerOf(
    wish === undefined ? { url, token, path } : { url, token, path: `${path}/${wish}`, method: 'POST', body },
    io,
  );
  if (answer === undefined) return EXIT.failed;
  const shown = agentAnswer.safeParse(answer.json).data;
  const result = said.safeParse(answer.json).data?.result;
  if (shown !== undefined) for (const line of agentTable([shown])) io.out(line);
  else if (result !== undefined) io.out(`${asked.agent}: ${results[result] ?? result}`);
  else {
    io.err(whyNotUnderstood(url));
    return EXIT.failed;
  }
  return EXIT.ok;
}

interface Asked {
  readonly url: URL;
  readonly tokenFile: string | undefined;
  readonly agent: string;
  readonly path: string;
  readonly wish: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A text: what is wrong with the arguments. */
function parse(argv: readonly string[]): Asked | string {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: daemonOptions, allowPositionals: true });
    const [name, wish, more, ...rest] = positionals;
    if (name === undefined || rest.length > 0) return '';
    const body = wish === undefined ? {} : Object.hasOwn(wishes, wish) ? wishes[wish]?.(more) : undefined;
    if (body === undefined) return `This cannot be asked for: ${[wish, more].filter((part) => part !== undefined).join(' ')}`;
    const path = `/v1/agents/${encodeURIComponent(name)}`;
    return { url: new URL(values.url), tokenFile: values['token-file'], agent: name, path, wish, body };
  } catch (error) {
    return messageOf(error);
  }
}

function nothing(more: string | undefined): Readonly<Record<string, unknown>> | undefined {
  return more === undefined ? {} : undefined;
}
