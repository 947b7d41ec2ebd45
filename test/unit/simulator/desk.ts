/** A plain desk: callers go straight into the queue, agents answer at once. What theory knows of. */
import { plainDesk } from '../../../src/core/feature/desk.js';
import type { PoolId } from '../../../src/core/ids.js';
import { type AgentId, type DeviceId, id, type NodeId, type TenantId } from '../../../src/core/ids.js';
import type { Skills } from '../../../src/core/queue/waiting-call.js';
import type { Agent, Site } from '../../../src/core/site.js';
import type { Tenant } from '../../../src/core/tenant.js';
import { type Assumptions, assumptionsSchema } from '../../../src/simulator/assumptions.js';
import { generateCallers } from '../../../src/simulator/callers.js';
import { Random } from '../../../src/simulator/random.js';
import type { SimulatedDay } from '../../../src/simulator/simulate.js';
import { queue, tenant } from '../../support/tenants.js';

const always = Array.from({ length: 7 }, () => [{ from: 0, to: 1440 }]);

/** Open at all hours, no greeting, no menu, nobody is sent away. */
export function plainTenant(name: string, change: Partial<Tenant> = {}): Tenant {
  return tenant({
    id: id<TenantId>(name),
    schedule: { timezone: 'UTC', week: always, closures: [], holidays: new Set() },
    greetings: { open: undefined, closed: undefined, holiday: undefined },
    flow: { open: { do: 'queue' }, closed: { do: 'queue' }, holiday: { do: 'queue' } },
    recording: false,
    queue: queue({ wrapUpMs: 0, maxWaitMs: 7_200_000, ringMs: 20_000 }),
    ...change,
  });
}

export function plainAgent(index: number, skills: Skills = {}, pool = 'reception'): Agent {
  const agent = id<AgentId>(`agent-${String(index).padStart(3, '0')}`);
  const device = { id: id<DeviceId>(agent), node: id<NodeId>('pbx1'), kind: 'phone', user: `${1000 + index}` } as const;
  return { id: agent, name: agent, pools: [id<PoolId>(pool)], skills, order: index, maxCalls: 1, device };
}

export function siteOf(tenants: readonly Tenant[], agents: readonly Agent[]): Site {
  return {
    tenants: new Map(tenants.map((one) => [one.id, one])),
    numbers: new Map(),
    agents: new Map(agents.map((one) => [one.id, one])),
    pools: new Set(agents.flatMap(({ pools }) => pools)),
    agentPrefixes: [],
    countryCode: '33',
    supervisors: new Map(),
    desk: plainDesk,
  };
}

/** Nothing but arrival, talk and patience takes time. */
export function plainDay(site: Site, assume: Partial<Assumptions>, seed = 'seed'): SimulatedDay {
  const assumptions: Assumptions = {
    ...assumptionsSchema.parse({ curve: 'flat', answerSeconds: 0, whisperSeconds: 0, promptSeconds: 0, noAnswerPercent: 0 }),
    ...assume,
  };
  return { site, assumptions, timezone: 'UTC', seed, callers: generateCallers(site, assumptions, 'UTC', new Random(seed)) };
}
