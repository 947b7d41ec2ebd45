/**
 * Text from outside on its way to Asterisk. ARI takes it as data, but a line break in a value that becomes a SIP header is a header
 * of its own (RECIPES-asterisk §11), and `<`, `>` and `"` end a caller's name.
 */
import type { OriginateRequest } from '../ports/pbx.js';

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
export function dialUri(to: OriginateRequest['to'], trunk: string | undefined): string | undefined {
  switch (to.kind) {
    case 'phone':
      return /^[\w.+-]+$/.test(to.user) ? `PJSIP/${to.user}` : undefined;
    case 'uri':
      return /^sips?:[\w.+-]+@[\w.:;=-]+$/.test(to.uri) ? `PJSIP/${trunk ?? 'trunk'}/${to.uri}` : undefined;
    case 'number':
      return trunk !== undefined && /^\+?\d+$/.test(to.number) ? `PJSIP/${to.number}@${trunk}` : undefined;
    default:
      return to satisfies never;
  }
}
