/** What the people who run the daemon may see and do: asked for by the HTTP server, answered by the app. */

import type { CallSummary } from '../core/call/summary.js';
import type { AgentId, DeviceId, NodeId, PoolId, QueueId, TenantId } from '../core/ids.js';
import type { StateName } from './metrics.js';
import type { AgentStatus } from './routing-store.js';

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

/** An agent who is configured but not signed in has the status `signedOut`. */
export interface AgentSummary {
  readonly agent: AgentId;
  readonly name: string;
  readonly pools: readonly PoolId[];
  readonly device: DeviceId;
  /** Whether the agent's phone can be rung now. */
  readonly reachable: boolean;
  readonly status: AgentStatus | 'signedOut';
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

export type ReloadResult =
  | { readonly done: true; readonly tenants: number; readonly numbers: number; readonly agents: number }
  /** Nothing was changed. Each problem says file, line and path. */
  | { readonly done: false; readonly problems: readonly string[] };

/** `unknown`: no such agent. `unavailable`: Redis cannot be reached. */
export type SignResult = 'done' | 'unknown' | 'unavailable';

export interface Operations {
  /** Never waits for anything. */
  readiness(): Readiness;
  status(): Promise<Status>;
  /** Those in progress on this daemon. */
  calls(): readonly CallSummary[];
  reload(): Promise<ReloadResult>;
  /** Takes no new calls from now on; returns at once. Repeatable. The process leaves when idle, as after SIGTERM. */
  drain(): void;
  /** `undefined` while Redis cannot be reached. */
  agents(): Promise<readonly AgentSummary[] | undefined>;
  signIn(agent: AgentId): Promise<SignResult>;
  signOut(agent: AgentId): Promise<SignResult>;
}
