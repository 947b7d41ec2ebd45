/** The routing part of a tenant, compiled: every ring with its whole requirement. */
import { id, type PoolId } from '../core/ids.js';
import type { Consequence, MissRules } from '../core/queue/missed.js';
import type { Asks, CallClass, Ring, Share, Skills } from '../core/queue/waiting-call.js';
import type { Queue } from '../core/tenant.js';
import type { AsksYaml, BoostsYaml, MissedYaml, RingYaml, ShareYaml } from './schema-queue.js';

export interface RingsYaml {
  readonly pool: string;
  readonly requires: Skills;
  readonly rings: readonly RingYaml[];
}

/** Each ring builds on the one before. */
export function compileRings({ pool, requires, rings }: RingsYaml): readonly [Ring, ...Ring[]] {
  let last: Ring = { afterMs: 0, pools: [id<PoolId>(pool)], requires };
  const later = rings.map((ring): Ring => {
    const relaxed: Skills = { ...last.relaxed, ...ring.requires, ...Object.fromEntries(ring.drop.map((skill) => [skill, 0])) };
    // A ring may relax what only a key asks for: other calls must not come to need it by that.
    const needs = Object.entries(last.requires).map(([skill, level]) => [skill, relaxed[skill] ?? level] as const);
    last = {
      afterMs: ring.afterSeconds * 1000,
      pools: [...new Set([...last.pools, ...ring.addPools.map((name) => id<PoolId>(name))])],
      requires: Object.fromEntries(needs.filter(([, level]) => level > 0)),
      relaxed,
    };
    return last;
  });
  return [{ afterMs: 0, pools: [id<PoolId>(pool)], requires }, ...later];
}

const classes: Readonly<Record<NonNullable<AsksYaml['class']>, CallClass>> = { emergency: 0, vip: 1, normal: 2 };

export function compileAsks({ class: name, requires, boostSeconds }: AsksYaml): Asks {
  return { class: name === undefined ? undefined : classes[name], requires, boostMs: boostSeconds * 1000 };
}

export function compileBoosts({ gaveUpSeconds, withinMinutes, transferredSeconds }: BoostsYaml): Queue['boosts'] {
  return { gaveUpMs: gaveUpSeconds * 1000, withinMs: withinMinutes * 60_000, transferredMs: transferredSeconds * 1000 };
}

export function compileMissed({ noAnswer, busy, rejected, unreachable, inARow }: MissedYaml): MissRules {
  const follows = (what: MissedYaml['noAnswer']): Consequence => {
    if (typeof what === 'number') return { pauseMs: what * 1000 };
    return { pauseMs: 0, duty: what === 'signOut' ? 'out' : 'paused' };
  };
  return {
    each: { 'no-answer': follows(noAnswer), busy: follows(busy), rejected: follows(rejected), unreachable: follows(unreachable) },
    inARow: inARow.times === 0 ? undefined : { times: inARow.times, follows: follows(inARow.consequence) },
  };
}

export function compileShare(pool: string, share: ShareYaml | undefined): Share | undefined {
  return share === undefined ? undefined : { pool: id<PoolId>(pool), ...share };
}

/** Trunks send one caller in several forms (see `toE164`); those that are known are compared as they come. */
export function formsOf(numbers: readonly string[], countryCode: string): ReadonlySet<string> {
  return new Set(
    numbers.flatMap((number) => {
      const digits = number.slice(1);
      const national = digits.startsWith(countryCode) ? [`0${digits.slice(countryCode.length)}`] : [];
      return [number, digits, `00${digits}`, ...national];
    }),
  );
}
