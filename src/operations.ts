/** What operators see and do, answered from the engine and the routing store. */
import type { Call } from './core/call/call.js';
import type { CallRecord } from './core/call/record.js';
import { summaryOf } from './core/call/summary.js';
import { type AskedWish, type Desk, wishOf } from './core/feature/desk.js';
import type { AgentId, CallId, NodeId, QueueId, TenantId } from './core/ids.js';
import type { Duty } from './core/queue/duty.js';
import { explain, explainLive } from './core/queue/explain.js';
import type { Agent, Site } from './core/site.js';
import type { Engine } from './engine/engine.js';
import type { CallbackStore } from './ports/callback-store.js';
import type { Clock } from './ports/clock.js';
import type { StateName } from './ports/metrics.js';
import type { AgentSummary, AgentWishResult, Operations, QueueStatus, Readiness, ReloadResult, Status } from './ports/operations.js';
import type { Records } from './ports/records.js';
import { type RoutingStats, type RoutingStore, StoreUnavailable } from './ports/routing-store.js';
import type { ServiceLevels } from './service-level.js';

export interface OperationsParts {
  readonly version: string;
  readonly engine: Engine;
  readonly routing: RoutingStore;
  readonly callbacks: CallbackStore;
  readonly site: () => Site;
  readonly nodes: readonly { readonly node: NodeId; readonly up: boolean }[];
  readonly clock: Clock;
  readonly records: Records;
  readonly serviceLevels: ServiceLevels;
  reload(): Promise<ReloadResult>;
  drain(): void;
}

export function createOperations(parts: OperationsParts): Operations {
  const { engine, clock } = parts;
  const startedAt = clock.monotonic();

  const readiness = (): Readiness => ({
    nodes: parts.nodes.map(({ node, up }) => ({ id: node, up, reason: engine.nodeReason(node) })),
    redis: engine.store,
    drain: !engine.draining ? 'serving' : engine.calls().length > 0 ? 'draining' : 'drained',
  });

  const stats = (): Promise<RoutingStats | undefined> => available(() => parts.routing.stats());
  const agents = async (routing: RoutingStats | undefined): Promise<readonly AgentSummary[] | undefined> => {
    const asked = routing && (await available(() => Promise.all([parts.routing.duties(), parts.routing.talks()])));
    if (routing === undefined || asked === undefined) return undefined;
    const [duties, talks] = asked;
    const calls = new Map<AgentId, CallId[]>();
    for (const { call, offer } of talks) calls.set(offer.agent, [...(calls.get(offer.agent) ?? []), call]);
    const known = (agent: Agent): Known => ({ routing, duty: duties.get(agent.id), calls: calls.get(agent.id) ?? [] });
    return [...parts.site().agents.values()].map((agent) => agentSummary(agent, engine, known(agent), parts.site().desk));
  };

  return {
    readiness,
    async status(): Promise<Status> {
      const routing = await stats();
      const now = clock.now();
      return {
        ...readiness(),
        version: parts.version,
        uptimeMs: Math.round(clock.monotonic() - startedAt),
        calls: countCalls(engine.calls()),
        queues: routing && [...routing.queues.keys()].map((queue) => queueStatus(queue, routing, now)),
        agents: await agents(routing),
      };
    },
    calls: () => engine.calls().map(summaryOf),
    records: (request) => available(() => parts.records.page(request)),
    record,
    async explain(id, mayName) {
      const call = engine.calls().find((candidate) => candidate.id === id);
      if (call !== undefined) return { tenant: call.tenant, lines: explainLive(call, clock.now(), mayName) };
      const found = await record(id);
      return typeof found === 'string' ? found : { tenant: found.tenant, lines: explain(found, mayName) };
    },
    async queues() {
      const routing = await stats();
      const now = clock.now();
      return (
        routing &&
        [...parts.site().tenants.values()].map((tenant) => ({
          ...queueStatus(tenant.queue.id, routing, now),
          tenant: tenant.id,
          pool: tenant.queue.pool,
          serviceLevel: tenant.serviceLevel,
          today: parts.serviceLevels.today(tenant),
        }))
      );
    },
    callbacks: () =>
      available(async () => {
        const tenants = [...parts.site().tenants.keys()];
        return (await Promise.all(tenants.map((one) => parts.callbacks.list(one, clock.now())))).flat();
      }),
    cancelCallback: async ({ tenant, number, call }) =>
      (await available(async () =>
        (await engine.callbacks.withdraw(tenant, number, 'cancelled', call)) === undefined ? 'unknown' : 'done',
      )) ?? 'unavailable',
    reload: () => parts.reload(),
    drain: () => parts.drain(),
    agents: async () => agents(await stats()),
    wish,
    supervise: (call, supervisor, mode) => engine.supervision.attend({ call, supervisor, mode, via: 'api' }),
    unsupervise: (call) => engine.supervision.leave(call),
  };

  async function record(id: CallId): Promise<CallRecord | 'unknown' | 'unavailable'> {
    const found = await available(async () => ({ record: await parts.records.find(id) }));
    return found === undefined ? 'unavailable' : (found.record ?? 'unknown');
  }

  async function wish(id: AgentId, asked: AskedWish): Promise<AgentWishResult> {
    const { agents: known, desk } = parts.site();
    const agent = known.get(id);
    if (agent === undefined) return 'unknown';
    const wanted = wishOf(asked, desk);
    if (wanted === undefined) return 'unknownReason';
    return (await available(() => engine.wish(agent, wanted))) ?? 'unavailable';
  }
}

/** `undefined` while the store is away. */
async function available<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined;
    throw error;
  }
}

function queueStatus(queue: QueueId, { queues }: RoutingStats, now: number): QueueStatus {
  const { length = 0, oldest } = queues.get(queue) ?? {};
  return { queue, length, oldestWaitMs: oldest === undefined ? undefined : Math.max(0, now - oldest) };
}

/** What the routing store knows of an agent. */
interface Known {
  readonly routing: RoutingStats;
  readonly duty: Duty | undefined;
  readonly calls: readonly CallId[];
}

function agentSummary(agent: Agent, engine: Engine, { routing, duty, calls }: Known, { signIn }: Desk): AgentSummary {
  const { id, name, pools, maxCalls, device } = agent;
  const wantsCalls = duty === undefined ? signIn === 'automatic' : duty.state === 'in';
  return {
    agent: id,
    name,
    pools,
    device: device.id,
    reachable: engine.reachable(device.id),
    status: routing.agents.get(id) ?? (wantsCalls ? 'unreachable' : 'signedOut'),
    pause: duty?.state === 'in' ? duty.pause : undefined,
    rest: routing.rests.get(id),
    until: routing.until.get(id),
    calls: [...calls].sort(),
    maxCalls,
  };
}

function countCalls(calls: readonly Call[]): Status['calls'] {
  const counts = new Map<string, { tenant: TenantId; state: StateName; count: number }>();
  for (const { tenant, state } of calls) {
    const key = `${tenant} ${state.at}`;
    const entry = counts.get(key) ?? { tenant, state: state.at, count: 0 };
    entry.count++;
    counts.set(key, entry);
  }
  return [...counts.values()];
}
