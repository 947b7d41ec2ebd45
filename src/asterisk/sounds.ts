/**
 * What a leg hears. A prompt is a playback under the core's own id. Hold music of Asterisk goes on by itself after a prompt; music
 * from a file is a playback that is started again at its end, and makes room for prompts.
 */
import { randomUUID } from 'node:crypto';
import type { PlayId } from '../core/ids.js';
import { segment } from './ari.js';
import type { Leg } from './legs.js';
import type { NodeLink } from './link.js';

export class Sounds {
  readonly #link: NodeLink;

  constructor(link: NodeLink) {
    this.#link = link;
  }

  async play(leg: Leg, play: PlayId, files: readonly string[]): Promise<boolean> {
    await this.#stopLoop(leg);
    leg.plays.add(play);
    const sent = await this.#start(leg, play, files);
    if (!sent) leg.plays.delete(play);
    return sent;
  }

  /** A playback that the core knows nothing of. */
  async prompt(leg: Leg, playback: string, files: readonly string[]): Promise<boolean> {
    await this.#stopLoop(leg);
    return this.#start(leg, playback, files);
  }

  async stopPrompt(playback: string): Promise<void> {
    await this.#link.do((ari) => ari.delete(`/playbacks/${segment(playback)}`));
  }

  /** Of the leg's prompts and music. Each prompt's end is told as usual. */
  async stop(leg: Leg): Promise<boolean> {
    const { music } = leg;
    leg.music = undefined;
    const loop = music?.loop;
    const playbacks = [...leg.plays, ...(loop === undefined ? [] : [loop])];
    const stopped = await Promise.all(playbacks.map((one) => this.#link.do((ari) => ari.delete(`/playbacks/${segment(one)}`))));
    if (music === undefined || music.file !== undefined) return stopped.every((reply) => reply !== undefined);
    const quiet = await this.#link.do((ari) => ari.delete(`/channels/${segment(leg.channel)}/moh`));
    return quiet?.ok === true;
  }

  async music(leg: Leg, file: string | undefined): Promise<boolean> {
    await this.#stopLoop(leg);
    leg.music = { file, loop: undefined };
    if (file !== undefined) return leg.plays.size > 0 || (await this.#loop(leg));
    const sent = await this.#link.do((ari) => ari.post(`/channels/${segment(leg.channel)}/moh`));
    return sent?.ok === true;
  }

  /** A playback ended. `true`: it was a prompt of the core's. */
  ended(leg: Leg, playback: string, failed: boolean): boolean {
    const { music } = leg;
    if (music?.loop === playback) {
      music.loop = undefined;
      // A file that cannot be played would be tried for ever.
      if (!failed && leg.plays.size === 0 && leg.phase === 'alone') void this.#loop(leg);
      return false;
    }
    if (!leg.plays.delete(playback as PlayId)) return false;
    if (leg.plays.size === 0 && music?.file !== undefined && music.loop === undefined && leg.phase === 'alone') void this.#loop(leg);
    return true;
  }

  #loop(leg: Leg): Promise<boolean> {
    const { music } = leg;
    if (music?.file === undefined) return Promise.resolve(false);
    const loop = `music:${randomUUID()}`;
    music.loop = loop;
    return this.#start(leg, loop, [music.file]);
  }

  async #stopLoop(leg: Leg): Promise<void> {
    const loop = leg.music?.loop;
    if (leg.music === undefined || loop === undefined) return;
    leg.music.loop = undefined;
    await this.#link.do((ari) => ari.delete(`/playbacks/${segment(loop)}`));
  }

  async #start(leg: Leg, playback: string, files: readonly string[]): Promise<boolean> {
    // A list is separated by commas; Asterisk finds the format by itself.
    if (files.some((file) => file.includes(','))) return false;
    const media = files.map((file) => `sound:${file.replace(/\.wav$/i, '')}`).join(',');
    const sent = await this.#link.do((ari) => ari.post(`/channels/${segment(leg.channel)}/play/${segment(playback)}`, { media }));
    return sent?.ok === true;
  }
}
