/**
 * Random events over two daemons, checked after each one against what must always hold: no agent with two calls, no call with
 * two agents, nobody idle while a call of his pool waits, first come first served, old tokens refused, nothing left at the end.
 */
import * as fc from 'fast-check';
import type { Test } from 'tap';
import type { Offer } from '../../src/core/call/call.js';
import type { AgentId, CallId } from '../../src/core/ids.js';
import {
  agentId,
  callId,
  type Daemon,
  daemon,
  missed,
  poolId,
  queueId,
  type RoutingWorld,
  start,
  tenantId,
  type WorldFactory,
} from './routing-store.world.js';

const pools = ['desk', 'night'] as const;

type Event =
  | { readonly do: 'ready' | 'gone'; readonly by: number; readonly agent: number }
  | { readonly do: 'enqueue'; readonly by: number; readonly call: number }
  | { readonly do: 'abandon'; readonly by: number; readonly call: number }
  | { readonly do: 'accept' | 'release' | 'stale'; readonly offer: number }
  | { readonly do: 'reject'; readonly offer: number; readonly pauseMs: number }
  | { readonly do: 'restore'; readonly by: number; readonly call: number; readonly agent: number }
  | { readonly do: 'tick'; readonly by: number; readonly afterMs: number };

const by = fc.nat(1);
const agent = fc.nat(4);
const call = fc.nat(7);
const offer = fc.nat(20);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('ready' as const), by, agent }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gone' as const), by, agent }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('enqueue' as const), by, call }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abandon' as const), by, call }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('accept' as const), offer }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), offer }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stale' as const), offer }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reject' as const), offer, pauseMs: fc.constantFrom(0, 3_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restore' as const), by, call, agent }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tick' as const), by, afterMs: fc.constantFrom(0, 1, 2_000, 20_000) }) },
);

const offerMs = 15_000;
const agentName = (index: number) => agentId(`agent${index}`);
const callName = (index: number) => callId(`call${index}`);
/** Agents 0, 2, 4 and calls 0, 2, … belong to the first pool. */
const poolOf = (index: number) => poolId(pools[index % 2] ?? pools[0]);
const queueOf = (index: number) => queueId(`queue${index % 3}`);
const indexOf = (name: string) => Number(name.replace(/\D/g, ''));

interface Known {
  state: 'waiting' | 'offered' | 'connected';
  by: Daemon | undefined;
  enqueuedAt: number;
  offer: Offer | undefined;
  offeredAt: number;
}

/** What a bystander who sees every verb and every offer knows. */
class Floor {
  readonly calls = new Map<CallId, Known>();
  readonly offers: { readonly call: CallId; readonly offer: Offer; readonly by: Daemon }[] = [];
  readonly #daemons: readonly Daemon[];
  readonly #world: RoutingWorld;
  #restored = 0;

  constructor(world: RoutingWorld, daemons: readonly Daemon[]) {
    this.#world = world;
    this.#daemons = daemons;
  }

  async play(event: Event): Promise<void> {
    const daemon = this.#daemons['by' in event ? event.by : 0]!;
    switch (event.do) {
      case 'ready':
        await daemon.signIn(agentName(event.agent), { pools: [poolOf(event.agent)] });
        break;
      case 'gone':
        await daemon.store.agentGone(agentName(event.agent));
        break;
      case 'enqueue':
        await this.#enqueue(event.call, daemon);
        break;
      case 'abandon': {
        const call = callName(event.call);
        if (this.calls.get(call)?.state !== 'connected') this.calls.delete(call);
        await daemon.store.abandon(call);
        break;
      }
      case 'tick':
        this.#world.now += event.afterMs;
        for (const known of this.calls.values()) {
          if (known.state === 'offered' && known.offeredAt + offerMs <= this.#world.now) this.#wait(known);
        }
        await daemon.store.tick();
        break;
      case 'restore':
        await this.#restore(event.call, event.agent, daemon);
        break;
      default:
        await this.#answer(event);
    }
    await this.check();
  }

  async #enqueue(index: number, daemon: Daemon): Promise<void> {
    const call = callName(index);
    const known = this.calls.get(call);
    // The place is kept when the call is known; otherwise later calls come later, so that the order is strict.
    const enqueuedAt = known?.enqueuedAt || ++this.#world.now;
    if (known === undefined || known.state === 'waiting' || known.state === 'connected' || known.by !== daemon) {
      this.calls.set(call, { state: 'waiting', by: daemon, enqueuedAt, offer: undefined, offeredAt: 0 });
    }
    await daemon.enqueue(call, { queue: queueOf(index), pool: poolOf(index), enqueuedAt, offerMs });
  }

