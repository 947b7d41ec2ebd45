/**
 * The imperative shell around the core: events of the PBX nodes and of the routing store go to the call that they concern;
 * the effects that the core asks for go out through the ports.
 *
 *   PbxEvent ─→ handle ─→ CallRunner.dispatch ─→ core/call/transition ─→ EffectPerformer ─→ Pbx, RoutingStore, History
 */
import { type Call, heldOffers, type Offer } from '../core/call/call.js';
import { tenantGone } from '../core/call/end.js';
import type { Arrival } from '../core/call/event.js';
import { isAway } from '../core/call/line.js';
import { countAnew, limits } from '../core/call/step.js';
import { begin } from '../core/call/transition.js';
import type { NodeId } from '../core/ids.js';
import type { Wish, WishResult } from '../core/queue/duty.js';
import { openingAt } from '../core/schedule/opening.js';
import { type Agent, type Site, tenantByNumber, toE164 } from '../core/site.js';
import type { Tenant } from '../core/tenant.js';
import type { CallStore } from '../ports/call-store.js';
import type { CallbackStore } from '../ports/callback-store.js';
import type { Clock } from '../ports/clock.js';
import type { History } from '../ports/history.js';
import type { Log } from '../ports/log.js';
import type { Metrics } from '../ports/metrics.js';
import { type CallObserver, unobserved } from '../ports/observer.js';
import type { LegSnapshot, Pbx, PbxEvent } from '../ports/pbx.js';
import type { Pins } from '../ports/pins.js';
import { type Assignment, type RoutingStore, StoreUnavailable } from '../ports/routing-store.js';
import { adoptNode } from './adoption.js';
import { CallBook } from './call-book.js';
import { Callbacks } from './callbacks.js';
import { EffectPerformer } from './effects.js';
import { FeatureActions } from './feature-actions.js';
import { FeatureDesk } from './features.js';
import { LostTalks } from './lost-talks.js';
import { Retelling } from './retelling.js';
import { RoutingDesk } from './routing-desk.js';
import { CallRunner } from './runner.js';
import { SilentNodes } from './silent-nodes.js';
import { SupervisionDesk } from './supervision.js';

export interface EngineParts {
  /** The configuration of this moment; a reload replaces it as a whole. */
  readonly site: () => Site;
  readonly nodes: readonly Pbx[];
  readonly routing: RoutingStore;
  readonly calls: CallStore;
  readonly callbacks: CallbackStore;
  readonly history: History;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly observer?: CallObserver;
  /** Default: no supervisor has a PIN. */
  readonly pins?: Pins;
  readonly log: Log;
}

/** How often due wrap-ups, pauses and offers are looked for, ms. */
const tickMs = 250;
/** In ticks: what no call asked for in an hour is forgotten, unless it is said again. */
const prepareEvery = 2_400;
/** In ticks. */
const learnDutiesEvery = 8;
const findLostTalksEvery = 240;
const takeOverAgainMs = 1_000;

export class Engine {
  readonly #parts: EngineParts;
  readonly #observer: CallObserver;
  readonly #nodes: ReadonlyMap<NodeId, Pbx>;
  readonly #book = new CallBook();
  readonly #desk: RoutingDesk;
  readonly #performer: EffectPerformer;
  readonly #features: FeatureDesk;
  readonly #lostTalks: LostTalks;
  readonly #retelling: Retelling;
  readonly #silent: SilentNodes;
  /** Who listens to talks. */
  readonly supervision: SupervisionDesk;
  /** Who waits to be called back, as all daemons know it. */
  readonly callbacks: Callbacks;
  readonly #nodeReasons = new Map<NodeId, string>();
  #store: { up: boolean; reason: string | undefined } = { up: false, reason: 'not connected yet' };
  #draining = false;
  #ticks = 0;
  #stopTick: () => void = () => undefined;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#observer = parts.observer ?? unobserved;
    this.#nodes = new Map(parts.nodes.map((pbx) => [pbx.node, pbx]));
    this.#desk = new RoutingDesk(parts.routing, parts.site, parts.log);
    const up = (call: Call): boolean => this.#pbx(call.node).up;
    this.supervision = new SupervisionDesk({ ...parts, book: this.#book, up });
    this.callbacks = new Callbacks({ ...parts, book: this.#book, desk: this.#desk });
    this.#lostTalks = new LostTalks({ ...parts, book: this.#book, desk: this.#desk });
    this.#silent = new SilentNodes(parts.clock);
    this.#performer = new EffectPerformer({
      ...parts,
      silent: this.#silent,
      desk: this.#desk,
      pendingCallbacks: this.callbacks,
      pbxOf: (runner) => this.#pbx(runner.call.node),
      adoptLeg: (leg, runner) => this.#book.addLeg(leg, runner),
      recorded: (call) => this.#book.recorded(call),
    });
    this.#retelling = new Retelling({ ...parts, book: this.#book, desk: this.#desk, performer: this.#performer });
    const actions = new FeatureActions(parts.site, this.#desk);
    this.#features = new FeatureDesk({
      ...parts,
      act: (request) => ('supervisor' in request ? this.supervision.byCode(request) : actions.act(request)),
    });
  }

