/**
 * The phones' accounts as a static file for FreeSWITCH's directory: REGISTER never waits for the daemon, and works when
 * the daemon is dead. The file belongs inside a `<users>` of the directory, as in freeswitch-conf/freeswitch.xml.
 */
import { createHash } from 'node:crypto';

export interface Phone {
  readonly user: string;
  readonly password: string;
  /** Shown to those whom the phone calls. */
  readonly name: string;
}

/** What phones may dial is decided by this context of dialplan/freeswitch/telephony-core.xml, and by nothing else. */
const PHONES_CONTEXT = 'tcore-phones';

const DOMAIN = /^[A-Za-z0-9][A-Za-z0-9.-]*$/;
const USER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
// FreeSWITCH expands `$${…}` in a file before it reads it as XML (switch_xml.c, preprocess): escaping cannot help there.
// Lone surrogates have no UTF-8.
const UNSAFE_NAME = /[\p{Cc}\p{Cs}$]/u;

/**
 * No password is in the file, but the `a1-hash` of RFC 2617, 3.2.2.2: MD5(user:domain:password). It registers like the
 * password, in this domain only. `domain` is the realm with which the profile challenges. Throws for a user or a name that
 * configuration should have refused.
 */
export function directoryXml(domain: string, phones: readonly Phone[], context = PHONES_CONTEXT): string {
  if (!DOMAIN.test(domain)) throw new TypeError(`unsafe SIP domain: ${JSON.stringify(domain)}`);
  const users = phones.map(({ user, password, name }) => {
    if (!USER.test(user)) throw new TypeError(`unsafe SIP user: ${JSON.stringify(user)}`);
    if (UNSAFE_NAME.test(name)) throw new TypeError(`unsafe name of a phone: ${JSON.stringify(name)}`);
    const hash = createHash('md5').update(`${user}:${domain}:${password}`).digest('hex');
    return [
      `  <user id="${user}">`,
      '    <params>',
      `      <param name="a1-hash" value="${hash}"/>`,
      '    </params>',
      '    <variables>',
      `      <variable name="user_context" value="${escaped(context)}"/>`,
      `      <variable name="effective_caller_id_name" value="${escaped(name)}"/>`,
      `      <variable name="effective_caller_id_number" value="${user}"/>`,
      '    </variables>',
      '  </user>',
    ].join('\n');
  });
  // FreeSWITCH takes `<include>` off line by line, so each of the two stands alone on its line.
  return ['<include>', '  <!-- Written by telephony-core: changes here are overwritten. -->', ...users, '</include>', ''].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}
