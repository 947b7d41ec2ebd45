/**
 * Names and order of the places where calls wait. Names are made of identifiers (letters, digits, `-`), so that `/`, `+`, `,`
 * and `=` keep their parts apart:
 *
 *     demand   longestIdle/reception/english=50,medical=60     strategy, pool, least levels
 *     lane     martin/martin/0/DEMAND+DEMAND                   tenant, queue, ring, a demand for each pool of the ring
 *              martin/martin*30/0/DEMAND                       callbacks, which may keep 30 % of a pool busy
 */
import type { Ring, Skills, Strategy, WaitingCall } from './waiting-call.js';

/** Above every deadline until the year 2286; two classes and a deadline are exact in a double. */
const classWeight = 1e13;

/** Scores below this are emergencies. */
export const emergencyBelow = classWeight;

/** The lowest goes first. */
export function scoreOf({ class: callClass, deadline }: Pick<WaitingCall, 'class' | 'deadline'>): number {
  return callClass * classWeight + Math.round(deadline);
}

export function laneOf(call: Pick<WaitingCall, 'tenant' | 'queue' | 'strategy' | 'callback'>, ring: Ring, index: number): string {
  const { tenant, queue, strategy, callback } = call;
  const mark = callback === undefined ? '' : `*${callback.capPercent}`;
  return `${tenant}/${queue}${mark}/${index}/${demandsOf(strategy, ring).join('+')}`;
}

export function demandsOf(strategy: Strategy, { pools, requires }: Pick<Ring, 'pools' | 'requires'>): readonly string[] {
  return [...new Set(pools)].sort().map((pool) => `${strategy}/${pool}/${skillsText(requires, ',')}`);
}

/** `english=50,medical=60`, the same for the same skills. */
export function skillsText(skills: Skills, separator: string): string {
  return Object.entries(skills)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([skill, level]) => `${skill}=${level}`)
    .join(separator);
}

/** Which ring a call is in after `waitedMs`. */
export function ringAfter(rings: readonly Ring[], waitedMs: number): number {
  return Math.max(
    0,
    rings.findLastIndex(({ afterMs }) => afterMs <= waitedMs),
  );
}

/** Whether an agent with these skills may take a call that requires those. */
export function meets(skills: Skills, requires: Skills): boolean {
  return Object.entries(requires).every(([skill, level]) => (skills[skill] ?? 0) >= level);
}
