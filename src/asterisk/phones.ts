/**
 * Which agents' devices can be rung (a phone by its registration, a fixed URI always), and which phones are on calls of their own:
 * those that the dialplan put through by itself and marked so.
 */
import type { DeviceId } from '../core/ids.js';
import type { PbxEvent } from '../ports/pbx.js';
import type { NodeLink } from './link.js';
import { type AsteriskOptions, application } from './options.js';
import { phonesOnOwnCall } from './snapshot.js';

/** From a phone's first sign of a call until the dialplan has marked what kind of call it is, ms. */
const markedMs = 150;
/** What Asterisk says of a phone that has no call. */
const idle: ReadonlySet<string> = new Set(['NOT_INUSE', 'UNAVAILABLE', 'INVALID', 'UNKNOWN']);
/** Beside these a call of ours has RINGING and INUSE only, and so costs no question. */
const beyondOneCall: ReadonlySet<string> = new Set(['ONHOLD', 'RINGINUSE', 'BUSY']);
/** How many phones are asked for at a time: Asterisk reads 4 KB of a request's first line. */
const watchedAtOnce = 25;

export interface PhonesParts {
  readonly options: AsteriskOptions;
  readonly link: NodeLink;
  emit(event: PbxEvent): void;
  /** Is one of our own legs at this phone? */
  ours(user: string): boolean;
}

export class Phones {
  readonly #options: AsteriskOptions;
  readonly #link: NodeLink;
  readonly #emit: (event: PbxEvent) => void;
  readonly #ours: (user: string) => boolean;
  /** `undefined`: nobody has asked yet. */
  #known: ReadonlySet<DeviceId> | undefined;
  #asking = false;
  #askAgain = false;
  /** Accounts, as everywhere below. */
  readonly #watched = new Set<string>();
  readonly #onOwnCall = new Set<string>();
  /** What Asterisk said of it last. */
  readonly #states = new Map<string, string>();
  readonly #toLookAt = new Set<string>();
  #looking = false;

  constructor({ options, link, emit, ours }: PhonesParts) {
    this.#options = options;
    this.#link = link;
    this.#emit = emit;
    this.#ours = ours;
  }

  /** Rejects when Asterisk does not answer: not known. */
  async reachable(): Promise<ReadonlySet<DeviceId>> {
    await this.#watch();
    const { body } = await this.#link.ask('/endpoints/PJSIP');
    const endpoints = Array.isArray(body) ? (body as readonly { readonly resource?: string; readonly state?: string }[]) : [];
    const online = new Set(endpoints.filter(({ state }) => state === 'online').map(({ resource }) => resource));
    const found = new Set(
      this.#options
        .devices()
        .filter((device) => device.kind === 'uri' || (device.kind === 'phone' && online.has(device.user)))
        .map(({ id }) => id),
    );
    this.#known = found;
    return found;
  }

  /**
   * Each phone by its name. Who subscribes to all of them (`deviceState:`) is unsubscribed when his websocket closes, and an Asterisk
   * whose phone changes its state at that moment serves no websocket any more until it is started again (asterisk/asterisk#2170). Not
   * the endpoints: those would tell of every channel, and of ours twice.
   */
  async #watch(): Promise<void> {
    const users = this.#options.devices().flatMap((device) => (device.kind === 'phone' ? [device.user] : []));
    const fresh = [...new Set(users)].filter((user) => !this.#watched.has(user));
    for (let from = 0; from < fresh.length; from += watchedAtOnce) {
      const some = fresh.slice(from, from + watchedAtOnce);
      const eventSource = some.map((user) => `deviceState:PJSIP/${user}`).join(',');
      const reply = await this.#link.do((ari) => ari.post(`/applications/${application}/subscription`, { eventSource }));
      if (reply?.ok !== true) throw new Error('the phones cannot be watched');
      for (const user of some) this.#watched.add(user);
    }
  }

  /** A phone registered, its registration ended, or something else about it changed. */
  state({ name, state }: { readonly name: string; readonly state: string }): void {
    const user = /^PJSIP\/(.+)$/.exec(name)?.[1];
    const device = this.#options.devices().find((one) => one.kind === 'phone' && one.user === user);
    if (user === undefined || device === undefined) return;
    const reachable = state !== 'UNAVAILABLE' && state !== 'INVALID';
    if (this.#known?.has(device.id) !== reachable) this.#changed(device.id);
    const before = this.#states.get(user) ?? '';
    this.#states.set(user, state);
    if (idle.has(state)) this.#tell(user, false);
    // Who puts a caller of ours on hold may dial a colleague. It must be known before our leg ends: the next caller is offered then.
    else if (!this.#ours(user) || [before, state].some((one) => beyondOneCall.has(one))) this.look(user);
  }

  /** A phone is busy, or one of our legs at it has ended: has it a call of its own? */
  look(user: string): void {
    this.#toLookAt.add(user);
    if (this.#looking) return;
    this.#looking = true;
    this.#options.clock.after(markedMs, () => {
      this.#looking = false;
      const users = [...this.#toLookAt].filter((one) => !idle.has(this.#states.get(one) ?? ''));
      this.#toLookAt.clear();
      if (users.length > 0) this.#lookAt(users).catch((err: unknown) => this.#options.log.debug({ err }, 'own calls could not be asked'));
    });
  }

  async #lookAt(users: readonly string[]): Promise<void> {
    const { body } = await this.#link.ask('/channels');
    const found = phonesOnOwnCall(body);
    for (const user of users) this.#tell(user, found.has(user) && !idle.has(this.#states.get(user) ?? ''));
  }

  #tell(user: string, on: boolean): void {
    if (this.#onOwnCall.has(user) === on) return;
    if (on) this.#onOwnCall.add(user);
    else this.#onOwnCall.delete(user);
    for (const device of this.#options.devices())
      if (device.kind === 'phone' && device.user === user) this.#emit({ type: 'ownCall', device: device.id, on });
  }

  /** Nothing is heard of them any more. */
  forget(): void {
    this.#watched.clear();
    this.#onOwnCall.clear();
    this.#states.clear();
  }

  /** Rejects when Asterisk does not answer: not known. */
  async onOwnCall(): Promise<ReadonlySet<DeviceId>> {
    const { body } = await this.#link.ask('/channels');
    this.#onOwnCall.clear();
    for (const user of phonesOnOwnCall(body)) this.#onOwnCall.add(user);
    const busy = this.#options.devices().filter((device) => device.kind === 'phone' && this.#onOwnCall.has(device.user));
    return new Set(busy.map(({ id }) => id));
  }

  /** The list is asked for, which does not lag; one question at a time. */
  #changed(told: DeviceId): void {
    if (this.#asking) {
      this.#askAgain = true;
      return;
    }
    this.#asking = true;
    const before = this.#known;
    this.reachable()
      .then((now) => {
        for (const device of now)
          if (before === undefined ? device === told : !before.has(device)) this.#emit({ type: 'device', device, reachable: true });
        for (const device of before ?? []) if (!now.has(device)) this.#emit({ type: 'device', device, reachable: false });
      })
      .catch((err: unknown) => this.#options.log.debug({ err }, 'where the phones are could not be asked'))
      .finally(() => {
        this.#asking = false;
        if (!this.#askAgain) return;
        this.#askAgain = false;
        this.#changed(told);
      });
  }
}
