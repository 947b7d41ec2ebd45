/**
 * What callers do: they press a key when they have heard a prompt out, lose their patience, act on what they are told of their wait,
 * and hang up. (`workforce.ts` has the agents.)
 */
import type { CallEvent } from '../core/call/event.js';
import type { LegId, PlayId } from '../core/ids.js';
import { estimateWait, type Outlook } from '../core/queue/wait-estimate.js';
import { type Assumptions, msOf } from './assumptions.js';
import { keyInQueue, keyTo, pressed } from './conduct.js';
import type { Journey } from './journey.js';
import type { Stage } from './workforce.js';

export interface CrowdParts {
  readonly assumptions: Assumptions;
  readonly stage: Pick<Stage, 'now' | 'in'>;
  /** What he does is an event for his call. */
  tell(journey: Journey, event: CallEvent): void;
}

/** Who arranges a callback loses his patience at the earliest when that has come to nothing; looked at again after so long, ms. */
const arrangingMs = 10_000;

export class Crowd {
  constructor(private readonly parts: CrowdParts) {}

  /** A prompt began on this leg. */
  hears(journey: Journey, leg: LegId, play: PlayId): void {
    const { assumptions, stage, tell } = this.parts;
    const { call } = journey;
    const whispers = leg !== call.leg && call.state.at !== 'callingBack';
    stage.in(msOf(whispers ? assumptions.whisperSeconds : assumptions.promptSeconds), () => {
      const key = pressed(journey.call, play, journey.keys);
      if (key === undefined) tell(journey, { type: 'played', leg, play, failed: false });
      else for (const digit of key) tell(journey, { type: 'digit', leg, digit });
    });
  }

  /** He is in the queue for the first time: how long will he stay, and what may he do meanwhile? */
  waits(journey: Journey): void {
    const { caller, tenant } = journey;
    if (caller.patienceMs < Number.POSITIVE_INFINITY) this.#atLeast(journey, caller.patienceMs, () => this.hangsUp(journey));
    const wish = keyInQueue(tenant, caller, this.parts.assumptions);
    if (wish !== undefined) this.#atLeast(journey, wish.afterMs, () => this.#press(journey, wish.key));
  }

  /** He is told of his wait. Who heeds it, and has not so much patience left, does not wait any longer. */
  isTold(journey: Journey, outlook: Outlook): void {
    const { assumptions, stage } = this.parts;
    const { call, caller, tenant } = journey;
    if (tenant.queue.announce?.wait === undefined || caller.heed * 100 >= assumptions.heedPercent) return;
    const now = stage.now();
    const leftMs = (call.enqueuedAt ?? now) + caller.patienceMs - now;
    if ((estimateWait(outlook) ?? 0) <= leftMs) return;
    const key = keyTo(tenant.queue, 'callback');
    const act = () => (key === undefined ? this.hangsUp(journey) : this.#press(journey, key));
    this.#atLeast(journey, msOf(assumptions.promptSeconds), act);
  }

  /** An agent, or an outside number, has answered. */
  talks(journey: Journey): void {
    this.parts.stage.in(journey.caller.talkMs, () => this.hangsUp(journey));
  }

  hangsUp(journey: Journey): void {
    const { call } = journey;
    if (call.state.at !== 'ended') this.parts.tell(journey, { type: 'hungup', leg: call.leg, cause: 'NORMAL_CLEARING' });
  }

  /** If he is in the queue then, and does not just arrange a callback. */
  #atLeast(journey: Journey, ms: number, act: () => void): void {
    const inQueue = () => journey.waits;
    const run = () => {
      if (!inQueue()) return;
      if (journey.call.state.at === 'arranging') this.#atLeast(journey, arrangingMs, act);
      else act();
    };
    this.parts.stage.in(ms, run, inQueue);
  }

  #press(journey: Journey, key: string): void {
    for (const digit of key) this.parts.tell(journey, { type: 'digit', leg: journey.call.leg, digit });
  }
}
