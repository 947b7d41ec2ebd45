/** What the adapter remembers of a leg while it is ours, and the two names of it. */
import type { HangupCause } from '../core/call/effect.js';
import { id, type LegId, type NodeId, type PlayId } from '../core/ids.js';

export interface Message {
  readonly play: PlayId;
  /** Absolute. */
  readonly path: string;
  readonly silenceMs: number;
}

/** Keys that are asked for. They are kept here only, and forgotten as they are told. */
export interface Collecting {
  readonly play: PlayId;
  /** Of the prompt; `undefined` when it has ended. */
  prompt: string | undefined;
  readonly most: number;
  readonly firstMs: number;
  readonly nextMs: number;
  digits: string;
  stopTimer: () => void;
}

export interface Leg {
  readonly id: LegId;
  /** Asterisk's name of it. */
  readonly channel: string;
  readonly originated: boolean;
  /** Put through as a caller, also where we called him back: he is ours again when the other side hangs up. */
  comesBack: boolean;
  /** The account of the phone that we dialled. */
  user: string | undefined;
  /** The node of that phone, if it is another one. */
  peer: NodeId | undefined;
  /** `dialling`: originated and not in Stasis yet. `away`: the dialplan has it. */
  phase: 'dialling' | 'alone' | 'joining' | 'bridged' | 'away';
  /** Hung up by us while it was being dialled: whatever comes of it must not be kept. */
  cancelled: HangupCause | undefined;
  /** We asked to be told of its end. */
  subscribed: boolean;
  /** He hung up: what ends now ends because of it. */
  leaving: boolean;
  /** A phone that never rang was never reached. */
  rang: boolean;
  /** Prompts whose end was not told yet. */
  readonly plays: Set<PlayId>;
  /** `loop`: the playback of a file that is played again and again; `undefined` while a prompt interrupts it, and for hold music. */
  music: { readonly file: string | undefined; loop: string | undefined } | undefined;
  other: LegId | undefined;
  /** Of a leg that we dialled: the caller to whom it was bridged. */
  talkedTo: LegId | undefined;
  bridge: string | undefined;
  message: Message | undefined;
  collecting: Collecting | undefined;
  /** A code was dialled on a desk phone: nobody's call. */
  feature: boolean;
  /** `adopt` was asked for while a message was being recorded: `parked` is told when the message is complete. */
  adopting: boolean;
  /** Recorded by MixMonitor: below the recordings folder. */
  recording: string | undefined;
  /** Commands to one leg go one after the other: over several connections they would overtake each other. */
  queue: Promise<unknown>;
}

/** A caller's leg is the channel's name after that of the node: two nodes may give one name at the same time. */
export const legOf = (node: NodeId, channel: string): LegId => id<LegId>(/^\d+\.\d+$/.test(channel) ? `${node}-${channel}` : channel);

export function channelOf(node: NodeId, leg: LegId): string {
  const own = leg.startsWith(`${node}-`) ? leg.slice(node.length + 1) : leg;
  return /^\d+\.\d+$/.test(own) ? own : leg;
}

export class Legs {
  readonly #node: NodeId;
  readonly #legs = new Map<LegId, Leg>();
  readonly #left: (user: string) => void;

  /** @param left Told when a leg at a phone that we dialled has ended. */
  constructor(node: NodeId, left: (user: string) => void) {
    this.#node = node;
    this.#left = left;
  }

  /** Is one of our legs at this phone? */
  at(user: string): boolean {
    for (const leg of this.#legs.values()) if (leg.user === user) return true;
    return false;
  }

  get(leg: LegId): Leg | undefined {
    return this.#legs.get(leg);
  }

  byChannel(channel: string): Leg | undefined {
    return this.#legs.get(legOf(this.#node, channel));
  }

  of(leg: LegId, originated: boolean): Leg {
    const known = this.#legs.get(leg);
    if (known !== undefined) return known;
    const made: Leg = {
      id: leg,
      channel: channelOf(this.#node, leg),
      originated,
      comesBack: !originated,
      user: undefined,
      peer: undefined,
      phase: 'alone',
      cancelled: undefined,
      subscribed: originated,
      leaving: false,
      rang: false,
      plays: new Set(),
      music: undefined,
      other: undefined,
      talkedTo: undefined,
      bridge: undefined,
      message: undefined,
      collecting: undefined,
      feature: false,
      adopting: false,
      recording: undefined,
      queue: Promise.resolve(),
    };
    this.#legs.set(leg, made);
    return made;
  }

  forget(leg: LegId): void {
    const user = this.#legs.get(leg)?.user;
    this.#legs.delete(leg);
    if (user !== undefined) this.#left(user);
  }

  forgetAll(): void {
    this.#legs.clear();
  }
}
