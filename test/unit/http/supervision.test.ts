import t from 'tap';
import { type CallId, id, type SupervisorId } from '../../../src/core/ids.js';
import type { Operations } from '../../../src/ports/operations.js';
import { as, bearer, bearers, bobsCall, setUp } from './fixture.js';

const leg = id<CallId>('0b1f3a52-1c0e-4b8e-9c1d-2f6f0d6a1234');
const url = `/v1/calls/${leg}/supervise`;
const payload = { supervisor: 'claire', mode: 'whisper' };
const supervision = { supervisor: id<SupervisorId>('claire'), mode: 'listen', attending: true } as const;
const talk = { calls: () => [{ ...bobsCall, call: leg, supervision }] };

t.test('a supervisor attends a call and leaves it; who asked is in the log', async (t) => {
  const { server, asked, logged } = setUp(talk);
  const answer = await server.inject({ method: 'POST', url, headers: bearer, payload });
  t.equal(answer.statusCode, 202);
  t.same(answer.json(), { done: true });
  t.equal((await server.inject({ method: 'DELETE', url, headers: bearer })).statusCode, 200);
  t.same(asked, [`supervise ${leg} claire whisper`, `unsupervise ${leg}`]);
  t.match(logged, [
    { fields: { audit: 'supervision', by: 'admin', call: leg, supervisor: 'claire', mode: 'whisper', result: 'done' } },
    { fields: { audit: 'supervision', by: 'admin', call: leg } },
  ]);
});

t.test('admins and the supervisors of the tenant may; for others there is no such thing', async (t) => {
  const may: string[] = [];
  for (const who of bearers) {
    const { server, asked } = setUp(talk);
    const answers = [
      await server.inject({ method: 'POST', url, headers: as(who), payload }),
      await server.inject({ method: 'DELETE', url, headers: as(who) }),
    ];
    if (answers.every(({ statusCode }) => statusCode < 300)) may.push(who);
    else {
      t.same(
        answers.map(({ statusCode }) => statusCode),
        [404, 404],
        who,
      );
      t.same(asked, []);
    }
  }
  t.same(may, ['admin', 'supervisor', 'nightSupervisor']);
});

t.test('that somebody listens is shown to those who may listen, and to nobody else', async (t) => {
  for (const who of ['admin', 'nightSupervisor', 'bob', 'durand'] as const) {
    const { server } = setUp(talk);
    const shown = who === 'admin' || who === 'nightSupervisor' ? supervision : undefined;
    t.same((await server.inject({ url: '/v1/calls', headers: as(who) })).json().calls[0].supervision, shown, who);
    t.same((await server.inject({ url: `/v1/calls/${leg}`, headers: as(who) })).json().supervision, shown, who);
  }
});

t.test('a refusal says why', async (t) => {
  const refusals = {
    unknownCall: 404,
    unknownSupervisor: 404,
    notAllowed: 403,
    notTalking: 409,
    taken: 409,
    elsewhere: 409,
    unreachable: 503,
  } as const;
  for (const [reason, status] of Object.entries(refusals)) {
    const { server } = setUp({ ...talk, supervise: () => reason as ReturnType<Operations['supervise']>, unsupervise: () => 'unknownCall' });
    const answer = await server.inject({ method: 'POST', url, headers: bearer, payload });
    t.equal(answer.statusCode, status, reason);
    t.type(answer.json().detail, 'string');
    t.equal((await server.inject({ method: 'DELETE', url, headers: bearer })).statusCode, 404);
  }
});

t.test('what is not asked for properly is 400 and reaches nobody', async (t) => {
  const { server, asked } = setUp(talk);
  const bodies = [
    undefined,
    {},
    { supervisor: 'claire' },
    { ...payload, mode: 'record' },
    { ...payload, pin: '4711' },
    { ...payload, supervisor: '../x' },
    { ...payload, supervisor: ['claire'] },
  ];
  for (const body of bodies) {
    const answer = await server.inject({ method: 'POST', url, headers: bearer, ...(body === undefined ? {} : { payload: body }) });
    t.equal(answer.statusCode, 400, JSON.stringify(body));
  }
  for (const call of ['a%20b', '%24%7Bx%7D', 'a%0Ab'])
    t.equal((await server.inject({ method: 'POST', url: `/v1/calls/${call}/supervise`, headers: bearer, payload })).statusCode, 400, call);
  t.same(asked, []);
});