  async #restore(callIndex: number, agentIndex: number, daemon: Daemon): Promise<void> {
    const call = callName(callIndex);
    const offer = { agent: agentName(agentIndex), token: `restored-${++this.#restored}` } as Offer;
    for (const [other, known] of this.calls) {
      if (other === call || known.offer?.agent !== offer.agent) continue;
      if (known.state === 'offered') this.#wait(known);
      else this.calls.delete(other);
    }
    const enqueuedAt = this.calls.get(call)?.enqueuedAt ?? 0;
    this.calls.set(call, { state: 'connected', by: daemon, enqueuedAt, offer, offeredAt: 0 });
    this.offers.push({ call, offer, by: daemon });
    await daemon.store.restore(call, offer, tenantId('acme'), poolOf(agentIndex));
  }

  /** An answer to one of the offers ever made: right while it is the call's present one, without any effect afterwards. */
  async #answer(event: Extract<Event, { offer: number }>): Promise<void> {
    const chosen = this.offers[this.offers.length - 1 - (event.offer % Math.max(1, this.offers.length))];
    if (chosen === undefined) return;
    const { call, offer, by } = chosen;
    const known = this.calls.get(call);
    const current = known?.offer?.token === offer.token ? known : undefined;
    if (event.do === 'accept') {
      if (current !== undefined) current.state = 'connected';
      equal(await by.store.accept(call, offer), current !== undefined, 'accept');
    } else if (event.do === 'reject') {
      // enqueuedAt 0: known from a restored talk only, so it has no place.
      if (current?.enqueuedAt === 0) this.calls.delete(call);
      else if (current !== undefined) this.#wait(current);
      equal(await by.store.reject(call, offer, missed(event.pauseMs)), current !== undefined, 'reject');
    } else {
      if (event.do === 'stale' && current !== undefined) return;
      if (current !== undefined) this.calls.delete(call);
      equal(await by.store.release(offer, 2_000), current !== undefined, 'release');
    }
  }

  #wait(known: Known): void {
    Object.assign(known, { state: 'waiting', offer: undefined });
  }

  async check(): Promise<void> {
    const served: number[][] = pools.map(() => []);
    for (const daemon of this.#daemons) {
      for (const { call, offer } of await daemon.assignments()) {
        const known = this.calls.get(call);
        equal(known?.state, 'waiting', `${call} was offered`);
        equal(known?.by?.name, daemon.name, `${call} is told to its daemon`);
        for (const [other, { offer: present }] of this.calls)
          equal(present?.agent === offer.agent, false, `${offer.agent} has ${other} too`);
        equal(indexOf(offer.agent) % 2, indexOf(call) % 2, 'pool');
        Object.assign(known!, { state: 'offered', offer, offeredAt: this.#world.now });
        this.offers.push({ call, offer, by: daemon });
        served[indexOf(call) % 2]?.push(known!.enqueuedAt);
      }
    }
    const stats = await this.#daemons[0]!.store.stats();
    for (const [side] of pools.entries()) {
      const waiting = [...this.calls].filter(([call, { state }]) => state === 'waiting' && indexOf(call) % 2 === side);
      const first = Math.min(...waiting.map(([, { enqueuedAt }]) => enqueuedAt));
      equal(Math.max(0, ...served[side]!) <= first, true, 'first come, first served');
      const idle = [...stats.agents].filter(([agent, status]) => status === 'idle' && indexOf(agent) % 2 === side);
      equal(waiting.length > 0 && idle.length > 0, false, `idle while ${first} waits`);
    }
    const busy = (agent: AgentId) => [...this.calls.values()].find(({ offer }) => offer?.agent === agent)?.state;
    for (const [agent, status] of stats.agents) {
      equal(status === 'offered' || status === 'connected' ? status : undefined, busy(agent), `what ${agent} does`);
    }
    const lengths = [...stats.queues.values()].reduce((sum, { length }) => sum + length, 0);
    equal(lengths, [...this.calls.values()].filter(({ state }) => state === 'waiting').length, 'how many wait');
  }

  async end(): Promise<void> {
    for (const [call, { state, offer }] of this.calls) {
      if (state === 'connected') await this.#daemons[0]!.store.release(offer!, 0);
      else await this.#daemons[0]!.store.abandon(call);
    }
    equal((await this.#world.leftovers()).join(), '', 'nothing is left');
  }
}

function equal<T>(found: T, wanted: T, what: string): void {
  if (found !== wanted) throw new Error(`${what}: found ${String(found)}, wanted ${String(wanted)}`);
}

export async function routingStoreModel(t: Test, newWorld: WorldFactory, numRuns: number): Promise<void> {
  let events = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 20, maxLength: 80, size: 'max' }), async (script) => {
      const world = await newWorld();
      try {
        const floor = new Floor(world, [await daemon(world, 'one'), await daemon(world, 'two')]);
        world.now = start;
        for (const step of script) await floor.play(step);
        await floor.end();
        events += script.length;
      } finally {
        await world.close();
      }
    }),
    { numRuns, endOnFailure: false },
  );
  t.pass(`${events} events`);
}
