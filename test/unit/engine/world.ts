/** One fake PBX, stored state that outlives daemons, and daemons that come, die and come back. Time is the test's. */
import type { CallRecord } from '../../../src/core/call/record.js';
import { plainDesk } from '../../../src/core/feature/desk.js';
import { type AgentId, type CallId, type DeviceId, id, type LegId, type NodeId, type TenantId } from '../../../src/core/ids.js';
import type { Agent, Site } from '../../../src/core/site.js';
import type { Tenant } from '../../../src/core/tenant.js';
import { Engine } from '../../../src/engine/engine.js';
import { CombinedHistory } from '../../../src/history/combined.js';
import type { Clock } from '../../../src/ports/clock.js';
import type { Log } from '../../../src/ports/log.js';
import { unmeasured } from '../../../src/ports/metrics.js';
import type { Pins } from '../../../src/ports/pins.js';
import type { AgentStatus } from '../../../src/ports/routing-store.js';
import { FakeClock, settle } from '../../support/fake-clock.js';
import { FakePbx } from '../../support/fake-pbx.js';
import { type FakeLeg, FakeSwitch } from '../../support/fake-switch.js';
import { queue, tenant } from '../../support/tenants.js';
import { OutageCallbackStore, OutageCallStore, OutageHistory, Stored, StoreLink } from './outage-stores.js';

export const number = '+33123456701';
export const deviceOf = (agent: AgentId) => id<DeviceId>(`phone-${agent}`);
const always = Array.from({ length: 7 }, () => [{ from: 0, to: 1440 }]);

/** Open at any time, straight to the queue. */
export function desk(change: Partial<Tenant> = {}): Tenant {
  return tenant({
    schedule: { timezone: 'Europe/Paris', week: always, closures: [], holidays: new Set() },
    flow: { open: { do: 'queue' }, closed: { do: 'voicemail' }, holiday: { do: 'hangup' } },
    greetings: { open: undefined, closed: undefined, holiday: undefined },
    ...change,
  });
}

/** @param node Where the agents' phones are. */
export function siteOf(tenants: readonly Tenant[], agents: readonly AgentId[], node = 'n1'): Site {
  const pool = queue().pool;
  const agentOf = (agent: AgentId): Agent => ({
    id: agent,
    name: agent,
    pools: [pool],
    skills: {},
    order: agents.indexOf(agent),
    maxCalls: 1,
    device: { id: deviceOf(agent), node: id<NodeId>(node), kind: 'phone', user: agent },
  });
  return {
    tenants: new Map(tenants.map((one) => [one.id, one])),
    numbers: new Map(tenants.flatMap((one) => one.numbers.map((line) => [line, one.id] as const))),
    agents: new Map(agents.map((agent) => [agent, agentOf(agent)])),
    supervisors: new Map(),
    pools: new Set([pool]),
    desk: plainDesk,
    agentPrefixes: ['+337'],
    countryCode: '33',
  };
}

export interface Daemon {
  readonly engine: Engine;
  readonly pbx: FakePbx;
  readonly link: StoreLink;
  readonly stopClock: () => void;
}

export class World {
  readonly clock = new FakeClock();
  readonly switch = new FakeSwitch(this.clock);
  /** A second node. */
  readonly other = new FakeSwitch(this.clock, 'n2');
  readonly stored = new Stored();
  /** What any daemon logged as an error. */
  readonly errors: unknown[] = [];
  site: Site;
  /** What comes of a supervisor's PIN. */
  pins: Pins['check'] = async () => 'wrongPin';
  #daemon: Daemon | undefined;
  #daemons = 0;

  constructor(site: Site) {
    this.site = site;
    for (const agent of site.agents.keys()) for (const one of [this.switch, this.other]) one.registered.add(deviceOf(agent));
  }

  static async start(tenants: readonly Tenant[], agents: readonly AgentId[]): Promise<World> {
    const world = new World(siteOf(tenants, agents));
    await world.boot();
    return world;
  }

