/**
 * A caller who is called back instead of waiting on the line. He agrees (arranging.ts), hangs up, and his call goes on without a
 * leg: at his place in the queue like any other, until an agent takes it and the caller's phone rings (calling-back.ts).
 *
 *   arranging ─1─→ asking ─kept→ leaving ─he hangs up→ callback: queued ⇄ resting (between two tries, outside opening hours)
 *   callback ─offer→ offered: ringing → whispering ─→ callingBack: ringing → confirming ─1─→ offered: bridging → connected
 *   callingBack ─busy, no answer, no key→ callback, the agent is free; too many tries, too old, withdrawn → ended
 */
import type { PendingCallback, Withdrawal } from '../callback/pending.js';
import { enqueueEffect } from '../queue/place.js';
import { openingAt } from '../schedule/opening.js';
import { toE164 } from '../site.js';
import { type CallbackRules, mayDial, type Tenant } from '../tenant.js';
import type { Call, CallbackTry } from './call.js';
import { finish, giveBack } from './end.js';
import type { Context, Step } from './step.js';
import { after, enter, limits, nextLeg, settleOffer } from './step.js';

/** A promise that was made is kept, also when a reload takes callbacks out of the configuration. */
const promised = { capPercent: 100, ringMs: 30_000, tries: 2, retryMs: 600_000, maxAgeMs: 86_400_000, outsideHours: 'carry' } as const;

const rulesOf = ({ queue }: Tenant): Omit<CallbackRules, 'maxPending' | 'countryCode' | 'prompts'> => queue.callback ?? promised;

/** In E.164, when the tenant's calls may go there; withheld numbers arrive as words. */
export function callableNumber(written: string, tenant: Tenant, { countryCode }: Pick<CallbackRules, 'countryCode'>): string | undefined {
  if (!/^\+?\d{4,18}$/.test(written)) return undefined;
  const number = toE164(written, countryCode);
  // Neither the person on call in emergencies nor the tenant itself can be had by typing their numbers.
  const allowed = mayDial({ allowedPrefixes: tenant.allowedPrefixes, emergencyNumber: undefined }, number);
  return allowed && !tenant.numbers.includes(number) ? number : undefined;
}

export function pendingOf(call: Call, ctx: Context): PendingCallback | undefined {
  const { id, tenant, node, callback } = call;
  if (callback === undefined) return undefined;
  const { number, askedAt } = callback;
  return { call: id, tenant, node, number, askedAt, enqueuedAt: call.enqueuedAt ?? askedAt, until: askedAt + rulesOf(ctx.tenant).maxAgeMs };
}

/**
 * Off the line: to his place in the queue, or to rest until the next try may be made. Looked at again every minute, at its
 * beginning, when tenants open and close.
 */
export function awaitTurn(call: Call, ctx: Context): Step {
  const { callback } = call;
  const pending = pendingOf(call, ctx);
  if (callback === undefined || pending === undefined) return finish(call, ctx, 'lost', 'NO_CALLBACK');
  const rules = rulesOf(ctx.tenant);
  const { tries } = callback;
  const last = tries.at(-1);
  const open = openingAt(ctx.tenant.schedule, ctx.now) === 'open';
  if (ctx.now >= pending.until) return giveUp(call, ctx, 'unreached', 'EXPIRED');
  if (tries.length >= rules.tries) return giveUp(call, ctx, 'unreached', 'TRIES_USED_UP');
  if (!open && rules.outsideHours === 'giveUp') return giveUp(call, ctx, 'unreached', 'CLOSED');
  const { state } = call;
  const notBefore = last === undefined ? 0 : last.at + rules.retryMs;
  const nextMinute = ctx.now + 60_000 - (ctx.now % 60_000);
  const look = { step: Math.min(nextMinute, pending.until, notBefore > ctx.now ? notBefore : nextMinute) - ctx.now };
  const check = { do: 'checkCallback', callback: pending } as const;
  if (!open || ctx.now < notBefore) {
    const queued = state.at === 'callback' && state.phase === 'queued';
    const since = restingSince(call, ctx);
    return enter(call, { at: 'callback', phase: 'resting', since }, look, ctx.now, ...(queued ? [{ do: 'dequeue' } as const] : []), check);
  }
  const enqueuedAt = call.enqueuedAt ?? callback.askedAt;
  const restedMs = (callback.restedMs ?? 0) + ctx.now - restingSince(call, ctx);
  const queued: Call = { ...call, enqueuedAt, callback: restedMs === 0 ? callback : { ...callback, restedMs } };
  return enter(
    queued,
    { at: 'callback', phase: 'queued' },
    { ...look, enqueue: limits.enqueueRetry },
    ctx.now,
    check,
    enqueueEffect({ ...queued, state: { at: 'callback', phase: 'queued' } }, ctx.tenant, enqueuedAt),
  );
}

