/** What the contract of RoutingStore is tried in: daemons that share one domain, and a clock that the test owns. */
import type { Test } from 'tap';
import type { Offer } from '../../src/core/call/call.js';
import { type AgentId, type CallId, id, type PoolId, type QueueId, type TenantId } from '../../src/core/ids.js';
import type { Missed } from '../../src/core/queue/missed.js';
import type { Assignment, Enqueued, EnqueueRequest, ReadyAgent, RoutingStore } from '../../src/ports/routing-store.js';

export interface RoutingWorld {
  /** Epoch ms for all stores. */
  now: number;
  /** A started store, ready; `heard` grows as it tells of assignments. */
  open(name: string, heard: Assignment[]): Promise<RoutingStore>;
  /** Closes it, and returns when the others know. */
  leave(store: RoutingStore): Promise<void>;
  /** What is kept about calls; empty when all have ended. */
  leftovers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export type WorldFactory = () => Promise<RoutingWorld>;

/** What differs from an ordinary call; `pool`: of its only ring. */
export type EnqueueChange = Partial<EnqueueRequest> & { readonly pool?: PoolId };

export class Daemon {
  readonly name: string;
  readonly store: RoutingStore;
  readonly heard: Assignment[];
  #seen = 0;

  constructor(name: string, store: RoutingStore, heard: Assignment[]) {
    this.name = name;
    this.store = store;
    this.heard = heard;
  }

  /** Offers since the last time, as `call→agent`, or `call→agent+agent` where several are rung at once. Its own round trip ensures that what was published before has arrived. */
  async news(): Promise<readonly string[]> {
    return (await this.assignments()).map(
      ({ call, offer, also = [] }) => `${call}→${[offer, ...also].map(({ agent }) => agent).join('+')}`,
    );
  }

  async assignments(): Promise<readonly Assignment[]> {
    await this.store.stats();
    const fresh = this.heard.slice(this.#seen);
    this.#seen = this.heard.length;
    return fresh;
  }

  /** The one offer since the last time. */
  async offer(t: Test): Promise<Offer> {
    const fresh = await this.assignments();
    t.equal(fresh.length, 1, 'one offer');
    return fresh[0]!.offer;
  }

  /** The one round of offers since the last time. */
  async round(t: Test): Promise<readonly Offer[]> {
    const fresh = await this.assignments();
    t.equal(fresh.length, 1, 'one round');
    return [fresh[0]!.offer, ...(fresh[0]!.also ?? [])];
  }

  async ready(...agents: readonly string[]): Promise<void> {
    for (const agent of agents) await this.signIn(agent);
  }

  signIn(agent: string, change: Partial<ReadyAgent> = {}): Promise<void> {
    return this.store.agentReady({ agent: agentId(agent), pools: [pool], skills: {}, order: 0, ...change });
  }

  enqueue(call: string, { pool: from = pool, ...change }: EnqueueChange = {}): Promise<Enqueued> {
    const enqueuedAt = change.enqueuedAt ?? start;
    return this.store.enqueue({
      call: callId(call),
      tenant: tenantId('acme'),
      queue: queueId('sales'),
      class: 2,
      enqueuedAt,
      deadline: enqueuedAt + 20_000,
      rings: [{ afterMs: 0, pools: [from], requires: {} }],
      rankBy: [],
      strategy: 'longestIdle',
      share: undefined,
      sticky: undefined,
      offerMs: 20_000,
      ...change,
    });
  }

  async statuses(): Promise<Readonly<Record<string, string>>> {
    return Object.fromEntries((await this.store.stats()).agents);
  }

  async queues(): Promise<Readonly<Record<string, { readonly length: number; readonly oldest: number | undefined }>>> {
    return Object.fromEntries((await this.store.stats()).queues);
  }
}

/** A missed offer with this pause, ms. */
export const missed = (pauseMs: number, inARow?: Missed['inARow']): Missed => ({ reason: 'no-answer', follows: { pauseMs }, inARow });
export const start = 1_700_000_000_000;
export const pool = id<PoolId>('desk');
export const callId = (text: string) => id<CallId>(text);
export const agentId = (text: string) => id<AgentId>(text);
export const queueId = (text: string) => id<QueueId>(text);
export const tenantId = (text: string) => id<TenantId>(text);
export const poolId = (text: string) => id<PoolId>(text);

export async function daemon(world: RoutingWorld, name: string): Promise<Daemon> {
  const heard: Assignment[] = [];
  return new Daemon(name, await world.open(name, heard), heard);
}

/** Names a group of tests, each in a world of its own with one daemon. */
export function scenarios(t: Test, newWorld: WorldFactory) {
  return (name: string, play: (t: Test, one: Daemon, world: RoutingWorld) => Promise<void>) =>
    t.test(name, async (t) => {
      const world = await newWorld();
      t.teardown(() => world.close());
      await play(t, await daemon(world, 'one'), world);
    });
}
