/** Hang-up causes: the port's words ↔ Q.850's numbers, and what Asterisk makes of them in SIP (RECIPES-asterisk §2, tried). */
import type { HangupCause } from '../core/call/effect.js';
import type { LegEvent } from '../core/call/event.js';

export type FailureReason = (LegEvent & { readonly type: 'failed' })['reason'];

/** Before answer: 404, 486, 403, 503. `elsewhere`: CANCEL with `Reason: SIP;cause=200;text="Call completed elsewhere"` (RFC 3326). */
export const q850: Readonly<Record<HangupCause, number>> = {
  normal: 16,
  cancel: 16,
  elsewhere: 26,
  busy: 17,
  unallocated: 1,
  rejected: 21,
  congestion: 34,
};

const names: Readonly<Record<number, string>> = {
  0: 'NONE',
  1: 'UNALLOCATED_NUMBER',
  3: 'NO_ROUTE_DESTINATION',
  16: 'NORMAL_CLEARING',
  17: 'USER_BUSY',
  18: 'NO_USER_RESPONSE',
  19: 'NO_ANSWER',
  20: 'SUBSCRIBER_ABSENT',
  21: 'CALL_REJECTED',
  26: 'ORIGINATOR_CANCEL',
  27: 'DESTINATION_OUT_OF_ORDER',
  34: 'SWITCH_CONGESTION',
  38: 'NETWORK_OUT_OF_ORDER',
  127: 'INTERWORKING',
};

/** The name by which records and logs call it, the same as on FreeSWITCH. */
export const causeName = (cause: number): string => names[cause] ?? `Q850_${cause}`;

/** Why a leg that we originated failed. Whatever we do not know means that the phone could not be reached. */
export function failureReason(cause: number): FailureReason {
  switch (cause) {
    case 17:
      return 'busy';
    case 18:
    case 19:
    case 26:
      return 'no-answer';
    case 16:
    case 21:
      return 'rejected';
    default:
      return 'unreachable';
  }
}
