import t from 'tap';
import { Impatience, impatience } from '../../../../src/freeswitch/esl/impatience.js';
import { FakeClock } from '../../../support/fake-clock.js';

t.test('after an event FreeSWITCH is nudged for a while, and then left alone', async (t) => {
  const clock = new FakeClock();
  let nudges = 0;
  const impatient = new Impatience(clock, () => nudges++);
  await clock.advance(1_000);
  t.equal(nudges, 0, 'nothing is expected');

  impatient.rise();
  await clock.advance(impatience.everyMs);
  t.equal(nudges, 1);
  await clock.advance(1_000);
  t.equal(nudges, impatience.forMs / impatience.everyMs - 1);

  nudges = 0;
  impatient.rise();
  const laterMs = 12 * impatience.everyMs;
  await clock.advance(laterMs);
  impatient.rise();
  await clock.advance(1_000);
  t.equal(nudges, (laterMs + impatience.forMs) / impatience.everyMs - 1, 'another event prolongs it, and nothing is doubled');

  nudges = 0;
  impatient.rise();
  impatient.stop();
  await clock.advance(1_000);
  t.equal(nudges, 0);
});
