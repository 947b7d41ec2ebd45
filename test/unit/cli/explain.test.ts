import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { explain } from '../../../src/cli/explain.js';
import type { CallRecord } from '../../../src/core/call/record.js';
import { type AgentId, type CallId, id, type PoolId, type TenantId } from '../../../src/core/ids.js';
import { explainLive, explain as explainRecord } from '../../../src/core/queue/explain.js';
import type { Why } from '../../../src/core/queue/why.js';
import { RedisHistory } from '../../../src/redis/history.js';
import { RedisLink } from '../../../src/redis/link.js';
import { call, record } from '../../support/records.js';
import { startRedis } from '../../support/redis.js';
import { memoryIo } from './io.js';

const why: Why = {
  by: 'ring',
  rule: 'fit',
  order: 'guarantee',
  ring: 1,
  pools: [id<PoolId>('reception')],
  requires: { english: 40 },
  idle: 20,
  considered: 16,
  idleMs: 65_000,
  fit: 90,
  passedOver: [{ agent: id<AgentId>('bob'), fit: 60 }],
  notSticky: { agent: id<AgentId>('eve'), state: 'connected' },
  heldBack: [{ tenant: id<TenantId>('notaire'), rule: 'cap' }],
};

const told: CallRecord = {
  ...record('call-1'),
  enqueuedAt: 1_000,
  arrivedAt: 0,
  endedAt: 100_000,
  agent: id<AgentId>('alice'),
  waitMs: 16_000,
  talkMs: 83_000,
  answeredAt: 17_000,
  told: [{ at: 11_000, position: 2, waitMs: 90_000 }],
  offers: [{ agent: id<AgentId>('alice'), at: 16_000, outcome: 'answered', why }],
};

t.test('a call is explained from the file of records', async (t) => {
  const file = join(t.testdir(), 'calls.jsonl');
  writeFileSync(file, [record('other'), told].map((one) => `${JSON.stringify(one)}\n`).join(''));
  const io = memoryIo();
  t.equal(await explain(['call-1', '--records', file], io), 0);
  const text = io.said.join('\n');
  t.match(text, /After 10 s the caller was told place 2 and a wait of 1 min 30 s\. An agent answered 6 s later\.\n.*After 15 s/s);
  t.match(text, /After 15 s it was offered to alice: he took it\./);
  t.match(text, /The call asked for english at 40 or more, in ring 1, of the pool reception\./);
  t.match(text, /one of 20 idle agents who could take it \(the first 16 were compared\): he fits best \(90 points\)/);
  t.match(text, /its tenant was below its guaranteed share/);
  t.match(text, /Passed over by this rule: bob \(60 points\)\./);
  t.match(text, /The caller talked to eve before, who was talking\./);
  t.match(text, /Tenant notaire had an earlier call, and was at its cap\./);
});

t.test('and from the stream in Redis', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const link = new RedisLink({ url: redis.url });
  t.teardown(() => link.close());
  await link.start();
  const history = new RedisHistory({ link, keyPrefix: 'tcore', streamLength: 5_000 });
  await history.append(told);
  for (let index = 0; index < 600; index++) await history.append({ ...record(`later-${index}`), call: id<CallId>(`later-${index}`) });
  const io = memoryIo();
  t.equal(await explain(['call-1', '--redis', redis.url], io), 0);
  t.match(io.said.join('\n'), /alice answered after a wait of 16 s/);
});

