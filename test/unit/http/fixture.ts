/** An HTTP server over operations that remember what was asked of them. */

import type { AccessToken, Principal } from '../../../src/core/access.js';
import type { CallSummary } from '../../../src/core/call/summary.js';
import { plainDesk } from '../../../src/core/feature/desk.js';
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
import type { Agent, Site } from '../../../src/core/site.js';
import type { Tenant } from '../../../src/core/tenant.js';
import { Feed } from '../../../src/http/events/feed.js';
import { buildHttp } from '../../../src/http/server.js';
import { type Log, type LogFields, silent } from '../../../src/ports/log.js';
import type { AgentSummary, Operations, Readiness, Status } from '../../../src/ports/operations.js';
import { FakeClock } from '../../support/fake-clock.js';
import { tenant, queue as tenantQueue } from '../../support/tenants.js';

export const TOKEN = 'a-long-enough-token';
export const bearer = { authorization: `Bearer ${TOKEN}` };

/** One bearer of each kind, and what to send as him. */
const principals = {
  admin: { id: 'admin', role: 'admin' },
  supervisor: { id: 'lead', role: 'supervisor', pools: undefined },
  deskSupervisor: { id: 'desk-lead', role: 'supervisor', pools: [id<PoolId>('desk')] },
  nightSupervisor: { id: 'night-lead', role: 'supervisor', pools: [id<PoolId>('night')] },
  alice: { id: 'alice-app', role: 'agent', agent: id<AgentId>('alice') },
  bob: { id: 'bob-app', role: 'agent', agent: id<AgentId>('bob') },
  martin: { id: 'crm-martin', role: 'tenant', tenants: [id<TenantId>('martin')] },
  durand: { id: 'crm-durand', role: 'tenant', tenants: [id<TenantId>('durand')] },
} as const satisfies Record<string, Principal>;

export type Bearer = keyof typeof principals;
export const bearers = Object.keys(principals) as Bearer[];
const secretOf = (who: Bearer): string => (who === 'admin' ? TOKEN : `the-token-of-${who}`);
export const as = (who: Bearer) => ({ authorization: `Bearer ${secretOf(who)}` });
export const tokens: readonly AccessToken[] = bearers.map((who) => ({ principal: principals[who], secret: secretOf(who) }));

const tenantIn = (name: string, pool: string): Tenant => {
  const queue = tenantQueue({ id: id<QueueId>(name), pool: id<PoolId>(pool) });
  return tenant({ id: id<TenantId>(name), queue });
};
const agentIn = (name: string, pool: string): Agent => ({
  id: id<AgentId>(name),
  name,
  pools: [id<PoolId>(pool)],
  skills: {},
  order: 0,
  maxCalls: 1,
  device: { id: id<DeviceId>(`${name}-phone`), node: id<NodeId>('fs1'), kind: 'phone', user: name },
});

/** Two client companies and two agents, each in a pool of their own. */
export const site: Site = {
  tenants: new Map([tenantIn('martin', 'desk'), tenantIn('durand', 'night')].map((one) => [one.id, one])),
  numbers: new Map(),
  agents: new Map([agentIn('alice', 'desk'), agentIn('bob', 'night')].map((one) => [one.id, one])),
  supervisors: new Map(),
  pools: new Set([id<PoolId>('desk'), id<PoolId>('night')]),
  desk: plainDesk,
  agentPrefixes: [],
  countryCode: '33',
};

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
  pause: undefined,
  until: undefined,
  calls: [],
  maxCalls: 1,
};

export const bob: AgentSummary = {
  ...alice,
  agent: id<AgentId>('bob'),
  name: 'Bob',
  pools: [id<PoolId>('night')],
  device: id<DeviceId>('bob-phone'),
  status: 'connected',
  calls: [id<CallId>('c2')],
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
  agents: [],
  supervision: undefined,
};

export const bobsCall: CallSummary = {
  ...waitingCall,
  call: id<CallId>('c2'),
  tenant: id<TenantId>('durand'),
  state: 'connected',
  caller: { number: '+33698765432', name: 'X' },
  agent: id<AgentId>('bob'),
  agents: [id<AgentId>('bob')],
};

const waitingQueue = { queue: id<QueueId>('martin'), length: 1, oldestWaitMs: 12_000 };

export const status: Status = {
  ...ready,
  version: '0.1.0',
  uptimeMs: 61_000,
  calls: [{ tenant: id<TenantId>('martin'), state: 'waiting', count: 1 }],
  queues: [waitingQueue],
  agents: [alice],
};

export function setUp(overrides: Partial<Operations> = {}, now: { tokens: readonly AccessToken[] } = { tokens }) {
  const asked: string[] = [];
  const logged: { fields: LogFields; message: string }[] = [];
  const keep = (fields: LogFields, message: string): void => {
    logged.push({ fields, message });
  };
  const log: Log = { ...silent, info: keep, warn: keep, error: keep };
  const operations: Operations = {
    readiness: () => ready,
    status: async () => status,
    calls: () => [waitingCall],
    records: async () => ({ records: [], next: undefined }),
    callbacks: async () => [],
    cancelCallback: async ({ call }) => {
      asked.push(`cancel ${call}`);
      return 'done';
    },
    record: async () => 'unknown',
    explain: async () => 'unknown',
    queues: async () => [
      {
        ...waitingQueue,
        tenant: id<TenantId>('martin'),
        pool: id<PoolId>('desk'),
        serviceLevel: { percent: 80, withinMs: 20_000 },
        today: { queued: 10, answered: 8, answeredInTime: 7, abandoned: 1 },
      },
    ],
    reload: async () => ({ done: true, tenants: 2, numbers: 3, agents: 4 }),
    drain: () => {
      asked.push('drain');
    },
    agents: async () => [alice],
    wish: async (agent, wish) => {
      asked.push(`${agent} ${Object.values(wish).join(' ')}`.trim());
      return 'done';
    },
    supervise: (call, supervisor, mode) => {
      asked.push(`supervise ${call} ${supervisor} ${mode}`);
      return 'done';
    },
    unsupervise: (call) => {
      asked.push(`unsupervise ${call}`);
      return 'done';
    },
    ...overrides,
  };
  const metrics = { contentType: 'text/plain; version=0.0.4', text: async () => 'telephony_core_calls 1\n' };
  const clock = new FakeClock();
  const feed = new Feed({ clock });
  const parts = { tokens: () => now.tokens, site: () => site, operations, feed, metrics, clock, log };
  return { server: buildHttp(parts), ...parts, asked, logged };
}
