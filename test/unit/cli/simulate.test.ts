import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { simulate } from '../../../src/cli/simulate.js';
import type { Summary } from '../../../src/simulator/summary.js';
import { memoryIo } from './io.js';

const demo = new URL('../../../demo/config', import.meta.url).pathname;
const secrets = { TCORE_ESL_PASSWORD: 'secret-enough', TCORE_DEMO_PHONE_PASSWORD: 'secret-enough-too' };

t.test('the demo desk can be simulated as it stands, and the same seed gives the same day', async (t) => {
  const [first, second, other] = ['1', '1', '2'].map((seed, index) => ({
    seed,
    file: join(t.testdir(), `${index}.json`),
    io: memoryIo(secrets),
  }));
  for (const { seed, file, io } of [first!, second!, other!])
    t.equal(await simulate(['--config', demo, '--generate', 'calls=200', '--seed', seed, '--json', file], io), 0);
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
    ['memory', 'redis'].map(async (store) => {
      const file = join(t.testdir(), `${store}.json`);
      t.equal(await simulate(['--config', demo, '--generate', 'calls=300', '--store', store, '--json', file], memoryIo(secrets)), 0);
      return { ...(JSON.parse(readFileSync(file, 'utf8')) as Summary), store: '' };
    }),
  );
  t.same(results[0], results[1]);
});

t.test('bad input is said, not run', async (t) => {
  for (const [args, why] of [
    [['--config', demo], /--generate/],
    [['--config', demo, '--generate', 'calls=-3'], /calls/],
    [['--config', demo, '--generate', 'call=3'], /call/],
    [['--config', demo, '--generate', 'no-such.yaml'], /cannot be read/],
    [['--config', demo, '--generate', 'timezone=Mars'], /Mars is no time zone/],
    [['--config', demo, '--generate', 'shifts={"zoe":"08:00-09:00"}'], /no agent zoe/],
    [['--config', demo, '--generate', 'calls=3', '--store', 'file'], /memory or redis/],
    [['--config', demo, '--generate', 'calls=3', '--what'], /what/],
  ] as const) {
    const io = memoryIo(secrets);
    t.equal(await simulate(args, io), 64, args.join(' '));
    t.match(io.complained.join('\n'), why);
  }
  t.equal(await simulate(['--config', join(demo, 'none'), '--generate', 'calls=3'], memoryIo(secrets)), 78);
});
