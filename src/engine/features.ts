/** Codes dialled on desk phones: runs each session of core/feature, and carries out what it asks for. */

import type { LegEvent } from '../core/call/event.js';
import {
  beginFeature,
  type FeatureCall,
  type FeatureEffect,
  type FeatureEvent,
  type FeatureRequest,
  type FeatureSession,
  featureTransition,
  type PhoneOwner,
  type SupervisorRequest,
} from '../core/feature/session.js';
import type { LegId, NodeId } from '../core/ids.js';
import type { Device, Site } from '../core/site.js';
import type { Prompt } from '../core/tenant.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Pbx } from '../ports/pbx.js';

export interface FeatureParts {
  readonly site: () => Site;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Does what an agent wants; resolves with what he hears of it, or with `undefined` when his leg is served by another part from
   * now on. The request's digits are secret.
   */
  act(request: FeatureRequest | SupervisorRequest): Promise<Prompt | undefined>;
}

/** How long a phone may wait for the first key, and between two, ms. */
const keyWithin = { firstMs: 6_000, nextMs: 3_000 } as const;

const hangupRetryMs = 1_000;

interface Running {
  session: FeatureSession;
  readonly pbx: Pbx;
  disarm: () => void;
}

export class FeatureDesk {
  readonly #running = new Map<LegId, Running>();

  constructor(private readonly parts: FeatureParts) {}

  /** A phone dialled a code. One that asks for nothing here is refused like a number that nobody has. */
  async arrive(pbx: Pbx, call: FeatureCall): Promise<void> {
    const site = this.parts.site();
    const { desk } = site;
    if (this.#running.has(call.leg)) return;
    if (desk.codes.size === 0) {
      await pbx.reject(call.leg, 'unallocated');
      return;
    }
    const { session, effects } = beginFeature(call, ownerOf(site, call), { desk, now: this.parts.clock.now() });
    const running: Running = { session, pbx, disarm: () => undefined };
    this.#running.set(call.leg, running);
    const { leg, node, user, agent, supervisor, verb } = session;
    this.parts.log.info({ leg, node, user, agent, supervisor, verb }, 'a phone dialled a code');
    if (!(await pbx.take(leg))) {
      this.#forget(running);
      return;
    }
    // He hung up while he was taken.
    if (this.#running.get(leg) !== running) return;
    this.#arm(running);
    for (const effect of effects) this.#perform(running, effect);
  }

  /** `false`: not a leg of ours. */
  handle(event: LegEvent): boolean {
    const running = this.#running.get(event.leg);
    if (running === undefined) return false;
    this.#dispatch(running, event);
    return true;
  }

  /** Nothing can be said on its phones any more; their guards hang them up. */
  nodeLost(node: NodeId): void {
    for (const running of [...this.#running.values()]) if (running.session.node === node) this.#forget(running);
  }

  stop(): void {
    for (const running of [...this.#running.values()]) this.#forget(running);
  }

  #dispatch(running: Running, event: FeatureEvent): void {
    const { leg } = running.session;
    // Its answer came too late: the phone is gone.
    if (this.#running.get(leg) !== running) return;
    const { session, effects } = featureTransition(running.session, event, { desk: this.parts.site().desk, now: this.parts.clock.now() });
    running.session = session;
    this.#arm(running);
    // Whoever serves it now hears what becomes of it.
    if (session.state.at === 'ended' || session.state.at === 'served') this.#forget(running);
    for (const effect of effects) this.#perform(running, effect);
  }

  #perform(running: Running, effect: FeatureEffect): void {
    this.#carryOut(running, effect).catch((err: unknown) => {
      this.parts.log.error({ err, leg: running.session.leg, effect: effect.do }, 'a code was not served');
      this.#dispatch(running, { type: 'timer' });
    });
  }

  async #carryOut(running: Running, effect: FeatureEffect): Promise<void> {
    const { pbx, session } = running;
    const { leg } = session;
    switch (effect.do) {
      case 'answer':
        await pbx.answer(leg);
        return;
      case 'play':
        if (!(await pbx.play(leg, effect.play, effect.prompt.files)))
          this.#dispatch(running, { type: 'played', leg, play: effect.play, failed: true });
        return;
      case 'collect': {
        const { most, play, prompt } = effect;
        if (!(await pbx.collect(leg, play, { files: prompt.files, most, ...keyWithin })))
          this.#dispatch(running, { type: 'collected', leg, play, digits: '' });
        return;
      }
      case 'act':
        this.#dispatch(running, { type: 'acted', say: await this.parts.act(effect.request) });
        return;
      case 'hangup':
        return this.#hangUp(pbx, leg);
      default:
        effect satisfies never;
    }
  }

  /** Nobody looks after the phone any more, and its guard lives on: a refusal is not the last word. */
  async #hangUp(pbx: Pbx, leg: LegId): Promise<void> {
    if ((await pbx.hangup(leg, 'normal')) || !pbx.up || !(await pbx.exists(leg))) return;
    this.parts.clock.after(hangupRetryMs, () => {
      this.#hangUp(pbx, leg).catch((err: unknown) => this.parts.log.error({ err, leg }, 'hang-up failed'));
    });
  }

  #arm(running: Running): void {
    const { clock } = this.parts;
    running.disarm();
    running.disarm = () => undefined;
    const { due } = running.session;
    if (due !== undefined) running.disarm = clock.after(Math.max(0, due - clock.now()), () => this.#dispatch(running, { type: 'timer' }));
  }

  #forget(running: Running): void {
    running.disarm();
    this.#running.delete(running.session.leg);
  }
}

/** Whose phone it is: by the account that proved its password. */
function ownerOf({ agents, supervisors }: Site, { node, user }: FeatureCall): PhoneOwner {
  const his = ({ device }: { readonly device: Device }) => device.kind === 'phone' && device.node === node && device.user === user;
  return { agent: [...agents.values()].find(his)?.id, supervisor: [...supervisors.values()].find(his)?.id };
}
