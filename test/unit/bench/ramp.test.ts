/** Where a rising load became too much. */
import t from 'tap';
import { bySecond, kneeOf, type Second, strayed } from '../../../bench/load/ramp.js';

const good = (rate: number): Second => ({ rate, planned: rate, offerP99: 50, failed: 0 });
const slow = (rate: number): Second => ({ rate, planned: rate, offerP99: 500, failed: 0 });

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
    { rate: 2, planned: 2, offerP99: 40, failed: 0 },
    { rate: 2, planned: 5, offerP99: 30, failed: 2 },
  ]);
});

t.test('the knee is the last good rate', async (t) => {
  t.equal(kneeOf([good(10), good(12), good(14)]), 14);
  t.equal(kneeOf([good(10), slow(12), good(14), slow(16), slow(18)]), 14, 'one late call alone is no knee');
  t.equal(kneeOf([good(10), good(12), { ...good(14), failed: 1 }, good(16)]), 12, 'a call that fails is');
  t.equal(kneeOf([slow(10), slow(12)]), 0);
  t.equal(kneeOf([good(40), good(50), good(7)]), 50, 'what was left over for the last second is no rate');
});

t.test('calls that came more or less often than planned are noise', async (t) => {
  const second = (rate: number, planned: number): Second => ({ ...good(rate), planned });
  t.strictSame(strayed([second(10, 10), second(12, 10), second(95, 100), second(3, 100)]), [], 'edges of seconds and the last one are not');
  t.match(strayed([second(10, 10), second(30, 40), good(50)]), [{ why: /25 % more or less/, percent: 25 }]);
});
