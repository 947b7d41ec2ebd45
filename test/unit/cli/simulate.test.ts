import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { simulate } from '../../../src/cli/simulate.js';
import type { CallRecord } from '../../../src/core/call/record.js';
import { id, type TenantId } from '../../../src/core/ids.js';
import type { Summary } from '../../../src/simulator/summary.js';
import { record } from '../../support/records.js';
import { memoryIo } from './io.js';

const demo = new URL('../../../demo/config', import.meta.url).pathname;
const secrets = { PATH: process.env['PATH'] ?? '', TCORE_ESL_PASSWORD: 'secret-enough', TCORE_DEMO_PHONE_PASSWORD: 'secret-enough-too' };

t.test('the demo desk can be simulated as it stands, and the same seed gives the same day', async (t) => {
  const [first, second, other] = ['1', '1', '2'].map((seed, index) => ({
    seed,
    file: join(t.testdir(), `${index}.json`),
    io: memoryIo(secrets),
  }));
  for (const { seed, file, io } of [first!, second!, other!])
    t.equal(await simulate(['--config', demo, '--generate', 'calls=200', '--seed', seed, '--store', 'memory', '--json', file], io), 0);
  t.match(first!.io.said.join('\n'), /cabinet-martin +\d+ +\d+ +80\/20/);
  t.match(first!.io.said.join('\n'), /alice +\d+/);
  const results = [first!, second!, other!].map(({ file }) => JSON.parse(readFileSync(file, 'utf8')) as Summary);
  t.same(results[0], results[1]);
  t.not(results[0]!.all.asaS, results[2]!.all.asaS);
  t.equal(
    results[0]!.calls,
    Object.values(results[0]!.outcomes).reduce((sum, count) => sum + count, 0),
    'every call ended',
  );
});

t.test('Redis and its twin route a day alike', async (t) => {
  const results = await Promise.all(
    // Redis is who routes when nothing else is said.
    [['--store', 'memory'], []].map(async (store) => {
      const [file, io] = [join(t.testdir(), `${store.length}.json`), memoryIo(secrets)];
      t.equal(await simulate(['--config', demo, '--generate', 'calls=300', ...store, '--json', file], io), 0);
      t.match(io.complained.join(), store.length > 0 ? /the twin in memory/ : /Redis/);
      return { ...(JSON.parse(readFileSync(file, 'utf8')) as Summary), store: '' };
    }),
  );
  t.same(results[0], results[1]);
});

t.test('a list of calls is played as it stands', async (t) => {
  const dir = t.testdir({
    'calls.csv': [
      'time,tenant,number,talkSeconds,patienceSeconds,caller,keys',
      '10:00:00,cabinet-martin,,60,,+33123456789,1',
      '10:00:01,cabinet-martin,,,,,2',
      '2026-09-15T10:05:00+02:00,,0199001002,30,,"+33 1 ""x""",',
      // Closed: nobody is queued at night.
      '23:00:00,maitre-durand,,,,,',
    ].join('\r\n'),
    'wrong.csv':
      'time,tenant,talkSeconds\n10:00,cabinet-martin,\n25:00,cabinet-martin,\n10:00,nobody,\n10:00,cabinet-martin,-5\n10:00,cabinet-martin,soon\n',
    'none.csv': 'time,tenant\n',
  });
  const json = join(dir, 'out.json');
  const args = ['--config', demo, '--calls', join(dir, 'calls.csv'), '--store', 'memory', '--json', json, '--assume', 'noAnswerPercent=0'];
  t.equal(await simulate(args, memoryIo(secrets)), 0);
  const summary = JSON.parse(readFileSync(json, 'utf8')) as Summary;
  t.same(summary.outcomes, { answered: 2, voicemail: 2 });
  t.equal(
    summary.agents.reduce((sum, { talkS }) => sum + talkS, 0),
    93,
    'two talks, each with 1.5 s of whisper',
  );
  const io = memoryIo(secrets);
  t.equal(await simulate(['--config', demo, '--calls', join(dir, 'wrong.csv')], io), 64);
  t.match(io.complained, [
    /line 3: 25:00 is no time/,
    /line 4: no tenant has nobody/,
    /line 5: talkSeconds is -5/,
    /line 6: talkSeconds is soon/,
  ]);
  const nobody = memoryIo(secrets);
  t.equal(await simulate(['--config', demo, '--calls', join(dir, 'none.csv')], nobody), 64);
  t.match(nobody.complained, [/no call/]);
  const unwritten = memoryIo(secrets);
  t.equal(await simulate([...args, '--html', join(dir, 'none', 'day.html')], unwritten), 1);
  t.match(unwritten.complained.join(), /day.html cannot be written: ENOENT/);
});

