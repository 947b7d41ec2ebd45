/**
 * A day of calls in virtual time. The core decides as it does in the daemon (`transition`), the routing store pairs calls and agents
 * as it does there (the Lua scripts, or their twin in memory); only what is around them is made up: callers, agents, phones.
 *
 *   calendar ─→ caller arrives, phone answered, caller hangs up … ─→ transition ─→ effects ─→ calendar, RoutingStore
 */
import type { Call, Offer, TimerName } from '../core/call/call.js';
import type { Effect } from '../core/call/effect.js';
import type { CallEvent } from '../core/call/event.js';
import type { CallRecord } from '../core/call/record.js';
import { begin, transition } from '../core/call/transition.js';
import { type CallId, id, type LegId, type NodeId, type PlayId } from '../core/ids.js';
import type { Site } from '../core/site.js';
import type { Tenant } from '../core/tenant.js';
import type { Assignment, RoutingStore } from '../ports/routing-store.js';
import type { Assumptions } from './assumptions.js';
import { Calendar } from './calendar.js';
import type { Caller } from './callers.js';
import { Enquiries } from './enquiries.js';
import { announceEveryMs, type Estimates } from './estimates.js';
import type { Floor } from './floor.js';
import type { Openings } from './openings.js';
import type { Random } from './random.js';
import type { Shift } from './shifts.js';

/** What the store takes for the present; epoch ms, whole. */
export interface VirtualClock {
  now: number;
  /** Counts what the store is asked. */
  turn: number;
}

/** Someone who keeps count. */
export interface Observer {
  queued(call: Call, now: number): void;
  /** Out of the queue: to an agent, or without one. */
  leftQueue(call: Call, answered: boolean, now: number): void;
  ended(record: CallRecord, tenant: Tenant): void;
}

export interface SimulationParts {
  readonly site: Site;
  readonly store: RoutingStore;
  readonly clock: VirtualClock;
  /** In the order of time. */
  readonly callers: readonly Caller[];
  readonly shifts: readonly Shift[];
  readonly assumptions: Assumptions;
  readonly random: Random;
  readonly openings: Openings;
  /** Keeps the agents' time sheets. */
  readonly floor: Floor;
  readonly observers: readonly Observer[];
  /** Judges what callers could be told of their wait; missing: nobody asks. */
  readonly estimates?: Estimates;
  /** Of which verb an assignment came, where the store answers later. Missing: each verb is awaited before anything else happens. */
  readonly turnOf?: (assignment: Assignment) => number;
}

/** One caller's way, and what he will do. */
interface Journey {
  call: Call;
  readonly tenant: Tenant;
  readonly caller: Caller;
  readonly keys: string[];
  /** The earliest timer that is in the calendar. */
  timerAt: number;
  waits: boolean;
}

/** How long an outside number rings before it answers, and how long the talk lasts, ms: of no consequence for the queues. */
const transferRingMs = 8_000;
/** As in the engine: how often the store looks for what is due, ms. */
const tickMs = 250;
const offerGraceMs = 30_000;
const node = id<NodeId>('simulated');

/** Something in the calendar. `surely`: whether it depends on what the store has decided, so that all replies must be read before. */
interface Plan {
  run(): void;
  surely?(): boolean;
}

export class Simulation {
  readonly #parts: SimulationParts;
  readonly #calendar = new Calendar<Plan>();
  readonly #journeys = new Map<CallId, Journey>();
  #inbox: { readonly journey: Journey; readonly event: CallEvent }[] = [];
  readonly #ticks = new Set<number>();
  readonly #enquiries: Enquiries;
  readonly #ms: Readonly<Record<'answer' | 'prompt' | 'whisper' | 'message', number>>;
  #calls = 0;

  constructor(parts: SimulationParts) {
    this.#parts = parts;
    const { answerSeconds, promptSeconds, whisperSeconds, messageSeconds } = parts.assumptions;
    const ms = (seconds: number) => Math.round(seconds * 1000);
    this.#ms = { answer: ms(answerSeconds), prompt: ms(promptSeconds), whisper: ms(whisperSeconds), message: ms(messageSeconds) };
    this.#enquiries = new Enquiries(parts.clock, parts.turnOf === undefined ? 0 : this.#leastEffectMs(), (one) => this.#assigned(one));
  }

