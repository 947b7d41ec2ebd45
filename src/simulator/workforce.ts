/**
 * What agents do besides taking calls: they come and go with their shifts, walk off without saying so, rest when the store says so, and
 * come back when a row of missed offers has paused them or signed them out.
 */
import type { AgentId } from '../core/ids.js';
import type { Site } from '../core/site.js';
import type { RoutingStore } from '../ports/routing-store.js';
import { type Assumptions, msOf } from './assumptions.js';
import type { Floor } from './floor.js';
import type { Random } from './random.js';
import type { Shift } from './shifts.js';

/** The simulation, as far as those who act in it need it. */
export interface Stage {
  now(): number;
  /** `surely`: whether it depends on what the store has decided, so that all replies must be read before. */
  in(ms: number, run: () => void, surely?: () => boolean): void;
  ask<T>(verb: () => Promise<T>, heard?: (reply: T) => void): void;
}

export interface WorkforceParts {
  readonly site: Site;
  readonly store: RoutingStore;
  readonly floor: Floor;
  readonly assumptions: Assumptions;
  readonly random: Random;
  readonly stage: Stage;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

export class Workforce {
  readonly #parts: WorkforceParts;
  readonly #onShift = new Map<AgentId, Shift>();
  readonly #absences = new Map<AgentId, readonly Span[]>();
  readonly #draws = new Map<AgentId, Random>();
  /** When the rest ends that the store gave him, as last seen. */
  readonly #restsUntil = new Map<AgentId, number>();
  /** When who was paused until he is ready, or signed out, says that he is back, or last did. */
  readonly #backAt = new Map<AgentId, number>();

  constructor(parts: WorkforceParts) {
    this.#parts = parts;
  }

  /** His shift begins now. */
  begin(shift: Shift): void {
    const { agent, from, to } = shift;
    const { site, store, floor, stage } = this.#parts;
    const known = site.agents.get(agent);
    if (known === undefined) return;
    const { pools, skills, order, maxCalls } = known;
    this.#onShift.set(agent, shift);
    this.#absences.set(agent, this.#absencesOf(shift));
    floor.signIn(agent, from, to);
    stage.ask(() => store.agentReady({ agent, pools, skills, order, maxCalls, manual: this.#manual }));
    // Whoever went home signed out, or paused, is here again.
    if (this.#manual || (this.#backAt.get(agent) ?? 0) >= from) this.#report(agent);
    if (to < Number.POSITIVE_INFINITY) stage.in(to - from, () => this.#end(shift));
  }

  #end(shift: Shift): void {
    const { store, stage } = this.#parts;
    if (this.#onShift.get(shift.agent) === shift) this.#onShift.delete(shift.agent);
    stage.ask(() => store.agentGone(shift.agent));
  }

  /** He has walked off, and his phone rings in vain. */
  absent(agent: AgentId, now: number): boolean {
    return this.#absenceAt(agent, now) !== undefined;
  }

  /** Who rests, or will not be offered any call until he says so? Asked when something may have made it so. */
  look(): void {
    const { store, stage } = this.#parts;
    // Those of now: the reply may be heard when others are there.
    const shifts = [...this.#onShift.values()];
    stage.ask(
      () => store.stats(),
      ({ agents, until }) => {
        for (const shift of shifts) {
          const status = agents.get(shift.agent);
          const end = until.get(shift.agent);
          if (status === 'paused' && end !== undefined) this.#rests(shift, end);
          else if (status === 'paused' || status === undefined) this.#returns(shift);
        }
      },
    );
  }

  #rests({ agent, to }: Shift, until: number): void {
    if (this.#restsUntil.get(agent) === until) return;
    this.#restsUntil.set(agent, until);
    this.#parts.floor.pauses(agent, this.#parts.stage.now(), Math.min(until, to));
  }

  /** He notices, and is ready again. */
  #returns(shift: Shift): void {
    const { agent } = shift;
    const { floor, assumptions, stage } = this.#parts;
    const now = stage.now();
    if ((this.#backAt.get(agent) ?? 0) >= now) return;
    const away = this.#absenceAt(agent, now)?.to ?? now;
    const at = Math.max(now, away) + msOf(assumptions.backSeconds);
    this.#backAt.set(agent, at);
    floor.pauses(agent, now, Math.min(at, shift.to));
    stage.in(at - now, () => {
      if (this.#onShift.get(agent) === shift) this.#report(agent);
    });
  }

  #report(agent: AgentId): void {
    const { store, stage } = this.#parts;
    stage.ask(() => store.wish(agent, { do: 'signIn' }, this.#manual));
    stage.ask(() => store.wish(agent, { do: 'ready' }, this.#manual));
  }

  #absenceAt(agent: AgentId, now: number): Span | undefined {
    return this.#absences.get(agent)?.find(({ from, to }) => from <= now && now < to);
  }

  #absencesOf({ agent, from, to }: Shift): readonly Span[] {
    const { absencesPerHour, absenceSeconds } = this.#parts.assumptions;
    if (absencesPerHour === 0 || to === Number.POSITIVE_INFINITY) return [];
    const draw = this.#draws.get(agent) ?? this.#parts.random.fork(`absences ${agent}`);
    this.#draws.set(agent, draw);
    const spans: Span[] = [];
    const gap = () => draw.exponential(3_600_000 / absencesPerHour);
    for (let at = from + gap(); at < to; at += gap()) {
      const back = at + draw.exponential(absenceSeconds * 1000);
      spans.push({ from: Math.round(at), to: Math.round(back) });
      at = back;
    }
    return spans;
  }

  get #manual(): boolean {
    return this.#parts.site.desk.signIn === 'manual';
  }
}
