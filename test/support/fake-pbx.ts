/**
 * The Pbx port on a `FakeSwitch`: one daemon's connection to it. The newest connection owns the node, as on the real ones.
 * Every command crosses a turn before it is carried out, as over a socket.
 */
import type { HangupCause } from '../../src/core/call/effect.js';
import type { SupervisionMode } from '../../src/core/call/supervised.js';
import type { DeviceId, LegId, NodeId, PlayId } from '../../src/core/ids.js';
import type { CollectRequest, LegSnapshot, OriginateRequest, Pbx, PbxEvent } from '../../src/ports/pbx.js';
import type { FakeLeg, FakeSwitch } from './fake-switch.js';

const causes: Readonly<Record<HangupCause, string>> = {
  normal: 'NORMAL_CLEARING',
  cancel: 'ORIGINATOR_CANCEL',
  elsewhere: 'LOSE_RACE',
  busy: 'USER_BUSY',
  unallocated: 'UNALLOCATED_NUMBER',
  rejected: 'CALL_REJECTED',
  congestion: 'NORMAL_CIRCUIT_CONGESTION',
};

export class FakePbx implements Pbx {
  readonly #switch: FakeSwitch;
  #listener: (event: PbxEvent) => void = () => undefined;
  readonly #deliver = (event: PbxEvent): void => {
    if (this.#up) this.#listener(event);
  };
  #up = false;
  /** What was asked of it, oldest first. */
  readonly commands: string[] = [];

  constructor(target: FakeSwitch) {
    this.#switch = target;
  }

  get node(): NodeId {
    return this.#switch.node;
  }

  get up(): boolean {
    return this.#up;
  }

  start(listener: (event: PbxEvent) => void): void {
    this.#listener = listener;
    this.connect();
  }

  async close(): Promise<void> {
    this.#drop();
    this.#listener = () => undefined;
  }

  connect(): void {
    this.#up = true;
    this.#switch.owner = this.#deliver;
    this.#deliver({ type: 'up' });
  }

  /** The connection is lost; the PBX and its calls go on. `taken`: because another daemon has the node. */
  disconnect(reason = 'the test cut the connection', taken = false): void {
    this.#drop();
    this.#listener({ type: 'down', reason, taken });
  }

  /** The process dies: like a lost connection, but there is nobody left to tell. */
  kill(): void {
    this.#listener = () => undefined;
    this.#drop();
  }

  #drop(): void {
    this.#up = false;
    if (this.#switch.owner !== this.#deliver) return;
    this.#switch.owner = undefined;
    for (const leg of this.#switch.legs.values()) this.#switch.guard(leg);
  }

  /** Carries a command out on a leg that exists; `false` for any other. */
  async #command(name: string, leg: LegId, run: (leg: FakeLeg) => boolean | undefined): Promise<boolean> {
    this.commands.push(`${name} ${leg}`);
    await null;
    const found = this.#switch.legs.get(leg);
    if (this.#up && name === 'hangup' && found !== undefined) found.doomed = true;
    if (!this.#up || found === undefined || this.#switch.refused(name)) return false;
    return run(found) ?? true;
  }

  take(leg: LegId): Promise<boolean> {
    return this.#command('take', leg, (found) => {
      if (found.request !== undefined || found.hands === 'fallback') return false;
      found.hands = 'ours';
      this.#switch.taken.add(leg);
      this.#switch.guard(found);
      return true;
    });
  }

