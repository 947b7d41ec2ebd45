/** The record of a finished call: one JSON line, for billing, service-level reports and complaints. */
import type { AgentId, CallId, NodeId, TenantId } from '../ids.js';
import type { Held } from '../queue/why.js';
import type { Opening } from '../schedule/schedule.js';
import type { Call, CallbackTry, OfferMade, Outcome, Told } from './call.js';
import type { Supervised } from './supervised.js';

/** Times are epoch ms, lengths ms. */
export interface CallRecord {
  readonly call: CallId;
  readonly tenant: TenantId;
  readonly node: NodeId;
  /** Raw, as the caller sent them. */
  readonly caller: { readonly number: string; readonly name: string };
  readonly dialled: string;
  readonly opening: Opening;
  readonly arrivedAt: number;
  readonly enqueuedAt: number | null;
  readonly answeredAt: number | null;
  readonly endedAt: number;
  /** From queue entry to the agent's answer, or to the end when there was none; null when never queued. */
  readonly waitMs: number | null;
  /** With agents; what came after the last of them sent him on or back is not counted. null: no agent answered. */
  readonly talkMs: number | null;
  /** The last who answered. */
  readonly agent: AgentId | null;
  /** In order, each with the reason of the decision. */
  readonly offers: readonly OfferMade[];
  /** What kept it from being offered while it waited, see `Held`. Missing: nothing, or a version before this. */
  readonly held?: readonly Held[];
  /** What the caller was told while waiting, see `Told`. */
  readonly told: readonly Told[];
  readonly digits: readonly string[];
  /** `ms` 0 or `bytes` 44 and less: nothing was recorded. null inside: the file's end was not seen. */
  readonly recording: { readonly file: string; readonly ms: number | null; readonly bytes: number | null } | null;
  readonly message: { readonly file: string; readonly ms: number } | null;
  readonly transferredTo: string | null;
  /** Supervisors who attended the talk, and tries that were refused, in order. Missing: none. */
  readonly supervised?: readonly Supervised[];
  /** The caller asked to be called back. */
  readonly callback: {
    readonly number: string;
    readonly askedAt: number;
    readonly reachedAt: number | null;
    readonly tries: readonly CallbackTry[];
    /** See `Callback`. */
    readonly restedMs?: number;
  } | null;
  readonly outcome: Outcome;
  /** The PBX's hang-up cause, e.g. `NORMAL_CLEARING`. */
  readonly cause: string;
}

/** Calls that were saved by a version before this know of one talk only: from the answer to the end. */
function talkOf({ answeredByAgentAt, talkingSince, talkedMs }: Call, endedAt: number): number | null {
  if (answeredByAgentAt === undefined) return null;
  if (talkedMs === undefined) return endedAt - answeredByAgentAt;
  return talkedMs + (talkingSince === undefined ? 0 : endedAt - talkingSince);
}

/** The record of a call that has ended. */
export function recordOf(call: Call & { readonly ended: NonNullable<Call['ended']> }): CallRecord {
  const { ended, enqueuedAt, answeredByAgentAt } = call;
  const answered = call.offers.findLast((offer) => offer.outcome === 'answered');
  return {
    call: call.id,
    tenant: call.tenant,
    node: call.node,
    caller: call.caller,
    dialled: call.dialled,
    opening: call.opening,
    arrivedAt: call.arrivedAt,
    enqueuedAt: enqueuedAt ?? null,
    answeredAt: answeredByAgentAt ?? null,
    endedAt: ended.at,
    waitMs: enqueuedAt === undefined ? null : (answeredByAgentAt ?? ended.at) - enqueuedAt,
    talkMs: talkOf(call, ended.at),
    agent: answered?.agent ?? null,
    offers: call.offers,
    ...(call.held === undefined ? {} : { held: call.held }),
    told: call.told ?? [],
    digits: call.digits,
    recording:
      call.recording === undefined
        ? null
        : { file: call.recording.file, ms: call.recording.ms ?? null, bytes: call.recording.bytes ?? null },
    message: call.message ?? null,
    transferredTo: call.transferredTo ?? null,
    ...(call.supervised === undefined ? {} : { supervised: call.supervised }),
    callback: call.callback === undefined ? null : { ...call.callback, reachedAt: call.callback.reachedAt ?? null },
    outcome: ended.outcome,
    cause: ended.cause,
  };
}
