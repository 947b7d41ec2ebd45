/** Everything that can happen to a call. `PbxEvent` comes from a PBX adapter; the rest from the engine. */
import type { Withdrawal } from '../callback/pending.js';
import type { LegId, NodeId, PlayId, SupervisorId } from '../ids.js';
import type { Outlook } from '../queue/wait-estimate.js';
import type { HeldBy, Why } from '../queue/why.js';
import type { Offer, TimerName } from './call.js';
import type { SupervisionMode, SupervisionRefusal, SupervisionVia } from './supervised.js';

/** A leg of a caller who is not ours yet. `at`: epoch ms. */
export interface Arrival {
  readonly leg: LegId;
  readonly node: NodeId;
  readonly caller: { readonly number: string; readonly name: string };
  /** As dialled, before it is looked up. */
  readonly dialled: string;
}

/** What happened to one leg, in the words of the port; adapters map their switch's events to these. */
export type LegEvent =
  | { readonly type: 'answered'; readonly leg: LegId }
  /** A prompt ended: by itself, because it was stopped, or because it could not be played. */
  | { readonly type: 'played'; readonly leg: LegId; readonly play: PlayId; readonly failed: boolean }
  | { readonly type: 'digit'; readonly leg: LegId; readonly digit: string }
  /** What was pressed in answer to `collect`, without `#`; empty: nothing. May be a PIN: never logged, saved or told on. */
  | { readonly type: 'collected'; readonly leg: LegId; readonly play: PlayId; readonly digits: string }
  /** A leg that we originated was answered and waits for us, guarded. */
  | { readonly type: 'ready'; readonly leg: LegId }
  /** A leg that we originated failed before it was answered. */
  | {
      readonly type: 'failed';
      readonly leg: LegId;
      readonly reason: 'no-answer' | 'busy' | 'rejected' | 'unreachable';
      readonly cause: string;
    }
  /** Both ends of a bridge hear each other; raised once, with the caller's leg first. */
  | { readonly type: 'bridged'; readonly leg: LegId; readonly other: LegId }
  /** The leg is alone and guarded: its bridge ended or never came about, or another daemon has just taken it over. */
  | { readonly type: 'parked'; readonly leg: LegId }
  /** The other side asked the PBX to send this leg to `target` (REFER), E.164 where that is a number; it is parked and guarded. */
  | { readonly type: 'referred'; readonly leg: LegId; readonly target: string }
  | { readonly type: 'recorded'; readonly leg: LegId; readonly file: string; readonly ms: number; readonly bytes: number }
  /** The caller's message ended (silence, `#`, limit or hang-up). `ms` 0: nothing usable was recorded. */
  | { readonly type: 'message'; readonly leg: LegId; readonly play: PlayId; readonly file: string; readonly ms: number }
  | { readonly type: 'hungup'; readonly leg: LegId; readonly cause: string };

export type CallEvent =
  | LegEvent
  | { readonly type: 'timer'; readonly name: TimerName }
  /** Another daemon ran this call until now, or the node was out of reach, and the caller is on no leg that could be asked. */
  | { readonly type: 'adopted' }
  /** The callback is known to all daemons. `enqueuedAt`: the place of one to the same number that it replaces. */
  | { readonly type: 'callbackKept'; readonly enqueuedAt: number | undefined }
  /** Too many wait for theirs, or the store is away. */
  | { readonly type: 'callbackRefused' }
  | { readonly type: 'callbackWithdrawn'; readonly why: Withdrawal }
  /** The caller had a callback to come, which is withdrawn: its place is his. */
  | { readonly type: 'placeFound'; readonly enqueuedAt: number }
  /** The routing store reserved an agent for this call; with ring all, `also` these others. */
  | { readonly type: 'offer'; readonly offer: Offer; readonly why?: Why; readonly also?: readonly Offer[] }
  /** The routing store holds the call now. */
  | { readonly type: 'enqueued'; readonly held?: HeldBy }
  /** It holds the call; no agent is signed in who could take it. */
  | { readonly type: 'noAgent'; readonly held?: HeldBy }
  /** It did not take the call: too many wait already. */
  | { readonly type: 'full' }
  /** What the waiting call can expect; `undefined`: nobody can tell. */
  | { readonly type: 'outlook'; readonly outlook: Outlook | undefined }
  /** The store could not be reached, or refused. */
  | { readonly type: 'enqueueFailed' }
  /** The store took the agent back (the offer was too old): whoever answers is not ours to bridge. */
  | { readonly type: 'offerExpired'; readonly offer: Offer }
  /** He may: that was checked. `leg`: his own, answered; without it his phone is rung. While he attends: another mode. */
  | {
      readonly type: 'supervise';
      readonly supervisor: SupervisorId;
      readonly mode: SupervisionMode;
      readonly via: SupervisionVia;
      readonly leg?: LegId;
    }
  | { readonly type: 'unsupervise' }
  /** A try that was refused: for the record. */
  | {
      readonly type: 'superviseRefused';
      readonly supervisor: SupervisorId;
      readonly mode: SupervisionMode;
      readonly via: SupervisionVia;
      readonly reason: SupervisionRefusal;
    }
  /** The PBX no longer knows the caller's leg. */
  | { readonly type: 'vanished' };