  get daemon(): Daemon {
    if (this.#daemon === undefined) throw new Error('no daemon runs');
    return this.#daemon;
  }

  get engine(): Engine {
    return this.daemon.engine;
  }

  get alive(): boolean {
    return this.#daemon !== undefined;
  }

  /** With these nodes. The first one is the daemon's `pbx`. */
  async boot(switches: readonly [FakeSwitch, ...FakeSwitch[]] = [this.switch]): Promise<void> {
    const [clock, stopClock] = mortal(this.clock);
    const link = new StoreLink(this.stored, `daemon-${++this.#daemons}`, clock);
    const [first, ...others] = switches;
    const pbx = new FakePbx(first);
    const engine = new Engine({
      site: () => this.site,
      pins: { check: (supervisor, typed) => this.pins(supervisor, typed) },
      nodes: [pbx, ...others.map((one) => new FakePbx(one))],
      routing: link.routing,
      calls: new OutageCallStore(link),
      callbacks: new OutageCallbackStore(link),
      history: new CombinedHistory([new OutageHistory(link)], { clock }),
      clock,
      metrics: unmeasured,
      log: this.#log(),
    });
    this.#daemon = { engine, pbx, link, stopClock };
    await engine.start();
    await settle();
  }

  /** kill -9: no farewell, nothing more is heard of it. */
  kill(): void {
    const { pbx, link, stopClock } = this.daemon;
    pbx.kill();
    link.kill();
    stopClock();
    this.#daemon = undefined;
  }

  async restart(): Promise<void> {
    this.kill();
    await this.boot();
  }

  async call(dialled = number): Promise<LegId> {
    const leg = this.switch.call(dialled);
    await settle();
    return leg;
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** The agent's phone rings: its leg. */
  ringing(agent: AgentId): FakeLeg {
    const [leg, ...others] = this.switch.rung(deviceOf(agent));
    if (leg === undefined || others.length > 0) throw new Error(`${agent}: ${others.length + (leg === undefined ? 0 : 1)} legs`);
    return leg;
  }

  rings(agent: AgentId): boolean {
    return this.switch.rung(deviceOf(agent)).some((leg) => !leg.answered);
  }

  async pickUp(agent: AgentId): Promise<void> {
    this.switch.pickUp(this.ringing(agent).leg);
    await settle();
  }

  /** From the ringing phone to the talk. */
  async talk(agent: AgentId): Promise<void> {
    await this.pickUp(agent);
    await this.pass(1_000);
  }

  async hangUp(leg: LegId): Promise<void> {
    this.switch.hangUp(leg);
    await settle();
  }

  state(leg: LegId) {
    return this.engine.calls().find((call) => call.id === id<CallId>(leg))?.state;
  }

  at(leg: LegId): string {
    return this.state(leg)?.at ?? 'unknown';
  }

  status(agent: AgentId): AgentStatus | 'signed out' {
    return this.stored.domain.stats().agents.get(agent) ?? 'signed out';
  }

  waiting(): number {
    return [...this.stored.domain.stats().queues.values()].reduce((sum, { length }) => sum + length, 0);
  }

  record(leg: LegId): CallRecord | undefined {
    return this.stored.history.records.find(({ call }) => call === id<CallId>(leg));
  }

  bridgedTo(leg: LegId): LegId | undefined {
    return this.switch.legs.get(leg)?.bridgedTo;
  }

  /** What nobody holds any more and yet is there. Empty after the last call and its wrap-up. */
  leftovers(): readonly string[] {
    const agents = [...this.stored.domain.stats().agents].filter(([, status]) => status !== 'idle');
    return [
      ...this.engine.calls().map((call) => `runner ${call.id} ${call.state.at}`),
      ...[...this.switch.legs.values()].filter((leg) => leg.hands === 'ours').map((leg) => `leg ${leg.leg}`),
      ...agents.map(([agent, status]) => `${agent} is ${status}`),
      ...Array.from({ length: this.stored.domain.calls }, () => 'a call in the routing store'),
      ...Array.from({ length: this.stored.calls.size }, () => 'a saved call'),
      ...this.errors.map((error) => `error ${String(error)}`),
    ];
  }

  reload(tenants: readonly Tenant[], agents: readonly AgentId[]): Promise<void> {
    this.site = siteOf(tenants, agents);
    return this.engine.reconfigured();
  }

  #log(): Log {
    const log: Log = {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: (fields, message) => {
        const { err } = fields;
        this.errors.push(err instanceof Error ? `${message}: ${err.stack}` : message);
      },
      child: () => log,
    };
    return log;
  }
}

export const tenantId = (text: string) => id<TenantId>(text);

/** The clock of a process: when it dies, its timers die with it. */
function mortal(clock: Clock): readonly [Clock, () => void] {
  let dead = false;
  const own: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (ms, task) =>
      clock.after(ms, () => {
        if (!dead) task();
      }),
  };
  return [
    own,
    () => {
      dead = true;
    },
  ];
}
