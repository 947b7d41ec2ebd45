/** The desk phones' accounts as a static file of FreeSWITCH's directory: phones register whether a daemon runs or not. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { token } from './esl/encode.js';

export interface Account {
  readonly user: string;
  readonly password: string;
  /** Shown to whoever the phone calls. */
  readonly name: string;
}

/**
 * `user` elements for freeswitch-conf/directory. Passwords are stored as HA1 (RFC 2617 §3.2.2.2), for which the profile's
 * `challenge-realm` must be `domain`. FreeSWITCH reads included files line by line: one element a line.
 * @throws {EslError} `esl-unsafe-value` when a user or the domain holds other characters than letters, digits, `.`, `-` and `_`.
 */
export function directoryXml(domain: string, accounts: readonly Account[]): string {
  const realm = token(domain, 'the SIP domain');
  const users = accounts.flatMap(({ user, password, name }) => {
    const hash = createHash('md5')
      .update(`${token(user, 'a phone’s user')}:${realm}:${password}`)
      .digest('hex');
    return [
      `  <user id="${user}">`,
      `    <params><param name="a1-hash" value="${hash}"/></params>`,
      `    <variables><variable name="effective_caller_id_name" value="${attribute(name)}"/></variables>`,
      '  </user>',
    ];
  });
  return ['<include>', ...users, '</include>', ''].join('\n');
}

/** Replaces the file as a whole, never half of it. @returns whether its content changed. */
export async function writeDirectory(file: string, xml: string): Promise<boolean> {
  const present = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (present === xml) return false;
  await mkdir(dirname(file), { recursive: true });
  // Not *.xml: FreeSWITCH would read it too.
  const next = `${file}.new`;
  await writeFile(next, xml, { mode: 0o640 });
  await rename(next, file);
  return true;
}

/** `$` as well: FreeSWITCH expands `$${…}` in its configuration before it parses the XML. */
function attribute(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, ' ').replace(/[&<>"'$]/g, (char) => `&#${char.charCodeAt(0)};`);
}
