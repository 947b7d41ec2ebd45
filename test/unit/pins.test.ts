/** PINs: what is kept of them, and how often one may be wrong. */
import t from 'tap';
import { hashPin } from '../../src/config/pins.js';
import { id, type SupervisorId } from '../../src/core/ids.js';
import { PinDesk } from '../../src/pins.js';
import { FakeClock } from '../support/fake-clock.js';

const claire = id<SupervisorId>('claire');
const paul = id<SupervisorId>('paul');
const lockoutMs = 60_000;

async function desk() {
  const clock = new FakeClock();
  const pins = new Map([
    [claire, await hashPin('4711')],
    [paul, await hashPin('4711')],
  ]);
  return { clock, pins, desk: new PinDesk({ pins: () => pins, limits: () => ({ pinTries: 3, lockoutMs }), clock }) };
}

t.test('what is kept tells nothing of the PIN, nor that two have the same', async (t) => {
  const { pins } = await desk();
  t.notMatch(JSON.stringify([...pins]), '4711');
  t.not(pins.get(claire)?.hash, pins.get(paul)?.hash);
});

t.test('right, wrong, and nobody’s', async (t) => {
  const { desk: pins } = await desk();
  t.equal(await pins.check(claire, '4711'), 'right');
  for (const typed of ['4712', '', '47110', '471']) {
    t.equal(await pins.check(claire, typed), 'wrongPin', typed);
    t.equal(await pins.check(claire, '4711'), 'right', 'a right one starts the count anew');
  }
  for (let tries = 0; tries < 5; tries++) t.equal(await pins.check(id<SupervisorId>('nobody'), '4711'), 'wrongPin');
});

t.test('after three wrong ones the right one is refused too, for a while, and for him alone', async (t) => {
  const { desk: pins, clock } = await desk();
  t.equal(await pins.check(claire, '1'), 'wrongPin');
  t.equal(await pins.check(claire, '2'), 'wrongPin');
  t.equal(await pins.check(claire, '3'), 'locked');
  t.equal(await pins.check(claire, '4711'), 'locked');
  t.equal(await pins.check(paul, '4711'), 'right');
  await clock.advance(lockoutMs - 1);
  t.equal(await pins.check(claire, '4711'), 'locked', 'who tries meanwhile does not make it longer, nor shorter');
  await clock.advance(1);
  t.equal(await pins.check(claire, '4'), 'wrongPin', 'three tries again');
  t.equal(await pins.check(claire, '4711'), 'right');
});

t.test('many at the same time get no more tries than one after the other', async (t) => {
  const { desk: pins } = await desk();
  const results = await Promise.all(Array.from({ length: 20 }, (_, i) => pins.check(claire, i === 19 ? '4711' : String(i))));
  t.same(new Set(results.slice(2)), new Set(['locked']));
});
