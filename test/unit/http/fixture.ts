/** An HTTP server over operations that remember what was asked of them. */
import {
  type AgentId,
  type CallId,
  type DeviceId,
  id,
  type NodeId,
  type PoolId,
  type QueueId,
  type TenantId,
} from '../../../src/core/ids.js';
import { buildHttp } from '../../../src/http/server.js';
import { type Log, type LogFields, silent } from '../../../src/ports/log.js';
import type { AgentSummary, CallSummary, Operations, Readiness, Status } from '../../../src/ports/operations.js';

export const TOKEN = 'a-long-enough-token';
export const bearer = { authorization: `Bearer ${TOKEN}` };

export const ready: Readiness = {
  nodes: [{ id: id<NodeId>('fs1'), up: true, reason: undefined }],
  redis: { up: true, reason: undefined },
  drain: 'serving',
};

export const alice: AgentSummary = {
  agent: id<AgentId>('alice'),
  name: 'Alice',
  pools: [id<PoolId>('desk')],
  device: id<DeviceId>('alice-phone'),
  reachable: true,
  status: 'idle',
};

export const waitingCall: CallSummary = {
  call: id<CallId>('c1'),
  tenant: id<TenantId>('martin'),
  node: id<NodeId>('fs1'),
  state: 'waiting',
  caller: { number: '+33612345678', name: "Éloïse d'Été" },
  dialled: '+33123456789',
  arrivedAt: 1000,
  enqueuedAt: 2000,
  agent: undefined,
};

export const status: Status = {
  ...ready,
  version: '0.1.0',
  uptimeMs: 61_000,
  calls: [{ tenant: id<TenantId>('martin'), state: 'waiting', count: 1 }],
  queues: [{ queue: id<QueueId>('martin'), length: 1, oldestWaitMs: 12_000 }],
  agents: [alice],
};

export function setUp(overrides: Partial<Operations> = {}, adminToken: string | null = TOKEN) {
  const asked: string[] = [];
  const logged: { fields: LogFields; message: string }[] = [];
  const keep = (fields: LogFields, message: string): void => {
    logged.push({ fields, message });
  };
  const log: Log = { ...silent, info: keep, error: keep };
  const operations: Operations = {
    readiness: () => ready,
    status: async () => status,
    calls: () => [waitingCall],
    reload: async () => ({ done: true, tenants: 2, numbers: 3, agents: 4 }),
    drain: () => {
      asked.push('drain');
    },
    agents: async () => [alice],
    signIn: async (agent) => {
      asked.push(`signIn ${agent}`);
      return 'done';
    },
    signOut: async (agent) => {
      asked.push(`signOut ${agent}`);
      return 'done';
    },
    ...overrides,
  };
  const metrics = { contentType: 'text/plain; version=0.0.4', text: async () => 'telephony_core_calls 1\n' };
  return { server: buildHttp({ adminToken: adminToken ?? undefined, operations, metrics, log }), operations, metrics, asked, logged };
}