t.test('a Redis that is not there, or leaves in the middle, ends it with the reason', async (t) => {
  // Answers whatever is said, and hangs up when it is asked for records.
  const server = createServer((socket) => {
    socket.on('data', (data) => {
      if (data.includes('XRANGE')) socket.resetAndDestroy();
      else socket.write('+OK\r\n'.repeat(data.toString().match(/^\*/gm)?.length ?? 0));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const io = memoryIo();
  t.equal(await explain(['call-1', '--redis', url], io), 1);
  t.match(io.complained, [/The records cannot be read: .*(ECONNRESET|closed)/]);
  await new Promise((resolve) => server.close(resolve));
  const later = memoryIo();
  t.equal(await explain(['call-1', '--redis', url], later), 1);
  t.match(later.complained, [/The records cannot be read: .*ECONNREFUSED/]);
});

t.test('what is not there is said', async (t) => {
  const file = join(t.testdir(), 'calls.jsonl');
  writeFileSync(file, '');
  const io = memoryIo();
  t.equal(await explain(['call-1', '--records', file], io), 1);
  t.match(io.complained, [/no record of a call call-1/]);
  t.equal(await explain(['call-1', '--records', `${file}.none`], io), 1);
  t.equal(await explain(['call-1'], io), 64);
});

t.test('a call that is not over: how far it has come, and no tenant whom the asker does not know', async (t) => {
  const waiting = call('call-2', { arrivedAt: 0, enqueuedAt: 1_000, dialled: '+33987654321' });
  t.same(explainLive(waiting, 31_000), [
    'Call call-2 to +33987654321 (tenant martin), 1970-01-01T00:00:00.000Z.',
    'It entered the queue 1 s after it arrived.',
    'No agent has been offered the call: none who may take it was signed in and free, or its tenant was at the cap.',
    'Now, 31 s after it arrived, it is waiting.',
  ]);
  t.match(explainLive({ ...waiting, enqueuedAt: undefined, state: { at: 'voicemail' } as never }, 5_000).slice(1), [
    'It has not been queued.',
    'Now, 5 s after it arrived, it is voicemail.',
  ]);
  const offers = [{ agent: id<AgentId>('alice'), at: 16_000, outcome: 'answered' as const, why }];
  const offer = { agent: id<AgentId>('alice'), token: 't' as never };
  const talking = { ...waiting, offers, answeredByAgentAt: 20_000, state: { at: 'connected', offer, leg: 'l' as never } as const };
  const lines = explainLive(talking, 25_000, (tenant) => tenant === 'martin');
  t.match(lines.slice(-2), ['It was answered after a wait of 19 s.', 'Now, 25 s after it arrived, it is connected, alice.']);
  t.match(lines.join('\n'), 'Another tenant had an earlier call, and was at its cap.');
  t.notMatch(lines.join('\n'), 'notaire');
});

t.test('what kept it waiting is told, also when nobody ever took it', async (t) => {
  const held = [
    { at: 1_000, by: 'busy' as const },
    { at: 16_000, by: 'cap' as const },
  ];
  const record = { ...told, enqueuedAt: 1_000, agent: null, offers: [], outcome: 'abandoned' as const, held };
  const text = explainRecord(record).join('\n');
  t.match(text, 'After 0 s it waited: every agent who might take it was busy or paused.\n');
  t.match(
    text,
    'After 15 s it waited: agents were free, but its tenant kept as many busy as its cap allows.\nNo agent was offered the call.\n',
  );
});

t.test('a caller who was called back', async (t) => {
  const tries = [
    { at: 61_000, agent: id<AgentId>('bob'), outcome: 'busy' as const },
    { at: 661_000, agent: id<AgentId>('alice'), outcome: 'reached' as const },
  ];
  const callback = { number: '+33612345678', askedAt: 31_000, reachedAt: 670_000, tries };
  const text = explainRecord({ ...told, callback }).join('\n');
  t.match(
    text,
    'After 30 s the caller asked to be called back, and kept his place.\nAfter 1 min 0 s his phone was rung for bob: it was busy.',
  );
  t.match(text, 'After 11 min 0 s his phone was rung for alice: he was put through.');
  t.notMatch(text, '612345678', 'no number');
});

t.test('a VIP, a key and a transfer are told; where no agent was offered, nothing is said that is not known', async (t) => {
  const first: Why = { ...why, order: 'class', keyBoostMs: 5_000, sentBackMs: 60_000 };
  const text = explainRecord({ ...told, offers: [{ agent: id<AgentId>('alice'), at: 16_000, outcome: 'answered', why: first }] }).join(
    '\n',
  );
  t.match(text, /As a VIP’s call it went before those of normal callers\./);
  t.match(text, /the key that its caller had pressed it was due 5 s sooner\./);
  t.match(text, /An agent had sent its caller back, so it was due 1 min 0 s sooner\./);
  const none = explainRecord({ ...told, agent: null, offers: [] }).join('\n');
  t.match(none, /none who may take it was signed in and free, or its tenant was at the cap\./);
  t.match(explainLive(call('c1', { enqueuedAt: 0 }), 1_000).join('\n'), /or its tenant was at the cap\./);
});