  async start(): Promise<void> {
    await this.#parts.routing.start({
      assigned: (assignment) => this.#assigned(assignment),
      ready: (fresh, standsInBecause, told) =>
        this.#background(this.#storeReady(fresh, standsInBecause).finally(told), 'routing store came back'),
      down: (reason) => {
        this.#store = { up: false, reason };
        this.#desk.close();
        this.#parts.metrics.redisUp(false);
        this.#parts.log.warn({ reason }, 'routing store lost');
      },
    });
    for (const pbx of this.#parts.nodes) {
      this.#nodeReasons.set(pbx.node, 'not connected yet');
      pbx.start((event) => this.#handle(pbx, event));
    }
    this.#tick();
  }

  /** No new calls from now on. Resolves when the last call has ended and its record is safe. */
  drain(): Promise<void> {
    this.#draining = true;
    for (const runner of this.#book) this.#leaveToSuccessor(runner);
    return this.#book.empty();
  }

  /** Lets go of everything; calls stay as they are on the PBX, guarded, for whoever comes next. */
  async stop(): Promise<void> {
    this.#draining = true;
    this.#stopTick();
    this.#features.stop();
    this.#lostTalks.stop();
    for (const runner of this.#book) runner.stop();
    await Promise.all(this.#parts.nodes.map((pbx) => pbx.close()));
    await this.#parts.routing.close();
  }

  /** The configuration was replaced. */
  async reconfigured(): Promise<void> {
    this.#desk.prepare();
    for (const pbx of this.#parts.nodes) if (pbx.up) await this.#desk.node(pbx);
    await this.#desk.syncAgents();
    // Their queue may have another pool now, other rings, another class: else they would wait for agents who never come.
    this.#retelling.waiting();
  }

  get draining(): boolean {
    return this.#draining;
  }

  get store(): { readonly up: boolean; readonly reason: string | undefined } {
    return this.#store;
  }

  calls(): readonly Call[] {
    return [...this.#book].map((runner) => runner.call);
  }

  nodeReason(node: NodeId): string | undefined {
    return this.#nodeReasons.get(node);
  }

  reachable(device: Parameters<RoutingDesk['reachable']>[0]): boolean {
    return this.#desk.reachable(device);
  }

  /** What an agent asks for himself. Rejects with `StoreUnavailable`. */
  async wish(agent: Agent, wish: Wish): Promise<WishResult> {
    return this.#desk.wish(agent, wish);
  }

  #handle(pbx: Pbx, event: PbxEvent): void {
    switch (event.type) {
      case 'arrival':
        this.#background(this.#arrive(pbx, event.arrival), 'arrival');
        break;
      case 'feature':
        this.#background(this.#features.arrive(pbx, event.feature), 'a code of a phone');
        break;
      case 'device':
        this.#background(this.#desk.device(event.device, event.reachable), 'device');
        break;
      case 'ownCall':
        this.#background(this.#desk.ownCall(event.device, event.on), 'own call');
        break;
      case 'silent':
        this.#parts.log.warn({ node: event.node, from: pbx.node }, 'a node does not answer: for a while its phones count as unreachable');
        this.#silent.note(event.node);
        break;
      case 'up':
        this.#nodeReasons.delete(pbx.node);
        this.#parts.metrics.pbxUp(pbx.node, true);
        this.#parts.log.info({ node: pbx.node }, 'node is ours');
        this.#background(this.#takeOver(pbx), 'takeover');
        break;
      case 'down':
        this.#nodeReasons.set(pbx.node, event.reason);
        this.#parts.metrics.pbxUp(pbx.node, false);
        this.#parts.log.warn({ node: pbx.node, reason: event.reason }, 'node lost: its calls go on by themselves until it is back');
        this.#desk.nodeLost(pbx.node);
        this.#features.nodeLost(pbx.node);
        // Its calls go on by themselves; where another daemon has the node, they are that daemon's.
        for (const runner of this.#book.of(pbx.node)) {
          if (event.taken) this.#forget(runner);
          else runner.sleep();
        }
        break;
      case 'referred':
        // Dialled on a phone, so perhaps in national form.
        this.#book.byLeg(event.leg)?.dispatch({ ...event, target: toE164(event.target, this.#parts.site().countryCode) });
        break;
      default: {
        if (this.#features.handle(event)) return;
        const runner = this.#book.byLeg(event.leg);
        if (event.type === 'hungup') this.#book.legGone(event.leg, event.cause);
        runner?.dispatch(event);
      }
    }
  }

  /** `again`: he was another daemon's; `place` is when he entered the queue, where his leg remembers it. */
  async #arrive(pbx: Pbx, arrival: Arrival, again?: { readonly place: number | undefined }): Promise<void> {
    const { leg } = arrival;
    if (this.#book.ownsLeg(leg)) return;
    const site = this.#parts.site();
    const found = tenantByNumber(site, arrival.dialled);
    if (found === undefined) {
      // Under a name that is not redacted: it is the operator's own number, or one that a carrier sends him in error.
      this.#parts.log.warn({ node: pbx.node, leg, did: arrival.dialled }, 'nobody has this number: refused');
      await pbx.reject(leg, 'unallocated');
      return;
    }
    // The dialplan's guard brings the caller to the fallback.
    if (this.#draining) return;
    this.#book.taking(leg, true);
    try {
      if (!(await pbx.take(leg))) return;
      const now = this.#parts.clock.now();
      const { tenant, number } = found;
      const step = begin(arrival, number, openingAt(tenant.schedule, now), { now, tenant });
      if (again === undefined) {
        const runner = this.#run(step.call, tenant);
        const cause = this.#book.leftWhileTaken(leg);
        if (cause === undefined) runner.begin(step.effects);
        // The event came before there was a call that it could concern.
        else return runner.dispatch({ type: 'hungup', leg, cause });
      } else {
        // `parked` does the rest.
        const call: Call = { ...countAnew(step.call, now), enqueuedAt: again.place };
        const timers = { audit: now + limits.answer, enqueue: now + limits.answer };
        this.#run(again.place === undefined ? call : { ...call, state: { at: 'waiting' }, timers }, tenant).begin([]);
      }
      const place = again === undefined ? step.call.enqueuedAt : again.place;
      await pbx.remember(leg, { tenant: tenant.id, dialled: number, ...(place === undefined ? {} : { enqueued_at: String(place) }) });
    } finally {
      this.#book.taking(leg, false);
    }
  }

  #run(call: Call, tenant: Tenant): CallRunner {
    const runner = new CallRunner(call, {
      clock: this.#parts.clock,
      tenant: (of) => this.#tenant(of, tenant),
      perform: (self, effect) => this.#performer.perform(self, effect),
      changed: (self, before) => this.#changed(self, before),
    });
    this.#book.add(runner, tenant);
    if (!this.#pbx(call.node).up) runner.sleep();
    this.#parts.metrics.callState(call.tenant, undefined, call.state.at);
    this.#observer.callChanged(undefined, call);
    this.#parts.log.info({ call: call.id, tenant: call.tenant, node: call.node, opening: call.opening, caller: call.caller }, 'call taken');
    this.#save(runner);
    return runner;
  }

  #tenant(call: Call, former: Tenant): Tenant {
    return this.#parts.site().tenants.get(call.tenant) ?? former;
  }

  #changed(runner: CallRunner, before: Call): void {
    const { call } = runner;
    this.#observer.callChanged(before, call);
    if (before.state.at !== call.state.at) {
      this.#parts.metrics.callState(call.tenant, before.state.at, call.state.at);
      this.#parts.log.info({ call: call.id, tenant: call.tenant, from: before.state.at, to: call.state.at, ...facts(call) }, 'call moved');
    }
    if (before.enqueuedAt !== call.enqueuedAt) {
      this.#background(this.#pbx(call.node).remember(call.leg, { enqueued_at: String(call.enqueuedAt) }), 'remember');
    }
    this.supervision.changed(before, call);
    if (call.state.at !== 'ended') {
      if (!needsNoSaving(before, call)) this.#save(runner);
      // Once this step's effects are under way.
      if (this.#draining && call.state.at === 'callback')
        this.#background(
          this.#afterwards(() => this.#leaveToSuccessor(runner)),
          'leaving',
        );
      return;
    }
    runner.stop();
    this.#book.remove(runner);
  }

  #assigned({ call, ...offered }: Assignment): void {
    const offer = this.#reached(offered.offer);
    const runner = this.#book.find(call);
    if (runner !== undefined && !runner.asleep) {
      runner.dispatch({ type: 'offer', ...offered, offer, ...(offered.also && { also: offered.also.map((one) => this.#reached(one)) }) });
    }
    // Nobody here knows the call any more, or its node is away (it is enqueued again when that is taken over): the agent must
    // not wait for his offer to expire.
    // Only this offer: the call may be another daemon's, who has told the store of it since.
    else this.#desk.settle(offer.token, () => this.#parts.routing.abandon(call, offer));
  }

  /** The offer with what an agent at a number outside is asked, where anybody may answer. */
  #reached(offer: Offer): Offer {
    const device = this.#parts.site().agents.get(offer.agent)?.device;
    return device?.kind === 'number' ? { ...offer, confirm: device.confirm } : offer;
  }

  async #takeOver(pbx: Pbx): Promise<void> {
    try {
      // Without its phones the callers are still fetched.
      const phones = await settled(this.#desk.node(pbx));
      const runners = await adoptNode(pbx, {
        ...this.#parts,
        book: this.#book,
        forget: (runner) => this.#forget(runner),
        resume: (call) => this.#resume(call),
        taken: (taken) => this.#background(this.#retelling.takenOver(taken), 'telling the store whose calls are ours'),
        arrive: (leg) => this.#arriveAgain(pbx, leg),
      });
      // Also what the daemon before us could not tell the store any more.
      await this.#retelling.talking(runners);
      // Who talks on a phone that is not registered any more is signed out when his talk ends.
      await this.#desk.syncAgents();
      if (phones instanceof Error) throw phones;
      this.#lostTalks.soon();
    } catch (err) {
      // Lost again meanwhile: the next `up` begins anew.
      if (!pbx.up) {
        this.#parts.log.info({ err, node: pbx.node }, 'node lost while it was taken over');
        return;
      }
      // The callers are ours; of talks and agents the store hears when it is back.
      if (err instanceof StoreUnavailable) return;
      this.#parts.log.error({ err, node: pbx.node, retryMs: takeOverAgainMs }, 'the node was not taken over wholly: once more');
      this.#parts.clock.after(takeOverAgainMs, () => {
        if (pbx.up) this.#background(this.#takeOver(pbx), 'takeover');
      });
    }
  }

  /** Who waits to be called back holds nobody up: his state is saved, and whoever has the node next goes on with it. */
  #leaveToSuccessor(runner: CallRunner): void {
    const { call } = runner;
    if (call.state.at !== 'callback' || !this.#store.up || this.#book.find(call.id) !== runner) return;
    this.#forget(runner);
    this.#desk.settle(call.id, () => this.#parts.routing.abandon(call.id));
  }

  async #afterwards(task: () => void): Promise<void> {
    await null;
    task();
  }

  #forget(runner: CallRunner): void {
    const { call } = runner;
    this.#book.forget(runner);
    this.#parts.metrics.callState(call.tenant, call.state.at, undefined);
    this.#observer.callLeft(call);
    this.#parts.log.info({ call: call.id, tenant: call.tenant }, 'call left to the daemon that has the node');
  }

  #resume(call: Call): CallRunner | undefined {
    const tenant = this.#parts.site().tenants.get(call.tenant);
    if (tenant !== undefined) return this.#run(call, tenant);
    this.#disown(call);
    return undefined;
  }

  /** A call that another daemon began, and that nobody can serve any more. */
  #disown(call: Call): void {
    const { calls, clock, history, log, routing } = this.#parts;
    log.warn({ call: call.id, tenant: call.tenant }, 'the tenant of this call is configured no more: the dialplan takes the caller');
    if (isAway(call)) this.#background(history.append(tenantGone(call, clock.now())), 'a record');
    this.#desk.settle(call.id, () => routing.abandon(call.id));
    const wrapUpMs = call.state.at === 'connected' ? 0 : undefined;
    for (const offer of heldOffers(call.state)) this.#desk.settle(offer.token, () => routing.release(offer, wrapUpMs));
    this.#desk.settle(`saved ${call.id}`, () => calls.remove(call));
  }

  /** A caller's leg of which the store knows nothing: a new call, or one whose leg remembers where it stood. */
  async #arriveAgain(pbx: Pbx, { arrival }: LegSnapshot): Promise<CallRunner | undefined> {
    const { dialled, enqueued_at: place } = await pbx.recall(arrival.leg);
    if (dialled === undefined) {
      await this.#arrive(pbx, arrival);
      return undefined;
    }
    const since = Number(place);
    await this.#arrive(pbx, { ...arrival, dialled }, { place: place !== undefined && Number.isFinite(since) ? since : undefined });
    // Only what we serve may be kept from the dialplan's fallback.
    const runner = this.#book.byLeg(arrival.leg);
    if (runner === undefined) return undefined;
    runner.fetch();
    await pbx.adopt(arrival.leg);
    return runner;
  }

  async #storeReady(fresh: boolean, standsInBecause: string | undefined): Promise<void> {
    this.#store = { up: standsInBecause === undefined, reason: standsInBecause };
    this.#parts.metrics.redisUp(this.#store.up);
    this.#parts.log.info({ fresh, standsInBecause }, 'routing store is ready');
    this.#desk.close();
    // Before anything is said of a call its state is saved: should we die now, whoever comes next can take that back.
    for (const runner of this.#book) this.#save(runner);
    await this.#retelling.everything(fresh);
  }

  #tick(): void {
    this.#stopTick = this.#parts.clock.after(tickMs, () => {
      this.#background(this.#parts.routing.tick(), 'tick');
      if (this.#ticks % prepareEvery === prepareEvery - 1) this.#desk.prepare();
      if (this.#ticks % learnDutiesEvery === 0) this.#background(this.#desk.learnDuties(), 'duties');
      if (this.#ticks++ % findLostTalksEvery === 0) this.#background(this.#lostTalks.look(), 'lost talks');
      this.#tick();
    });
  }

  #pbx(node: NodeId): Pbx {
    const pbx = this.#nodes.get(node);
    if (pbx === undefined) throw new Error(`no node ${node}`);
    return pbx;
  }

  /** State is saved behind the call's back: a store that is away delays nobody, and gets everything when it is back. */
  #save(runner: CallRunner): void {
    runner.savedRevision = runner.call.revision;
    this.#background(this.#parts.calls.save(runner.call), 'saving a call');
  }

  #background(work: Promise<unknown>, what: string): void {
    work.catch((err: unknown) => {
      if (err instanceof StoreUnavailable) this.#parts.log.debug({ what }, 'store unavailable');
      else this.#parts.log.error({ err, what }, 'failed in the background');
    });
  }
}

/**
 * Nothing changed but what whoever takes the node over finds out by himself: that the caller was answered; of a call that talks, when it is
 * looked at next. (Two trips to the store less for each call.)
 */
function needsNoSaving(before: Call, call: Call): boolean {
  if (before.state !== call.state) return false;
  const answered = before.unanswered !== undefined && call.unanswered === undefined;
  if (!answered && call.state.at !== 'connected') return false;
  const found: readonly string[] = ['revision', 'timers', ...(answered ? ['unanswered'] : [])];
  const known = (field: string): boolean => found.includes(field) || before[field as keyof Call] === call[field as keyof Call];
  return Object.keys({ ...before, ...call }).every(known);
}

/** The fault with which it ended, if any. */
async function settled(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
}

function facts(call: Call): Record<string, unknown> {
  const { state } = call;
  if ('offer' in state) return { agent: state.offer.agent };
  if (state.at === 'menu') return { menu: state.menu };
  return {};
}
