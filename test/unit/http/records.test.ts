/** Finished calls over the API: pages, what of them is shown, and why each went as it did. */
import t from 'tap';
import { type AgentId, id, type SupervisorId, type TenantId } from '../../../src/core/ids.js';
import type { RecordsRequest } from '../../../src/ports/records.js';
import { record } from '../../support/records.js';
import { as, bearer, setUp } from './fixture.js';

const talked = record('c1', { digits: ['1', '4', '2'], caller: { number: '+33612345678', name: 'Éloïse' } });

t.test('numbers are masked, names and keys left out; a revealed page is logged', async (t) => {
  const { server, logged } = setUp({ records: async () => ({ records: [talked], next: '17-0' }), record: async () => talked });
  const masked = (await server.inject({ url: '/v1/records', headers: bearer })).json();
  t.same(masked.records[0].caller, { number: '**********78' });
  t.equal(masked.records[0].digits, undefined);
  t.equal(masked.next, '17-0');
  t.same((await server.inject({ url: '/v1/records/c1', headers: bearer })).json(), masked.records[0]);
  t.same(logged, []);
  const [shown] = (await server.inject({ url: '/v1/records?reveal=true', headers: bearer })).json().records;
  t.match(shown, { caller: { number: '+33612345678', name: 'Éloïse' }, digits: ['1', '4', '2'] });
  await server.inject({ url: '/v1/records/c1?reveal=true', headers: bearer });
  t.match(logged, [{ fields: { by: 'admin', count: 1 } }, { fields: { by: 'admin', call: 'c1' } }]);
});

t.test('who was called back, and who listened; the number is masked', async (t) => {
  const tries = [{ at: 1_500, agent: id<AgentId>('alice'), outcome: 'reached' as const }];
  const callback = { number: '+33612345678', askedAt: 1_000, reachedAt: 2_000, tries };
  const supervised = [{ supervisor: id<SupervisorId>('claire'), mode: 'barge', via: 'api', from: 2_500, to: 3_000 }] as const;
  const { server } = setUp({ record: async () => record('c1', { callback, supervised }) });
  const shown = async (query = '') => (await server.inject({ url: `/v1/records/c1${query}`, headers: bearer })).json();
  t.same((await shown()).callback, { ...callback, number: '**********78' });
  t.same((await shown()).supervised, supervised);
  t.same((await shown('?reveal=true')).callback, callback);
});

t.test('what is asked for reaches the store; what is no number, no cursor or too much does not', async (t) => {
  const asked: RecordsRequest[] = [];
  const { server } = setUp({
    records: async (request) => {
      asked.push(request);
      return { records: [], next: undefined };
    },
  });
  const status = async (query: string) => (await server.inject({ url: `/v1/records${query}`, headers: bearer })).statusCode;
  t.equal(await status(''), 200);
  t.equal(await status('?from=1700000000000&to=1700000060000&limit=500&after=1700000000000-12&tenant=martin'), 200);
  t.match(asked, [
    { from: undefined, to: undefined, after: undefined, limit: 100 },
    { from: 1_700_000_000_000, to: 1_700_000_060_000, after: '1700000000000-12', limit: 500 },
  ]);
  for (const bad of [
    '?limit=0',
    '?limit=501',
    '?limit=x',
    '?limit=',
    '?from=-1',
    '?from=yesterday',
    '?after=%2B',
    '?after=1',
    '?tenant=../x',
    '?page=2',
    '?limit=1&limit=2',
  ]) {
    t.equal(await status(bad), 400, bad);
  }
  t.equal(asked.length, 2);
});

t.test('without Redis: 503', async (t) => {
  const { server } = setUp({
    records: async () => undefined,
    record: async () => 'unavailable',
    explain: async () => 'unavailable',
    queues: async () => undefined,
  });
  for (const url of ['/v1/records', '/v1/records/c1', '/v1/calls/c1/explain', '/v1/queues']) {
    t.equal((await server.inject({ url, headers: bearer })).statusCode, 503, url);
  }
});

t.test('why a call went as it did; other tenants are not named to a tenant', async (t) => {
  const { server } = setUp({
    explain: async (_, mayName) => ({
      tenant: id<TenantId>('martin'),
      lines: ['martin', 'durand'].filter((tenant) => mayName(id<TenantId>(tenant))),
    }),
  });
  const lines = async (who: Parameters<typeof as>[0]) =>
    (await server.inject({ url: '/v1/calls/c1/explain', headers: as(who) })).json().lines;
  t.same(await lines('admin'), ['martin', 'durand']);
  t.same(await lines('martin'), ['martin']);
});

t.test('queues: length, oldest wait, promise and today', async (t) => {
  const { queues } = (await setUp().server.inject({ url: '/v1/queues', headers: bearer })).json();
  t.same(queues, [
    {
      queue: 'martin',
      length: 1,
      oldestWaitMs: 12_000,
      tenant: 'martin',
      pool: 'desk',
      serviceLevel: { percent: 80, withinMs: 20_000 },
      today: { queued: 10, answered: 8, answeredInTime: 7, abandoned: 1 },
    },
  ]);
});
