/** The agents' time sheets: what each of them did with his time, and what all of them did in each half hour of the day. */
import type { Offer } from '../core/call/call.js';
import type { AgentId, CallId, OfferToken, TenantId } from '../core/ids.js';

export interface TimeSheet {
  signedInMs: number;
  ringMs: number;
  talkMs: number;
  wrapUpMs: number;
  /** Left alone after an offer that he did not take, on a breather, or until he said that he was ready. */
  pauseMs: number;
  calls: number;
  notAnswered: number;
  /** Calls of each tenant. */
  readonly tenants: Map<TenantId, number>;
}

/** What an agent does now for an offer. */
interface Task {
  readonly agent: AgentId;
  readonly tenant: TenantId;
  /** Those who are asked at the same time, himself included. */
  readonly asked: readonly Offer[];
  does: 'rings' | 'talks';
}

/** What his tasks come to: who has several is as busy as with one. */
interface Load {
  rings: number;
  talks: number;
  /** After-call work for when the last of them ends, the longest. */
  owedMs: number;
  /** Written down until then. */
  since: number;
}

export class Floor {
  readonly sheets = new Map<AgentId, TimeSheet>();
  readonly #tasks = new Map<OfferToken, Task>();
  readonly #ringing = new Map<CallId, readonly Offer[]>();
  readonly #loads = new Map<AgentId, Load>();
  readonly #shiftEnds = new Map<AgentId, number>();
  /** Told of each stretch of time that an agent was signed in, or busy with a call. */
  readonly #spend: (does: 'signedIn' | 'busy', from: number, to: number) => void;

  constructor(spend: (does: 'signedIn' | 'busy', from: number, to: number) => void) {
    this.#spend = spend;
  }

  signIn(agent: AgentId, from: number, to: number): void {
    this.#sheet(agent).signedInMs += to - from;
    this.#shiftEnds.set(agent, to);
    this.#spend('signedIn', from, to);
  }

  /** With ring all the phones of several; the first who answers has the call. */
  rings(call: CallId, asked: readonly Offer[], tenant: TenantId, now: number): void {
    this.#ringing.set(call, asked);
    for (const { agent, token } of asked) {
      this.#close(agent, now).rings++;
      this.#tasks.set(token, { agent, tenant, asked, does: 'rings' });
    }
  }

  /** Nobody rings for the call any more. Repeatable. */
  withdrawn(call: CallId, now: number): void {
    for (const offer of this.#ringing.get(call) ?? []) if (this.#tasks.get(offer.token)?.does === 'rings') this.#ends(offer, now);
    this.#ringing.delete(call);
  }

  talks({ token }: Offer, now: number): void {
    const task = this.#tasks.get(token);
    if (task === undefined) return;
    const sheet = this.#sheet(task.agent);
    sheet.calls++;
    sheet.tenants.set(task.tenant, (sheet.tenants.get(task.tenant) ?? 0) + 1);
    const load = this.#close(task.agent, now);
    load[task.does]--;
    load.talks++;
    task.does = 'talks';
    for (const other of task.asked) if (other.token !== token) this.#ends(other, now);
  }

  /**
   * Back from the talk, or from ringing; `freed`: they never talked. Returns the after-call work that begins now, ms: what he owes for
   * the last talks, when he has nothing else to do.
   */
  leaves(offer: Offer, how: 'missed' | 'freed' | 'wrapsUp', wrapUpMs: number, now: number): number {
    const task = this.#tasks.get(offer.token);
    const load = this.#ends(offer, now);
    if (task === undefined || load === undefined) return 0;
    const sheet = this.#sheet(offer.agent);
    if (how === 'missed') sheet.notAnswered++;
    else if (how === 'freed' && task.does === 'talks') {
      sheet.calls--;
      sheet.tenants.set(task.tenant, (sheet.tenants.get(task.tenant) ?? 0) - 1);
    }
    load.owedMs = Math.max(load.owedMs, wrapUpMs);
    if (load.rings + load.talks > 0) return 0;
    const { owedMs } = load;
    load.owedMs = 0;
    // Who leaves at the end of his shift has no wrap-up.
    const worksUntil = Math.max(now, Math.min(now + owedMs, this.#shiftEnds.get(offer.agent) ?? now));
    sheet.wrapUpMs += worksUntil - now;
    this.#spend('busy', now, worksUntil);
    return owedMs;
  }

  #ends({ token }: Offer, now: number): Load | undefined {
    const task = this.#tasks.get(token);
    if (task === undefined) return undefined;
    this.#tasks.delete(token);
    const load = this.#close(task.agent, now);
    load[task.does]--;
    return load;
  }

  /** No offers for him until then. */
  pauses(agent: AgentId, from: number, until: number): void {
    this.#sheet(agent).pauseMs += Math.max(0, until - from);
  }

  /** Adds what the agent did since it was last written down. */
  #close(agent: AgentId, now: number): Load {
    const load = this.#loads.get(agent) ?? { rings: 0, talks: 0, owedMs: 0, since: now };
    this.#loads.set(agent, load);
    const { since } = load;
    load.since = now;
    if (load.rings + load.talks === 0) return load;
    const sheet = this.#sheet(agent);
    if (load.talks > 0) sheet.talkMs += now - since;
    else sheet.ringMs += now - since;
    const overtime = now - Math.max(since, this.#shiftEnds.get(agent) ?? now);
    if (overtime > 0) {
      sheet.signedInMs += overtime;
      this.#spend('signedIn', now - overtime, now);
    }
    this.#spend('busy', since, now);
    return load;
  }

  #sheet(agent: AgentId): TimeSheet {
    const known = this.sheets.get(agent);
    if (known !== undefined) return known;
    const sheet = { signedInMs: 0, ringMs: 0, talkMs: 0, wrapUpMs: 0, pauseMs: 0, calls: 0, notAnswered: 0, tenants: new Map() };
    this.sheets.set(agent, sheet);
    return sheet;
  }
}

/** Share of his time at work, pauses aside, that an agent spent on calls: ringing, talk and wrap-up. */
export function occupancyOf({ signedInMs, ringMs, talkMs, wrapUpMs, pauseMs }: Omit<TimeSheet, 'tenants'>): number {
  return (ringMs + talkMs + wrapUpMs) / Math.max(1, signedInMs - pauseMs);
}
