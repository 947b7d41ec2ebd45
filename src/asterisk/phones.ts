/** Which agents' devices can be rung. A phone by its registration, a fixed URI always. */
import type { DeviceId } from '../core/ids.js';
import type { PbxEvent } from '../ports/pbx.js';
import type { NodeLink } from './link.js';
import type { AsteriskOptions } from './options.js';

export class Phones {
  readonly #options: AsteriskOptions;
  readonly #link: NodeLink;
  readonly #emit: (event: PbxEvent) => void;
  /** `undefined`: nobody has asked yet. */
  #known: ReadonlySet<DeviceId> | undefined;
  #asking = false;
  #askAgain = false;

  constructor(options: AsteriskOptions, link: NodeLink, emit: (event: PbxEvent) => void) {
    this.#options = options;
    this.#link = link;
    this.#emit = emit;
  }

  /** Rejects when Asterisk does not answer: not known. */
  async reachable(): Promise<ReadonlySet<DeviceId>> {
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

  /** A phone registered, its registration ended, or something else about it changed. */
  state({ name, state }: { readonly name: string; readonly state: string }): void {
    const user = /^PJSIP\/(.+)$/.exec(name)?.[1];
    const device = this.#options.devices().find((one) => one.kind === 'phone' && one.user === user);
    const reachable = state !== 'UNAVAILABLE' && state !== 'INVALID';
    if (device !== undefined && this.#known?.has(device.id) !== reachable) this.#changed(device.id);
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
