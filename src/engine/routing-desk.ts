/**
 * The engine's side of the routing store: what a call owes it is paid even when the store was away meanwhile, and each
 * agent who can be rung is known to it.
 */
import type { Offer } from '../core/call/call.js';
import type { AgentId, CallId, DeviceId, NodeId } from '../core/ids.js';
import type { Duty, Wish, WishResult } from '../core/queue/duty.js';
import { expectedOf } from '../core/queue/place.js';
import type { Agent, Site } from '../core/site.js';
import type { Log } from '../ports/log.js';
import type { Pbx } from '../ports/pbx.js';
import { type RoutingStore, StoreUnavailable } from '../ports/routing-store.js';

type NodePhones = Pick<Pbx, 'node' | 'reachableDevices' | 'devicesOnOwnCall'>;

export class RoutingDesk {
  /** Releases and the like that the store has not heard yet, oldest first. One an agent or a call: the latest counts. */
  readonly #owed = new Map<string, () => Promise<unknown>>();
  readonly #reachable = new Set<DeviceId>();
  /** Phones on calls of their own. */
  readonly #onOwnCall = new Set<DeviceId>();
  readonly #nodes = new Set<NodeId>();
  /** Phones of which an event told while the list of all was under way: the event is newer. */
  readonly #heard = new Set<DeviceId>();
  /** The same of their own calls. */
  readonly #heardCalls = new Set<DeviceId>();
  /** Ends when every agent of a node that has just become ours is signed in. */
  #signingIn: Promise<unknown> | undefined;
  /** The store is there and knows who talks and who can be rung: calls may be enqueued. */
  #closings = 1;
  #openings = 0;
  /** What agents asked for, as last heard: another store that has to serve, or one that lost it, is told. */
  #duties: ReadonlyMap<AgentId, Duty> = new Map();
  /** Whom the store may know from us: those configured, and those whom a reload removed until it has heard that they are gone. */
  readonly #known = new Set<AgentId>();

  constructor(
    private readonly store: RoutingStore,
    private readonly site: () => Site,
    private readonly log: Log,
  ) {}

  /** What must reach the store, now or later: freeing an agent, leaving the queue. */
  settle(
    key: CallId | Offer['token'] | `saved ${CallId}` | `callback ${CallId}` | `gave up ${CallId}`,
    verb: () => Promise<unknown>,
  ): void {
    this.#pay(key, verb).catch((err: unknown) => this.log.error({ err, key }, 'the routing store refused a release'));
  }

  /** Set while the agents of a node are being signed in: a call that is enqueued before that ends hears that there are none. */
  get signingIn(): Promise<unknown> | undefined {
    return this.#signingIn;
  }

  get open(): boolean {
    return this.#openings === this.#closings;
  }

  /** The store was lost, or another one stands in: nobody is enqueued before `resume`. */
  close(): void {
    this.#closings++;
  }

