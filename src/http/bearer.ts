/** Bearer tokens (RFC 6750 §2.1). */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AccessToken, Principal } from '../core/access.js';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Whose token a request carries. The time that it takes tells nothing of any token: both sides are hashed to one length first, and
 * every token is compared. Tokens may be replaced while the daemon runs.
 */
export function createBearer(tokens: () => readonly AccessToken[]): (authorization: string | undefined) => Principal | undefined {
  let of: readonly AccessToken[] | undefined;
  let known: readonly { readonly principal: Principal; readonly digest: Buffer }[] = [];
  return (authorization) => {
    const now = tokens();
    if (now !== of) known = now.map(({ principal, secret }) => ({ principal, digest: digest(secret) }));
    of = now;
    const given = /^Bearer +([^\s]+)$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) return undefined;
    const tried = digest(given);
    return known.filter((token) => timingSafeEqual(token.digest, tried))[0]?.principal;
  };
}
