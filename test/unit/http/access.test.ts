/** Whose token may do what. Whatever he may not see is answered exactly as if it did not exist. */
import t from 'tap';
import type { PendingCallback } from '../../../src/core/callback/pending.js';
import { type CallId, id, type NodeId, type TenantId } from '../../../src/core/ids.js';
import type { Operations } from '../../../src/ports/operations.js';
import { record } from '../../support/records.js';
import { alice, as, type Bearer, bearers, bob, bobsCall, setUp, tokens, waitingCall } from './fixture.js';

const finished = [record('c1'), record('c2', { tenant: id<TenantId>('durand') })];
const pending = (call: string, tenant: string): PendingCallback => {
  const times = { askedAt: 1_000, enqueuedAt: 900, until: 9_000 };
  return { call: id<CallId>(call), tenant: id<TenantId>(tenant), node: id<NodeId>('fs1'), number: '+33612345678', ...times };
};
const find = (call: string) => finished.find((one) => one.call === call);
const both: Partial<Operations> = {
  calls: () => [waitingCall, bobsCall],
  agents: async () => [alice, bob],
  records: async ({ wanted }) => ({ records: finished.filter(wanted), next: undefined }),
  record: async (call) => find(call) ?? 'unknown',
  callbacks: async () => [pending('c1', 'martin'), pending('c2', 'durand')],
  explain: async (call) => ({ tenant: find(call)?.tenant ?? id<TenantId>('gone'), lines: ['It rang.'] }),
};
const nothing = { title: 'Not Found', status: 404, detail: 'There is nothing here.' };

async function whoMay(method: 'GET' | 'POST', url: string): Promise<readonly Bearer[]> {
  const may: Bearer[] = [];
  for (const who of bearers) {
    const { server, asked } = setUp(both);
    const answer = await server.inject({ method, url, headers: as(who) });
    if (answer.statusCode < 300) may.push(who);
    else {
      t.same(answer.json(), nothing, `${who} ${url}`);
      t.same(asked, [], 'nothing was done');
    }
  }
  return may;
}

const leads: Bearer[] = ['supervisor', 'deskSupervisor', 'nightSupervisor'];
const routes: Readonly<Record<string, readonly Bearer[]>> = {
  'GET /v1/status': ['admin', ...leads],
  'POST /v1/reload': ['admin'],
  'POST /v1/drain': ['admin'],
  'GET /v1/calls': bearers,
  'GET /v1/calls?reveal=true': ['admin', ...leads],
  'GET /v1/calls/c1': ['admin', 'supervisor', 'deskSupervisor', 'martin'],
  'GET /v1/calls/c1?reveal=true': ['admin', 'supervisor', 'deskSupervisor'],
  'GET /v1/calls/c2': ['admin', 'supervisor', 'nightSupervisor', 'bob', 'durand'],
  'GET /v1/calls/c3': [],
  'GET /v1/records': ['admin', ...leads, 'martin', 'durand'],
  'GET /v1/records?reveal=true': ['admin', ...leads],
  'GET /v1/records?tenant=durand': ['admin', 'supervisor', 'nightSupervisor', 'durand'],
  'GET /v1/records/c1': ['admin', 'supervisor', 'deskSupervisor', 'martin'],
  'GET /v1/records/c1?reveal=true': ['admin', 'supervisor', 'deskSupervisor'],
  'GET /v1/records/c9': [],
  'GET /v1/calls/c2/explain': ['admin', 'supervisor', 'nightSupervisor', 'durand'],
  'GET /v1/callbacks': ['admin', ...leads, 'martin', 'durand'],
  'POST /v1/callbacks/c1/cancel': ['admin', 'supervisor', 'deskSupervisor', 'martin'],
  'POST /v1/callbacks/c2/cancel': ['admin', 'supervisor', 'nightSupervisor', 'durand'],
  'POST /v1/callbacks/c3/cancel': [],
  'GET /v1/queues': ['admin', ...leads, 'martin', 'durand'],
  'GET /v1/openapi.json': bearers,
  'GET /v1/agents': ['admin', ...leads, 'alice', 'bob'],
  'GET /v1/agents/alice': ['admin', 'supervisor', 'deskSupervisor', 'alice'],
  'GET /v1/agents/nobody': [],
  'POST /v1/agents/bob/signin': ['admin', 'supervisor', 'nightSupervisor', 'bob'],
  'POST /v1/agents/bob/signout': ['admin', 'supervisor', 'nightSupervisor', 'bob'],
};