  remember(leg: LegId, facts: Readonly<Record<string, string>>): Promise<boolean> {
    return this.#command('remember', leg, (found) => {
      Object.assign(found.facts, facts);
      return true;
    });
  }

  async recall(leg: LegId): Promise<Readonly<Record<string, string>>> {
    await null;
    return this.#up ? { ...this.#switch.legs.get(leg)?.facts } : {};
  }

  answer(leg: LegId): Promise<boolean> {
    return this.#command('answer', leg, (found) => {
      if (found.answered) return true;
      found.answered = true;
      this.#switch.emit({ type: 'answered', leg });
      return true;
    });
  }

  hangup(leg: LegId, cause: HangupCause): Promise<boolean> {
    return this.#command('hangup', leg, () => {
      this.#switch.hangUp(leg, causes[cause]);
      return true;
    });
  }

  reject(leg: LegId, cause: HangupCause): Promise<boolean> {
    return this.#command('reject', leg, (found) => {
      if (found.hands !== 'parked') return false;
      this.#switch.hangUp(leg, causes[cause]);
      return true;
    });
  }

  play(leg: LegId, play: PlayId, files: readonly string[]): Promise<boolean> {
    return this.#command('play', leg, (found) => {
      if (found.bridgedTo !== undefined || files.length === 0) return false;
      this.#switch.play(found, play, files);
      return true;
    });
  }

  stopPlay(leg: LegId): Promise<boolean> {
    return this.#command('stopPlay', leg, (found) => {
      found.music = false;
      if (found.play !== undefined) this.#switch.endPlayOf(found, false);
      return true;
    });
  }

  collect(leg: LegId, play: PlayId, request: CollectRequest): Promise<boolean> {
    return this.#command('collect', leg, (found) => {
      if (found.bridgedTo !== undefined || request.files.length === 0) return false;
      this.#switch.collect(found, play, request);
      return true;
    });
  }

  music(leg: LegId, _file: string | undefined): Promise<boolean> {
    return this.#command('music', leg, (found) => {
      found.music = true;
      return true;
    });
  }

  async originate(request: OriginateRequest): Promise<boolean> {
    this.commands.push(`originate ${request.leg}`);
    await null;
    // The id is ours to choose: a second leg of the same name would be a fault of ours.
    if (this.#up && this.#switch.legs.has(request.leg)) throw new Error(`leg ${request.leg} exists already`);
    if (!this.#up || this.#switch.refused('originate')) return false;
    this.#switch.originate(request);
    return true;
  }

  bridge(leg: LegId, other: LegId): Promise<boolean> {
    return this.#command('bridge', leg, (caller) => {
      const found = this.#switch.legs.get(other);
      if (found === undefined || !found.answered) return false;
      if (caller.bridgedTo !== undefined || found.bridgedTo !== undefined)
        throw new Error(`a bridge of ${leg} and ${other} would end a talk`);
      // FreeSWITCH would answer him then; Asterisk does not, and he would talk while he still hears it ring.
      if (!caller.answered) throw new Error(`${leg} was never answered`);
      this.#switch.bridge(caller, found);
      return true;
    });
  }

  attend(leg: LegId, agent: LegId, mode: SupervisionMode): Promise<boolean> {
    return this.#command('attend', leg, (found) => {
      if (!this.#switch.legs.has(agent)) return false;
      if (found.bridgedTo !== undefined || !found.answered) throw new Error(`${leg} cannot attend a talk`);
      this.#switch.silence(found);
      found.attends = { agent, mode };
      return true;
    });
  }

  record(leg: LegId, file: string): Promise<boolean> {
    return this.#command('record', leg, (found) => {
      found.recording = { file, since: this.#switch.clock.now() };
      return true;
    });
  }

  takeMessage(leg: LegId, play: PlayId, file: string, maxMs: number, silenceMs: number): Promise<boolean> {
    return this.#command('takeMessage', leg, (found) => {
      this.#switch.takeMessage(found, play, file, maxMs, silenceMs);
      return true;
    });
  }

  fallback(leg: LegId): Promise<boolean> {
    return this.#command('fallback', leg, (found) => {
      this.#switch.fallBack(found);
      return true;
    });
  }

  adopt(leg: LegId): Promise<boolean> {
    return this.#command('adopt', leg, (found) => {
      if (found.bridgedTo !== undefined) return false;
      found.hands = 'ours';
      if (found.message === undefined) {
        this.#switch.silence(found);
        this.#switch.park(found);
      } else {
        // What he says is not cut off.
        this.#switch.guard(found);
        found.message.parkAfterwards = true;
      }
      return true;
    });
  }

  async legs(): Promise<readonly LegSnapshot[]> {
    await this.#query();
    return [...this.#switch.legs.values()].map((leg) => ({
      leg: leg.leg,
      role: leg.hands === 'fallback' || leg.phone || leg.fromPeer ? 'other' : leg.request === undefined ? 'caller' : 'ours',
      bridgedTo: leg.bridgedTo,
      calledPhone: leg.fromPeer ? leg.arrival.dialled : undefined,
      arrival: leg.arrival,
    }));
  }

  async exists(leg: LegId): Promise<boolean> {
    await this.#query();
    return this.#switch.legs.has(leg);
  }

  async reachableDevices(): Promise<ReadonlySet<DeviceId>> {
    await this.#query();
    return new Set(this.#switch.registered);
  }

  async devicesOnOwnCall(): Promise<ReadonlySet<DeviceId>> {
    await this.#query();
    return new Set(this.#switch.onOwnCall);
  }

  /** An answer that does not come must not look like "there is none". */
  async #query(): Promise<void> {
    await null;
    if (!this.#up) throw new Error('the PBX cannot be asked now');
  }
}
