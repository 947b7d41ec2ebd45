/** What the adapter remembers of a leg while it is ours: only what events and commands must be matched against. */
import type { HangupCause } from '../core/call/effect.js';
import type { LegId, NodeId, PlayId } from '../core/ids.js';

export interface Leg {
  readonly id: LegId;
  readonly originated: boolean;
  /** Put through as a caller, also where we called him back: it returns to us when the other side hangs up. */
  comesBack: boolean;
  /** A desk phone that dialled a code: without us it is hung up, the fallback's announcement is for callers. */
  feature: boolean;
  /** The dialplan has set all that a bridge needs. */
  dressed: boolean;
  /** `dialling`: originated and not parked yet. `joining`: `uuid_bridge` was sent. `failed`: told so; signs of it may follow. */
  phase: 'dialling' | 'failed' | 'alone' | 'joining' | 'bridged';
  /** The other node whose phone we dialled. */
  peer: NodeId | undefined;
  /** Hung up by us while it was being dialled, for this reason: whatever comes of it must not be kept. */
  cancelled: HangupCause | undefined;
  /** Prompts that were asked for and whose end was not told yet. */
  readonly plays: Set<PlayId>;
  /** The music file that plays below everything else; FreeSWITCH's own needs no looking after. */
  music: string | undefined;
  /** Its id: of music that was replaced the end is told as well. */
  musicId: string | undefined;
  /** How many sounds (prompts, music, messages) were asked for on this leg. */
  sounds: number;
  /** The message file that is being recorded: its end is told as `message`, not as `recorded`. */
  messagePath: string | undefined;
  /** `adopt` was asked for while a message was being recorded: `parked` is told when the message is complete. */
  adopting: boolean;
  /** Whose talk it attends. */
  attends: LegId | undefined;
  /** Cancels what is to follow by a while: on a bridge, or on a failure. */
  stopTimer: () => void;
}

export class Legs {
  readonly #legs = new Map<LegId, Leg>();

  get(leg: LegId): Leg | undefined {
    return this.#legs.get(leg);
  }

  /** The leg's memory, made if there is none: events come for legs that a daemon before us took. */
  of(leg: LegId, originated: boolean): Leg {
    const known = this.#legs.get(leg);
    if (known !== undefined) return known;
    const made: Leg = {
      id: leg,
      originated,
      comesBack: !originated,
      feature: false,
      dressed: false,
      phase: 'alone',
      peer: undefined,
      cancelled: undefined,
      plays: new Set(),
      music: undefined,
      musicId: undefined,
      sounds: 0,
      messagePath: undefined,
      adopting: false,
      attends: undefined,
      stopTimer: () => undefined,
    };
    this.#legs.set(leg, made);
    return made;
  }

  forget(leg: LegId): void {
    this.#legs.get(leg)?.stopTimer();
    this.#legs.delete(leg);
  }

  forgetAll(): void {
    for (const leg of this.#legs.values()) leg.stopTimer();
    this.#legs.clear();
  }
}
