import t from 'tap';
import type { Call } from '../../src/core/call/call.js';
import { ServiceLevels } from '../../src/service-level.js';
import { FakeClock } from '../support/fake-clock.js';
import { call } from '../support/records.js';
import { tenant } from '../support/tenants.js';

const martin = tenant();
const site = { tenants: new Map([[martin.id, martin]]), numbers: new Map(), agents: new Map(), pools: new Set([]), countryCode: '33' };

t.test('today: what was queued and has ended, in time or not; a new day begins where the tenant is', async (t) => {
  const clock = new FakeClock();
  const levels = new ServiceLevels(() => site as never, clock);
  const waiting = call('c1', { enqueuedAt: 0 });
  const end = (answeredByAgentAt: number | undefined, outcome: 'answered' | 'abandoned' | 'voicemail', before: Call = waiting) => {
    const over: Call = { ...before, answeredByAgentAt, state: { at: 'ended' }, ended: { at: 30_000, outcome, cause: 'x' } };
    levels.callChanged(before, over);
    levels.callChanged(over, { ...over, revision: 9 });
  };
  end(20_000, 'answered');
  end(20_001, 'answered');
  end(undefined, 'abandoned');
  end(undefined, 'voicemail');
  end(undefined, 'abandoned', call('c2', { enqueuedAt: undefined }));
  levels.callChanged(undefined, waiting);
  t.same(levels.today(martin), { queued: 4, answered: 2, answeredInTime: 1, abandoned: 1 });
  // 12:00 in Paris; UTC is an hour behind.
  await clock.advance(11 * 3_600_000 + 3_599_000);
  t.equal(levels.today(martin).queued, 4);
  await clock.advance(1_000);
  t.same(levels.today(martin), { queued: 0, answered: 0, answeredInTime: 0, abandoned: 0 });
});

t.test('a caller who was answered, sent back and gave up then counts as answered, not as abandoned as well', async (t) => {
  const levels = new ServiceLevels(() => site as never, new FakeClock());
  const waiting = call('c1', { enqueuedAt: 0, answeredByAgentAt: 5_000, sentBack: true });
  levels.callChanged(waiting, { ...waiting, state: { at: 'ended' }, ended: { at: 90_000, outcome: 'abandoned', cause: 'x' } });
  t.same(levels.today(martin), { queued: 1, answered: 1, answeredInTime: 1, abandoned: 0 });
});
