/** SIP messages as text (RFC 3261), as far as a phone of a test needs them. Header names are kept in small letters. */
import { createHash, randomBytes } from 'node:crypto';

export interface SipMessage {
  /** Set on a request, e.g. INVITE. */
  readonly method: string | undefined;
  /** Set on a request. */
  readonly uri: string;
  /** Set on a response. */
  readonly status: number | undefined;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

/** `undefined`: no SIP at all, e.g. a keep-alive. */
export function parseMessage(text: string): SipMessage | undefined {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = (end === -1 ? text : text.slice(0, end)).split('\r\n');
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]+?)\s*:\s*(.*)$/.exec(line) ?? [];
    const key = name.toLowerCase();
    headers.set(key, [...(headers.get(key) ?? []), value]);
  }
  const body = end === -1 ? '' : text.slice(end + 4);
  const response = /^SIP\/2\.0 (\d{3})/.exec(first);
  if (response !== null) return { method: undefined, uri: '', status: Number(response[1]), headers, body };
  const request = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(first);
  return request === null ? undefined : { method: request[1], uri: request[2] ?? '', status: undefined, headers, body };
}

export function header(message: SipMessage, name: string): string {
  return message.headers.get(name)?.[0] ?? '';
}

export function tagOf(value: string): string | undefined {
  return /;tag=([^;>\s]+)/.exec(value)?.[1];
}

/** The address between `<` and `>`, or the value itself. */
export function uriOf(value: string): string {
  return /<([^>]+)>/.exec(value)?.[1] ?? value.split(';')[0]?.trim() ?? '';
}

/** What a phone would show of a From header, with its quoting undone (RFC 3261 section 25.1, quoted-string). */
export function displayName(value: string): string {
  const quoted = /^\s*"((?:[^"\\]|\\.)*)"/s.exec(value);
  if (quoted !== null) return (quoted[1] ?? '').replace(/\\(.)/gs, '$1');
  return (value.split('<')[0] ?? '').trim();
}

export function quoted(name: string): string {
  return `"${name.replace(/[\\"]/g, '\\$&')}"`;
}

export function format(first: string, headers: readonly (readonly [string, string])[], body = ''): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return [first, ...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

export const token = (): string => randomBytes(8).toString('hex');

/** The answer to a challenge (RFC 2617 with qop=auth, as FreeSWITCH asks). */
export function digest(challenge: string, request: { method: string; uri: string; user: string; password: string }): string {
  const field = (name: string): string => new RegExp(`${name}="?([^",]+)"?`).exec(challenge)?.[1] ?? '';
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const [realm, nonce, cnonce, nc] = [field('realm'), field('nonce'), token(), '00000001'];
  const secret = md5(`${request.user}:${realm}:${request.password}`);
  const response = md5(`${secret}:${nonce}:${nc}:${cnonce}:auth:${md5(`${request.method}:${request.uri}`)}`);
  const parts = { username: request.user, realm, nonce, uri: request.uri, response, cnonce };
  const pairs = Object.entries(parts).map(([name, value]) => `${name}="${value}"`);
  return `Digest ${pairs.join(', ')}, algorithm=MD5, qop=auth, nc=${nc}`;
}

/** Payload type of our keys (RFC 2833). */
export const DTMF = 101;

/** What we offer and answer. */
export function sdp(rtpPort: number): string {
  return [
    'v=0',
    'o=phone 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${rtpPort} RTP/AVP 0 ${DTMF}`,
    'a=rtpmap:0 PCMU/8000',
    `a=rtpmap:${DTMF} telephone-event/8000`,
    `a=fmtp:${DTMF} 0-15`,
    'a=ptime:20',
    '',
  ].join('\r\n');
}