t.test('a past day is played again from its records', async (t) => {
  const at = Date.parse('2026-09-15T10:00:00+02:00');
  const tenant = id<TenantId>('cabinet-martin');
  const answered: CallRecord = {
    ...record('a'),
    tenant,
    arrivedAt: at,
    enqueuedAt: at,
    answeredAt: at + 5_000,
    waitMs: 5_000,
    talkMs: 40_000,
    digits: ['1'],
    outcome: 'answered',
  };
  const gaveUp: CallRecord = { ...answered, arrivedAt: at + 60_000, answeredAt: null, waitMs: 1_000, talkMs: null, outcome: 'abandoned' };
  const dir = t.testdir({ 'calls.jsonl': [gaveUp, answered].map((one) => `${JSON.stringify(one)}\n`).join('') });
  const [json, html] = [join(dir, 'out.json'), join(dir, 'out.html')];
  const io = memoryIo(secrets);
  const args = [
    '--config',
    demo,
    '--records',
    join(dir, 'calls.jsonl'),
    '--assume',
    'noAnswerPercent=0 answerSeconds=2',
    '--staff',
    '--store',
    'memory',
  ];
  t.equal(await simulate([...args, '--json', json, '--html', html], io), 0);
  const summary = JSON.parse(readFileSync(json, 'utf8')) as Summary;
  t.equal(summary.date, '2026-09-15');
  t.same(summary.outcomes, { answered: 1, abandoned: 1 }, 'who gave up after a second does so before the phone is answered');
  t.match(io.said.join('\n'), /10:00 +2\.0 +0\.\d\d +\d/, 'the half hour with what it needs');
  const page = readFileSync(html, 'utf8');
  t.match(page, /<svg[\s\S]*cabinet-martin/);
  t.notMatch(page, /https?:|<script/, 'the page needs nothing else');
});

t.test('bad input is said, not run', async (t) => {
  for (const [args, why] of [
    [['--config', demo], /--generate/],
    [['--config', demo, '--calls', 'no-such.csv'], /cannot be read/],
    [['--config', demo, '--records', 'no-such.jsonl'], /cannot be read/],
    [['--config', demo, '--generate', '', '--calls', 'x'], /one of/],
    [['--config', demo, '--generate', 'calls=-3'], /calls/],
    [['--config', demo, '--generate', 'call=3'], /call/],
    [['--config', demo, '--generate', 'no-such.yaml'], /cannot be read/],
    [['--config', demo, '--generate', 'timezone=Mars'], /Mars is no time zone/],
    [['--config', demo, '--generate', 'shifts={"zoe":"08:00-09:00"}'], /no agent zoe/],
    [['--config', demo, '--generate', 'calls=3', '--store', 'file'], /redis or memory/],
    [['--config', demo, '--generate', 'calls=3', '--what'], /what/],
  ] as const) {
    const io = memoryIo(secrets);
    t.equal(await simulate(args, io), 64, args.join(' '));
    t.match(io.complained.join('\n'), why);
  }
  const nowhere = memoryIo({ ...secrets, PATH: '/nonexistent' });
  t.equal(await simulate(['--config', demo, '--generate', 'calls=3'], nowhere), 1);
  t.match(nowhere.complained.join('\n'), /no redis-server in PATH[\s\S]*--store memory/);
  t.equal(await simulate(['--config', join(demo, 'none'), '--generate', 'calls=3'], memoryIo(secrets)), 78);
});
