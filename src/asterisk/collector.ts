/** Keys that are asked for: gathered here, told once, and kept from everybody else (they may be a PIN). */
import { randomUUID } from 'node:crypto';
import type { PlayId } from '../core/ids.js';
import type { Clock } from '../ports/clock.js';
import type { CollectRequest, PbxEvent } from '../ports/pbx.js';
import type { Leg } from './legs.js';
import type { Sounds } from './sounds.js';

export interface CollectorParts {
  readonly clock: Clock;
  readonly sounds: Sounds;
  emit(event: PbxEvent): void;
}

export class Collector {
  readonly #parts: CollectorParts;

  constructor(parts: CollectorParts) {
    this.#parts = parts;
  }

  async begin(leg: Leg, play: PlayId, { files, most, firstMs, nextMs }: CollectRequest): Promise<boolean> {
    leg.collecting?.stopTimer();
    const prompt = `collect:${randomUUID()}`;
    leg.collecting = { play, prompt, most, firstMs, nextMs, digits: '', stopTimer: () => undefined };
    const sent = await this.#parts.sounds.prompt(leg, prompt, files);
    if (!sent) leg.collecting = undefined;
    return sent;
  }

  /** A key was pressed. `true`: it was asked for. */
  took(leg: Leg, key: string): boolean {
    const { collecting } = leg;
    if (collecting === undefined) return false;
    if (collecting.prompt !== undefined) {
      void this.#parts.sounds.stopPrompt(collecting.prompt);
      collecting.prompt = undefined;
    }
    if (key !== '#') collecting.digits += key;
    if (key === '#' || collecting.digits.length >= collecting.most) this.#tell(leg);
    else this.#wait(leg, collecting.nextMs);
    return true;
  }

  /** A playback ended. `true`: it was the prompt of a question. */
  prompted(leg: Leg, playback: string): boolean {
    const { collecting } = leg;
    if (collecting?.prompt === playback) {
      collecting.prompt = undefined;
      this.#wait(leg, collecting.firstMs);
    }
    return playback.startsWith('collect:');
  }

  #wait(leg: Leg, ms: number): void {
    leg.collecting?.stopTimer();
    if (leg.collecting !== undefined) leg.collecting.stopTimer = this.#parts.clock.after(ms, () => this.#tell(leg));
  }

  #tell(leg: Leg): void {
    const { collecting } = leg;
    if (collecting === undefined) return;
    collecting.stopTimer();
    leg.collecting = undefined;
    this.#parts.emit({ type: 'collected', leg: leg.id, play: collecting.play, digits: collecting.digits });
  }
}
