import t from 'tap';
import { duration, table } from '../../../src/cli/table.js';

t.test('columns are as wide as their widest cell; no blanks at the end', async (t) => {
  t.same(
    table(
      ['QUEUE', 'n'],
      [
        ['martin', '12'],
        ['a', '3'],
      ],
    ),
    ['QUEUE   n', 'martin  12', 'a       3'],
  );
});

t.test('durations are told as a person would', async (t) => {
  t.equal(duration(0), '0 s');
  t.equal(duration(75_900), '75 s');
  t.equal(duration(120_000), '2 min');
  t.equal(duration(3_900_000), '1 h 05 min');
  t.equal(duration(187_200_000), '2 d 4 h');
});
