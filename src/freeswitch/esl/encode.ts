/**
 * The one place where a value becomes part of a command. FreeSWITCH expands `${system(…)}` in application arguments,
 * headers and variables, takes a line break for a new header and a blank line for a new command, and has a quoting of its own
 * in dial strings: a value that carries any of that runs code on the PBX. So a command is built from `Wire` values only, and
 * only the functions below make them.
 *
 * A value from configuration or the API is refused (`esl-unsafe-value`): somebody must correct it. A value from a caller is
 * never refused: its unsafe characters are replaced by harmless ones that look alike.
 */
import { EslError } from './errors.js';

declare const safe: unique symbol;
/** Text that is safe at the place for which it was checked. */
export type Wire = string & { readonly [safe]: true };

/** Characters with a meaning in commands, dial strings, variable lists or headers. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be found
const unsafe = /[\u0000-\u001f\u007f$`'"\\,;|<>{}[\]]|\^\^|@@/;

/** Joins checked values: `` wire`uuid_kill ${leg} ${cause}` ``. */
export function wire(parts: TemplateStringsArray, ...values: readonly Wire[]): Wire {
  return String.raw({ raw: parts }, ...values) as Wire;
}

/** @throws {EslError} `esl-unsafe-value`; `what` is the value's name, the value itself is not repeated. */
function refuse(what: string, why: string): never {
  throw new EslError('esl-unsafe-value', `${what} ${why}`);
}

function matching(text: string, shape: RegExp, what: string, why: string): Wire {
  if (!shape.test(text)) refuse(what, why);
  return text as Wire;
}

/** Free text from configuration or the API, within a quoted place. Spaces are allowed, everything with a meaning is not. */
export function configured(text: string, what: string): Wire {
  const found = unsafe.exec(text);
  if (found !== null) refuse(what, `holds U+${found[0].codePointAt(0)?.toString(16).padStart(4, '0')}`);
  return text as Wire;
}

/** A channel, job or application id. */
export const uuid = (text: string): Wire =>
  matching(text, /^[\w][\w.:-]{0,127}$/, 'an id', 'has other characters than letters, digits, . : - and _');

/** A variable, application, context, profile, gateway, user or domain. */
export const token = (text: string, what: string): Wire =>
  matching(text, /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, what, 'has other characters than letters, digits, . - and _');

/** An event or a subclass, e.g. `CHANNEL_PARK`, `sofia::register`. */
export const eventName = (text: string): Wire => matching(text, /^[A-Za-z][\w:.-]{0,63}$/, 'an event name', 'is not one');

/** What a filter compares a header with: a word, or `/^…/` for how it begins. */
export const pattern = (text: string): Wire =>
  matching(text, /^(?:[\w:.-]{1,64}|\/\^[\w:.-]{1,64}\/)$/, 'a filter', 'is neither a word nor /^…/');

/** One value of a `name=value;name=value` list. */
export const listed = (value: Wire, what: string): Wire => matching(value, /^[^;=\s]*$/, what, 'holds ;, = or a space');

/** The argument of one application in a list that is separated by `^` and quoted by `'`. */
export const step = (argument: Wire): Wire => matching(argument, /^[^^']*$/, 'an argument', "holds ^ or '");

/** A hang-up cause, e.g. `NORMAL_CLEARING`. */
export const causeName = (text: string): Wire => matching(text, /^[A-Z][A-Z0-9_]{0,63}$/, 'a hang-up cause', 'is not one');

export function integer(value: number, what: string): Wire {
  if (!Number.isSafeInteger(value) || value < 0) refuse(what, 'is not a whole number');
  return String(value) as Wire;
}

/**
 * An absolute path. Several commands split their arguments at spaces, `!` joins files in `file_string`, and `..` leaves the
 * folder that the operator meant: none is allowed.
 */
export function filePath(path: string): Wire {
  configured(path, 'a file name');
  if (!path.startsWith('/')) refuse('a file name', 'is not absolute');
  if (/[\s!*?]/.test(path)) refuse('a file name', 'holds a space, !, * or ?');
  if (path.split('/').includes('..')) refuse('a file name', 'holds ..');
  if (path.length > 1024) refuse('a file name', 'is too long');
  return path as Wire;
}

/** A file below `folder`, which is absolute; `name` is relative and made of ids. */
export function fileBelow(folder: string, name: string): Wire {
  if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(name)) refuse('a file name', 'has other characters than letters, digits, / . - and _');
  return filePath(`${folder.replace(/\/+$/, '')}/${name}`);
}

/** A number that is dialled: digits, with `+` in front or not. */
export const dialledNumber = (text: string): Wire => matching(text, /^\+?[0-9]{2,20}$/, 'a number to dial', 'is not a telephone number');

/** `sip:agent@192.0.2.1:5060;transport=tcp` → what goes behind `sofia/<profile>/`. */
export const sipUri = (text: string): Wire =>
  matching(
    text,
    /^sips?:[\w.!~*+-]{1,64}@[\w.-]{1,253}(?::\d{1,5})?(?:;[\w-]{1,32}=[\w.-]{1,64}){0,8}$/,
    'a SIP URI',
    'is not one that we dial',
  );

/**
 * What `sofia_contact` answers, e.g. `sofia/internal/sip:a1@192.0.2.1:5060;fs_nat=yes`. The contact was sent by the phone: one
 * that is registered with characters of a meaning is not dialled.
 */
export const dialString = (text: string): Wire =>
  matching(text, /^sofia\/[\w.-]{1,64}\/sips?:[\w.!~*+%:;=@&?/-]{1,1024}$/, 'a contact', 'is not one that we dial');

/** Half a surrogate pair cannot be written as UTF-8. */
const wellFormed = (text: string): string => text.replace(/\p{Cs}/gu, '\ufffd');

/** A variable's value, whatever it is: percent-encoded (RFC 3986 unreserved characters stay), read back with `decodeURIComponent`. */
export function factValue(text: string): Wire {
  const encoded = encodeURIComponent(wellFormed(text)).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  if (encoded.length > 4096) refuse('a fact', 'is too long');
  return encoded as Wire;
}

/** Unsafe characters of a caller's text and what stands for them on the wire. */
const lookalikes: Readonly<Record<string, string>> = {
  "'": '’',
  '`': '’',
  '"': '”',
  ',': '‚',
  ';': '·',
  '|': '/',
  '\\': '/',
  $: '＄',
  '{': '(',
  '[': '(',
  '<': '(',
  '}': ')',
  ']': ')',
  '>': ')',
  '^': 'ˆ',
};

/** Text that a caller sent, e.g. a name, for a quoted place: at most `most` characters, nothing with a meaning left. */
export function callerText(text: string, most = 80): Wire {
  const plain = wellFormed(text)
    .normalize('NFC')
    // Controls, line separators and directional marks: they break headers or make a name read as another.
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu, ' ')
    .replace(/[$`'"\\,;|<>{}[\]^]/g, (char) => lookalikes[char] ?? ' ')
    .replace(/@{2,}/g, '@')
    .trim();
  return [...plain].slice(0, most).join('').trim() as Wire;
}

/** A number that a caller sent, for caller ID: what cannot be part of a SIP user name is left out. */
export function callerNumber(text: string): Wire {
  return text.replace(/[^\w+*#.-]/g, '').slice(0, 40) as Wire;
}

/** A password for `auth`: anything that stays on its line. */
export function secret(text: string): Wire {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be found
  return matching(text, /^[^\u0000-\u001f\u007f]{1,256}$/, 'the password', 'is empty or holds a control character');
}
