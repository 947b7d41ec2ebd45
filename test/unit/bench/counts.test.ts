/** What a soak must not overlook. */
import t from 'tap';
import { fateOf, LineCount, unserved } from '../../../bench/load/counts.js';
import { momentsOf } from '../../../src/lab/sipp.js';

t.test('errors are counted as they arrive, in whatever pieces, however much follows them', async (t) => {
  const errors = new LineCount(/"level":"(error|fatal)"/);
  errors.add('{"level":"error"}\n{"level":"er');
  errors.add('ror"}\n{"level":"info"}\n');
  for (let i = 0; i < 100; i++) errors.add('{"level":"warn"}\n');
  t.equal(errors.count, 2);
  errors.add('{"level":"fatal"}');
  t.equal(errors.count, 3, 'the last line need not end');
  errors.add('\n');
  t.equal(errors.count, 3, 'nor is it counted twice');
});

t.test('who was neither answered nor gave up was turned away', async (t) => {
  const moments = momentsOf('invite 061 1.0 0.0\ninvite 062 1.0 0.0\nanswered 061 2.0 0.0\ngaveUp 063 2.0 0.0\n');
  t.strictSame(unserved(['061', '062', '063', '064'], moments), ['062', '064'], 'one was refused, one was never placed');
});

t.test('what became of him is what SIPp logged of him last, and its message with his number in it', async (t) => {
  const moments = momentsOf('invite 061 1.0 0.0\ninvite 062 1.0 0.0\n');
  const unexpected = [
    '2026-11-23\t01:02:02.000000\t0.0: Call-Id: 9, receive timeout, jumping to label 82026-11-23\t01:02:03.000000\t1.0: Aborting call, received',
    'SIP/2.0 503 Busy\nFrom: <sip:061@127.0.0.1>',
    '2026-11-23\t01:02:04.000000\t2.0: Aborting call on unexpected message for Call-Id 2, received',
    'SIP/2.0 404 Not Found\nFrom: <sip:062@127.0.0.1>',
  ].join('\n');
  const fate = fateOf('061', moments, unexpected);
  t.match(fate, /^last: invite; .*503 Busy/);
  t.notMatch(fate, /404|jumping/, "another's message is not his");
  t.equal(fateOf('063', moments, unexpected), 'no moment; nothing unexpected');
});