  /** How soon after a decision of the store something that follows from it can happen: a phone has rung, a prompt has been heard. */
  #leastEffectMs(): number {
    const { answer, prompt } = this.#ms;
    return Math.min(answer, prompt, ...[...this.#parts.site.tenants.values()].map(({ queue }) => queue.ringMs));
  }

  /** Plays until the last call has ended. */
  async run(): Promise<void> {
    const { store, callers, shifts, clock, turnOf } = this.#parts;
    clock.now = Math.min(callers[0]?.at ?? 0, ...shifts.slice(0, 1).map(({ from }) => from));
    await new Promise<void>((resolve, reject) => {
      const down = (reason: string) => reject(new Error(reason));
      const assigned = (one: Assignment) => this.#enquiries.assign(one, turnOf?.(one) ?? clock.turn);
      store.start({ assigned, ready: () => resolve(), down }).catch(reject);
    });
    for (const shift of shifts) this.#calendar.enter(shift.from, { run: () => this.#work(shift) });
    this.#awaitCaller(0);
    for (;;) {
      if (this.#calendar.nextAt >= this.#enquiries.horizon) await this.#enquiries.hear(this.#calendar.nextAt);
      const next = this.#calendar.take();
      if (next === undefined) return;
      // What was decided meanwhile may come before it.
      if (next.what.surely?.()) await this.#enquiries.hear();
      clock.now = next.at;
      next.what.run();
      this.#deliver();
    }
  }

  /** What the store answers belongs to the instant at which it was asked. */
  #ask<T>(verb: () => Promise<T>, heard: (reply: T) => void = () => undefined): void {
    this.#enquiries.ask(verb, (reply) => {
      heard(reply);
      this.#deliver();
    });
  }

  #in(ms: number, run: () => void, surely?: () => boolean): void {
    this.#calendar.enter(this.#parts.clock.now + Math.round(ms), surely === undefined ? { run } : { run, surely });
  }

  // --- callers

  /** One at a time: a million of them need not be in the calendar at once. */
  #awaitCaller(index: number): void {
    const caller = this.#parts.callers[index];
    if (caller === undefined) return;
    this.#calendar.enter(caller.at, {
      run: () => {
        this.#awaitCaller(index + 1);
        this.#arrive(caller);
      },
    });
  }

  #arrive(caller: Caller): void {
    const { site, clock, openings } = this.#parts;
    const tenant = site.tenants.get(caller.tenant);
    if (tenant === undefined) return;
    const dialled = tenant.numbers[0] ?? '';
    const arrival = { leg: id<LegId>(`c${++this.#calls}`), node, caller: { number: caller.number, name: '' }, dialled };
    const { call, effects } = begin(arrival, dialled, openings.at(tenant, clock.now), { now: clock.now, tenant });
    const journey: Journey = { call, tenant, caller, keys: [...caller.keys], timerAt: Number.POSITIVE_INFINITY, waits: false };
    this.#journeys.set(call.id, journey);
    for (const effect of effects) this.#perform(journey, effect);
  }

  /** What happens at this instant happens in order, never one inside the other. */
  #tell(journey: Journey, event: CallEvent): void {
    this.#inbox.push({ journey, event });
  }

  #deliver(): void {
    for (let index = 0; index < this.#inbox.length; index++) {
      const next = this.#inbox[index];
      if (next !== undefined) this.#dispatch(next.journey, next.event);
    }
    this.#inbox = [];
  }

  #dispatch(journey: Journey, event: CallEvent): void {
    const before = journey.call;
    const { call, effects } = transition(before, event, { now: this.#parts.clock.now, tenant: journey.tenant });
    journey.call = call;
    if (call.state !== before.state) this.#moved(journey, before);
    for (const effect of effects) this.#perform(journey, effect);
    this.#awaitTimer(journey);
  }

  #moved(journey: Journey, before: Call): void {
    const { call, caller, tenant } = journey;
    const { state } = call;
    const { observers, clock } = this.#parts;
    const waits = state.at === 'waiting' || state.at === 'offered';
    if (waits && !journey.waits) {
      journey.waits = true;
      for (const observer of observers) observer.queued(call, clock.now);
      if (before.enqueuedAt === undefined) {
        const inQueue = () => journey.waits;
        if (caller.patienceMs < Number.POSITIVE_INFINITY) this.#in(caller.patienceMs, () => inQueue() && this.#hangUp(journey), inQueue);
        for (const { afterMs } of tenant.queue.rings.slice(1)) this.#in(afterMs, () => inQueue() && this.#tickAt(clock.now));
      }
    } else if (!waits && journey.waits) {
      journey.waits = false;
      for (const observer of observers) observer.leftQueue(call, state.at === 'connected', clock.now);
      this.#parts.estimates?.settle(call, tenant, state.at === 'connected', clock.now);
    }
    const talks = ({ state: { at, ...more } }: Call) =>
      at === 'connected' || (at === 'transferring' && 'phase' in more && more.phase === 'talking');
    if (talks(call) && !talks(before)) this.#in(caller.talkMs, () => this.#hangUp(journey));
    if (state.at === 'ended') this.#journeys.delete(call.id);
  }

  #hangUp(journey: Journey): void {
    if (journey.call.state.at !== 'ended') this.#tell(journey, { type: 'hungup', leg: journey.call.leg, cause: 'NORMAL_CLEARING' });
  }

  /** Only the earliest of a call's timers is in the calendar. */
  #awaitTimer(journey: Journey): void {
    const at = earliest(journey.call)?.at ?? Number.POSITIVE_INFINITY;
    if (at >= journey.timerAt) return;
    journey.timerAt = at;
    this.#calendar.enter(at, { run: () => this.#timer(journey, at), surely: () => journey.waits });
  }

  #timer(journey: Journey, at: number): void {
    if (at !== journey.timerAt) return;
    journey.timerAt = Number.POSITIVE_INFINITY;
    const due = earliest(journey.call);
    if (due !== undefined && due.at <= at) this.#tell(journey, { type: 'timer', name: due.name });
    else this.#awaitTimer(journey);
  }

  // --- effects

  #perform(journey: Journey, effect: Effect): void {
    const { call, tenant } = journey;
    const { store, floor, clock } = this.#parts;
    switch (effect.do) {
      case 'answer':
        this.#tell(journey, { type: 'answered', leg: effect.leg });
        break;
      case 'hangup':
        if (effect.leg === call.leg) this.#hangUp(journey);
        break;
      case 'play':
        this.#play(journey, effect.leg, effect.play);
        break;
      case 'originate':
        this.#ring(journey, effect.leg, 'agent' in effect.target, effect.ringMs);
        break;
      case 'bridge':
        this.#tell(journey, { type: 'bridged', leg: effect.leg, other: effect.other });
        break;
      case 'takeMessage': {
        const { leg, play, file } = effect;
        const ms = this.#ms.message;
        this.#in(ms, () => this.#tell(journey, { type: 'message', leg, play, file, ms }));
        break;
      }
      case 'enqueue': {
        const request = { ...effect.waiting, call: call.id, offerMs: effect.queue.ringMs + offerGraceMs };
        this.#ask(
          () => store.enqueue(request),
          ({ signedIn }) => this.#tell(journey, { type: signedIn === 0 ? 'noAgent' : 'enqueued' }),
        );
        if (effect.enqueuedAt === clock.now) this.#estimate(journey, 'entry');
        break;
      }
      case 'dequeue':
        floor.withdrawn(call.id, clock.now);
        this.#ask(() => store.abandon(call.id));
        break;
      case 'acceptOffer': {
        const { offer } = effect;
        floor.talks(offer, clock.now);
        this.#ask(
          () => store.accept(call.id, offer),
          (valid) => {
            if (!valid) this.#tell(journey, { type: 'offerExpired', offer });
          },
        );
        break;
      }
      case 'rejectOffer':
        this.#free(effect.offer, 'rests', effect.missed?.follows.pauseMs ?? 0, () => store.reject(call.id, effect.offer, effect.missed));
        break;
      case 'releaseAgent':
        this.#free(effect.offer, 'wrapsUp', effect.wrapUpMs ?? 0, () =>
          store.release(effect.offer, effect.wrapUpMs, this.#parts.site.desk.breather),
        );
        break;
      case 'writeRecord':
        floor.withdrawn(call.id, clock.now);
        for (const observer of this.#parts.observers) observer.ended(effect.record, tenant);
        break;
      default:
        // What is only heard or written down takes nobody's time.
        break;
    }
  }

  /** What he could be told now, if he waits; and again after a while. */
  #estimate(journey: Journey, when: 'entry' | 'announcement'): void {
    const { store, estimates, clock } = this.#parts;
    if (estimates === undefined || !journey.waits) return;
    const heard = estimates.make(journey.call, journey.tenant, when, clock.now);
    this.#ask(() => store.outlook(journey.call.id), heard);
    this.#in(announceEveryMs, () => this.#estimate(journey, 'announcement'));
  }

  /** A caller in a menu presses his key when he has heard it out. */
  #play(journey: Journey, leg: LegId, play: PlayId): void {
    const whispers = leg !== journey.call.leg;
    this.#in(whispers ? this.#ms.whisper : this.#ms.prompt, () => {
      const { state } = journey.call;
      const key = state.at === 'menu' && state.play === play ? journey.keys.shift() : undefined;
      if (key === undefined) this.#tell(journey, { type: 'played', leg, play, failed: false });
      else for (const digit of key) this.#tell(journey, { type: 'digit', leg, digit });
    });
  }

  #ring(journey: Journey, leg: LegId, agent: boolean, ringMs: number): void {
    const { random, assumptions } = this.#parts;
    const answers = !agent || (random.uniform() * 100 >= assumptions.noAnswerPercent && this.#ms.answer <= ringMs);
    if (answers) this.#in(agent ? this.#ms.answer : transferRingMs, () => this.#tell(journey, { type: 'ready', leg }));
    else this.#in(ringMs, () => this.#tell(journey, { type: 'failed', leg, reason: 'no-answer', cause: 'NO_ANSWER' }));
  }

  // --- agents

  #work({ agent, from, to }: Shift): void {
    const known = this.#parts.site.agents.get(agent);
    if (known === undefined) return;
    const { store, floor } = this.#parts;
    floor.signIn(agent, from, to);
    const { pools, skills, order, maxCalls } = known;
    this.#ask(() => store.agentReady({ agent, pools, skills, order, maxCalls }));
    if (to < Number.POSITIVE_INFINITY) this.#in(to - from, () => this.#ask(() => store.agentGone(agent)));
  }

  #assigned({ call, offer, why, also = [] }: Assignment): void {
    const journey = this.#journeys.get(call);
    // He hung up before we heard of it, and the store was told.
    if (journey === undefined) return;
    this.#parts.floor.rings(call, [offer, ...also], journey.call.tenant, this.#parts.clock.now);
    this.#tell(journey, { type: 'offer', offer, why, also });
    this.#deliver();
  }

  #free(offer: Offer, does: 'rests' | 'wrapsUp', ms: number, verb: () => Promise<unknown>): void {
    const { now } = this.#parts.clock;
    this.#parts.floor.leaves(offer, does, ms, now);
    this.#ask(verb);
    if (ms > 0) this.#tickAt(now + ms);
  }

  /** The store is asked for what is due when something is, but only at the instants at which the engine would ask. */
  #tickAt(due: number): void {
    const at = Math.ceil(due / tickMs) * tickMs;
    if (this.#ticks.has(at)) return;
    this.#ticks.add(at);
    const tick = () => {
      this.#ticks.delete(at);
      this.#ask(() => this.#parts.store.tick());
    };
    this.#calendar.enter(at, { run: tick });
  }
}

/** An audit finds out what nobody told, and `enqueue` repeats what a store may not have heard: here everybody tells and hears. */
function earliest({ timers }: Call): { readonly name: TimerName; readonly at: number } | undefined {
  let first: { readonly name: TimerName; readonly at: number } | undefined;
  for (const [name, at] of Object.entries(timers) as [TimerName, number][]) {
    if (name !== 'audit' && name !== 'enqueue' && (first === undefined || at < first.at)) first = { name, at };
  }
  return first;
}
