/** Where a rising load became too much. */
import t from 'tap';
import { bySecond, kneeOf, type Second } from '../../../bench/load/ramp.js';

const good = (rate: number): Second => ({ rate, offerP99: 50, failed: 0 });
const slow = (rate: number): Second => ({ rate, offerP99: 500, failed: 0 });

t.test('calls are counted by the second in which they came; one without an end has failed', async (t) => {
  const invited = new Map([
    ['a', 1_000],
    ['b', 1_500],
    ['c', 2_100],
    ['d', 2_200],
  ]);
  const rung = new Map([
    ['a', 1_020],
    ['b', 1_540],
    ['c', 2_130],
  ]);
  const ended = new Map([
    ['a', 9_000],
    ['b', 9_000],
  ]);
  t.strictSame(bySecond(invited, rung, ended, { from: 2, to: 10, step: 3 }), [
    { rate: 2, offerP99: 40, failed: 0 },
    { rate: 5, offerP99: 30, failed: 2 },
  ]);
});

t.test('the knee is the last good rate', async (t) => {
  t.equal(kneeOf([good(10), good(12), good(14)]), 14);
  t.equal(kneeOf([good(10), slow(12), good(14), slow(16), slow(18)]), 14, 'one late call alone is no knee');
  t.equal(kneeOf([good(10), good(12), { ...good(14), failed: 1 }, good(16)]), 12, 'a call that fails is');
  t.equal(kneeOf([slow(10), slow(12)]), 0);
});
