/** The agents' time sheets: what each of them did with his time, and what all of them did in each half hour of the day. */
import type { Offer } from '../core/call/call.js';
import type { AgentId, OfferToken, TenantId } from '../core/ids.js';

export interface TimeSheet {
  signedInMs: number;
  ringMs: number;
  talkMs: number;
  wrapUpMs: number;
  /** Left alone after an offer that he did not take. */
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
  since: number;
  talks: boolean;
}

export class Floor {
  readonly sheets = new Map<AgentId, TimeSheet>();
  readonly #tasks = new Map<OfferToken, Task>();
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
  rings(asked: readonly Offer[], tenant: TenantId, now: number): void {
    for (const { agent, token } of asked) this.#tasks.set(token, { agent, tenant, asked, since: now, talks: false });
  }

  talks({ token }: Offer, now: number): void {
    const task = this.#tasks.get(token);
    if (task === undefined) return;
    const sheet = this.#sheet(task.agent);
    sheet.calls++;
    sheet.tenants.set(task.tenant, (sheet.tenants.get(task.tenant) ?? 0) + 1);
    this.#close(task, now);
    task.talks = true;
    for (const other of task.asked) {
      const rang = other.token === token ? undefined : this.#tasks.get(other.token);
      if (rang === undefined) continue;
      this.#close(rang, now);
      this.#tasks.delete(other.token);
    }
  }

  /** Back from the talk into wrap-up, or from ringing into a pause. */
  leaves({ token }: Offer, does: 'rests' | 'wrapsUp', ms: number, now: number): void {
    const task = this.#tasks.get(token);
    if (task === undefined) return;
    this.#tasks.delete(token);
    this.#close(task, now);
    const sheet = this.#sheet(task.agent);
    // Who leaves at the end of his shift has no wrap-up.
    const end = Math.max(now, Math.min(now + ms, this.#shiftEnds.get(task.agent) ?? now));
    if (does === 'rests') {
      sheet.notAnswered++;
      sheet.pauseMs += end - now;
    } else {
      sheet.wrapUpMs += end - now;
      this.#spend('busy', now, end);
    }
  }

  /** Adds what the agent did since it was last written down. */
  #close(task: Task, now: number): void {
    const sheet = this.#sheet(task.agent);
    if (task.talks) sheet.talkMs += now - task.since;
    else sheet.ringMs += now - task.since;
    const overtime = now - Math.max(task.since, this.#shiftEnds.get(task.agent) ?? now);
    if (overtime > 0) {
      sheet.signedInMs += overtime;
      this.#spend('signedIn', now - overtime, now);
    }
    this.#spend('busy', task.since, now);
    task.since = now;
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
