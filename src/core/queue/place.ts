/** From a call and its tenant's configuration to its place in the queue. */
import type { Call } from '../call/call.js';
import type { Effect } from '../call/effect.js';
import { isAway } from '../call/line.js';
import type { Action, Queue, Tenant } from '../tenant.js';
import type { Asks, CallClass, Expected, Ring, WaitingCall } from './waiting-call.js';
import type { Why } from './why.js';

/** What the routing store is told; to be repeated whenever it may not know. */
export function enqueueEffect(call: Call, tenant: Tenant, enqueuedAt: number): Effect & { readonly do: 'enqueue' } {
  const { queue } = tenant;
  const waiting = waitingCall(call, tenant, enqueuedAt);
  const capPercent = queue.callback?.capPercent ?? 100;
  if (isAway(call)) return { do: 'enqueue', queue, enqueuedAt, waiting: { ...waiting, callback: { capPercent } } };
  // Who has a place keeps it, and an emergency gets one.
  const limited = queue.maxLength !== undefined && call.admitted === undefined && waiting.class !== 0;
  return { do: 'enqueue', queue, enqueuedAt, waiting, ...(limited ? { atMost: queue.maxLength } : {}) };
}

export function waitingCall(
  call: Pick<Call, 'caller' | 'asks' | 'sentBack' | 'onLineSince' | 'callback'>,
  tenant: Tenant,
  enqueuedAt: number,
): WaitingCall {
  const { queue, serviceLevel } = tenant;
  const { asks } = call;
  const [first, ...later] = ringsOf(call, queue, enqueuedAt);
  return {
    tenant: tenant.id,
    queue: queue.id,
    class: asks?.class ?? classOf(call.caller.number, tenant),
    enqueuedAt,
    deadline: enqueuedAt + serviceLevel.withinMs - (asks?.boostMs ?? 0) - (call.sentBack === true ? queue.boosts.transferredMs : 0),
    rings: [withNeeds(first, asks), ...later.map((ring) => withNeeds(ring, asks))],
    // A skill that a later ring drops still ranks: who has it is the better choice.
    rankBy: [...new Set([...Object.keys(first.requires), ...Object.keys(asks?.requires ?? {}), ...queue.prefers])].sort(),
    strategy: queue.strategy,
    ...(queue.strategy === 'ringAll' ? { ringAtMost: queue.ringAtMost } : {}),
    share: tenant.share,
    ...gaveUp(call, queue),
    sticky:
      queue.stickyMs > 0 && isNumber(call.caller.number)
        ? // His own agent is by now the one who sent him back: to wait for him would lead nowhere.
          { caller: call.caller.number, ms: queue.stickyMs, waitMs: call.sentBack === true ? 0 : queue.stickyWaitMs }
        : undefined,
  };
}

/** The store counts rings from the entry. Nobody is in the widest one because he had talked, or because his callback had rested overnight. */
function ringsOf(
  { sentBack, onLineSince, callback }: Pick<Call, 'sentBack' | 'onLineSince' | 'callback'>,
  { rings }: Queue,
  enqueuedAt: number,
): Queue['rings'] {
  const asideMs = sentBack === true && onLineSince !== undefined ? onLineSince - enqueuedAt : (callback?.restedMs ?? 0);
  const [first, ...later] = rings;
  return asideMs === 0 ? rings : [first, ...later.map((ring) => ({ ...ring, afterMs: ring.afterMs + asideMs }))];
}

/** What calls of this tenant may ask of agents: in each ring, with what each key adds. */
export function expectedOf(tenant: Tenant): Expected {
  const { strategy, rings } = tenant.queue;
  const needs = [undefined, ...new Set(asksIn([tenant.flow, tenant.menus, tenant.queue]))];
  return { strategy, rings: needs.flatMap((asks) => rings.map((ring) => withNeeds(ring, asks))) };
}

/** Wherever it is written that a call enters the queue. */
function asksIn(value: unknown): readonly Asks[] {
  if (typeof value !== 'object' || value === null) return [];
  const action = value as Partial<Extract<Action, { do: 'queue' }>>;
  if (action.do === 'queue') return action.asks === undefined ? [] : [action.asks];
  return Object.values(value).flatMap(asksIn);
}

function gaveUp({ caller }: Pick<Call, 'caller'>, { boosts }: Queue): Pick<WaitingCall, 'gaveUp'> {
  const { gaveUpMs: boostMs, withinMs } = boosts;
  return boostMs > 0 && isNumber(caller.number) ? { gaveUp: { caller: caller.number, withinMs, boostMs } } : {};
}

/** The store decides by class and deadline; what in the call made them so is told here. */
export function withOrigin(why: Why, call: Pick<Call, 'caller' | 'asks' | 'sentBack'>, tenant: Tenant): Why {
  const { asks, sentBack, caller } = call;
  const first = asks?.class ?? classOf(caller.number, tenant);
  const keyBoostMs = asks?.boostMs ?? 0;
  const sentBackMs = sentBack === true ? tenant.queue.boosts.transferredMs : 0;
  return {
    ...why,
    order: why.order === 'deadline' && first === 1 ? 'class' : why.order,
    ...(keyBoostMs > 0 ? { keyBoostMs } : {}),
    ...(sentBackMs > 0 ? { sentBackMs } : {}),
  };
}

function classOf(caller: string, { vipNumbers }: Tenant): CallClass {
  return vipNumbers.has(caller) ? 1 : 2;
}

/** What the caller chose in the menu is asked for in every ring, at the level to which the ring relaxes it. */
function withNeeds(ring: Ring, asks: Asks | undefined): Ring {
  if (asks === undefined) return ring;
  const needs = Object.entries(asks.requires).map(([skill, level]) => [skill, ring.relaxed?.[skill] ?? level] as const);
  return { ...ring, requires: { ...ring.requires, ...Object.fromEntries(needs.filter(([, level]) => level > 0)) } };
}

/** Withheld numbers arrive as words; all those callers are not one. */
export const isNumber = (caller: string) => /^\+?\d{4,15}$/.test(caller);
