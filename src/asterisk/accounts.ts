/**
 * The phones' accounts as a file for pjsip.conf: REGISTER never waits for the daemon, and works when the daemon is dead. It uses
 * the templates of dialplan/asterisk/pjsip.conf.
 */
import { createHash } from 'node:crypto';

export interface Phone {
  readonly user: string;
  readonly password: string;
  /** Shown to those whom the phone calls. */
  readonly name: string;
}

const USER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Asterisk's own realm: phones answer whatever they are challenged with. */
const REALM = 'asterisk';

/** No password is in the file, but the digest of RFC 2617, 3.2.2.2: MD5(user:realm:password). Throws for an unsafe user. */
export function accountsConf(phones: readonly Phone[]): string {
  const accounts = phones.map(({ user, password, name }) => {
    if (!USER.test(user)) throw new TypeError(`unsafe SIP user: ${JSON.stringify(user)}`);
    const hash = createHash('md5').update(`${user}:${REALM}:${password}`).digest('hex');
    return [
      `[${user}](phone)`,
      `auth = ${user}`,
      `aors = ${user}`,
      `callerid = "${shownName(name)}" <${user}>`,
      `[${user}](phone-auth)`,
      'auth_type = md5',
      `username = ${user}`,
      `realm = ${REALM}`,
      `md5_cred = ${hash}`,
      `[${user}](phone-aor)`,
      '',
    ].join('\n');
  });
  return ['; Written by telephony-core: changes here are overwritten.', ...accounts].join('\n');
}

/** `;` begins a comment, `"`, `<` and `>` end a name. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be written
const shownName = (name: string): string => name.replaceAll(/[\u0000-\u001f"<>;\\$]/g, ' ').trim();
