/** How much of a pool a tenant has, and callbacks have: what `redis/commands/includes/shares.lua` does, without its counters. */
import type { AgentId, PoolId, TenantId } from '../core/ids.js';
import type { Share } from '../core/queue/waiting-call.js';
import type { Why } from '../core/queue/why.js';
import { type AgentEntry, type Lane, type Work, worksOf } from './entries.js';

/** Agents of a pool, and how many calls of one kind keep some of them busy. */
interface Counts {
  readonly members: number;
  readonly busy: number;
}

export class Shares {
  readonly #shares = new Map<TenantId, Share>();

  constructor(
    private readonly agents: ReadonlyMap<AgentId, AgentEntry>,
    private readonly lanes: ReadonlyMap<string, Lane>,
    /** Lanes whose first call may have become servable. */
    private readonly touched: Map<string, Why['by']>,
  ) {}

  /** Whether no tenant has any. */
  get none(): boolean {
    return this.#shares.size === 0;
  }

  of(tenant: TenantId): Share | undefined {
    return this.#shares.get(tenant);
  }

  /** One that is new, or gone. */
  set(tenant: TenantId, share: Share | undefined): void {
    if (share === undefined) this.#shares.delete(tenant);
    else this.#shares.set(tenant, share);
    this.#loosen(tenant);
  }

  /** Below its guarantee, at its cap, or neither; of pools other than its own a tenant has no share. */
  standingOf(tenant: TenantId, pool: PoolId): 'below' | 'within' | 'capped' {
    const share = this.of(tenant);
    if (share === undefined || share.pool !== pool) return 'within';
    const counts = this.#countsOf(tenant, pool);
    if (reached(share.capPercent, counts)) return 'capped';
    return reached(share.guaranteePercent, counts) ? 'within' : 'below';
  }

  /** How many agents of its pool a tenant has, and how many more it may have. */
  roomOf(tenant: TenantId, { pool, capPercent }: Share): { readonly room: number; readonly busy: number } {
    const { members, busy } = this.#countsOf(tenant, pool);
    return { room: most(capPercent, members) - busy, busy };
  }

  /** Whether callbacks, whosever they are, keep as many agents of the pool busy as they may. */
  callbacksFull(capPercent: number, pool: PoolId): boolean {
    return reached(capPercent, this.#callbacksIn(pool));
  }

  /** What an agent was busy with keeps him busy no more, or not in these pools. */
  loosenFor({ tenant, callback }: Work): void {
    if (this.#shares.has(tenant)) this.#loosen(tenant);
    if (callback) this.#loosenCallbacks(() => true);
  }

  /** Every cap in these pools may be higher: there are more agents. */
  loosenPools(pools: readonly PoolId[]): void {
    const rises = (cap: number, { members, busy }: Counts) => {
      const before = most(cap, members - 1);
      return busy === before && most(cap, members) > before;
    };
    for (const pool of pools) this.#loosenCallbacks((cap) => rises(cap, this.#callbacksIn(pool)));
    for (const [tenant, { pool, capPercent }] of this.#shares) {
      if (pools.includes(pool) && rises(capPercent, this.#countsOf(tenant, pool))) this.#loosen(tenant);
    }
  }

  /** The tenant may have more agents than before. */
  #loosen(tenant: TenantId): void {
    for (const lane of this.lanes.values()) {
      if (lane.tenant === tenant && !this.touched.has(lane.name)) this.touched.set(lane.name, 'share');
    }
  }

  #loosenCallbacks(mayHold: (cap: number) => boolean): void {
    for (const { name, callbackCap } of this.lanes.values()) {
      if (callbackCap !== undefined && !this.touched.has(name) && mayHold(callbackCap)) this.touched.set(name, 'share');
    }
  }

  #countsOf(tenant: TenantId, pool: PoolId): Counts {
    return this.#count(pool, (work) => work.tenant === tenant);
  }

  #callbacksIn(pool: PoolId): Counts {
    return this.#count(pool, ({ callback }) => callback);
  }

  #count(pool: PoolId, counts: (work: Work) => boolean): Counts {
    const inPool = [...this.agents.values()].filter(({ pools }) => pools.includes(pool));
    return { members: inPool.filter(({ gone }) => !gone).length, busy: inPool.flatMap(worksOf).filter(counts).length };
  }
}

const most = (percent: number, members: number): number => Math.ceil((members * percent) / 100);
const reached = (percent: number, { members, busy }: Counts): boolean => busy >= most(percent, members);
