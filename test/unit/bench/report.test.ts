import t from 'tap';
import { printed } from '../../../bench/report.js';
import { sizing } from '../../../bench/sizing.js';

const outcome = {
  keys: { offer_p99_ms: 12.5, fs_ms_per_call: 40 },
  columns: ['figure', 'ours'],
  rows: [['p99', 12.5]],
  notes: ['a note'],
  noise: ['other programs took 9 % of the machine'],
};

t.test('a table for people, then one line for programs', async (t) => {
  const lines = printed({ name: 'queue', says: 'a queue' }, outcome);
  t.strictSame(lines, [
    'queue: a queue',
    'figure  ours',
    'p99     12.5',
    '- a note',
    '- NOISY: other programs took 9 % of the machine',
    '{"offer_p99_ms":12.5,"fs_ms_per_call":40}',
  ]);
  t.strictSame(JSON.parse(lines.at(-1) ?? ''), outcome.keys);
});

t.test('ten nodes are reckoned from what one call costs', async (t) => {
  const queue = { daemon_ms_per_call: 2, redis_ms_per_call: 1, redis_trips_per_call: 6 };
  const lines = sizing({ queue, knee: { knee_cps: 50 } }).join('\n');
  t.match(lines, /30 a second and node .* 300 together/);
  t.match(lines, /Daemons: 6 % of a core a node/);
  t.match(lines, /Redis.*: 30 % of a core.* 1800 round trips a second. One Redis is enough/);
  t.strictSame(sizing({ queue }), [], 'without a knee nothing is said');
});
