/** Secrets come from the environment or from files of their own (as container engines mount them). */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SecretYaml } from './schema-common.js';

export type Env = Readonly<Record<string, string | undefined>>;

export type Secret = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly message: string };

/** Never puts any part of the secret into the message. */
export async function readSecret(secret: SecretYaml, dir: string, env: Env): Promise<Secret> {
  if ('env' in secret) {
    const value = env[secret.env];
    if (value === undefined)
      return {
        ok: false,
        message: `the environment variable ${secret.env} is not set: set it where this command and the daemon start, or name a file`,
      };
    return checked(value, `the environment variable ${secret.env}`);
  }
  const file = resolve(dir, secret.file);
  try {
    return checked((await readFile(file, 'utf8')).replace(/\r?\n$/, ''), `the file ${file}`);
  } catch (error) {
    return { ok: false, message: `the file ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})` };
  }
}

/** A line break would end the command that carries the secret, e.g. the event socket's `auth`. */
function checked(value: string, from: string): Secret {
  if (value === '') return { ok: false, message: `${from} is empty` };
  if (/\p{Cc}/u.test(value)) return { ok: false, message: `${from} holds a line break or another control character` };
  return { ok: true, value };
}
