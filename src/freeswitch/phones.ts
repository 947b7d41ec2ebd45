/** Which agents' devices can be rung. A phone by its registration, a fixed URI always. */
import type { DeviceId } from '../core/ids.js';
import type { PbxEvent } from '../ports/pbx.js';
import { showChannels, showRegistrations, sofiaContact } from './esl/command.js';
import { phoneMark } from './event-mapping.js';
import type { NodeLink } from './link.js';
import type { FreeswitchOptions } from './options.js';
import { rows } from './snapshot.js';

/** `show registrations` is a list that lags behind the events, ms. */
const listLagsMs = 2_000;

/** ms */
const deletedWithinMs = 1_000;

export class Phones {
  readonly #options: FreeswitchOptions;
  readonly #link: NodeLink;
  readonly #emit: (event: PbxEvent) => void;
  /** `toldAt`: monotonic ms. */
  readonly #known = new Map<DeviceId, { readonly reachable: boolean; readonly toldAt: number }>();

  /** Legs of phones that are no calls of ours → the phone's account. */
  readonly #ownCalls = new Map<string, string>();
  /** Such legs that ended a moment ago: the list may still show them. */
  readonly #ended = new Set<string>();

  constructor(options: FreeswitchOptions, link: NodeLink, emit: (event: PbxEvent) => void) {
    this.#options = options;
    this.#link = link;
    this.#emit = emit;
  }

  /** A leg of a phone began or ended that is no call of ours. */
  called(leg: string, user: string, on: boolean): void {
    const before = this.#isOnOwnCall(user);
    if (on) this.#ownCalls.set(leg, user);
    else {
      this.#ownCalls.delete(leg);
      this.#ended.add(leg);
      this.#options.clock.after(listLagsMs, () => this.#ended.delete(leg));
    }
    const after = this.#isOnOwnCall(user);
    if (before === after) return;
    for (const device of this.#options.devices()) {
      if (device.kind === 'phone' && device.user === user) this.#emit({ type: 'ownCall', device: device.id, on: after });
    }
  }

  /** Nothing is heard of calls any more. */
  forgetCalls(): void {
    this.#ownCalls.clear();
  }

  /** What the list knows and events did not tell: calls that began while nobody listened. */
  async onOwnCall(): Promise<ReadonlySet<DeviceId>> {
    for (const { uuid = '', presence_data: mark = '' } of rows((await this.#link.ask(showChannels())).text)) {
      if (mark.startsWith(phoneMark) && !this.#ended.has(uuid)) this.#ownCalls.set(uuid, mark.slice(phoneMark.length));
    }
    const busy = this.#options.devices().filter((device) => device.kind === 'phone' && this.#isOnOwnCall(device.user));
    return new Set(busy.map(({ id }) => id));
  }

  #isOnOwnCall(user: string): boolean {
    return [...this.#ownCalls.values()].includes(user);
  }

  async reachable(): Promise<ReadonlySet<DeviceId>> {
    const answer = await this.#link.ask(showRegistrations());
    const users = new Set(
      rows(answer.text)
        .filter((row) => row['realm'] === this.#options.domain)
        .map((row) => row['reg_user']),
    );
    const recently = this.#options.clock.monotonic() - listLagsMs;
    const found = new Set<DeviceId>();
    for (const device of this.#options.devices()) {
      const known = this.#known.get(device.id);
      const told = known !== undefined && known.toldAt > recently ? known.reachable : undefined;
      const reachable = told ?? (device.kind !== 'phone' || users.has(device.user));
      if (reachable) found.add(device.id);
      if (told === undefined) this.#known.set(device.id, { reachable, toldAt: Number.NEGATIVE_INFINITY });
    }
    return found;
  }

  /** A phone registered, or one of its registrations ended: it may have others. */
  async seen(user: string, registered: boolean): Promise<void> {
    const reachable = registered || (await this.contact(user)) !== undefined;
    this.#tell(user, reachable);
    if (registered || !reachable) return;
    // FreeSWITCH tells that a registration has expired before it deletes it (sofia_reg.c).
    this.#options.clock.after(deletedWithinMs, () => {
      this.contact(user).then(
        (contact) => this.#tell(user, contact !== undefined),
        (error: unknown) => this.#options.log.debug({ err: error }, 'where a phone is could not be asked'),
      );
    });
  }

  #tell(user: string, reachable: boolean): void {
    for (const device of this.#options.devices()) {
      if (device.kind !== 'phone' || device.user !== user) continue;
      const changed = this.#known.get(device.id)?.reachable !== reachable;
      this.#known.set(device.id, { reachable, toldAt: this.#options.clock.monotonic() });
      if (changed) this.#emit({ type: 'device', device: device.id, reachable });
    }
  }

  /** Where a user's phone is, as a dial string; `undefined`: not registered. @throws {EslError} as a rejection: not known. */
  async contact(user: string): Promise<string | undefined> {
    const { profile, domain } = this.#options;
    const { text } = await this.#link.ask(sofiaContact(profile, user, domain));
    // Several registrations come joined by commas; one leg rings one of them, the first.
    const first = text.split(',', 1)[0] ?? '';
    return first.startsWith('sofia/') ? first : undefined;
  }
}
