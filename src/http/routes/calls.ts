/** Calls in progress on this daemon. */
import { z } from 'zod';
import { mayReveal, type Principal, seesCall } from '../../core/access.js';
import type { CallSummary } from '../../core/call/summary.js';
import { everyone } from '../access.js';
import type { ApiParts } from '../api.js';
import { maskCall } from '../masking.js';
import { notFound } from '../problem.js';
import { type ApiServer, callId, flag } from '../schema.js';
import { callView } from '../views.js';

const reveal = z
  .strictObject({ reveal: flag.optional().describe('Callers’ numbers and names in full; for admins and supervisors, and logged.') })
  .describe('How callers are shown.');

export function callRoutes(server: ApiServer, { operations, site, log }: ApiParts): void {
  server.get(
    '/calls',
    {
      config: { roles: everyone },
      schema: { summary: 'Calls in progress', querystring: reveal, response: { 200: z.object({ calls: z.array(callView) }) } },
    },
    ({ principal, query, ip }) => {
      if (query.reveal === true && !mayReveal(principal)) throw notFound();
      const calls = operations.calls().flatMap((call) => (seesCall(principal, call, site()) ? [shownTo(principal, call)] : []));
      if (query.reveal !== true) return { calls: calls.map(maskCall) };
      // Who looked at personal data must be found again afterwards.
      log.info({ by: principal.id, remote: ip, count: calls.length }, 'caller numbers were shown in full');
      return { calls };
    },
  );

  server.get(
    '/calls/:call',
    {
      config: { roles: everyone },
      schema: {
        summary: 'One call in progress',
        params: z.strictObject({ call: callId }),
        querystring: reveal,
        response: { 200: callView },
      },
    },
    ({ principal, params, query, ip }) => {
      const found = operations.calls().find((candidate) => candidate.call === params.call);
      if (found === undefined || !seesCall(principal, found, site())) throw notFound();
      const call = shownTo(principal, found);
      if (query.reveal !== true) return maskCall(call);
      if (!mayReveal(principal)) throw notFound();
      log.info({ by: principal.id, remote: ip, call: call.call }, 'caller numbers were shown in full');
      return call;
    },
  );
}

/** That somebody listens is for those to see who may listen: not for the agent who is listened to. */
function shownTo({ role }: Principal, call: CallSummary): CallSummary {
  return role === 'admin' || role === 'supervisor' ? call : { ...call, supervision: undefined };
}
