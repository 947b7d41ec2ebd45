/**
 * Random days at a desk with skills, rings, classes and shares: two daemons that die between any two commands. Each event is
 * played to the store under test and to the one in memory, which keeps no indexes and looks at everything: both must offer
 * the same calls to the same agents for the same reasons. Besides, what must always hold is checked from outside.
 */
import * as fc from 'fast-check';
import type { Test } from 'tap';
import type { Offer } from '../../src/core/call/call.js';
import { meets, ringAfter, scoreOf } from '../../src/core/queue/lane.js';
import type { Assignment, EnqueueRequest, ReadyAgent, RoutingStats } from '../../src/ports/routing-store.js';
import { type Event, event, plans, profiles } from './routing-skills.events.js';
import { agentId, callId, type Daemon, daemon, missed, type RoutingWorld, start, type WorldFactory } from './routing-store.world.js';

interface Known {
  readonly request: EnqueueRequest;
  readonly by: number;
  state: 'waiting' | 'offered' | 'connected';
  agent: string | undefined;
  /** The offer as each store made it. */
  offers: readonly Offer[];
}

/** The same events in two stores. */
class Twins {
  readonly #worlds: readonly [RoutingWorld, RoutingWorld];
  readonly #daemons: [Daemon, Daemon][] = [];
  readonly #calls = new Map<string, Known>();
  readonly #agents = new Map<string, ReadyAgent>();
  readonly #deadlines = new Set<number>();
  #crashes = 0;

  constructor(worlds: readonly [RoutingWorld, RoutingWorld]) {
    this.#worlds = worlds;
    for (const world of worlds) world.now = start;
  }

  async open(index: number): Promise<void> {
    const name = `d${index}-${this.#crashes}`;
    this.#daemons[index] = [await daemon(this.#worlds[0], name), await daemon(this.#worlds[1], name)];
  }

