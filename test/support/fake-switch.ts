/**
 * A PBX without sound or network: its legs, its guards and its phones, with the meanings that src/ports/pbx.ts gives them.
 * Daemons drive it through `FakePbx`; a test plays the callers and the agents with the methods here. It outlives daemons.
 */
import type { Arrival, LegEvent } from '../../src/core/call/event.js';
import type { SupervisionMode } from '../../src/core/call/supervised.js';
import { type DeviceId, id, type LegId, type NodeId, type PlayId } from '../../src/core/ids.js';
import type { Clock } from '../../src/ports/clock.js';
import type { CollectRequest, OriginateRequest, PbxEvent } from '../../src/ports/pbx.js';

export interface FakeLeg {
  readonly leg: LegId;
  readonly arrival: Arrival;
  /** Set on a leg that a daemon originated. */
  readonly request: OriginateRequest | undefined;
  readonly facts: Record<string, string>;
  /** A desk phone that dialled a code: nobody's call. */
  phone: boolean;
  /** Another node's call to a phone of this one: the dialplan's. */
  fromPeer: boolean;
  /** `parked`: in the dialplan's guarded park, nobody's. `ours`: a daemon's. `fallback`: the dialplan took it for good. */
  hands: 'parked' | 'ours' | 'fallback';
  answered: boolean;
  /** Its end was asked for, also when that was refused. */
  doomed: boolean;
  bridgedTo: LegId | undefined;
  /** It was put through as a caller: it comes back to us when the other side hangs up. */
  comesBack: boolean;
  /** The agent's leg whose talk it hears, and who hears it. */
  attends: { readonly agent: LegId; readonly mode: SupervisionMode } | undefined;
  play: PlayId | undefined;
  message: { readonly play: PlayId; readonly file: string; readonly since: number; parkAfterwards: boolean } | undefined;
  music: boolean;
  /** Set while keys are asked for. */
  collecting: { readonly play: PlayId; readonly most: number; readonly nextMs: number; digits: string } | undefined;
  /** Whether a message of his would hold anything. */
  speaking: boolean;
  recording: { readonly file: string; readonly since: number } | undefined;
  /** Cancels what ends by itself: the ringing, the prompt, the message. */
  stop: () => void;
  unguard: () => void;
}

/** How long the dialplan waits for a daemon, and how long a guard holds after one died, ms (DESIGN.md D1). */
const parkGuardMs = 5_000;
const guardMs = 8_000;

const reasons: Readonly<Record<string, 'no-answer' | 'busy' | 'unreachable'>> = {
  USER_BUSY: 'busy',
  NO_ANSWER: 'no-answer',
  NORMAL_TEMPORARY_FAILURE: 'unreachable',
};

export class FakeSwitch {
  readonly node: NodeId;
  readonly clock: Clock;
  readonly legs = new Map<LegId, FakeLeg>();
  readonly registered = new Set<DeviceId>();
  readonly onOwnCall = new Set<DeviceId>();
  /** Callers whom a daemon has ever taken. */
  readonly taken = new Set<LegId>();
  /** Where events go: the one daemon that owns the node. */
  owner: ((event: PbxEvent) => void) | undefined;
  /** Called after each change, with the legs as they are then: where a test states what must always hold. */
  watch: () => void = () => undefined;
  /** Called when a phone begins to ring. */
  rang: (leg: FakeLeg) => void = () => undefined;
  /** How long a sound lasts, ms; `undefined`: there is no such file. */
  lengthOf: (file: string) => number | undefined = () => 1_000;
  readonly #refusals = new Map<string, number>();
  #callers = 0;

  constructor(clock: Clock, node = 'n1') {
    this.clock = clock;
    this.node = id<NodeId>(node);
  }

  /** A caller dials; what follows is up to whoever owns the node. */
  call(dialled: string, caller = { number: '0612345678', name: 'Zoé' }): LegId {
    const leg = id<LegId>(`caller-${++this.#callers}`);
    const arrival = { leg, node: this.node, caller, dialled };
    const made = this.#add(arrival, undefined);
    made.unguard = this.clock.after(parkGuardMs, () => this.fallBack(made));
    this.announce(leg);
    return leg;
  }

  /** A desk phone dials a code. */
  dialCode(user: string, dialled: string): LegId {
    const leg = id<LegId>(`code-${++this.#callers}`);
    const made = this.#add({ leg, node: this.node, caller: { number: user, name: '' }, dialled }, undefined);
    made.phone = true;
    made.unguard = this.clock.after(parkGuardMs, () => this.hangUp(leg, 'NORMAL_TEMPORARY_FAILURE'));
    this.emit({ type: 'feature', feature: { leg, node: this.node, user, dialled } });
    return leg;
  }

  /** Another node calls a phone that is registered here. */
  callFromPeer(user: string): LegId {
    const leg = id<LegId>(`peer-${++this.#callers}`);
    this.#add({ leg, node: this.node, caller: { number: '', name: '' }, dialled: user }, undefined).fromPeer = true;
    return leg;
  }

  /** Tells of a waiting caller (again). */
  announce(leg: LegId): void {
    const { arrival } = this.leg(leg);
    this.emit({ type: 'arrival', arrival });
  }

