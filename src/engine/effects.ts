/** Carries one effect out, through the ports. What comes of it returns as an event, never as a value. */
import { otherLegs } from '../core/call/call.js';
import type { Effect, Target } from '../core/call/effect.js';
import { isQueued, lineOf } from '../core/call/line.js';
import type { CallRecord } from '../core/call/record.js';
import type { CallId, LegId } from '../core/ids.js';
import type { Outlook } from '../core/queue/wait-estimate.js';
import type { Site } from '../core/site.js';
import { mayDial } from '../core/tenant.js';
import type { CallStore } from '../ports/call-store.js';
import type { Clock } from '../ports/clock.js';
import type { History } from '../ports/history.js';
import type { Log } from '../ports/log.js';
import type { Metrics } from '../ports/metrics.js';
import type { OriginateRequest, Pbx } from '../ports/pbx.js';
import { type RoutingStore, StoreUnavailable } from '../ports/routing-store.js';
import type { Callbacks } from './callbacks.js';
import type { RoutingDesk } from './routing-desk.js';
import type { CallRunner } from './runner.js';
import type { SilentNodes } from './silent-nodes.js';

export interface EffectParts {
  readonly site: () => Site;
  readonly routing: RoutingStore;
  readonly desk: RoutingDesk;
  readonly pendingCallbacks: Callbacks;
  readonly silent: SilentNodes;
  readonly history: History;
  readonly calls: CallStore;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
  pbxOf(runner: CallRunner): Pbx;
  /** From now on events of this leg belong to this call. */
  adoptLeg(leg: LegId, runner: CallRunner): void;
  /** The record of this call is safe, or was given up. */
  recorded(call: CallId): void;
}

/** How much later than the answer of a command an event of before may come, ms: it takes another connection. */
const hangupLagMs = 1_000;
/** How long the store lets an offer live beyond the ring time, ms: whisper, bridge and a margin. */
const offerGraceMs = 30_000;
const hangupRetryMs = 1_000;

export class EffectPerformer {
  /** When each call that waits for its first offer was sent to the store, monotonic ms. */
  readonly #asked = new Map<CallId, number>();

  constructor(private readonly parts: EffectParts) {}

