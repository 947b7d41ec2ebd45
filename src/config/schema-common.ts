/**
 * The kinds of value that both files use. What can reach a PBX is held to letters that no command parser reads as
 * anything else: configuration that would need quoting is refused here, with words, rather than encoded later.
 */
import { z } from 'zod';

/** Names of tenants, pools, agents, nodes, menus and skills; they become parts of keys, file names and channel variables. */
export const identifier = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'must be small letters a-z, digits and "-" only, at most 63, e.g. cabinet-martin');

/** A SIP user, dialplan context, profile or gateway. */
export const switchName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be letters a-z, digits, ".", "_" and "-" only, at most 63, as it reaches the switch');

/** A host name or an IPv4 address. */
export const host = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/, 'must be a host name or an IPv4 address, e.g. 127.0.0.1');

export const port = z.int('must be a port number from 1 to 65535').min(1).max(65_535);

/** Shown on phones: reaches the switch as a caller's name. */
export const label = z
  .string()
  .regex(
    /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} .’-]*[\p{L}\p{M}\p{N}.])?$/u,
    'must be letters, digits, spaces, ".", "-" and ’ only, as it is shown on phones (write ’ for an apostrophe)',
  );

const CONTROL = /[^\P{Cc}\t\n]|[\p{Zl}\p{Zp}]/u;

/** One line for people; never reaches the switch. */
export const title = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(100, 'must be at most 100 characters')
  .refine((text) => !CONTROL.test(text) && !text.includes('\n'), 'must be one line without control characters');

export const e164 = z
  .string()
  .regex(/^\+[1-9]\d{3,14}$/, 'must be a number in E.164: "+", country code, number, no spaces, in quotes, e.g. "+33123456789"');

/** Of E.164 numbers. */
export const prefix = z.string().regex(/^\+[1-9]\d{0,14}$/, 'must be the beginning of an E.164 number in quotes, e.g. "+336"');

/** Relative to the configuration folder, or absolute. The switch is handed the whole path. */
export const filePath = z
  .string()
  .regex(/^[\p{L}\p{M}\p{N}_./@+-]+$/u, 'must be a path of letters, digits and . _ - + @ / only, as it is handed to the switch')
  .refine((path) => !path.split('/').includes('..'), 'must not contain ".."');

/** On the PBX's host, so it cannot be relative to anything here. */
export const absolutePath = filePath.refine((path) => path.startsWith('/'), 'must be an absolute path, beginning with "/"');

/** Whole seconds. */
export const seconds = (min: number, max: number) => z.int('must be a whole number of seconds').min(min).max(max);

export const secret = z
  .union(
    [
      z.strictObject({
        env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable, e.g. TCORE_ESL_PASSWORD'),
      }),
      z.strictObject({ file: z.string().min(1, 'must be the path of a file that holds the secret and nothing else') }),
    ],
    { error: 'a secret is never written here in clear: use { env: NAME } or { file: path }' },
  )
  .meta({ id: 'secret', description: 'A secret: { env: NAME } or { file: path }, never the secret itself.' });

export const spokenText = z
  .string()
  .refine((text) => text.trim() !== '', 'must not be empty: write what is to be said')
  .max(2000, 'must be at most 2000 characters')
  .refine((text) => !CONTROL.test(text), 'must not contain control characters');

const audioFile = filePath.describe('A WAV file: PCM, 16 bit, mono or stereo, 8 or 16 kHz. Relative to the configuration folder.');

export const prompt = z
  .union([spokenText, z.strictObject({ text: spokenText }), z.strictObject({ file: audioFile })], {
    error: 'a prompt is a text to be spoken, { text: "…" } or { file: prompts/name.wav }',
  })
  .meta({ id: 'prompt', description: 'What a caller hears: a text to be spoken, { text: "…" } or { file: prompts/name.wav }.' });

export type SecretYaml = z.output<typeof secret>;
export type PromptYaml = z.output<typeof prompt>;