  async play(event: Event): Promise<void> {
    const offeredBefore = new Set([...this.#calls].filter(([, { state }]) => state === 'offered').map(([call]) => call));
    const daemons = this.#daemons['by' in event ? event.by : 0]!;
    switch (event.do) {
      case 'ready': {
        const { ownCall } = event;
        const agent: ReadyAgent = { agent: agentId(`a${event.agent}`), order: event.agent, ownCall, ...profiles[event.profile]! };
        this.#agents.set(agent.agent, agent);
        for (const { store } of daemons) await store.agentReady(agent);
        break;
      }
      case 'gone':
        for (const { store } of daemons) await store.agentGone(agentId(`a${event.agent}`));
        break;
      case 'wish': {
        const results: string[] = [];
        for (const { store } of daemons) results.push(await store.wish(agentId(`a${event.agent}`), event.wish, false));
        equal(results[0], results[1], 'what came of a wish');
        break;
      }
      case 'enqueue':
        await this.#enqueue(event);
        break;
      case 'abandon': {
        const call = `c${event.call}`;
        if (this.#calls.get(call)?.state !== 'connected') this.#calls.delete(call);
        for (const { store } of daemons) await store.abandon(callId(call));
        break;
      }
      case 'tick':
        for (const world of this.#worlds) world.now += event.ms;
        for (const { store } of daemons) await store.tick();
        break;
      case 'crash':
        await this.#crash(event.by);
        break;
      default:
        await this.#answer(event);
    }
    await this.#check(offeredBefore);
  }

  async #enqueue(event: Extract<Event, { do: 'enqueue' }>): Promise<void> {
    const call = `c${event.call}`;
    // A call belongs to the daemon that took it; only a crash gives it to another.
    const known = this.#calls.get(call);
    if (known !== undefined) return;
    for (const world of this.#worlds) world.now += 1;
    const enqueuedAt = this.#worlds[0].now;
    let deadline = enqueuedAt + (event.plan % 2 === 0 ? 20_000 : 5_000);
    while (this.#deadlines.has(deadline)) deadline++;
    this.#deadlines.add(deadline);
    const request: EnqueueRequest = { ...plans[event.plan]!, call: callId(call), class: event.class, enqueuedAt, deadline, offerMs: 9_000 };
    this.#calls.set(call, { request, by: event.by, state: 'waiting', agent: undefined, offers: [] });
    await this.#tell(event.by, request);
  }

  async #tell(by: number, request: EnqueueRequest): Promise<void> {
    const [tested, twin] = this.#daemons[by]!;
    const [mine, its] = [await tested.store.enqueue(request), await twin.store.enqueue(request)];
    equal(mine.signedIn > 0, its.signedIn > 0, 'whether anybody could take it');
  }

  /** It dies between two commands; its successor takes its calls over, in any order, and restores those that talk. */
  async #crash(by: number): Promise<void> {
    for (const [index, { store }] of this.#daemons[by]!.entries()) await this.#worlds[index]!.leave(store);
    this.#crashes++;
    await this.open(by);
    const mine = [...this.#calls.values()].filter((known) => known.by === by).reverse();
    for (const known of mine) {
      const { request, offers, state } = known;
      if (state === 'connected') {
        const pool = request.rings[0].pools[0]!;
        const callback = request.callback !== undefined;
        for (const [index, { store }] of this.#daemons[by]!.entries())
          await store.restore(request.call, offers[index]!, request.tenant, pool, callback);
      } else {
        Object.assign(known, { state: 'waiting', agent: undefined });
        await this.#tell(by, request);
        // What others were offered meanwhile must be told before the next call is looked at.
        await this.#hear();
      }
    }
  }

  async #answer(event: Extract<Event, { do: 'accept' | 'release' | 'reject' }>): Promise<void> {
    const call = `c${event.call}`;
    const known = this.#calls.get(call);
    if (known === undefined || known.state === 'waiting') return;
    if (event.do === 'release' && known.state !== 'connected') return;
    const results: boolean[] = [];
    for (const [index, { store }] of this.#daemons[known.by]!.entries()) {
      const offer = known.offers[index]!;
      if (event.do === 'accept') results.push(await store.accept(callId(call), offer));
      else if (event.do === 'reject') results.push(await store.reject(callId(call), offer, missed(event.ms)));
      else results.push(await store.release(offer, event.ms));
    }
    equal(results, [true, true], event.do);
    if (event.do === 'accept') known.state = 'connected';
    else if (event.do === 'reject') Object.assign(known, { state: 'waiting', agent: undefined });
    else this.#calls.delete(call);
  }

  /** Both stores made the same offers, to the daemons whose calls they are. */
  async #hear(): Promise<readonly Assignment[]> {
    const made: Assignment[] = [];
    for (const [index, [tested, twin]] of this.#daemons.entries()) {
      const [some, others] = [await tested.assignments(), await twin.assignments()];
      equal(some.map(tale), others.map(tale), 'offers of the two stores');
      for (const [place, assignment] of some.entries()) {
        const known = this.#calls.get(assignment.call);
        if (known === undefined) throw new Error(`${assignment.call} is not there`);
        equal(known.by, index, 'told to its daemon');
        Object.assign(known, { state: 'offered', agent: assignment.offer.agent, offers: [assignment.offer, others[place]!.offer] });
        made.push(assignment);
      }
    }
    return made;
  }

  async #check(offeredBefore: ReadonlySet<string>): Promise<void> {
    const [tested, twin] = this.#daemons[0]!;
    const made = await this.#hear();
    const stats = await tested.store.stats();
    const its = await twin.store.stats();
    equal([...stats.agents].sort(), [...its.agents].sort(), 'what agents do');
    equal([...stats.until].sort(), [...its.until].sort(), 'when that ends');
    equal([...(await tested.store.duties())].sort(), [...(await twin.store.duties())].sort(), 'what agents asked for');
    // Offers that were too old are back in the queue.
    for (const known of this.#calls.values()) {
      const status = known.agent === undefined ? undefined : stats.agents.get(agentId(known.agent));
      if (known.state === 'offered' && status !== 'offered') Object.assign(known, { state: 'waiting', agent: undefined });
    }
    const busy = [...this.#calls.values()].filter(({ state }) => state !== 'waiting').map(({ agent }) => agent);
    equal(new Set(busy).size, busy.length, 'no agent has two calls');
    const waiting = [...this.#calls.values()].filter(({ state }) => state === 'waiting');
    const queued = [...stats.queues.values()].reduce((sum, { length }) => sum + length, 0);
    equal(queued, waiting.length, 'every call that waits is in the store');
    for (const { call, offer, why } of made) {
      const { request } = this.#calls.get(call)!;
      const agent = this.#agents.get(offer.agent)!;
      const now = request.rings[why.ring]!;
      if (!now.pools.some((pool) => agent.pools.includes(pool)) || !meets(agent.skills, now.requires))
        throw new Error(`${tale({ call, offer, why })}: may not`);
      this.#checkCap(request, made, stats);
      this.#checkCallbacks(request, why.ring, made, stats);
      const overtaken = waiting.find(
        (other) =>
          !offeredBefore.has(other.request.call) &&
          other.request.rings === request.rings &&
          ringAfter(other.request.rings, this.#worlds[0].now - other.request.enqueuedAt) === why.ring &&
          scoreOf(other.request) < scoreOf(request),
      );
      if (overtaken !== undefined) throw new Error(`${call} overtook ${overtaken.request.call} in its lane`);
    }
  }

  /** Whoever was just given an agent of the pool is within its cap; emergencies may exceed it. */
  #checkCap({ tenant, share: limit, class: callClass }: EnqueueRequest, made: readonly Assignment[], stats: RoutingStats): void {
    if (limit === undefined || callClass === 0) return;
    const inPool = (agent: string | undefined) => this.#agents.get(agent ?? '')?.pools.includes(limit.pool) ?? false;
    const members = [...stats.agents.keys()].filter(inPool).length;
    const busy = [...this.#calls.values()].filter(({ request, agent }) => request.tenant === tenant && inPool(agent)).length;
    const urgent = made.filter(({ call }) => this.#calls.get(call)?.request.class === 0).length;
    if (busy - urgent > Math.ceil((members * limit.capPercent) / 100)) throw new Error(`${tenant} has ${busy} of ${members} agents`);
  }

  /** Whoever was just given a callback belongs to a pool of its ring in which callbacks are within their cap. */
  #checkCallbacks(
    { callback, rings, class: callClass }: EnqueueRequest,
    ring: number,
    made: readonly Assignment[],
    stats: RoutingStats,
  ): void {
    if (callback === undefined || callClass === 0) return;
    const callbacks = [...this.#calls.values()].filter(({ request }) => request.callback !== undefined);
    const urgent = made.filter(({ call }) => this.#calls.get(call)?.request.class === 0).length;
    const within = rings[ring]!.pools.some((pool) => {
      const inPool = (agent: string | undefined) => this.#agents.get(agent ?? '')?.pools.includes(pool) ?? false;
      const members = [...stats.agents.keys()].filter(inPool).length;
      const busy = callbacks.filter(({ agent }) => inPool(agent)).length - urgent;
      return busy <= Math.ceil((members * callback.capPercent) / 100);
    });
    if (!within) throw new Error('more callbacks than their cap');
  }

  async end(): Promise<void> {
    for (const [call, { state, offers, by }] of this.#calls) {
      for (const [index, { store }] of this.#daemons[by]!.entries()) {
        if (state === 'connected') await store.release(offers[index]!, 0);
        else await store.abandon(callId(call));
      }
    }
    for (const world of this.#worlds) equal((await world.leftovers()).join(), '', 'nothing is left');
  }
}

const tale = ({ call, offer, why }: Assignment) =>
  JSON.stringify({ call, agent: offer.agent, ...why, heldBack: why.heldBack.map(({ tenant }) => tenant).sort() });

function equal(found: unknown, wanted: unknown, what: string): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (one !== other) throw new Error(`${what}: found ${one}, wanted ${other}`);
}

/** `runs` scripts of 20 to 80 events. */
export async function routingSkillsModel(t: Test, tested: WorldFactory, oracle: WorldFactory, runs: number): Promise<void> {
  let events = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 20, maxLength: 80, size: 'max' }), async (script) => {
      const worlds = [await tested(), await oracle()] as const;
      try {
        const twins = new Twins(worlds);
        await twins.open(0);
        await twins.open(1);
        for (const step of script) await twins.play(step);
        await twins.end();
        events += script.length;
      } finally {
        for (const world of worlds) await world.close();
      }
    }),
    { numRuns: runs, endOnFailure: runs > 100 },
  );
  t.pass(`${events} events`);
}