  perform(runner: CallRunner, effect: Effect): void {
    this.#perform(runner, effect).catch((err: unknown) => {
      this.parts.log.error({ err, call: runner.call.id, effect: effect.do }, 'effect failed');
    });
  }

  async #perform(runner: CallRunner, effect: Effect): Promise<void> {
    const { call } = runner;
    const pbx = this.parts.pbxOf(runner);
    switch (effect.do) {
      case 'answer':
        if (!(await pbx.answer(effect.leg))) await this.#audit(runner, pbx, effect.leg);
        return;
      case 'hangup':
        return this.#hangUp(pbx, effect);
      case 'play':
        // While the node is away the step stands still, and begins again when it is back.
        if (!(await pbx.play(effect.leg, effect.play, effect.prompt.files)) && pbx.up) {
          // Who has gone goes no further: the next step could ring an agent for nobody.
          const line = lineOf(call);
          if (line !== undefined && (await this.#audit(runner, pbx, line))) return;
          runner.dispatch({ type: 'played', leg: effect.leg, play: effect.play, failed: true });
        }
        return;
      case 'stopPlay':
        await pbx.stopPlay(effect.leg);
        return;
      case 'music':
        await pbx.music(effect.leg, effect.file);
        return;
      case 'originate':
        return this.#originate(runner, pbx, effect);
      case 'bridge':
        if (!(await pbx.bridge(effect.leg, effect.other)) && pbx.up) {
          // Who has gone is put through to nobody else.
          if (await this.#audit(runner, pbx, effect.leg)) return;
          runner.dispatch({ type: 'parked', leg: effect.leg });
        }
        return;
      case 'attend':
        if (!(await pbx.attend(effect.leg, effect.agent, effect.mode)) && pbx.up) runner.dispatch({ type: 'unsupervise' });
        return;
      case 'record':
        if (!(await pbx.record(effect.leg, effect.file)) && pbx.up) {
          this.parts.log.warn({ call: call.id, file: effect.file }, 'the recording did not start');
          runner.dispatch({ type: 'recorded', leg: effect.leg, file: effect.file, ms: 0, bytes: 0 });
        }
        return;
      case 'takeMessage':
        if (!(await pbx.takeMessage(effect.leg, effect.play, effect.file, effect.maxMs, effect.silenceMs)) && pbx.up)
          runner.dispatch({ type: 'message', leg: effect.leg, play: effect.play, file: effect.file, ms: 0 });
        return;
      case 'fallback':
        await pbx.fallback(effect.leg);
        return;
      case 'enqueue':
        return this.#enqueue(runner, effect);
      case 'askOutlook':
        runner.dispatch({ type: 'outlook', outlook: await this.#outlook(call.id) });
        return;
      case 'dequeue':
        this.#asked.delete(call.id);
        this.parts.desk.settle(call.id, () => this.parts.routing.abandon(call.id));
        return;
      case 'rememberGivenUp':
        this.parts.desk.settle(`gave up ${call.id}`, () => this.parts.routing.gaveUp(call.tenant, effect.caller, effect.at, effect.keepMs));
        return;
      case 'acceptOffer':
        return this.#accept(runner, effect);
      case 'rejectOffer':
        this.parts.desk.settle(effect.offer.token, () => this.parts.routing.reject(call.id, effect.offer, effect.missed));
        return;
      case 'releaseAgent':
        this.parts.desk.settle(effect.offer.token, () =>
          this.parts.routing.release(effect.offer, effect.wrapUpMs, this.parts.site().desk.breather),
        );
        return;
      case 'audit':
        await this.#audit(runner, pbx, effect.leg);
        return;
      case 'askCallback':
        return this.parts.pendingCallbacks.ask(runner, effect.callback, effect.limit);
      case 'checkCallback':
        return this.parts.pendingCallbacks.check(runner, effect.callback);
      case 'endCallback':
        return this.parts.pendingCallbacks.end(call.id, call.tenant, effect.number);
      case 'claimPlace':
        return this.parts.pendingCallbacks.claim(runner, effect.number);
      case 'writeRecord':
        this.#asked.delete(call.id);
        this.parts.metrics.callEnded(effect.record);
        this.#measureEstimates(effect.record);
        try {
          // The state goes only when the record is safe: a daemon that dies in between finds the call again and writes it.
          await this.parts.history.append(effect.record);
          this.parts.desk.settle(`saved ${call.id}`, () => this.parts.calls.remove(call));
        } finally {
          this.parts.recorded(call.id);
        }
        return;
      default:
        effect satisfies never;
    }
  }

  async #originate(runner: CallRunner, pbx: Pbx, effect: Effect & { do: 'originate' }): Promise<void> {
    if (effect.callback !== undefined) {
      await this.parts.pendingCallbacks.check(runner, effect.callback);
      // Withdrawn, or over for another reason meanwhile: no phone rings.
      if (!otherLegs(runner.call.state).includes(effect.leg)) return;
    }
    const { call } = runner;
    const asked = this.#asked.get(call.id);
    if (asked !== undefined && 'agent' in effect.target) {
      this.parts.metrics.offerLatency(this.parts.clock.monotonic() - asked);
      this.#asked.delete(call.id);
    }
    const { agentPrefixes } = this.parts.site();
    const to = this.#device(effect.target);
    if (to === undefined && 'agent' in effect.target) this.parts.desk.dismiss(effect.target.agent);
    this.parts.adoptLeg(effect.leg, runner);
    const { leg, callerName, callerNumber, ringMs, tenant } = effect;
    // Toll fraud stops here, as for transfers: `check` has said so before.
    const forbidden =
      'agent' in effect.target &&
      to?.kind === 'number' &&
      !mayDial({ allowedPrefixes: agentPrefixes, emergencyNumber: undefined }, to.number);
    if (forbidden) this.parts.log.warn({ call: call.id, target: effect.target }, 'the agent’s number may not be dialled');
    const unanswering = to?.kind === 'phone' && to.node !== pbx.node && this.parts.silent.has(to.node);
    const sent =
      to !== undefined && !forbidden && !unanswering && (await pbx.originate({ leg, to, callerName, callerNumber, ringMs, tenant }));
    if (!sent) runner.dispatch({ type: 'failed', leg, reason: 'unreachable', cause: 'NOT_SENT' });
  }

  /** `undefined`: a reload has removed whose it was. */
  #device(target: Target): OriginateRequest['to'] | undefined {
    const { agents, supervisors } = this.parts.site();
    if ('agent' in target) return agents.get(target.agent)?.device;
    if ('supervisor' in target) return supervisors.get(target.supervisor)?.device;
    return { kind: 'number', number: target.number };
  }

  async #enqueue(runner: CallRunner, effect: Effect & { do: 'enqueue' }): Promise<void> {
    const { call } = runner;
    const { queue, enqueuedAt, waiting, atMost } = effect;
    const { signingIn } = this.parts.desk;
    if (signingIn !== undefined) {
      await signingIn;
      // Whoever has left the queue meanwhile must not come back to it.
      if (!isQueued(runner.call)) return;
    }
    if (!this.parts.desk.open) {
      runner.dispatch({ type: 'enqueueFailed' });
      return;
    }
    // Only the first time: a call that comes back has waited already.
    if (enqueuedAt === this.parts.clock.now() || call.offers.length === 0) this.#asked.set(call.id, this.parts.clock.monotonic());
    try {
      const { signedIn, full, held } = await this.parts.routing.enqueue({
        ...waiting,
        call: call.id,
        offerMs: queue.ringMs + offerGraceMs,
        ...(atMost === undefined ? {} : { atMost }),
      });
      // Whoever has no agent by now did not find one at once.
      this.#asked.delete(call.id);
      if (full) runner.dispatch({ type: 'full' });
      else runner.dispatch({ type: signedIn === 0 ? 'noAgent' : 'enqueued', ...(held && { held }) });
    } catch (error) {
      this.#asked.delete(call.id);
      if (!(error instanceof StoreUnavailable)) throw error;
      runner.dispatch({ type: 'enqueueFailed' });
    }
  }

  async #outlook(call: CallId): Promise<Outlook | undefined> {
    try {
      return await this.parts.routing.outlook(call);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return undefined;
    }
  }

  /** Only of those whom an agent answered is it known how long they would have waited. */
  #measureEstimates({ tenant, told, answeredAt, callback }: CallRecord): void {
    // Who is called back has not waited as he was told.
    if (callback !== null) return;
    for (const { at, waitMs } of told) {
      if (waitMs !== undefined && answeredAt !== null && answeredAt >= at)
        this.parts.metrics.waitEstimated(tenant, waitMs, answeredAt - at);
    }
  }

  /** A leg that should be gone belongs to no call that would look after it: a refusal is not the last word. */
  async #hangUp(pbx: Pbx, effect: Effect & { do: 'hangup' }): Promise<void> {
    if ((await pbx.hangup(effect.leg, effect.cause)) || (await this.#exists(pbx, effect.leg)) !== true) return;
    this.parts.clock.after(hangupRetryMs, () => {
      this.#hangUp(pbx, effect).catch((err: unknown) => this.parts.log.error({ err, leg: effect.leg }, 'hang-up failed'));
    });
  }

  /** Is the leg gone? Only a PBX that answers can say so. */
  async #audit(runner: CallRunner, pbx: Pbx, leg: LegId): Promise<boolean> {
    if ((await this.#exists(pbx, leg)) !== false) return false;
    // Its hang-up, which knows the cause, may still be on the way: a call that just ended is not lost.
    this.parts.clock.after(hangupLagMs, () => runner.dispatch({ type: 'vanished' }));
    return true;
  }

  /** `undefined`: the node is lost, or was while it was asked. Whoever has it again looks at all legs. */
  async #exists(pbx: Pbx, leg: LegId): Promise<boolean | undefined> {
    if (!pbx.up) return undefined;
    try {
      const exists = await pbx.exists(leg);
      return pbx.up ? exists : undefined;
    } catch (error) {
      if (pbx.up) throw error;
      return undefined;
    }
  }

  async #accept(runner: CallRunner, effect: Effect & { do: 'acceptOffer' }): Promise<void> {
    try {
      if (!(await this.parts.routing.accept(runner.call.id, effect.offer))) runner.dispatch({ type: 'offerExpired', offer: effect.offer });
    } catch (error) {
      // The store is away: caller and agent are on the line, so they talk; `restore` tells the store when it is back.
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
}
