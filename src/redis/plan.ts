/** How a waiting call is written for the scripts, and how their reasons are read. Lanes and demands: core/queue/lane.ts. */
import { createHash } from 'node:crypto';
import { type AgentId, id, type PoolId, type TenantId } from '../core/ids.js';
import type { BreatherRule } from '../core/queue/breather.js';
import { laneOf } from '../core/queue/lane.js';
import type { Consequence, Missed } from '../core/queue/missed.js';
import { ringAtMost, type WaitingCall } from '../core/queue/waiting-call.js';
import type { Why } from '../core/queue/why.js';

export function shareText({ share }: Pick<WaitingCall, 'share'>): string {
  return share === undefined ? '' : `${share.pool} ${share.guaranteePercent} ${share.capPercent}`;
}

/** What `enqueue.lua` keeps with the call. */
export function planOf(call: WaitingCall): string {
  return JSON.stringify({
    rings: call.rings.map((ring, index) => ({ after: ring.afterMs, lane: laneOf(call, ring, index) })),
    ...(call.rankBy.length === 0 ? {} : { rank: call.rankBy }),
    ...(call.strategy === 'ringAll' ? { most: ringAtMost(call) } : {}),
    ...(call.gaveUp === undefined ? {} : { gaveUp: { ...call.gaveUp, caller: digest(call.tenant, call.gaveUp.caller) } }),
    // A caller's number is text from outside, of any length: its hash becomes the key.
    ...(call.sticky === undefined
      ? {}
      : { sticky: digest(call.tenant, call.sticky.caller), stickyMs: call.sticky.ms, ...waitOf(call.sticky) }),
  });
}

/** What `reject.lua` is told. */
export function missedArgs(missed: Missed | undefined): readonly string[] {
  const { follows, inARow, reason = '' } = missed ?? {};
  const text = ({ duty, pauseMs }: Consequence) => duty ?? String(pauseMs);
  return [
    follows === undefined ? '' : text(follows),
    String(inARow?.times ?? 0),
    inARow === undefined ? '0' : text(inARow.follows),
    reason,
  ];
}

const waitOf = ({ waitMs = 0 }: NonNullable<WaitingCall['sticky']>) => (waitMs > 0 ? { wait: waitMs } : {});

/** What `release.lua` is told. */
export function breatherArgs(rule: BreatherRule | undefined): readonly string[] {
  return rule === undefined ? ['', '', ''] : [rule.windowMs, rule.mostPercent, rule.breatherMs].map(String);
}

/** Names a caller of a tenant in keys without giving him away. */
export const digest = (tenant: TenantId, caller: string) => createHash('sha1').update(`${tenant}/${caller}`).digest('hex');

/** As `includes/choose.lua` and `includes/offers.lua` make it; what is empty is left out. */
export interface WhyReply {
  readonly by: Why['by'];
  readonly rule: Why['rule'];
  readonly lane: string;
  readonly rank: 0 | 1 | 2;
  readonly idle: number;
  readonly considered: number;
  readonly idleMs: number;
  readonly talks?: number;
  readonly fit?: number;
  readonly boost?: number;
  readonly over?: readonly { readonly agent: string; readonly fit?: number }[];
  readonly sticky?: { readonly agent: string; readonly state: string };
  readonly held?: readonly { readonly tenant: string; readonly rule: Why['heldBack'][number]['rule'] }[];
}

const orders = ['emergency', 'guarantee', 'deadline'] as const;

export function whyOf(reply: WhyReply): Why {
  const [, , ring = '0', ...rest] = reply.lane.split('/');
  const demands = rest.join('/').split('+');
  const [, , requires = ''] = demands[0]?.split('/') ?? [];
  return {
    by: reply.by,
    rule: reply.rule,
    order: orders[reply.rank],
    ring: Number(ring),
    pools: demands.map((demand) => id<PoolId>(demand.split('/')[1] ?? '')),
    requires: Object.fromEntries(
      requires
        .split(',')
        .filter((one) => one !== '')
        .map((one) => one.split('='))
        .map(([skill = '', level]) => [skill, Number(level)]),
    ),
    idle: reply.idle,
    considered: reply.considered,
    idleMs: reply.idleMs,
    ...(reply.talks === undefined ? {} : { talks: reply.talks }),
    fit: reply.fit,
    ...(reply.boost === undefined ? {} : { boostMs: reply.boost }),
    passedOver: (reply.over ?? []).map(({ agent, fit }) => ({ agent: id<AgentId>(agent), fit })),
    notSticky: reply.sticky === undefined ? undefined : { agent: id<AgentId>(reply.sticky.agent), state: reply.sticky.state },
    heldBack: (reply.held ?? []).map(({ tenant, rule }) => ({ tenant: id<TenantId>(tenant), rule })),
  };
}
