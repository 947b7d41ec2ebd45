/** Who calls when, and what he brings with him: drawn before the day begins, so that two runs with other agents meet the same callers. */
import type { TenantId } from '../core/ids.js';
import type { Site } from '../core/site.js';
import type { Tenant } from '../core/tenant.js';
import { type Assumptions, forTenant } from './assumptions.js';
import { dayAfter, midnight } from './local-day.js';
import type { Random } from './random.js';

export interface Caller {
  /** Epoch ms, whole. */
  readonly at: number;
  readonly tenant: TenantId;
  readonly number: string;
  /** How long the agent will talk with him, ms. */
  readonly talkMs: number;
  /** How long he stays in the queue, ms; `Infinity`: as long as it takes. */
  readonly patienceMs: number;
  /** What he presses in menus, one after the other. */
  readonly keys: readonly string[];
  /** 0 ≤ x < 1: what he is inclined to do in the queue besides waiting (`conduct.ts`). */
  readonly choice: number;
  /** 0 ≤ x < 1: whether he acts on what he is told of his wait. */
  readonly heed: number;
}

/** Two peaks and a lunch hour, as telephone receptions see them. */
const officeCurve = [0, 0, 0, 0, 0, 0, 0, 0, 9, 13, 13, 11, 6, 6, 10, 11, 10, 8, 3, 0, 0, 0, 0, 0];

/** The weight of each hour; their sum is 1. */
export function weightsOf(curve: Assumptions['curve']): readonly number[] {
  const weights = curve === 'office' ? officeCurve : curve === 'flat' ? Array.from({ length: 24 }, () => 1) : curve;
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => weight / Math.max(sum, 1e-9));
}

/** Calls a day of each tenant: his own number, or an even share of what the others leave of the whole. */
export function callsADay(site: Site, all: Assumptions): ReadonlyMap<TenantId, number> {
  const tenants = [...site.tenants.keys()];
  const own = (tenant: TenantId) => all.tenants[tenant]?.calls;
  const named = tenants.reduce((sum, tenant) => sum + (own(tenant) ?? 0), 0);
  const others = tenants.filter((tenant) => own(tenant) === undefined).length;
  return new Map(tenants.map((tenant) => [tenant, own(tenant) ?? Math.max(0, all.calls - named) / others]));
}

/** Poisson arrivals whose rate follows the curve, hour by hour, on all days. In the order of time. */
export function generateCallers(site: Site, all: Assumptions, timezone: string, random: Random): Caller[] {
  const callers: Caller[] = [];
  const volumes = callsADay(site, all);
  const starts = Array.from({ length: all.days }, (_, index) => midnight(timezone, dayAfter(all.date, index)));
  for (const tenant of site.tenants.keys()) {
    const draw = new CallerDraw(site, all, tenant, random.fork(`caller ${tenant}`));
    const gaps = random.fork(`arrivals ${tenant}`);
    const weights = weightsOf(forTenant(all, tenant).curve);
    for (const start of starts) {
      for (const [hour, weight] of weights.entries()) {
        const meanGap = 3_600_000 / Math.max(1e-12, weight * (volumes.get(tenant) ?? 0));
        // Exponential gaps have no memory: each hour may begin anew.
        for (let at = gaps.exponential(meanGap); at < 3_600_000; at += gaps.exponential(meanGap))
          callers.push(draw.caller(start + hour * 3_600_000 + Math.round(at)));
      }
    }
  }
  return callers.sort((a, b) => a.at - b.at);
}

/** Draws what is not known of a tenant's callers. */
export class CallerDraw {
  readonly #tenant: TenantId;
  readonly #random: Random;
  readonly #talk: (random: Random) => number;
  readonly #patience: (random: Random) => number;
  readonly #keys: (random: Random) => readonly string[];
  /** A stream of its own. */
  readonly #conduct: Random;
  readonly #number: (count: number) => string;
  #count = 0;

  constructor(site: Site, all: Assumptions, tenant: TenantId, random: Random) {
    const { handlingSeconds, handlingSpread: spread, patienceSeconds } = forTenant(all, tenant);
    this.#tenant = tenant;
    this.#random = random;
    this.#conduct = random.fork('conduct');
    this.#number = numbersOf(site.tenants.get(tenant));
    const meanMs = handlingSeconds * 1000;
    this.#talk = spread === 'exponential' ? (from) => from.exponential(meanMs) : (from) => from.lognormal(meanMs, spread);
    this.#patience = patienceSeconds === 'none' ? () => Number.POSITIVE_INFINITY : (from) => from.exponential(patienceSeconds * 1000);
    this.#keys = keyChoice(all.tenants[tenant]?.keys ?? { [queueKey(site, tenant)]: 1 });
  }

  /** What is given is not drawn, but every caller takes as many numbers from the stream. */
  caller(at: number, known: Partial<Omit<Caller, 'at' | 'tenant'>> = {}): Caller {
    const talkMs = this.#talk(this.#random);
    const patienceMs = this.#patience(this.#random);
    const keys = this.#keys(this.#random);
    const [choice, heed] = [this.#conduct.uniform(), this.#conduct.uniform()];
    const number = this.#number(++this.#count);
    return { at, tenant: this.#tenant, number, talkMs, patienceMs, keys, choice, heed, ...known };
  }
}

/** Where callers may be called back, such as may be called. */
function numbersOf(tenant: Tenant | undefined): (count: number) => string {
  const allowed = tenant?.queue.callback === undefined ? [] : [...tenant.allowedPrefixes].sort((a, b) => a.length - b.length);
  const [prefix = '+1999'] = allowed;
  // E.164: at most 15 digits.
  const digits = Math.max(0, Math.min(16, Math.max(12, prefix.length + 7)) - prefix.length);
  return (count) => prefix + String(count % 10 ** digits).padStart(digits, '0');
}

/** The first key of the opening menu that leads to the queue; nothing when there is no such menu or key. */
function queueKey(site: Site, tenant: TenantId): string {
  const known = site.tenants.get(tenant);
  const open = known?.flow.open;
  const menu = open?.do === 'menu' ? known?.menus[open.menu] : undefined;
  return Object.entries(menu?.keys ?? {}).find(([, action]) => action.do === 'queue')?.[0] ?? '';
}

function keyChoice(weights: Readonly<Record<string, number>>): (random: Random) => readonly string[] {
  const entries = Object.entries(weights);
  const sum = entries.reduce((all, [, weight]) => all + weight, 0);
  return (random) => {
    let left = random.uniform() * sum;
    const chosen = entries.find(([, weight]) => {
      left -= weight;
      return left < 0;
    });
    return chosen === undefined || chosen[0] === '' ? [] : [chosen[0]];
  };
}