  hangUp(leg: LegId, cause = 'NORMAL_CLEARING'): void {
    const gone = this.leg(leg);
    this.#remove(gone);
    if (gone.message !== undefined) this.#endMessage(gone, this.clock.now() - gone.message.since);
    this.#endRecording(gone);
    if (gone.request !== undefined && !gone.answered) {
      this.emit({ type: 'failed', leg, reason: reasons[cause] ?? 'rejected', cause });
    } else {
      this.emit({ type: 'hungup', leg, cause });
    }
    for (const one of [...this.legs.values()]) if (one.attends?.agent === leg) this.hangUp(one.leg);
    const other = gone.bridgedTo === undefined ? undefined : this.legs.get(gone.bridgedTo);
    if (other === undefined) return;
    other.bridgedTo = undefined;
    this.#endRecording(other);
    // An agent's leg ends with its bridge; a caller comes back to us.
    if (other.request !== undefined && !other.comesBack) this.hangUp(other.leg);
    else this.park(other);
  }

  /** The leg is gone and no event says so. */
  vanish(leg: LegId): void {
    const gone = this.leg(leg);
    this.#remove(gone);
    const other = gone.bridgedTo === undefined ? undefined : this.legs.get(gone.bridgedTo);
    if (other !== undefined) this.#remove(other);
    for (const { leg: attending, attends } of [...this.legs.values()]) {
      if (attends !== undefined && (attends.agent === leg || attends.agent === other?.leg)) this.hangUp(attending);
    }
  }

  pickUp(leg: LegId): void {
    const ringing = this.leg(leg);
    ringing.stop();
    ringing.answered = true;
    this.guard(ringing);
    this.emit({ type: 'ready', leg });
  }

  /** The prompt that plays there ends. */
  endPlay(leg: LegId): void {
    const playing = this.leg(leg);
    if (playing.play !== undefined) this.endPlayOf(playing, false);
  }

  press(leg: LegId, digits: string): void {
    const pressing = this.leg(leg);
    for (const digit of digits) {
      if (pressing.collecting === undefined) this.emit({ type: 'digit', leg, digit });
      else this.#collect(pressing, pressing.collecting, digit);
    }
  }

  /** The caller stops speaking. `ms` 0: he said nothing. */
  endMessage(leg: LegId, ms: number): void {
    const speaking = this.leg(leg);
    speaking.stop();
    this.#endMessage(speaking, ms);
  }

  refer(leg: LegId, target: string): void {
    const caller = this.leg(leg);
    const other = caller.bridgedTo === undefined ? undefined : this.legs.get(caller.bridgedTo);
    caller.bridgedTo = undefined;
    this.#endRecording(caller);
    this.emit({ type: 'referred', leg, target });
    this.guard(caller);
    if (other === undefined) return;
    other.bridgedTo = undefined;
    this.hangUp(other.leg);
  }

  register(device: DeviceId, reachable = true): void {
    if (reachable) this.registered.add(device);
    else this.registered.delete(device);
    this.emit({ type: 'device', device, reachable });
  }

  /** A phone makes a call of its own, or ends it. */
  ownCall(device: DeviceId, on: boolean): void {
    if (on) this.onOwnCall.add(device);
    else this.onOwnCall.delete(device);
    this.emit({ type: 'ownCall', device, on });
  }

  /** The next `times` commands of this name are refused. */
  refuse(command: string, times = 1): void {
    this.#refusals.set(command, (this.#refusals.get(command) ?? 0) + times);
  }

  /** No command is refused any more. */
  mend(): void {
    this.#refusals.clear();
  }

  refused(command: string): boolean {
    const left = this.#refusals.get(command) ?? 0;
    if (left > 0) this.#refusals.set(command, left - 1);
    return left > 0;
  }

  leg(leg: LegId): FakeLeg {
    const found = this.legs.get(leg);
    if (found === undefined) throw new Error(`the switch has no leg ${leg}`);
    return found;
  }

  /** Phones that ring now, and those that were answered, by agent's device. */
  rung(device: DeviceId): readonly FakeLeg[] {
    return [...this.legs.values()].filter(({ request }) => request !== undefined && 'id' in request.to && request.to.id === device);
  }

  // What `FakePbx` needs.

