/**
 * A supervisor at a talk: a third leg beside those of the caller and the agent, with a small life of its own.
 *
 *   supervise ─→ ringing ─ready→ attending ─supervise→ the same in another mode
 *   supervise, from his own phone ─→ attending
 *   he hangs up, unsupervise, the talk ends, another daemon takes the node ─→ nobody attends
 *
 * It never holds the call up: no step waits for it, and whatever ends the talk ends it (`giveBack`).
 */
import type { LegId, SupervisorId } from '../ids.js';
import type { Call } from './call.js';
import type { Effect } from './effect.js';
import type { CallEvent } from './event.js';
import type { Context, Step } from './step.js';
import { limits, nextLeg, stay, withTimer } from './step.js';
import type { Supervised, SupervisionMode, SupervisionRefusal, SupervisionVia } from './supervised.js';

export interface Supervision {
  readonly supervisor: SupervisorId;
  readonly mode: SupervisionMode;
  readonly via: SupervisionVia;
  readonly leg: LegId;
  readonly phase: 'ringing' | 'attending';
}

/** Whoever tries and tries must not swell the call's record. */
const mostTriesKept = 50;

/** What an event means for the supervisor; `undefined`: nothing, it is the call's. */
export function supervisionStep(call: Call, event: CallEvent, ctx: Context): Step | undefined {
  switch (event.type) {
    case 'supervise':
      return supervise(call, event, ctx);
    case 'unsupervise':
      return withoutSupervisor(call, ctx);
    case 'superviseRefused':
      if ((call.supervised?.length ?? 0) >= mostTriesKept) return stay(call);
      return stay(noted(call, { ...whoAndHow(event), from: ctx.now, to: ctx.now, refused: event.reason }));
    default:
  }
  const { supervision } = call;
  if (supervision === undefined) return undefined;
  if (event.type === 'timer') return event.name === 'supervisor' ? refuse(call, supervision, 'noAnswer', ctx) : undefined;
  // The talk is told again: the node was lost for a while, or is another daemon's. His leg is guarded, so it may be gone already.
  if (event.type === 'bridged' && event.leg === call.leg) return withoutSupervisor(call, ctx);
  if (!('leg' in event) || event.leg !== supervision.leg) return undefined;
  switch (event.type) {
    case 'ready':
      return supervision.phase === 'ringing' ? attend(withTimer(call, 'supervisor', undefined), supervision, ctx) : stay(call);
    case 'failed':
      return refuse(call, supervision, event.reason === 'no-answer' ? 'noAnswer' : 'unreachable', ctx);
    case 'hungup':
      return stay(closed(call, ctx.now));
    default:
      return stay(call);
  }
}

/** Nobody attends any more; the leg that did is hung up. */
export function endSupervision(call: Call, now: number): { readonly call: Call; readonly effects: readonly Effect[] } {
  const { supervision } = call;
  if (supervision === undefined) return { call, effects: [] };
  const cause = supervision.phase === 'ringing' ? 'cancel' : 'normal';
  return { call: closed(call, now), effects: [{ do: 'hangup', leg: supervision.leg, cause }] };
}

function supervise(call: Call, event: CallEvent & { type: 'supervise' }, ctx: Context): Step {
  const { state, supervision: present } = call;
  const { leg } = event;
  if (state.at !== 'connected' || (present !== undefined && present.supervisor !== event.supervisor)) return stay(call);
  if (present !== undefined && leg === undefined) {
    if (present.mode === event.mode) return stay(call);
    const changed = { ...present, mode: event.mode };
    return present.phase === 'ringing' ? stay({ ...call, supervision: changed }) : attend(call, changed, ctx);
  }
  // From another phone than before: the former one is done with.
  const { call: alone, effects } = endSupervision(call, ctx.now);
  if (leg !== undefined) {
    const step = attend(alone, { ...whoAndHow(event), leg, phase: 'attending' }, ctx);
    return { call: step.call, effects: [...effects, ...step.effects] };
  }
  const next = nextLeg(alone);
  const ringing: Call = { ...next.call, supervision: { ...whoAndHow(event), leg: next.leg, phase: 'ringing' } };
  return {
    call: withTimer(ringing, 'supervisor', ctx.now + limits.supervisorRing + limits.ringGrace),
    effects: [
      ...effects,
      {
        do: 'originate',
        leg: next.leg,
        target: { supervisor: event.supervisor },
        callerName: `${ctx.tenant.shortName} ${state.offer.agent}`,
        callerNumber: call.dialled,
        ringMs: limits.supervisorRing,
        tenant: call.tenant,
      },
    ],
  };
}

/** He hears the talk from now on, or goes on hearing it in another mode. */
function attend(call: Call, supervision: Supervision, ctx: Context): Step {
  if (call.state.at !== 'connected') return withoutSupervisor(call, ctx);
  const { leg, mode } = supervision;
  const attending: Call = { ...ended(call, ctx.now), supervision: { ...supervision, phase: 'attending' } };
  return stay(noted(attending, { ...whoAndHow(supervision), from: ctx.now, to: null }), { do: 'attend', leg, agent: call.state.leg, mode });
}

function refuse(call: Call, supervision: Supervision, reason: SupervisionRefusal, ctx: Context): Step {
  const { effects } = endSupervision(call, ctx.now);
  return stay(noted(closed(call, ctx.now), { ...whoAndHow(supervision), from: ctx.now, to: ctx.now, refused: reason }), ...effects);
}

function withoutSupervisor(call: Call, ctx: Context): Step {
  const { call: alone, effects } = endSupervision(call, ctx.now);
  return stay(alone, ...effects);
}

function closed(call: Call, now: number): Call {
  const { supervision: _, ...alone } = ended(withTimer(call, 'supervisor', undefined), now);
  return alone;
}

/** The open entry, if there is one, ends now. */
function ended(call: Call, now: number): Call {
  if (!call.supervised?.some(({ to }) => to === null)) return call;
  return { ...call, supervised: call.supervised.map((entry) => (entry.to === null ? { ...entry, to: now } : entry)) };
}

function noted(call: Call, entry: Supervised): Call {
  return { ...call, supervised: [...(call.supervised ?? []), entry] };
}

function whoAndHow({ supervisor, mode, via }: Pick<Supervised, 'supervisor' | 'mode' | 'via'>) {
  return { supervisor, mode, via };
}
