/** What may happen at a desk with skills, rings, classes and shares, for the model of routing-skills.model.ts. */
import * as fc from 'fast-check';
import type { Wish } from '../../src/core/queue/duty.js';
import type { CallClass, Ring, Share } from '../../src/core/queue/waiting-call.js';
import type { EnqueueRequest, ReadyAgent } from '../../src/ports/routing-store.js';
import { poolId, queueId, tenantId } from './routing-store.world.js';

const desk = poolId('desk');
const night = poolId('night');

export type Event =
  | { readonly do: 'ready'; readonly by: number; readonly agent: number; readonly profile: number; readonly ownCall: boolean }
  | { readonly do: 'gone'; readonly by: number; readonly agent: number }
  | { readonly do: 'wish'; readonly by: number; readonly agent: number; readonly wish: Wish }
  | { readonly do: 'enqueue'; readonly by: number; readonly call: number; readonly plan: number; readonly class: CallClass }
  | { readonly do: 'abandon'; readonly by: number; readonly call: number }
  | { readonly do: 'accept' | 'release' | 'reject'; readonly call: number; readonly ms: number }
  | { readonly do: 'tick'; readonly by: number; readonly ms: number }
  | { readonly do: 'crash'; readonly by: number };

export const profiles: readonly Pick<ReadyAgent, 'pools' | 'skills'>[] = [
  { pools: [desk], skills: {} },
  { pools: [desk], skills: { english: 50 } },
  { pools: [desk], skills: { english: 90, medical: 20 } },
  { pools: [desk, night], skills: { medical: 60 } },
  { pools: [night], skills: {} },
  { pools: [night], skills: { english: 70 } },
];

type Plan = Pick<EnqueueRequest, 'tenant' | 'queue' | 'rings' | 'rankBy' | 'strategy' | 'share' | 'sticky' | 'callback'>;
const ring = (afterMs: number, pools: Ring['pools'], requires: Ring['requires'] = {}): Ring => ({ afterMs, pools, requires });
const share = (guaranteePercent: number, capPercent: number): Share => ({ pool: desk, guaranteePercent, capPercent });
const plan = (tenant: string, rings: Plan['rings'], more: Partial<Plan> = {}): Plan => ({
  tenant: tenantId(tenant),
  queue: queueId(tenant),
  rings,
  rankBy: [],
  strategy: 'longestIdle',
  share: undefined,
  sticky: undefined,
  ...more,
});
export const plans: readonly Plan[] = [
  plan('plain', [ring(0, [desk])], { sticky: { caller: '+33611111111', ms: 10_000 } }),
  plan('capped', [ring(0, [desk], { english: 50 }), ring(2_000, [desk])], { share: share(0, 40), rankBy: ['english'] }),
  plan('capped', [ring(0, [desk])], { share: share(0, 40), strategy: 'roundRobin' }),
  plan('promised', [ring(0, [desk], { medical: 10 }), ring(700, [desk, night])], { share: share(50, 80), rankBy: ['english', 'medical'] }),
  plan('lent', [ring(0, [night], { english: 60 }), ring(2_000, [night, desk], { english: 20 })], { strategy: 'fixedOrder' }),
  plan('mixed', [ring(0, [desk, night])], { strategy: 'leastOccupied' }),
  plan('plain', [ring(0, [desk])], { callback: { capPercent: 30 } }),
  plan('promised', [ring(0, [desk], { english: 50 }), ring(700, [desk, night])], { share: share(50, 80), callback: { capPercent: 50 } }),
];

const by = fc.nat(1);
const ms = fc.constantFrom(0, 3_000);
export const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('ready' as const),
      by,
      agent: fc.nat(6),
      profile: fc.nat(5),
      ownCall: fc.nat(7).map((n) => n === 0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wish' as const),
      by,
      agent: fc.nat(6),
      wish: fc.constantFrom<Wish[]>(
        { do: 'signIn' },
        { do: 'signIn' },
        { do: 'signOut' },
        { do: 'pause', reason: 'lunch' },
        { do: 'pause', reason: undefined },
        { do: 'ready' },
        { do: 'ready' },
        { do: 'extendWrapUp', ms: 1_000, mostMs: 1_500 },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gone' as const), by, agent: fc.nat(6) }) },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant('enqueue' as const),
      by,
      call: fc.nat(11),
      plan: fc.nat(plans.length - 1),
      class: fc.constantFrom<CallClass[]>(2, 2, 2, 1, 0),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abandon' as const), by, call: fc.nat(11) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('accept' as const), call: fc.nat(11), ms }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), call: fc.nat(11), ms }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reject' as const), call: fc.nat(11), ms }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('tick' as const), by, ms: fc.constantFrom(0, 700, 2_000, 20_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), by }) },
);
