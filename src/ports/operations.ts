/** What the people who run the daemon may see and do: asked for by the HTTP server, answered by the app. */

import type { CallRecord } from '../core/call/record.js';
import type { CallSummary } from '../core/call/summary.js';
import type { SupervisionMode, SupervisionRefusal } from '../core/call/supervised.js';
import type { PendingCallback } from '../core/callback/pending.js';
import type { AskedWish } from '../core/feature/desk.js';
import type { AgentId, CallId, DeviceId, NodeId, PoolId, QueueId, SupervisorId, TenantId } from '../core/ids.js';
import type { Pause, WishResult } from '../core/queue/duty.js';
import type { Tenant } from '../core/tenant.js';
import type { StateName } from './metrics.js';
import type { RecordsPage, RecordsRequest } from './records.js';
import type { AgentStatus, RestReason } from './routing-store.js';

export interface NodeStatus {
  readonly id: NodeId;
  readonly up: boolean;
  /** Why it is down, in plain words; `undefined` while it is up. */
  readonly reason: string | undefined;
}

export interface RedisStatus {
  readonly up: boolean;
  readonly reason: string | undefined;
}

/** `draining`: no new calls are taken. `drained`: and none is left. */
export type DrainState = 'serving' | 'draining' | 'drained';

export interface QueueStatus {
  readonly queue: QueueId;
  readonly length: number;
  /** How long the oldest call has waited, ms; `undefined` when the queue is empty. */
  readonly oldestWaitMs: number | undefined;
}

/** The queued calls of one tenant that ended on this daemon today. */
export interface ServiceLevelToday {
  readonly queued: number;
  readonly answered: number;
  /** Of those, within the time of the tenant's service level. */
  readonly answeredInTime: number;
  readonly abandoned: number;
}

/** Every tenant has one, also while nobody waits. */
export interface QueueSummary extends QueueStatus {
  readonly tenant: TenantId;
  readonly pool: PoolId;
  readonly serviceLevel: Tenant['serviceLevel'];
  readonly today: ServiceLevelToday;
}

/** `signedOut`: he wants no calls. `unreachable`: he does, but his phone cannot be rung. */
export interface AgentSummary {
  readonly agent: AgentId;
  readonly name: string;
  readonly pools: readonly PoolId[];
  readonly device: DeviceId;
  /** Whether the agent's phone can be rung now. */
  readonly reachable: boolean;
  readonly status: AgentStatus | 'signedOut' | 'unreachable';
  /** He asked for a pause; it may begin when his talk ends. */
  readonly pause: Pause | undefined;
  /** Why he is `paused` though he did not ask for it. */
  readonly rest?: RestReason | undefined;
  /** When an offer, a wrap-up or a rest after an offer that was not taken ends by itself, epoch ms. */
  readonly until: number | undefined;
  /** Those that he talks to, on whichever daemon. */
  readonly calls: readonly CallId[];
  /** How many he may have at once. */
  readonly maxCalls: number;
}

/** Enough to say whether new calls can be served. Answered from memory: it is asked every few seconds. */
export interface Readiness {
  readonly nodes: readonly NodeStatus[];
  readonly redis: RedisStatus;
  readonly drain: DrainState;
}

export interface Status extends Readiness {
  readonly version: string;
  readonly uptimeMs: number;
  /** Calls of this daemon. Tenants and states without calls are left out. */
  readonly calls: readonly { readonly tenant: TenantId; readonly state: StateName; readonly count: number }[];
  /** `undefined` while Redis cannot be reached: nobody knows then. */
  readonly queues: readonly QueueStatus[] | undefined;
  readonly agents: readonly AgentSummary[] | undefined;
}

/** Why a call went as it did, as a person would tell it. */
export interface Explanation {
  readonly tenant: TenantId;
  readonly lines: readonly string[];
}

export type ReloadResult =
  | { readonly done: true; readonly tenants: number; readonly numbers: number; readonly agents: number }
  /** Nothing was changed. Each problem says file, line and path. */
  | { readonly done: false; readonly problems: readonly string[] };

/** `unknown`: no such agent. `unknownReason`: no such pause reason, or none where one is needed. `unavailable`: Redis cannot be reached. */
export type AgentWishResult = WishResult | 'unknown' | 'unknownReason' | 'unavailable';

/** `unknownCall`: not one of this daemon's. `done`: he attends, or his phone rings. */
export type SuperviseResult = 'done' | 'unknownCall' | 'unknownSupervisor' | SupervisionRefusal;

export interface Operations {
  /** Never waits for anything. */
  readiness(): Readiness;
  status(): Promise<Status>;
  /** Those in progress on this daemon. */
  calls(): readonly CallSummary[];
  /** A page of finished calls; `undefined` while Redis cannot be reached. */
  records(request: RecordsRequest): Promise<RecordsPage | undefined>;
  record(call: CallId): Promise<CallRecord | 'unknown' | 'unavailable'>;
  /** Of a call in progress or a finished one. Tenants that `mayName` refuses are not named. */
  explain(call: CallId, mayName: (tenant: TenantId) => boolean): Promise<Explanation | 'unknown' | 'unavailable'>;
  /** `undefined` while Redis cannot be reached. */
  queues(): Promise<readonly QueueSummary[] | undefined>;
  /** Who waits to be called back, on whichever daemon; `undefined` while Redis cannot be reached. */
  callbacks(): Promise<readonly PendingCallback[] | undefined>;
  /** Its daemon sees it within a minute, this one at once. `unknown`: it is over. */
  cancelCallback(callback: PendingCallback): Promise<'done' | 'unknown' | 'unavailable'>;
  reload(): Promise<ReloadResult>;
  /** Takes no new calls from now on; returns at once. Repeatable. The process leaves when idle, as after SIGTERM. */
  drain(): void;
  /** `undefined` while Redis cannot be reached. */
  agents(): Promise<readonly AgentSummary[] | undefined>;
  wish(agent: AgentId, wish: AskedWish): Promise<AgentWishResult>;
  /** The supervisor's phone rings, and he hears the talk as `mode` says; while he attends: another mode. */
  supervise(call: CallId, supervisor: SupervisorId, mode: SupervisionMode): SuperviseResult;
  /** Nobody attends the talk any more. Repeatable. */
  unsupervise(call: CallId): 'done' | 'unknownCall';
}