/** Now, where it does not rest yet. */
function restingSince({ state }: Call, { now }: Context): number {
  return state.at === 'callback' && state.phase === 'resting' ? (state.since ?? now) : now;
}

/** At the place of another callback of his, which is over: he is as far as if he had waited on the line. */
export function inPlaceOf(call: Call, enqueuedAt: number, { now }: Context): Call {
  const own = call.enqueuedAt ?? now;
  return enqueuedAt >= own ? call : { ...call, enqueuedAt, onLineSince: own };
}

/** Back to his place, whatever was under way: whoever was rung for it is let go. */
export function putBack(call: Call, ctx: Context): Step {
  const { call: freed, effects } = giveBack(call, ctx);
  return after(effects, awaitTurn(freed, ctx));
}

/** He is not called, or not any more. */
export function giveUp(call: Call, ctx: Context, outcome: 'unreached' | 'cancelled', cause: string): Step {
  const { callback } = call;
  const step = finish(call, ctx, outcome, cause);
  return callback === undefined ? step : after([{ do: 'endCallback', number: callback.number }], step);
}

export function withdrawn(call: Call, why: Withdrawal, ctx: Context): Step {
  return giveUp(call, ctx, 'cancelled', why === 'calledAgain' ? 'CALLED_AGAIN' : 'CANCELLED');
}

/** What came of a call to him; the last try counts from now. */
export function tried(call: Call, outcome: CallbackTry['outcome'], ctx: Context): Call {
  const { callback } = call;
  if (callback === undefined) return call;
  const tries = callback.tries.map((one) => (one.outcome === 'pending' ? { ...one, outcome } : one));
  return { ...call, callback: { ...callback, tries, ...(outcome === 'reached' ? { reachedAt: ctx.now } : {}) } };
}

/** The agent is on the line: now the caller's phone rings, with the number on which he had called. */
export function callBack(call: Call, at: Extract<Call['state'], { at: 'offered' }>, ctx: Context): Step {
  const { callback } = call;
  const { tenant } = ctx;
  // The allowed prefixes may have changed since: toll fraud is stopped here at the latest.
  if (callback === undefined || !mayDial({ allowedPrefixes: tenant.allowedPrefixes, emergencyNumber: undefined }, callback.number)) {
    return giveUp(settleOffer(call, 'withdrawn'), ctx, 'unreached', 'NOT_ALLOWED');
  }
  const { ringMs } = rulesOf(tenant);
  const pending = pendingOf(call, ctx);
  const next = nextLeg(call);
  const tries = [...callback.tries, { at: ctx.now, agent: at.offer.agent, outcome: 'pending' as const }];
  return enter(
    { ...next.call, callback: { ...callback, tries } },
    { at: 'callingBack', offer: at.offer, leg: at.leg, callee: next.leg, phase: 'ringing', play: undefined },
    { step: ringMs + limits.ringGrace },
    ctx.now,
    // Else the agent would wait in silence.
    { do: 'music', leg: at.leg, file: tenant.queue.music },
    {
      do: 'originate',
      leg: next.leg,
      target: { number: callback.number },
      callerName: tenant.shortName,
      callerNumber: call.dialled,
      ringMs,
      tenant: call.tenant,
      ...(pending === undefined ? {} : { callback: pending }),
    },
  );
}