for (const [route, may] of Object.entries(routes)) {
  t.test(`${route}: ${may.join(', ') || 'nobody'}`, async (t) => {
    const [method, url = ''] = route.split(' ');
    t.same(await whoMay(method as 'GET' | 'POST', url), may);
  });
}

t.test('a list holds what its reader may see', async (t) => {
  const { server } = setUp(both);
  const calls = async (who: Bearer) =>
    (await server.inject({ url: '/v1/calls', headers: as(who) })).json().calls.map(({ call }: { call: string }) => call);
  t.same(await calls('admin'), ['c1', 'c2']);
  t.same(await calls('deskSupervisor'), ['c1']);
  t.same(await calls('durand'), ['c2']);
  t.same(await calls('alice'), []);
  t.same(await calls('bob'), ['c2']);
  const agents = async (who: Bearer) =>
    (await server.inject({ url: '/v1/agents', headers: as(who) })).json().agents.map(({ agent }: { agent: string }) => agent);
  t.same(await agents('supervisor'), ['alice', 'bob']);
  t.same(await agents('nightSupervisor'), ['bob']);
  t.same(await agents('alice'), ['alice']);
  const records = async (who: Bearer, query = '') =>
    (await server.inject({ url: `/v1/records${query}`, headers: as(who) })).json().records.map(({ call }: { call: string }) => call);
  t.same(await records('admin'), ['c1', 'c2']);
  t.same(await records('admin', '?tenant=durand'), ['c2']);
  t.same(await records('martin'), ['c1']);
  t.same(await records('nightSupervisor'), ['c2']);
  const queues = async (who: Bearer) => (await server.inject({ url: '/v1/queues', headers: as(who) })).json().queues.length;
  t.same([await queues('martin'), await queues('durand')], [1, 0]);
});

t.test('status shows a supervisor of some pools their tenants, queues and agents', async (t) => {
  const { server } = setUp();
  const status = async (who: Bearer) => (await server.inject({ url: '/v1/status', headers: as(who) })).json();
  t.match(await status('deskSupervisor'), { calls: [{ tenant: 'martin' }], queues: [{ queue: 'martin' }], agents: [{ agent: 'alice' }] });
  const { calls, queues, agents } = await status('nightSupervisor');
  t.same({ calls, queues, agents }, { calls: [], queues: [], agents: [] });
});

t.test('numbers in full are logged with the name of the token', async (t) => {
  const { server, logged } = setUp();
  await server.inject({ url: '/v1/calls?reveal=true', headers: as('deskSupervisor') });
  t.match(logged, [{ fields: { by: 'desk-lead', count: 1 }, message: 'caller numbers were shown in full' }]);
});

t.test('a token that a reload withdraws is worth nothing at once; a new one holds', async (t) => {
  const now = { tokens: tokens.slice(0, 1) };
  const { server } = setUp({}, now);
  const ask = async (who: Bearer) => (await server.inject({ url: '/v1/calls', headers: as(who) })).statusCode;
  t.equal(await ask('martin'), 401);
  now.tokens = tokens.slice(1);
  t.equal(await ask('martin'), 200);
  t.equal(await ask('admin'), 401);
});

t.test('refused tokens are told in the log, not each of them, and never themselves', async (t) => {
  const { server, logged } = setUp();
  for (let tried = 0; tried < 50; tried++) await server.inject({ url: '/v1/calls', headers: { authorization: `Bearer guess-${tried}` } });
  t.match(logged, [{ fields: { refused: 1 }, message: 'requests without a valid token were refused' }]);
  t.equal(logged.length, 1);
  t.notMatch(JSON.stringify(logged), 'guess');
});

t.test('no web page may read the answers, and nothing keeps them', async (t) => {
  const { server } = setUp();
  for (const url of ['/v1/calls', '/v1/nothing', '/health/live']) {
    const { headers } = await server.inject({ url, headers: { ...as('admin'), origin: 'https://example.org' } });
    t.equal(headers['access-control-allow-origin'], undefined);
    t.match(headers, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }, url);
  }
});
