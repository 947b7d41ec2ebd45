import t from 'tap';
import { id, type PoolId, type QueueId } from '../../../src/core/ids.js';
import type { Ring, Skills } from '../../../src/core/queue/waiting-call.js';
import type { Queue } from '../../../src/core/tenant.js';
import { type SimulatedDay, simulate } from '../../../src/simulator/simulate.js';
import { memoryStore } from '../../../src/simulator/stores.js';
import { callbackRules, queue } from '../../support/tenants.js';
import { plainAgent, plainDay, plainTenant, siteOf } from './desk.js';

t.setTimeout(120_000);

const crew = (count: number, skills: (index: number) => Skills = () => ({})) =>
  Array.from({ length: count }, (_, index) => plainAgent(index, skills(index)));
const tenantOf = (name: string, change: Partial<Queue> = {}, withinMs = 20_000) =>
  plainTenant(name, {
    queue: queue({ id: id<QueueId>(name), wrapUpMs: 10_000, maxWaitMs: 7_200_000, ringMs: 20_000, ...change }),
    serviceLevel: { percent: 80, withinMs },
  });
const ring = (requires: Skills, afterMs = 0): Ring => ({ afterMs, pools: [id<PoolId>('reception')], requires });
/** Two peaks; phones ring for four seconds. */
const office = { curve: 'office', handlingSeconds: 180, patienceSeconds: 240, answerSeconds: 4 } as const;

const scenarios: Readonly<Record<string, () => SimulatedDay>> = {
  'a steady stream of patient callers': () =>
    plainDay(siteOf([tenantOf('a')], crew(12)), { calls: 4_600, handlingSeconds: 180, patienceSeconds: 'none' }),
  'peaks that the desk cannot take': () => plainDay(siteOf([tenantOf('a')], crew(10)), { ...office, calls: 1_600, days: 2 }),
  'talks of very different length': () =>
    plainDay(siteOf([tenantOf('a')], crew(10)), { ...office, handlingSpread: 1.2, calls: 1_500, days: 2 }),
  'three promises on one pool': () =>
    plainDay(siteOf([tenantOf('a', {}, 10_000), tenantOf('b'), tenantOf('c', {}, 60_000)], crew(10)), { ...office, calls: 1_600, days: 2 }),
  'skills that are dropped as the wait grows': () =>
    plainDay(
      siteOf(
        [
          tenantOf('any'),
          tenantOf('english', { rings: [ring({ english: 50 }), ring({ english: 20 }, 60_000), ring({}, 180_000)] }),
          tenantOf('medical', { rings: [ring({ medical: 50 }), ring({}, 120_000)] }),
        ],
        crew(12, (index) => ({ english: [60, 30, 0][index % 3] || 1, ...(index % 4 === 0 ? { medical: 70 } : {}) })),
      ),
      { ...office, calls: 1_900, days: 2, tenants: { english: { calls: 500 }, medical: { calls: 400 } } },
    ),
  'a tenant at its cap beside another': () => {
    const share = { pool: id<PoolId>('reception'), guaranteePercent: 0, capPercent: 30 };
    const site = siteOf([{ ...tenantOf('a'), share }, tenantOf('b')], crew(12));
    return plainDay(site, { ...office, calls: 1_700, days: 2, tenants: { a: { calls: 800 } } });
  },
  'callers who are called back instead of waiting': () => {
    const change = { callback: callbackRules(), keys: { 1: { do: 'callback' } } } as const;
    const site = siteOf([tenantOf('a', change), tenantOf('b', change)], crew(10));
    return plainDay(site, { ...office, calls: 1_600, days: 2, callbackPercent: 30, promptSeconds: 6 });
  },
  'a small desk': () => plainDay(siteOf([tenantOf('a'), tenantOf('b')], crew(3)), { ...office, calls: 400, days: 5 }),
};

for (const [name, day] of Object.entries(scenarios)) {
  t.test(`estimated waits are closer than app_queue's running average: ${name}`, async (t) => {
    const { estimates } = await simulate({ ...day(), estimates: true }, memoryStore());
    for (const [when, { ours, holdtime }] of Object.entries(estimates?.errors ?? {})) {
      const [mine, its] = [ours.meanAbsoluteErrorS, holdtime.meanAbsoluteErrorS];
      t.ok(ours.count > 300, `${ours.count} estimates, ${when}`);
      t.ok(
        mine < its,
        `${when}: off by ${mine.toFixed(1)} s (bias ${ours.biasS.toFixed(1)}), the running average by ${its.toFixed(1)} s (bias ${holdtime.biasS.toFixed(1)})`,
      );
    }
  });
}
