/** A call as the API shows it. */
import type { CallRecord } from '../core/call/record.js';
import type { CallSummary } from '../core/call/summary.js';

/** All but the last two characters hidden; a number of up to four characters wholly, since two would tell too much of it. */
export function maskNumber(number: string): string {
  return number.length <= 4 ? '*'.repeat(number.length) : '*'.repeat(number.length - 2) + number.slice(-2);
}

/** The caller's name is left out altogether: it cannot be masked and still mean something. */
export function maskCall(call: CallSummary): Omit<CallSummary, 'caller'> & { readonly caller: { readonly number: string } } {
  return { ...call, caller: { number: maskNumber(call.caller.number) } };
}

/** The keys pressed are left out as well: they may be a number. */
export function maskRecord({ digits: _, caller, callback, ...record }: CallRecord) {
  // Records of a version before this have no such field.
  const masked = callback === null || callback === undefined ? callback : { ...callback, number: maskNumber(callback.number) };
  return { ...record, caller: { number: maskNumber(caller.number) }, callback: masked };
}
