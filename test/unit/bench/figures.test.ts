import t from 'tap';
import { interleaved, median, quantile, ratio, rounded, slope, spread } from '../../../bench/figures.js';

t.test('quantiles', async (t) => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  t.equal(quantile(hundred, 0.5), 51);
  t.equal(quantile(hundred, 0.99), 100);
  t.equal(quantile([], 0.99), 0);
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([1, 2, 3, 10]), 2.5);
});

t.test('runs are told with their spread', async (t) => {
  t.equal(spread([10, 12.34, 11]), '11 (10–12.3)');
  t.equal(spread([7]), '7');
  t.equal(rounded(1.2345), 1.23);
  t.equal(rounded(123.4), 123);
  t.equal(rounded(Number.NaN), 0);
});

t.test('a ratio is that of pairs, so that a machine that slows down changes nothing', async (t) => {
  t.equal(ratio([1, 10, 100], [2, 20, 200]), 0.5);
  t.equal(ratio([1, 1], [0, 2]), 0.5, 'a pair that measured nothing is left out');
});

t.test('runs alternate', async (t) => {
  const order: string[] = [];
  const results = await interleaved(2, ['a', 'b'], async (side, round) => {
    order.push(`${side}${round}`);
    return order.length;
  });
  t.strictSame(order, ['a0', 'b0', 'a1', 'b1']);
  t.strictSame(results, { a: [1, 3], b: [2, 4] });
});

t.test('the slope of memory over time', async (t) => {
  t.equal(
    slope([
      [0, 10],
      [1, 12],
      [2, 14],
    ]),
    2,
  );
  t.equal(slope([[5, 10]]), 0);
});
