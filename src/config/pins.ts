/**
 * What is kept of a supervisor's PIN: a salted scrypt hash, so that neither the configuration in memory nor a dump of it holds one. A PIN
 * has few digits, and all of them can be tried against a hash: what guards it is the lockout (src/pins.ts).
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** Base64. */
export interface HashedPin {
  readonly salt: string;
  readonly hash: string;
}

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const hashBytes = 32;

export async function hashPin(pin: string): Promise<HashedPin> {
  const salt = randomBytes(16);
  return { salt: salt.toString('base64'), hash: (await derive(pin, salt, hashBytes)).toString('base64') };
}

/** In a time that tells nothing of how alike they are. */
export async function isPin({ salt, hash }: HashedPin, typed: string): Promise<boolean> {
  return timingSafeEqual(await derive(typed, Buffer.from(salt, 'base64'), hashBytes), Buffer.from(hash, 'base64'));
}
