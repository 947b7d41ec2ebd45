/** How many agents each half hour needs: by Erlang's formulas, and by simulation with so many agents all day. */
import { type AgentId, id } from '../core/ids.js';
import type { Agent, Site } from '../core/site.js';
import { forTenant } from './assumptions.js';
import { agentsNeeded, erlangA, erlangC, type Traffic } from './erlang.js';
import { type Played, type SimulatedDay, type SimulatedStore, simulate } from './simulate.js';
import { slotMs } from './tally.js';

export interface Need {
  /** `08:30` */
  readonly from: string;
  /** Calls that enter the queue, the mean of all days. */
  readonly calls: number;
  readonly erlangs: number;
  readonly erlangC: number;
  /** Undefined: callers do not lose patience. */
  readonly erlangA: number | undefined;
  /** Undefined: not with the most agents that were tried. */
  readonly simulated: number | undefined;
}

/** The promises of all tenants as one, weighted by their callers. */
interface Goal {
  readonly percent: number;
  readonly withinS: number;
}

export async function staffing(day: SimulatedDay, played: Played, store: () => SimulatedStore): Promise<readonly Need[]> {
  const { site, assumptions } = day;
  const goal = goalOf(site, played);
  const handlingS = handlingOf(played);
  const patience = [...site.tenants.keys()].map((tenant) => forTenant(assumptions, tenant).patienceSeconds);
  const patienceS = patience.every((one) => one !== 'none')
    ? patience.reduce((sum, one) => sum + Number(one), 0) / patience.length
    : undefined;
  const slots = played.tally.slots.map(({ queued }, index) => {
    const calls = queued / assumptions.days;
    const traffic: Traffic = { rate: calls / (slotMs / 1000), handling: handlingS };
    return {
      index,
      calls,
      erlangs: traffic.rate * handlingS,
      erlangC: agentsNeeded((agents) => erlangC(traffic, agents, goal.withinS), goal.percent),
      erlangA:
        patienceS === undefined ? undefined : agentsNeeded((agents) => erlangA(traffic, agents, goal.withinS, patienceS), goal.percent),
    };
  });
  const busy = slots.filter(({ calls }) => calls > 0);
  const simulated = new Map<number, number>();
  const most = Math.max(...busy.map((slot) => slot.erlangC), 1) + 6;
  for (let agents = 1; agents <= most && simulated.size < busy.length; agents++) {
    const { tally } = await simulate({ ...day, site: withAgents(site, agents) }, store());
    for (const { index } of busy) {
      const slot = tally.slots[index];
      if (slot !== undefined && !simulated.has(index) && slot.serviceLevel * 100 >= goal.percent) simulated.set(index, agents);
    }
  }
  return busy.map(({ index, ...slot }) => ({ from: clock(index), ...slot, simulated: simulated.get(index) }));
}

/** As many as asked for; beyond those of the configuration, copies of them in turn. */
function withAgents(site: Site, count: number): Site {
  const crew = [...site.agents.values()];
  const made = Array.from({ length: count }, (_, index): [AgentId, Agent] | undefined => {
    const agent = crew[index % crew.length];
    const name = index < crew.length ? agent?.id : id<AgentId>(`${agent?.id}-${Math.floor(index / crew.length) + 1}`);
    return agent === undefined || name === undefined ? undefined : [name, { ...agent, id: name, order: index }];
  });
  return { ...site, agents: new Map(made.flatMap((one) => (one === undefined ? [] : [one]))) };
}

function goalOf({ tenants }: Site, { tally }: Played): Goal {
  let [queued, percent, within] = [0, 0, 0];
  for (const [tenant, count] of tally.tenants) {
    const promise = tenants.get(tenant)?.serviceLevel;
    queued += count.queued;
    percent += count.queued * (promise?.percent ?? 0);
    within += (count.queued * (promise?.withinMs ?? 0)) / 1000;
  }
  return { percent: percent / Math.max(1, queued), withinS: within / Math.max(1, queued) };
}

/** What a call costs an agent: ringing, talk and wrap-up. */
function handlingOf({ floor, tally }: Played): number {
  const ms = [...floor.sheets.values()].reduce((sum, { ringMs, talkMs, wrapUpMs }) => sum + ringMs + talkMs + wrapUpMs, 0);
  return ms / 1000 / Math.max(1, tally.all.answered + tally.all.reached);
}

function clock(slot: number): string {
  return `${String(Math.floor(slot / 2)).padStart(2, '0')}:${slot % 2 === 0 ? '00' : '30'}`;
}