  async #pay(key: string, verb: () => Promise<unknown>): Promise<void> {
    this.#owed.set(key, verb);
    try {
      await verb();
      if (this.#owed.get(key) === verb) this.#owed.delete(key);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) {
        this.#owed.delete(key);
        throw error;
      }
    }
  }

  /** The store is back: first what is owed, then who can be rung. `fresh`: it may have lost what agents asked for. */
  async resume(fresh: boolean): Promise<void> {
    const closings = this.#closings;
    if (fresh) await this.store.restoreDuties(this.#duties);
    for (const key of [...this.#owed.keys()]) {
      const verb = this.#owed.get(key);
      if (verb !== undefined) await this.#pay(key, verb);
    }
    // Sent before the agents are: whoever signs in is matched at once.
    this.prepare();
    await this.syncAgents();
    // Unless it was lost again meanwhile.
    this.#openings = closings;
    await this.learnDuties();
  }

  /** Whatever the tenants' calls may ask for is looked up in the agents before the first of them comes; repeated, it is kept. */
  prepare(): void {
    const expected = [...this.site().tenants.values()].map(expectedOf);
    this.store.prepare(expected).catch((err: unknown) => {
      if (err instanceof StoreUnavailable) this.log.debug({ err }, 'calls are prepared for when the store is back');
      else this.log.error({ err }, 'the routing store refused to prepare for calls');
    });
  }

  reachable(device: DeviceId): boolean {
    return this.#reachable.has(device);
  }

  /** A node is ours: which of its phones are registered, and on calls of their own. */
  async node(pbx: NodePhones): Promise<void> {
    const signingIn = this.#signIn(pbx);
    this.#signingIn = signingIn.catch(() => undefined);
    const mine = this.#signingIn;
    try {
      await signingIn;
    } finally {
      if (this.#signingIn === mine) this.#signingIn = undefined;
    }
  }

  /** His node is ours, or he has none any more: what becomes of him is said here. */
  answersFor(agent: AgentId): boolean {
    const known = this.site().agents.get(agent);
    return known === undefined || this.#nodes.has(known.device.node);
  }

  /** It is not ours any more: its agents are left to whoever owns it. */
  nodeLost(node: NodeId): void {
    this.#nodes.delete(node);
  }

  async #signIn(pbx: NodePhones): Promise<void> {
    const { node } = pbx;
    this.#heard.clear();
    this.#heardCalls.clear();
    const [reachable, onOwnCall] = await Promise.all([pbx.reachableDevices(), pbx.devicesOnOwnCall()]);
    this.#nodes.add(node);
    for (const { device } of this.site().agents.values()) {
      if (device.node !== node) continue;
      if (!this.#heardCalls.has(device.id)) note(this.#onOwnCall, device.id, onOwnCall.has(device.id));
      if (device.kind === 'phone' && this.#heard.has(device.id)) continue;
      note(this.#reachable, device.id, device.kind !== 'phone' || reachable.has(device.id));
    }
    await this.syncAgents();
  }

  async device(device: DeviceId, reachable: boolean): Promise<void> {
    this.#heard.add(device);
    note(this.#reachable, device, reachable);
    await this.#syncDevice(device);
  }

  /** A phone's call that is none of ours began or ended. */
  async ownCall(device: DeviceId, on: boolean): Promise<void> {
    this.#heardCalls.add(device);
    note(this.#onOwnCall, device, on);
    await this.#syncDevice(device);
  }

  async #syncDevice(device: DeviceId): Promise<void> {
    for (const agent of this.site().agents.values()) if (agent.device.id === device) await this.#sync(agent.id);
  }

  /** An offer names an agent whom the configuration does not know (any more): he gets no other. */
  dismiss(agent: AgentId): void {
    this.#sync(agent).catch((err: unknown) => this.log.error({ err, agent }, 'the routing store refused to sign an agent out'));
  }

  /** What an agent asks for himself. Rejects with `StoreUnavailable`. */
  async wish(agent: Agent, wish: Wish): Promise<WishResult> {
    const result = await this.store.wish(agent.id, wish, this.#manual);
    // It is done, whether we hear of it here or not.
    this.learnDuties().catch((err: unknown) => this.log.debug({ err }, 'what agents asked for is learned later'));
    return result;
  }

  /** What agents asked for at other daemons must be known here too should the store be lost. */
  async learnDuties(): Promise<void> {
    if (!this.open) return;
    const duties = await this.store.duties();
    if (this.open) this.#duties = duties;
  }

  /** After a reload, a reconnection or a takeover: says of each agent of our nodes whether he can be rung. */
  async syncAgents(): Promise<void> {
    for (const agent of this.site().agents.keys()) this.#known.add(agent);
    await Promise.all([...this.#known].map((agent) => this.#sync(agent)));
  }

  async #sync(id: AgentId): Promise<void> {
    const agent = this.site().agents.get(id);
    if (!this.answersFor(id)) return;
    try {
      await this.#tell(id, agent);
      if (agent === undefined) this.#known.delete(id);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.log.debug({ agent: id }, 'agent will be synchronised when the store is back');
    }
  }

  /** Whoever asked for nothing is signed out. */
  get #manual(): boolean {
    return this.site().desk.signIn === 'manual';
  }

  async #tell(id: AgentId, agent: Agent | undefined): Promise<void> {
    const here = agent !== undefined && this.#reachable.has(agent.device.id);
    if (here) {
      const { pools, skills, order, maxCalls, device } = agent;
      const ownCall = this.#onOwnCall.has(device.id);
      await this.store.agentReady({ agent: id, pools, skills, order, maxCalls, manual: this.#manual, ownCall });
    } else await this.store.agentGone(id);
  }
}

function note<T>(set: Set<T>, one: T, isIn: boolean): void {
  if (isIn) set.add(one);
  else set.delete(one);
}
