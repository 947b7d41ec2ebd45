/** Callers who wait to be called back: seeing them and cancelling one. */
import { z } from 'zod';
import { type Principal, seesTenant } from '../../core/access.js';
import type { PendingCallback } from '../../core/callback/pending.js';
import type { ApiParts } from '../api.js';
import { maskNumber } from '../masking.js';
import { notFound, redisAway } from '../problem.js';
import { type ApiServer, callId, noInput, time } from '../schema.js';

const callbackView = z
  .object({
    call: z.string(),
    tenant: z.string(),
    node: z.string(),
    number: z.string().describe('Masked but for two digits.'),
    askedAt: time,
    enqueuedAt: time.describe('The place that is kept.'),
    until: time.describe('When it is given up in any case.'),
  })
  .meta({ id: 'Callback', description: 'A caller who waits to be called back, on whichever daemon.' });

const roles = ['admin', 'supervisor', 'tenant'] as const;

export function callbackRoutes(server: ApiServer, { operations, site, log }: ApiParts): void {
  server.get(
    '/callbacks',
    {
      config: { roles },
      schema: { summary: 'Callbacks to come', querystring: noInput, response: { 200: z.object({ callbacks: z.array(callbackView) }) } },
    },
    async ({ principal }) => ({ callbacks: (await seen(principal)).map((one) => ({ ...one, number: maskNumber(one.number) })) }),
  );

  server.post(
    '/callbacks/:call/cancel',
    {
      config: { roles },
      schema: {
        summary: 'Cancel a callback',
        params: z.strictObject({ call: callId }),
        querystring: noInput,
        response: { 200: z.object({ done: z.literal(true) }) },
      },
    },
    async ({ principal, params, ip }) => {
      const found = (await seen(principal)).find(({ call }) => call === params.call);
      if (found === undefined) throw notFound();
      const result = await operations.cancelCallback(found);
      if (result === 'unavailable') throw redisAway();
      if (result === 'unknown') throw notFound();
      log.info({ by: principal.id, remote: ip, call: found.call, tenant: found.tenant }, 'a callback was cancelled by API');
      return { done: true as const };
    },
  );

  async function seen(principal: Principal): Promise<readonly PendingCallback[]> {
    const all = await operations.callbacks();
    if (all === undefined) throw redisAway();
    return all.filter(({ tenant }) => seesTenant(principal, tenant, site()));
  }
}
