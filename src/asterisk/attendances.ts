/**
 * Supervisors at talks. An ear (ARI: a snoop channel) hears both sides of the agent's channel and speaks into it as the mode says; it
 * shares a bridge with the supervisor's leg. The talk's own bridge is not touched. A mode cannot be changed: the ear is replaced.
 *
 * The ear is guarded as the leg is: without a daemon both are gone, at the latest, when their guards fire.
 */
import type { SupervisionMode } from '../core/call/supervised.js';
import { id, type LegId } from '../core/ids.js';
import type { Clock } from '../ports/clock.js';
import { segment } from './ari.js';
import type { Guards } from './guards.js';
import type { Leg } from './legs.js';
import type { NodeLink } from './link.js';
import { application } from './options.js';

/** Into which direction of the agent's channel the supervisor speaks: `out` is what the agent hears, `in` what the caller does. */
const whispers = { listen: 'none', whisper: 'out', barge: 'both' } as const satisfies Record<SupervisionMode, string>;
const prefix = 'ear~';
/** Until Asterisk has handed a new ear to us it can be put into no bridge, ms. */
const handedMs = 2_000;

interface Attendance {
  readonly leg: Leg;
  readonly agent: string;
  readonly bridge: string;
  ear: string | undefined;
}

export interface AttendancesParts {
  readonly link: NodeLink;
  readonly guards: Guards;
  readonly clock: Clock;
  /** The talk is over, and with it what this leg is for. */
  over(leg: Leg): void;
}

/** Is it a channel, or a bridge, of ours that is nobody's leg? */
export const isEar = (name: string): boolean => name.startsWith(prefix);

export class Attendances {
  readonly #parts: AttendancesParts;
  readonly #attendances = new Map<LegId, Attendance>();
  readonly #handed = new Map<string, () => void>();
  #made = 0;

  constructor(parts: AttendancesParts) {
    this.#parts = parts;
  }

  /** @param agent The agent's channel. */
  async attend(leg: Leg, agent: string, mode: SupervisionMode): Promise<boolean> {
    const present = this.#attendances.get(leg.id);
    if (present !== undefined && present.agent !== agent) await this.ended(leg.id);
    const attendance = this.#attendances.get(leg.id) ?? (await this.#enter(leg, agent));
    if (attendance === undefined) return false;
    const { ear } = attendance;
    // First of all he is not heard any more by those who must not hear him now.
    attendance.ear = undefined;
    if (ear !== undefined) await this.#remove(ear);
    if (await this.#listen(attendance, mode)) return true;
    await this.ended(leg.id);
    return false;
  }

  /** An ear is in our hands, or has gone. */
  started(ear: string): void {
    this.#handed.get(ear)?.();
  }

  gone(ear: string): void {
    for (const attendance of this.#attendances.values()) if (attendance.ear === ear) this.#parts.over(attendance.leg);
  }

  /** The leg has ended, or attends no more. */
  async ended(leg: LegId): Promise<void> {
    const attendance = this.#attendances.get(leg);
    if (attendance === undefined) return;
    this.#attendances.delete(leg);
    if (attendance.ear !== undefined) await this.#remove(attendance.ear);
    await this.#parts.link.do((ari) => ari.delete(`/bridges/${segment(attendance.bridge)}`));
  }

  forgetAll(): void {
    this.#attendances.clear();
  }

  /** What another daemon left behind: its supervisors are let go by the core. */
  async sweep(channels: readonly string[], bridges: readonly string[]): Promise<void> {
    const own = new Set([...this.#attendances.values()].flatMap(({ ear, bridge }) => [ear, bridge]));
    const left = (names: readonly string[]): readonly string[] =>
      names.filter((name) => isEar(name) && !own.has(name) && !this.#handed.has(name));
    await Promise.all(left(channels).map((ear) => this.#remove(ear)));
    await Promise.all(left(bridges).map((bridge) => this.#parts.link.do((ari) => ari.delete(`/bridges/${segment(bridge)}`))));
  }

  async #enter(leg: Leg, agent: string): Promise<Attendance | undefined> {
    const { link } = this.#parts;
    const bridge = `${prefix}${leg.id}~${++this.#made}`;
    const attendance: Attendance = { leg, agent, bridge, ear: undefined };
    this.#attendances.set(leg.id, attendance);
    const path = `/bridges/${segment(bridge)}`;
    const made = await link.do((ari) => ari.post(path, { type: 'mixing', name: 'tcore-ear' }));
    const added = made?.ok === true ? await link.do((ari) => ari.post(`${path}/addChannel`, { channel: leg.channel })) : undefined;
    if (added?.ok === true) return attendance;
    await this.ended(leg.id);
    return undefined;
  }

  async #listen(attendance: Attendance, mode: SupervisionMode): Promise<boolean> {
    const { link, guards } = this.#parts;
    const ear = `${attendance.bridge}-${++this.#made}`;
    const handed = this.#handing(ear);
    const query = { spy: 'both', whisper: whispers[mode], app: application, appArgs: 'ear' };
    const made = await link.do((ari) => ari.post(`/channels/${segment(attendance.agent)}/snoop/${segment(ear)}`, query));
    if (made?.ok !== true) {
      this.#handed.delete(ear);
      return false;
    }
    attendance.ear = ear;
    void guards.keep(id<LegId>(ear), ear, false);
    await handed;
    const added = await link.do((ari) => ari.post(`/bridges/${segment(attendance.bridge)}/addChannel`, { channel: ear }));
    return added?.ok === true;
  }

  #handing(ear: string): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#handed.delete(ear);
        stopTimer();
        resolve();
      };
      const stopTimer = this.#parts.clock.after(handedMs, done);
      this.#handed.set(ear, done);
    });
  }

  async #remove(ear: string): Promise<void> {
    this.#parts.guards.forget(id<LegId>(ear));
    await this.#parts.link.do((ari) => ari.delete(`/channels/${segment(ear)}`));
  }
}
