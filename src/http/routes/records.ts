/** Finished calls: their records, and why each went as it did. */
import { z } from 'zod';
import { mayReveal, type Principal, type Role, seesTenant } from '../../core/access.js';
import { type CallId, id, type TenantId } from '../../core/ids.js';
import type { ApiParts } from '../api.js';
import { maskRecord } from '../masking.js';
import { notFound, redisAway } from '../problem.js';
import { type ApiServer, callId, flag, identifier, noInput } from '../schema.js';
import { recordView } from '../views.js';

const roles: readonly Role[] = ['admin', 'supervisor', 'tenant'];
const params = z.strictObject({ call: callId });
const reveal = flag
  .optional()
  .describe('Callers’ numbers and names, and the keys that they pressed; for admins and supervisors, and logged.');
const moment = z.coerce.number().int().min(0).max(8_640_000_000_000_000);

const query = z.strictObject({
  tenant: identifier.optional().describe('Only calls of this tenant.'),
  from: moment.optional().describe('Calls that ended then or later, epoch ms.'),
  to: moment.optional().describe('Calls that ended then or earlier, epoch ms.'),
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('Most records of this page.'),
  after: z
    .string()
    .regex(/^\d{1,16}-\d{1,16}$/, 'must be `next` of the page before')
    .optional()
    .describe('`next` of the page before.'),
  reveal,
});

const page = z.object({
  records: z.array(recordView).describe('Newest first.'),
  next: z
    .string()
    .optional()
    .describe('To be sent as `after` for the next page; missing on the last. A page may be short, or empty, before that.'),
});

const explanation = z
  .object({ call: z.string(), lines: z.array(z.string()) })
  .describe('Who was asked to take the call and why, as a person would tell it.');

export function recordRoutes(server: ApiServer, { operations, site, log }: ApiParts): void {
  server.get(
    '/records',
    { config: { roles }, schema: { summary: 'Finished calls', querystring: query, response: { 200: page } } },
    async ({ principal, query, ip }) => {
      const { tenant, from, to, limit, after } = query;
      const shown = revealed(principal, query.reveal);
      if (tenant !== undefined && !seesTenant(principal, id<TenantId>(tenant), site())) throw notFound();
      const wanted = (record: { readonly tenant: TenantId }) =>
        (tenant === undefined || record.tenant === tenant) && seesTenant(principal, record.tenant, site());
      const found = await operations.records({ from, to, limit, after, wanted });
      if (found === undefined) throw redisAway();
      const { records, next } = found;
      if (shown) log.info({ by: principal.id, remote: ip, count: records.length }, 'caller numbers were shown in full');
      return { records: shown ? records : records.map(maskRecord), next };
    },
  );

  server.get(
    '/records/:call',
    {
      config: { roles },
      schema: { summary: 'One finished call', params, querystring: z.strictObject({ reveal }), response: { 200: recordView } },
    },
    async ({ principal, params, query, ip }) => {
      const shown = revealed(principal, query.reveal);
      const record = await operations.record(id<CallId>(params.call));
      if (record === 'unavailable') throw redisAway();
      if (record === 'unknown' || !seesTenant(principal, record.tenant, site())) throw notFound();
      if (shown) log.info({ by: principal.id, remote: ip, call: record.call }, 'caller numbers were shown in full');
      return shown ? record : maskRecord(record);
    },
  );

  server.get(
    '/calls/:call/explain',
    {
      config: { roles },
      schema: {
        summary: 'Why a call went as it did, or goes',
        description: 'Of a call in progress on this daemon, or of a finished one whose record is kept.',
        params,
        querystring: noInput,
        response: { 200: explanation },
      },
    },
    async ({ principal, params }) => {
      const sees = (tenant: TenantId) => seesTenant(principal, tenant, site());
      // Whose call stood back is that tenant's affair.
      const told = await operations.explain(id<CallId>(params.call), sees);
      if (told === 'unavailable') throw redisAway();
      if (told === 'unknown' || !sees(told.tenant)) throw notFound();
      return { call: params.call, lines: told.lines };
    },
  );
}

function revealed(principal: Principal, asked: boolean | undefined): boolean {
  if (asked !== true) return false;
  if (!mayReveal(principal)) throw notFound();
  return true;
}
