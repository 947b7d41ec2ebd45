/** Call records and calls for tests that care about little of them. */
import type { Call } from '../../src/core/call/call.js';
import type { CallRecord } from '../../src/core/call/record.js';
import { type CallId, id, type LegId, type NodeId, type TenantId } from '../../src/core/ids.js';

export function record(call: string, changes: Partial<CallRecord> = {}): CallRecord {
  return {
    call: id<CallId>(call),
    tenant: id<TenantId>('martin'),
    node: id<NodeId>('pbx1'),
    caller: { number: '+33123456789', name: 'Zoé "Z" O’Hara\n' },
    dialled: '+33987654321',
    opening: 'open',
    arrivedAt: 1_700_000_000_000,
    enqueuedAt: null,
    answeredAt: null,
    endedAt: 1_700_000_010_000,
    waitMs: null,
    talkMs: null,
    agent: null,
    offers: [],
    told: [],
    digits: [],
    recording: null,
    message: null,
    transferredTo: null,
    callback: null,
    outcome: 'completed',
    cause: 'NORMAL_CLEARING',
    ...changes,
  };
}

export function call(name: string, changes: Partial<Call> = {}): Call {
  return {
    id: id<CallId>(name),
    leg: id<LegId>(name),
    node: id<NodeId>('pbx1'),
    tenant: id<TenantId>('martin'),
    caller: { number: '+33123456789', name: 'Zoé' },
    dialled: '+33987654321',
    opening: 'open',
    arrivedAt: 1_700_000_000_000,
    state: { at: 'waiting' },
    timers: { audit: 1_700_000_030_000 },
    revision: 0,
    sequence: 0,
    enqueuedAt: 1_700_000_001_000,
    answeredByAgentAt: undefined,
    offers: [],
    told: [],
    digits: [],
    recording: undefined,
    message: undefined,
    transferredTo: undefined,
    ended: undefined,
    ...changes,
  };
}
