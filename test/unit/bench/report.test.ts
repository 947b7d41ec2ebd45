import t from 'tap';
import { printed } from '../../../bench/report.js';

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
