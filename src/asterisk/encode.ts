/**
 * Text from outside on its way to Asterisk. ARI takes it as data, but a line break in a value that becomes a SIP header is a header
 * of its own (RECIPES-asterisk §11), and `<`, `>` and `"` end a caller's name.
 */
import type { OriginateRequest } from '../ports/pbx.js';
import type { AsteriskOptions } from './options.js';

/** What the agent's phone shows: `"Name" <number>`. */
export function shown(name: string, number: string): string {
  const text = name
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not go out
    .replaceAll(/[\u0000-\u001f\u007f]/g, ' ')
    .replaceAll(/["<>\\]/g, '’')
    .trim()
    .slice(0, 80);
  return `"${text}" <${number.replaceAll(/[^\d+*#]/g, '')}>`;
}

/** How Asterisk dials it; `undefined`: it cannot. */
export function dialUri(
  to: OriginateRequest['to'],
  { id, trunk, peer, peers }: Pick<AsteriskOptions, 'id' | 'trunk' | 'peer' | 'peers'>,
): string | undefined {
  switch (to.kind) {
    case 'phone': {
      if (!/^[\w.+-]+$/.test(to.user)) return undefined;
      if (to.node === id) return `PJSIP/${to.user}`;
      // Its home node bridges it by itself.
      const home = peers?.get(to.node);
      return peer === undefined || home === undefined ? undefined : `PJSIP/${peer.endpoint}/sip:${to.user}@${home.host}:${home.port}`;
    }
    case 'uri':
      return /^sips?:[\w.+-]+@[\w.:;=-]+$/.test(to.uri) ? `PJSIP/${trunk ?? 'trunk'}/${to.uri}` : undefined;
    case 'number':
      return trunk !== undefined && /^\+?\d+$/.test(to.number) ? `PJSIP/${to.number}@${trunk}` : undefined;
    default:
      return to satisfies never;
  }
}
