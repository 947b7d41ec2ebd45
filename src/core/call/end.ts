/** The ways in which a call ends. Whatever the call holds (an agent, a place, a second leg) is given back here. */
import { isNumber } from '../queue/place.js';
import { type Call, type Outcome, ringing } from './call.js';
import type { Effect, HangupCause } from './effect.js';
import { type CallRecord, recordOf } from './record.js';
import type { Context, Step } from './step.js';
import { after, enter, limits, settleOffer } from './step.js';
import { endSupervision } from './supervision.js';

/** We end the call: hang up, then wait for the PBX to confirm. */
export function hangUp(call: Call, ctx: Context, outcome: Outcome, cause: HangupCause = 'normal'): Step {
  const { call: freed, effects } = giveBack(call, ctx);
  return enter(freed, { at: 'ending', outcome }, { step: limits.hangup }, ctx.now, ...effects, { do: 'hangup', leg: call.leg, cause });
}

/** The call is over: the caller's leg is gone (or out of our hands). */
export function finish(call: Call, ctx: Context, outcome: Outcome, cause: string): Step {
  const { call: freed, effects } = giveBack(call, ctx);
  const ended = { ...freed, state: { at: 'ended' }, timers: {}, ended: { at: ctx.now, outcome, cause } } satisfies Call;
  return { call: ended, effects: [...effects, { do: 'writeRecord', record: recordOf(ended) }] };
}

/** The record of a caller who waits to be called back for a tenant that was taken out of the configuration. */
export function tenantGone(call: Call, now: number): CallRecord {
  return recordOf({ ...call, state: { at: 'ended' }, ended: { at: now, outcome: 'cancelled', cause: 'TENANT_REMOVED' } });
}

/** The caller hung up: what that means depends on how far he had come. */
export function callerLeft(call: Call, ctx: Context, cause: string): Step {
  return after(givenUp(call, ctx), finish(call, ctx, outcomeNow(call), cause));
}

/** He waited in vain: should he call again, he may be answered sooner. */
function givenUp({ state, caller }: Call, { now, tenant: { queue } }: Context): readonly Effect[] {
  const waits = state.at === 'waiting' || state.at === 'offered';
  if (!waits || queue.boosts.gaveUpMs === 0 || !isNumber(caller.number)) return [];
  return [{ do: 'rememberGivenUp', caller: caller.number, at: now, keepMs: queue.boosts.withinMs }];
}

/** The leg is gone and nobody saw it go (no daemon was alive): a talk that had begun has ended, a wait was in vain. */
export function vanished(call: Call, ctx: Context): Step {
  const outcome = outcomeNow(call);
  return finish(call, ctx, outcome === 'abandoned' ? 'lost' : outcome, 'VANISHED');
}

function outcomeNow(call: Call): Outcome {
  switch (call.state.at) {
    case 'connected':
      return 'answered';
    case 'transferring':
      return call.state.phase === 'talking' ? 'transferred' : 'abandoned';
    case 'voicemail':
      return call.message === undefined ? 'abandoned' : 'voicemail';
    case 'ending':
      return call.state.outcome;
    default:
      return 'abandoned';
  }
}

/** Hangs up the other leg and frees the agent or the place in the queue. */
export function giveBack(call: Call, ctx: Context): { readonly call: Call; readonly effects: readonly Effect[] } {
  const { state } = call;
  switch (state.at) {
    case 'waiting':
      return { call, effects: [{ do: 'dequeue' }] };
    case 'offered':
      return {
        call: settleOffer(call, 'withdrawn'),
        effects: [
          ...ringing(state).map(({ leg }) => ({ do: 'hangup', leg, cause: 'cancel' }) as const),
          // A store that lost its data was told that he talks, also while his phone rang: then only the release frees him.
          ...(state.phase === 'ringing' ? [{ do: 'dequeue' } as const] : []),
          ...ringing(state).map(({ offer }) => ({ do: 'releaseAgent', offer, wrapUpMs: undefined }) as const),
        ],
      };
    case 'connected': {
      const { call: alone, effects } = endSupervision(call, ctx.now);
      return { call: alone, effects: [...effects, { do: 'releaseAgent', offer: state.offer, wrapUpMs: ctx.tenant.queue.wrapUpMs }] };
    }
    case 'transferring':
      return { call, effects: [{ do: 'hangup', leg: state.leg, cause: 'cancel' }] };
    case 'callback':
      return { call, effects: [{ do: 'dequeue' }] };
    case 'callingBack':
      return {
        call,
        effects: [
          { do: 'hangup', leg: state.callee, cause: 'cancel' },
          { do: 'hangup', leg: state.leg, cause: 'cancel' },
          { do: 'releaseAgent', offer: state.offer, wrapUpMs: undefined },
        ],
      };
    default:
      return { call, effects: [] };
  }
}
