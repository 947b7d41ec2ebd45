/** What a transition wants done, as data. The engine carries effects out in order, through the ports. */
import type { PendingCallback } from '../callback/pending.js';
import type { AgentId, LegId, PlayId, SupervisorId } from '../ids.js';
import type { Missed } from '../queue/missed.js';
import type { WaitingCall } from '../queue/waiting-call.js';
import type { Prompt, Queue } from '../tenant.js';
import type { Offer } from './call.js';
import type { CallRecord } from './record.js';
import type { SupervisionMode } from './supervised.js';

/** Whom to ring. The engine knows whose device is which, and the trunk. */
export type Target = { readonly agent: AgentId } | { readonly supervisor: SupervisorId } | { readonly number: string };

/** `elsewhere`: another phone took the call, so this one shows no missed call (RFC 3326, SIP cause 200). */
export type HangupCause = 'normal' | 'cancel' | 'elsewhere' | 'busy' | 'unallocated' | 'rejected' | 'congestion';

export type Effect =
  | { readonly do: 'answer'; readonly leg: LegId }
  /** Before answer: a SIP refusal (`unallocated` → 404, `congestion` → 503 with Retry-After). After it: a hang-up. */
  | { readonly do: 'hangup'; readonly leg: LegId; readonly cause: HangupCause }
  /** Raises `played` with the same `play`. Music below it resumes afterwards. */
  | { readonly do: 'play'; readonly leg: LegId; readonly play: PlayId; readonly prompt: Prompt }
  /** Ends prompts and music on that leg. */
  | { readonly do: 'stopPlay'; readonly leg: LegId }
  /** Endless, until something else is done to the leg. `undefined`: the PBX's own hold music. */
  | { readonly do: 'music'; readonly leg: LegId; readonly file: string | undefined }
  /** Raises `ready` or `failed`. `callerName` is raw: the adapter encodes it. */
  | {
      readonly do: 'originate';
      readonly leg: LegId;
      readonly target: Target;
      readonly callerName: string;
      readonly callerNumber: string;
      readonly ringMs: number;
      readonly tenant: string;
      /** It rings for this callback: not before all daemons know that it still stands. Else raises `callbackWithdrawn`. */
      readonly callback?: PendingCallback;
    }
  /** Raises `bridged`, or `parked` when it came to nothing. */
  | { readonly do: 'bridge'; readonly leg: LegId; readonly other: LegId }
  /** Lets the supervisor's leg hear the talk of the agent's, or changes how; see the port. */
  | { readonly do: 'attend'; readonly leg: LegId; readonly agent: LegId; readonly mode: SupervisionMode }
  /** Stereo: left what this leg says, right what it hears. `file` is relative to the node's recordings folder. Raises `recorded` at the end. */
  | { readonly do: 'record'; readonly leg: LegId; readonly file: string }
  /** A beep, then a recording of the caller until silence, `#` or `maxMs`. `file` as for `record`. Raises `message`. */
  | {
      readonly do: 'takeMessage';
      readonly leg: LegId;
      readonly play: PlayId;
      readonly file: string;
      readonly maxMs: number;
      readonly silenceMs: number;
    }
  /** Hands the leg to the dialplan's fallback: we cannot serve it. */
  | { readonly do: 'fallback'; readonly leg: LegId }
  /**
   * Raises `enqueued`, `noAgent`, `full` or `enqueueFailed`, and `offer` when an agent is (or becomes) free. Safe to repeat.
   * `atMost`: so many calls may wait in the queue, this one included.
   */
  | { readonly do: 'enqueue'; readonly queue: Queue; readonly enqueuedAt: number; readonly waiting: WaitingCall; readonly atMost?: number }
  /** Raises `outlook`. */
  | { readonly do: 'askOutlook' }
  /** Takes the call out of the queue and frees an agent who was offered it. Safe to repeat. */
  | { readonly do: 'dequeue' }
  /** This caller gave up waiting: for `keepMs` it is known to the tenant's queue, which may answer him sooner. */
  | { readonly do: 'rememberGivenUp'; readonly caller: string; readonly at: number; readonly keepMs: number }
  | { readonly do: 'acceptOffer'; readonly offer: Offer }
  /** The agent did not take it; the call goes back to its place. `missed` undefined: it was not his doing, he is idle at once. */
  | { readonly do: 'rejectOffer'; readonly offer: Offer; readonly missed: Missed | undefined }
  /** The talk is over: after-call work of `wrapUpMs`. `undefined`: they never talked. */
  | { readonly do: 'releaseAgent'; readonly offer: Offer; readonly wrapUpMs: number | undefined }
  /** Is the leg still there? Raises `vanished` if not. */
  | { readonly do: 'audit'; readonly leg: LegId }
  /** Raises `callbackKept` or `callbackRefused`. `limit`: how many of the tenant's callers may wait for theirs. Safe to repeat. */
  | { readonly do: 'askCallback'; readonly callback: PendingCallback; readonly limit: number }
  /** Raises `callbackWithdrawn` if it is. What the store has forgotten is told to it again. */
  | { readonly do: 'checkCallback'; readonly callback: PendingCallback }
  /** The callback is over, whatever came of it. Safe to repeat. */
  | { readonly do: 'endCallback'; readonly number: string }
  /** Withdraws a callback that this caller has to come, and raises `placeFound`. `number` is E.164. */
  | { readonly do: 'claimPlace'; readonly number: string }
  /** The call's record, once, at its end. */
  | { readonly do: 'writeRecord'; readonly record: CallRecord };