  originate(request: OriginateRequest): void {
    const { leg } = request;
    const made = this.#add(
      { leg, node: this.node, caller: { number: request.callerNumber, name: request.callerName }, dialled: '' },
      request,
    );
    made.hands = 'ours';
    const fail = (reason: 'no-answer' | 'unreachable', cause: string) => () => {
      this.#remove(made);
      this.emit({ type: 'failed', leg, reason, cause });
    };
    this.rang(made);
    if (!this.legs.has(leg)) return;
    const lost = request.to.kind === 'phone' && !this.registered.has(request.to.id);
    made.stop = lost
      ? this.clock.after(20, fail('unreachable', 'USER_NOT_REGISTERED'))
      : this.clock.after(request.ringMs, fail('no-answer', 'NO_ANSWER'));
  }

  bridge(caller: FakeLeg, other: FakeLeg): void {
    for (const leg of [caller, other]) {
      this.silence(leg);
      leg.unguard();
    }
    caller.bridgedTo = other.leg;
    caller.comesBack = true;
    other.bridgedTo = caller.leg;
    this.emit({ type: 'bridged', leg: caller.leg, other: other.leg });
  }

  play(leg: FakeLeg, play: PlayId, files: readonly string[]): void {
    if (leg.play !== undefined) this.endPlayOf(leg, false);
    leg.play = play;
    const lengths = files.map((file) => this.lengthOf(file));
    const length = lengths.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
    leg.stop = this.clock.after(length, () => this.endPlayOf(leg, lengths.includes(undefined)));
  }

  collect(leg: FakeLeg, play: PlayId, { files, most, firstMs, nextMs }: CollectRequest): void {
    this.silence(leg);
    leg.collecting = { play, most, nextMs, digits: '' };
    const length = files.reduce((sum, file) => sum + (this.lengthOf(file) ?? 0), 0);
    leg.stop = this.clock.after(length + firstMs, () => this.#collected(leg));
  }

  #collect(leg: FakeLeg, collecting: NonNullable<FakeLeg['collecting']>, digit: string): void {
    leg.stop();
    if (digit !== '#') collecting.digits += digit;
    if (digit === '#' || collecting.digits.length === collecting.most) this.#collected(leg);
    else leg.stop = this.clock.after(collecting.nextMs, () => this.#collected(leg));
  }

  #collected(leg: FakeLeg): void {
    const { collecting } = leg;
    leg.collecting = undefined;
    if (collecting !== undefined) this.emit({ type: 'collected', leg: leg.leg, play: collecting.play, digits: collecting.digits });
  }

  endPlayOf(leg: FakeLeg, failed: boolean): void {
    const { play } = leg;
    leg.stop();
    leg.play = undefined;
    if (play !== undefined) this.emit({ type: 'played', leg: leg.leg, play, failed });
  }

  takeMessage(leg: FakeLeg, play: PlayId, file: string, maxMs: number, silenceMs: number): void {
    this.silence(leg);
    leg.message = { play, file, since: this.clock.now(), parkAfterwards: false };
    leg.stop = leg.speaking
      ? this.clock.after(maxMs, () => this.#endMessage(leg, maxMs))
      : this.clock.after(silenceMs, () => this.#endMessage(leg, 0));
  }

  /** Alone again, guarded. */
  park(leg: FakeLeg): void {
    this.guard(leg);
    this.emit({ type: 'parked', leg: leg.leg });
  }

  /** Whatever it does ends without a word, as a transfer on the PBX does it. */
  silence(leg: FakeLeg): void {
    leg.stop();
    leg.play = undefined;
    leg.message = undefined;
    leg.collecting = undefined;
    leg.music = false;
  }

  /** From now on the caller is safe whatever becomes of the daemon: while one is there it renews the guard, so it never fires. */
  guard(leg: FakeLeg): void {
    // The dialplan's own guard stays until we have the leg.
    if (leg.hands !== 'ours') return;
    leg.unguard();
    if (this.owner !== undefined || leg.bridgedTo !== undefined) return;
    leg.unguard = this.clock.after(guardMs, () => {
      if (leg.request === undefined && !leg.phone) this.fallBack(leg);
      else this.hangUp(leg.leg);
    });
  }

  fallBack(leg: FakeLeg): void {
    this.silence(leg);
    leg.unguard();
    leg.hands = 'fallback';
    this.watch();
  }

  emit(event: LegEvent | PbxEvent): void {
    const { owner } = this;
    if (owner !== undefined) queueMicrotask(() => owner(event));
    this.watch();
  }

  #add(arrival: Arrival, request: OriginateRequest | undefined): FakeLeg {
    const made: FakeLeg = {
      leg: arrival.leg,
      arrival,
      request,
      facts: {},
      phone: false,
      fromPeer: false,
      hands: 'parked',
      answered: false,
      doomed: false,
      bridgedTo: undefined,
      comesBack: false,
      attends: undefined,
      play: undefined,
      message: undefined,
      music: false,
      collecting: undefined,
      speaking: true,
      recording: undefined,
      stop: () => undefined,
      unguard: () => undefined,
    };
    this.legs.set(made.leg, made);
    this.watch();
    return made;
  }

  #remove(leg: FakeLeg): void {
    leg.stop();
    leg.unguard();
    this.legs.delete(leg.leg);
    this.watch();
  }

  #endMessage(leg: FakeLeg, ms: number): void {
    const { message } = leg;
    leg.message = undefined;
    if (message === undefined) return;
    this.emit({ type: 'message', leg: leg.leg, play: message.play, file: message.file, ms });
    if (message.parkAfterwards && this.legs.has(leg.leg)) this.park(leg);
  }

  #endRecording(leg: FakeLeg): void {
    const { recording } = leg;
    leg.recording = undefined;
    if (recording === undefined) return;
    const ms = this.clock.now() - recording.since;
    this.emit({ type: 'recorded', leg: leg.leg, file: recording.file, ms, bytes: 44 + ms * 32 });
  }
}
