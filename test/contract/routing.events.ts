/** What may happen at a desk that two daemons serve, for the model of routing.model.ts. */
import * as fc from 'fast-check';
import type { Wish } from '../../src/core/queue/duty.js';
import type { CallClass, Ring, Share } from '../../src/core/queue/waiting-call.js';
import type { EnqueueRequest, ReadyAgent } from '../../src/ports/routing-store.js';
import { poolId, queueId, tenantId } from './routing-store.world.js';

/** `by`: the daemon. Calls and agents are numbered; `offer` counts back from the latest one that was made. */
export type Event =
  | { readonly do: 'ready'; readonly by: number; readonly agent: number; readonly profile: number; readonly ownCall: boolean }
  | { readonly do: 'prepare'; readonly by: number; readonly plan: number }
  | { readonly do: 'gone'; readonly by: number; readonly agent: number }
  | { readonly do: 'wish'; readonly by: number; readonly agent: number; readonly wish: Wish }
  | { readonly do: 'enqueue'; readonly by: number; readonly call: number; readonly plan: number; readonly class: CallClass }
  | { readonly do: 'abandon'; readonly by: number; readonly call: number }
  /** An answer to the call's present offer. */
  | { readonly do: 'accept' | 'release' | 'reject'; readonly call: number; readonly ms: number; readonly which: number }
  /** An answer to any offer, mostly an old one. */
  | { readonly do: 'late'; readonly answer: 'accept' | 'release' | 'reject' | 'abandon'; readonly offer: number; readonly ms: number }
  | { readonly do: 'restore'; readonly by: number; readonly call: number; readonly agent: number }
  | { readonly do: 'tick'; readonly by: number; readonly ms: number }
  /** The daemon dies between two commands. Its successor comes at once, or with `return`; `belief`: which replies it never saw. */
  | { readonly do: 'crash'; readonly by: number; readonly belief: number; readonly at: 'once' | 'return' }
  | { readonly do: 'return'; readonly by: number; readonly belief: number };

export const agentCount = 7;
const callCount = 12;
const desk = poolId('desk');
const night = poolId('night');

export const profiles: readonly Required<Pick<ReadyAgent, 'pools' | 'skills' | 'maxCalls'>>[] = [
  { pools: [desk], skills: {}, maxCalls: 1 },
  { pools: [desk], skills: { english: 50 }, maxCalls: 2 },
  { pools: [desk], skills: { english: 90, medical: 20 }, maxCalls: 1 },
  { pools: [desk, night], skills: { medical: 60 }, maxCalls: 3 },
  { pools: [night], skills: {}, maxCalls: 1 },
  { pools: [night], skills: { english: 70 }, maxCalls: 2 },
  // Whoever is left in the end is served by him.
  { pools: [desk, night], skills: { english: 90, medical: 90 }, maxCalls: 2 },
];

type Plan = Pick<EnqueueRequest, 'tenant' | 'queue' | 'rings' | 'rankBy' | 'strategy' | 'share' | 'sticky' | 'callback' | 'ringAtMost'>;
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
const caller = '+33611111111';
export const plans: readonly Plan[] = [
  plan('plain', [ring(0, [desk])], { sticky: { caller, ms: 10_000 } }),
  plan('capped', [ring(0, [desk], { english: 50 }), ring(2_000, [desk])], { share: share(0, 40), rankBy: ['english'] }),
  plan('capped', [ring(0, [desk])], { share: share(0, 40), strategy: 'roundRobin' }),
  plan('promised', [ring(0, [desk], { medical: 10 }), ring(700, [desk, night])], { share: share(50, 80), rankBy: ['english', 'medical'] }),
  plan('lent', [ring(0, [night], { english: 60 }), ring(2_000, [night, desk], { english: 20 })], { strategy: 'fixedOrder' }),
  plan('mixed', [ring(0, [desk, night])], { strategy: 'leastOccupied' }),
  plan('plain', [ring(0, [desk])], { callback: { capPercent: 30 } }),
  plan('promised', [ring(0, [desk], { english: 50 }), ring(700, [desk, night])], { share: share(50, 80), callback: { capPercent: 50 } }),
  plan('all', [ring(0, [desk]), ring(2_000, [desk, night])], { strategy: 'ringAll', ringAtMost: 3 }),
  plan('capped', [ring(0, [desk, night])], { strategy: 'ringAll', share: share(0, 40), sticky: { caller, ms: 60_000 } }),
  plan('loyal', [ring(0, [desk]), ring(2_000, [desk, night])], { sticky: { caller, ms: 60_000, waitMs: 3_000 } }),
  plan('promised', [ring(0, [desk, night], { medical: 10 })], { share: share(50, 80), sticky: { caller, ms: 60_000, waitMs: 20_000 } }),
];

const by = fc.nat(1);
const agent = fc.nat(agentCount - 1);
const call = fc.nat(callCount - 1);
const which = fc.nat(2);
const belief = fc.nat(7);
const ms = fc.constantFrom(0, 3_000);
const classes = fc.constantFrom<CallClass[]>(2, 2, 2, 1, 0);
const answers = fc.constantFrom('accept', 'release', 'reject', 'abandon');
const at = fc.constantFrom('once', 'return');
const ownCall = fc.nat(7).map((n) => n === 0);
const wish = fc.constantFrom<Wish[]>(
  { do: 'signIn' },
  { do: 'signIn' },
  { do: 'signOut' },
  { do: 'pause', reason: 'lunch' },
  { do: 'pause', reason: undefined },
  { do: 'ready' },
  { do: 'ready' },
  { do: 'extendWrapUp', ms: 1_000, mostMs: 1_500 },
);
type Weighted = { readonly weight: number; readonly arbitrary: fc.Arbitrary<Event> };
const weighted: readonly Weighted[] = [
  { weight: 5, arbitrary: fc.record({ do: fc.constant('ready'), by, agent, profile: fc.nat(profiles.length - 1), ownCall }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gone'), by, agent }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('prepare'), by, plan: fc.nat(plans.length - 1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wish'), by, agent, wish }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('enqueue'), by, call, plan: fc.nat(plans.length - 1), class: classes }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abandon'), by, call }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('accept'), call, ms, which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('release'), call, ms, which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('reject'), call, ms, which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('late'), answer: answers, offer: fc.nat(20), ms }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restore'), by, call, agent }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('tick'), by, ms: fc.constantFrom(0, 700, 2_000, 20_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash'), by, belief, at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('return'), by, belief }) },
];
export const event: fc.Arbitrary<Event> = fc.oneof(...weighted);
