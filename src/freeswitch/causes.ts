/** Hang-up causes: the port's words ↔ FreeSWITCH's (Q.850 names) and what they become in SIP. */
import type { HangupCause } from '../core/call/effect.js';
import type { LegEvent } from '../core/call/event.js';

export type FailureReason = (LegEvent & { readonly type: 'failed' })['reason'];

/** Before answer: 404, 486, 603, 503. SERVICE_UNAVAILABLE would be 480 (RECIPES, tried). */
export const switchCause: Readonly<Record<HangupCause, string>> = {
  normal: 'NORMAL_CLEARING',
  cancel: 'ORIGINATOR_CANCEL',
  // mod_sofia.c, sofia_on_hangup: sets call_completed_elsewhere, which becomes the Reason header of the CANCEL or BYE.
  elsewhere: 'LOSE_RACE',
  busy: 'USER_BUSY',
  unallocated: 'UNALLOCATED_NUMBER',
  rejected: 'CALL_REJECTED',
  congestion: 'SWITCH_CONGESTION',
};

const reasons: Readonly<Record<string, FailureReason>> = {
  USER_BUSY: 'busy',
  NO_ANSWER: 'no-answer',
  NO_USER_RESPONSE: 'no-answer', // 480: switched off, or "do not disturb"
  ALLOTTED_TIMEOUT: 'no-answer',
  PROGRESS_TIMEOUT: 'no-answer',
  ORIGINATOR_CANCEL: 'no-answer',
  CALL_REJECTED: 'rejected',
  NORMAL_CLEARING: 'rejected', // answered and hung up at once
};

/** Why a leg that we originated failed. Whatever we do not know means that the phone could not be reached. */
export const failureReason = (cause: string): FailureReason => reasons[cause] ?? 'unreachable';
