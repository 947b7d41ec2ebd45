import t from 'tap';
import { printed, type Result, section, staleOf } from '../../../bench/report.js';
import { sizing } from '../../../bench/sizing.js';

const outcome = {
  keys: { offer_p99_ms: 12.5, fs_ms_per_call: 40 },
  columns: ['figure', 'ours'],
  rows: [['p99', 12.5]],
  notes: ['a note'],
  verdicts: ['0.4 × (bar: 0.5)'],
  noise: [{ why: 'other programs took 9 % of the machine', percent: 9 }],
};

t.test('a table for people, then one line for programs', async (t) => {
  const lines = printed({ name: 'queue', says: 'a queue' }, outcome);
  t.strictSame(lines, [
    'queue: a queue',
    'figure  ours',
    'p99     12.5',
    '- 0.4 × (bar: 0.5)',
    '- a note',
    '- NOISY: other programs took 9 % of the machine',
    '{"offer_p99_ms":12.5,"fs_ms_per_call":40}',
  ]);
  t.strictSame(JSON.parse(lines.at(-1) ?? ''), outcome.keys);
});

const busy = { ...outcome, noise: [{ why: 'other programs took 31 % of the machine', percent: 31 }] };
const result: Result = {
  ...busy,
  name: 'queue',
  says: 'a queue',
  quick: true,
  at: '2026-11-22',
  commit: '1fbaaaa',
  machine: { cpu: 'cpu', cores: 2, memoryGb: 4, load: 1 },
  versions: {},
};

t.test('no ratio and no bar of a machine that was too busy, on the terminal or on the page', async (t) => {
  for (const text of [printed({ name: 'queue', says: 'a queue' }, busy).join('\n'), section(result, [])]) {
    t.notMatch(text, /0\.4 ×|bar: 0\.5/);
    t.match(text, /too busy with other things: no comparison/);
    t.match(text, /took 31 %/);
  }
  t.match(section({ ...result, noise: [] }, []), /0\.4 × \(bar: 0\.5\)/);
});

t.test('a result of other sources says so', async (t) => {
  t.strictSame(staleOf('1fbaaaa', '0', ['src/redis']), []);
  t.strictSame(staleOf('1fbaaaa', '3', ['src/redis']), ['src/redis changed since, 3 commits']);
  t.match(staleOf('1fbaaaa-dirty', '0', []), [/not committed/]);
  t.match(staleOf('1fbaaaa', '', []), [/no commit 1fbaaaa/]);
  t.match(section(result, ['src/redis changed since, 3 commits']), /\*\*Stale\*\*: src\/redis changed since, 3 commits\./);
});

t.test('ten nodes are reckoned from what one call costs', async (t) => {
  const queue = { daemon_ms_per_call: 2, redis_ms_per_call: 1, redis_trips_per_call: 6 };
  const lines = sizing({ queue, knee: { knee_cps: 50 } }).join('\n');
  t.match(lines, /30 a second and node .* 300 together/);
  t.match(lines, /Daemons: 6 % of a core a node/);
  t.match(lines, /Redis.*: 30 % of a core.* 1800 round trips a second. One Redis is enough/);
  t.strictSame(sizing({ queue }), [], 'without a knee nothing is said');
});
