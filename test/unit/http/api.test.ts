import t from 'tap';
import type { AgentWishResult } from '../../../src/ports/operations.js';
import { bearer, setUp, TOKEN, waitingCall } from './fixture.js';

t.test('without a configured token there is no API', async (t) => {
  const { server } = setUp({}, { tokens: [] });
  for (const headers of [{}, bearer, { authorization: 'Bearer undefined' }]) {
    t.equal((await server.inject({ url: '/v1/status', headers })).statusCode, 404);
  }
});

t.test('a wrong token, or none, is 401 everywhere under /v1', async (t) => {
  const { server, asked } = setUp();
  for (const authorization of [
    undefined,
    '',
    TOKEN,
    'Bearer',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN} x`,
  ]) {
    const headers = authorization === undefined ? {} : { authorization };
    for (const [method, url] of [
      ['GET', '/v1/status'],
      ['GET', '/v1/calls'],
      ['POST', '/v1/drain'],
      ['POST', '/v1/agents/alice/signout'],
      ['GET', '/v1/nothing'],
    ] as const) {
      const answer = await server.inject({ method, url, headers });
      t.equal(answer.statusCode, 401, `${method} ${url} with ${authorization}`);
      t.equal(answer.headers['www-authenticate'], 'Bearer');
    }
  }
  t.same(asked, []);
});

t.test('the scheme is case-insensitive (RFC 7235 §2.1)', async (t) => {
  t.equal((await setUp().server.inject({ url: '/v1/status', headers: { authorization: `bearer ${TOKEN}` } })).statusCode, 200);
});

t.test('status', async (t) => {
  const { server, operations } = setUp();
  const answer = await server.inject({ url: '/v1/status', headers: bearer });
  t.equal(answer.statusCode, 200);
  t.same(answer.json(), JSON.parse(JSON.stringify(await operations.status())));
});

t.test('calls: callers are masked unless they are asked for, which is logged', async (t) => {
  const { server, logged } = setUp();
  const masked = await server.inject({ url: '/v1/calls', headers: bearer });
  t.same(masked.json().calls[0].caller, { number: '**********78' });
  t.equal(masked.json().calls[0].dialled, '+33123456789');
  t.same((await server.inject({ url: '/v1/calls?reveal=false', headers: bearer })).json(), masked.json());
  t.same(logged, []);
  const revealed = await server.inject({ url: '/v1/calls?reveal=true', headers: bearer });
  t.same(revealed.json().calls[0].caller, waitingCall.caller);
  t.match(logged, [{ fields: { count: 1 }, message: 'caller numbers were shown in full' }]);
  t.equal((await server.inject({ url: '/v1/calls?reveal=yes', headers: bearer })).statusCode, 400);
  t.equal((await server.inject({ url: '/v1/calls?tenant=x', headers: bearer })).statusCode, 400);
});

t.test('reload: 200 with a summary, 422 with every problem', async (t) => {
  const good = await setUp().server.inject({ method: 'POST', url: '/v1/reload', headers: bearer });
  t.equal(good.statusCode, 200);
  t.same(good.json(), { done: true, tenants: 2, numbers: 3, agents: 4 });
  const problems = ['tenants/martin.yaml:3: numbers[0]: not E.164', 'tenants/durand.yaml:9: menu loops'];
  const bad = await setUp({ reload: async () => ({ done: false, problems }) }).server.inject({
    method: 'POST',
    url: '/v1/reload',
    headers: bearer,
  });
  t.equal(bad.statusCode, 422);
  t.equal(bad.headers['content-type'], 'application/problem+json');
  t.same(bad.json(), {
    title: 'Unprocessable Entity',
    status: 422,
    detail: 'The configuration has problems: nothing was changed.',
    problems,
  });
});

t.test('drain is asked for and answered at once', async (t) => {
  const { server, asked } = setUp();
  const answer = await server.inject({ method: 'POST', url: '/v1/drain', headers: bearer });
  t.equal(answer.statusCode, 202);
  t.same(asked, ['drain']);
});

t.test('agents: list, sign in, sign out', async (t) => {
  const { server, asked } = setUp();
  t.equal((await server.inject({ url: '/v1/agents', headers: bearer })).json().agents[0].agent, 'alice');
  for (const verb of ['signin', 'signout', 'ready', 'extend', 'pause']) {
    const answer = await server.inject({ method: 'POST', url: `/v1/agents/alice/${verb}`, headers: bearer });
    t.same(answer.json(), { done: true, result: 'done' });
  }
  await server.inject({ method: 'POST', url: '/v1/agents/alice/pause', headers: bearer, payload: { reason: 'lunch' } });
  await server.inject({ method: 'POST', url: '/v1/agents/alice/extend', headers: bearer, payload: { seconds: 30 } });
  t.same(asked, [
    'alice signIn',
    'alice signOut',
    'alice ready',
    'alice extendWrapUp',
    'alice pause',
    'alice pause lunch',
    'alice extendWrapUp 30000',
  ]);
});

t.test('what an agent may not ask for is refused, in words', async (t) => {
  const post = async (result: AgentWishResult, payload?: object) => {
    const { server } = setUp({ wish: async () => result });
    return await server.inject({ method: 'POST', url: '/v1/agents/alice/pause', headers: bearer, ...(payload && { payload }) });
  };
  t.same((await post('later')).json(), { done: true, result: 'later' });
  t.same((await post('already')).json(), { done: true, result: 'already' });
  for (const result of ['signedOut', 'notWrappingUp', 'capped'] as const) t.equal((await post(result)).statusCode, 409, result);
  t.match((await post('unknownReason', { reason: 'nap' })).json(), { status: 422, detail: /pauseReasons/ });
  t.equal((await post('done', { reason: 'a b' })).statusCode, 400);
  t.equal((await post('done', { because: 'lunch' })).statusCode, 400);
});

t.test('an unknown agent is 404; without Redis it is 503', async (t) => {
  const unknown = setUp({ wish: async () => 'unknown' }).server;
  t.equal((await unknown.inject({ method: 'POST', url: '/v1/agents/nobody/signin', headers: bearer })).statusCode, 404);
  const away = setUp({ wish: async () => 'unavailable', agents: async () => undefined }).server;
  t.equal((await away.inject({ method: 'POST', url: '/v1/agents/alice/signout', headers: bearer })).statusCode, 503);
  t.match((await away.inject({ url: '/v1/agents', headers: bearer })).json(), { status: 503, detail: /Redis cannot be reached/ });
});

/** Each ran a shell command on a PBX when it reached one (FREESWITCH.md), or reaches for a path or a key. */
const injections = [
  '${system(touch /tmp/canary)}',
  '\\${system(touch /tmp/canary)}',
  '${x}',
  'alice\n\napi system touch /tmp/canary',
  'alice\r\n',
  "'Bob,api_hangup_hook=system touch /tmp/canary'",
  '^^:alice:system',
  '}{api_hangup_hook=system touch /tmp/canary',
  '../../etc/cron.d/x',
  'alice\0',
  'alice|system',
  'alice,bob',
  '[alice]',
  '<alice>',
  'alice;ls',
  'alice bob',
  'tc:{domain}:agents',
  '-alice',
  'Alice',
  'alice_',
  'a'.repeat(64),
  'élise',
];

t.test('an id that could mean something elsewhere is refused and reaches nothing', async (t) => {
  const { server, asked } = setUp();
  for (const text of injections) {
    for (const verb of ['signin', 'signout']) {
      const answer = await server.inject({ method: 'POST', url: `/v1/agents/${encodeURIComponent(text)}/${verb}`, headers: bearer });
      t.equal(answer.statusCode, 400, JSON.stringify(text));
      t.notMatch(answer.body, 'canary', 'the input is not echoed');
    }
    const query = await server.inject({ url: `/v1/calls?reveal=${encodeURIComponent(text)}`, headers: bearer });
    t.equal(query.statusCode, 400);
  }
  t.same(asked, []);
});

t.test('an address that cannot be decoded is 400', async (t) => {
  const answer = await setUp().server.inject({ method: 'POST', url: '/v1/agents/%zz/signin', headers: bearer });
  t.equal(answer.statusCode, 400);
  t.same(answer.json(), { title: 'Bad Request', status: 400, detail: 'This address is not valid.' });
});

t.test('a body that is too big is refused', async (t) => {
  const answer = await setUp().server.inject({ method: 'POST', url: '/v1/reload', headers: bearer, payload: { x: 'x'.repeat(20_000) } });
  t.equal(answer.statusCode, 413);
});

t.test('what does not exist is 404 as JSON', async (t) => {
  const { server } = setUp();
  for (const url of ['/', '/v1/nothing', '/health', '/metrics/../v1', '/v1/agents/alice/calls', '/v1/calls/c9']) {
    const answer = await server.inject({ url, headers: bearer });
    t.equal(answer.statusCode, 404, url);
    t.same(answer.json(), { title: 'Not Found', status: 404, detail: 'There is nothing here.' });
  }
});

t.test('an error inside is logged and not shown', async (t) => {
  const fail = async (): Promise<never> => {
    throw new Error('secret-detail');
  };
  const { server, logged } = setUp({ status: fail });
  const answer = await server.inject({ url: '/v1/status', headers: bearer });
  t.equal(answer.statusCode, 500);
  t.same(answer.json(), { title: 'Internal Server Error', status: 500, detail: 'Something failed; the log says what.' });
  t.match(logged, [{ fields: { err: { message: 'secret-detail' }, route: '/v1/status' } }]);
});
