/**
 * A day of calls in virtual time. The core decides as it does in the daemon (`transition`), the routing store pairs calls and agents
 * as it does there (the Lua scripts, or their twin in memory); only what is around them is made up: callers, agents, phones.
 *
 *   calendar ─→ caller arrives, phone answered, caller hangs up … ─→ transition ─→ effects ─→ calendar, RoutingStore
 */
import type { Call } from '../core/call/call.js';
import type { Effect } from '../core/call/effect.js';
import type { CallEvent } from '../core/call/event.js';
import { isAway } from '../core/call/line.js';
import type { CallRecord } from '../core/call/record.js';
import { begin, transition } from '../core/call/transition.js';
import { type CallId, id, type LegId, type NodeId } from '../core/ids.js';
import type { WaitingCall } from '../core/queue/waiting-call.js';
import type { Site } from '../core/site.js';
import type { Tenant } from '../core/tenant.js';
import type { CallbackStore } from '../ports/callback-store.js';
import type { Assignment, RoutingStore } from '../ports/routing-store.js';
import { type Assumptions, msOf } from './assumptions.js';
import { Calendar } from './calendar.js';
import type { Caller } from './callers.js';
import { Crowd } from './crowd.js';
import { Enquiries } from './enquiries.js';
import { announceEveryMs, type Estimates } from './estimates.js';
import type { Floor } from './floor.js';
import { earliest, type Journey, talks, waitsNow } from './journey.js';
import type { Openings } from './openings.js';
import type { Random } from './random.js';
import type { Shift } from './shifts.js';
import { type Stage, Workforce } from './workforce.js';

/** What the store takes for the present; epoch ms, whole. */
export interface VirtualClock {
  now: number;
  /** Which of all that the store is asked it is asked now. */
  turn: number;
}

/** `elsewhere`: for a message or an outside number. `calledBack`: he will be. */
export type LeftQueue = 'answered' | 'gaveUp' | 'calledBack' | 'elsewhere';

/** Someone who keeps count. */
export interface Observer {
  queued(call: Call, now: number): void;
  leftQueue(call: Call, how: LeftQueue, now: number): void;
  /** He will be called back. */
  promised(call: Call, now: number): void;
  /** He was called back, and talks to an agent. */
  reached(call: Call, now: number): void;
  ended(record: CallRecord, tenant: Tenant): void;
}

export interface SimulationParts {
  readonly site: Site;
  readonly store: RoutingStore;
  readonly callbacks: CallbackStore;
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

/** How long an outside number rings before it answers, ms. */
const outsideRingMs = 8_000;
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
  readonly #workforce: Workforce;
  readonly #crowd: Crowd;
  readonly #ms: Readonly<Record<'answer' | 'prompt' | 'message', number>>;
  /** A stream of its own: agents are rung when the store's decision is heard of, which may be later than this. */
  readonly #outside: Random;
  #calls = 0;

  constructor(parts: SimulationParts) {
    this.#parts = parts;
    const { answerSeconds, promptSeconds, messageSeconds } = parts.assumptions;
    this.#ms = { answer: msOf(answerSeconds), prompt: msOf(promptSeconds), message: msOf(messageSeconds) };
    const { site, store, floor, assumptions, random, clock } = parts;
    this.#outside = random.fork('outside');
    const stage: Stage = {
      now: () => clock.now,
      in: (ms, run, surely) => this.#in(ms, run, surely),
      ask: (verb, heard) => this.#ask(verb, heard),
    };
    this.#workforce = new Workforce({ site, store, floor, assumptions, random, stage });
    this.#crowd = new Crowd({ assumptions, stage, tell: (journey, event) => this.#tell(journey, event) });
    this.#enquiries = new Enquiries(parts.clock, parts.turnOf === undefined ? undefined : this.#leastEffectMs(), (one) =>
      this.#assigned(one),
    );
  }

  /** How soon after a decision of the store something that follows from it can happen: a phone has rung, a prompt has been heard. */
  #leastEffectMs(): number {
    const { answer, prompt } = this.#ms;
    const back = this.#parts.assumptions.backSeconds * 1000;
    return Math.min(answer, prompt, back, ...[...this.#parts.site.tenants.values()].map(({ queue }) => queue.ringMs));
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
    for (const shift of shifts) this.#calendar.enter(shift.from, { run: () => this.#workforce.begin(shift) });
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
    const journey: Journey = {
      call,
      tenant,
      caller,
      keys: [...caller.keys],
      timerAt: Number.POSITIVE_INFINITY,
      waits: false,
      watched: '',
    };
    this.#journeys.set(call.id, journey);
    // He may have entered the queue with his first step.
    this.#moved(journey, { ...call, state: { at: 'arriving' }, enqueuedAt: undefined });
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
    const { call, tenant } = journey;
    const { state } = call;
    const { observers, clock, estimates } = this.#parts;
    const away = isAway(call);
    const waits = waitsNow(journey);
    if (waits && !journey.waits) {
      journey.waits = true;
      for (const observer of observers) observer.queued(call, clock.now);
      if (before.enqueuedAt === undefined) this.#crowd.waits(journey);
    } else if (!waits && journey.waits) {
      journey.waits = false;
      const how = state.at === 'connected' ? 'answered' : away ? 'calledBack' : state.at === 'ended' ? 'gaveUp' : 'elsewhere';
      for (const observer of observers) observer.leftQueue(call, how, clock.now);
      estimates?.settle(call, tenant, how === 'answered', clock.now);
    }
    if (away && before.state.at === 'arranging') for (const observer of observers) observer.promised(call, clock.now);
    if (talks(call) && !talks(before)) {
      if (call.callback !== undefined) for (const observer of observers) observer.reached(call, clock.now);
      this.#crowd.talks(journey);
    }
    if (state.at === 'ended') this.#journeys.delete(call.id);
  }

  /** Only the earliest of a call's timers is in the calendar. */
  #awaitTimer(journey: Journey): void {
    const at = earliest(journey)?.at ?? Number.POSITIVE_INFINITY;
    if (at >= journey.timerAt) return;
    journey.timerAt = at;
    this.#calendar.enter(at, { run: () => this.#timer(journey, at), surely: () => journey.waits || isAway(journey.call) });
  }

  #timer(journey: Journey, at: number): void {
    if (at !== journey.timerAt) return;
    journey.timerAt = Number.POSITIVE_INFINITY;
    const due = earliest(journey);
    if (due !== undefined && due.at <= at) this.#tell(journey, { type: 'timer', name: due.name });
    else this.#awaitTimer(journey);
  }

  // --- effects

  #perform(journey: Journey, effect: Effect): void {
    const { call, tenant } = journey;
    const { store, callbacks, floor, clock } = this.#parts;
    switch (effect.do) {
      case 'answer':
        this.#tell(journey, { type: 'answered', leg: effect.leg });
        break;
      case 'hangup':
        if (effect.leg === call.leg) this.#crowd.hangsUp(journey);
        break;
      case 'play':
        this.#crowd.hears(journey, effect.leg, effect.play);
        break;
      case 'originate':
        this.#ring(journey, effect);
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
        const { waiting, queue, atMost } = effect;
        const limit = atMost === undefined ? {} : { atMost };
        const request = { ...waiting, call: call.id, offerMs: queue.ringMs + offerGraceMs, ...limit };
        this.#ask(
          () => store.enqueue(request),
          ({ signedIn, full }) => this.#tell(journey, { type: full ? 'full' : signedIn === 0 ? 'noAgent' : 'enqueued' }),
        );
        this.#watch(journey, effect.waiting);
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
      case 'rejectOffer': {
        const { offer, missed } = effect;
        const owedMs = floor.leaves(offer, missed === undefined ? 'freed' : 'missed', 0, clock.now);
        this.#ask(() => store.reject(call.id, offer, missed));
        for (const ms of [owedMs, missed?.follows.pauseMs ?? 0, missed?.inARow?.follows.pauseMs ?? 0])
          if (ms > 0) this.#tickAt(clock.now + ms);
        if (missed !== undefined) this.#workforce.look();
        break;
      }
      case 'releaseAgent':
        this.#release(effect);
        break;
      case 'rememberGivenUp':
        this.#ask(() => store.gaveUp(call.tenant, effect.caller, effect.at, effect.keepMs));
        break;
      case 'askOutlook':
        this.#ask(
          () => store.outlook(call.id),
          (outlook) => {
            this.#tell(journey, { type: 'outlook', outlook });
            if (outlook !== undefined) this.#crowd.isTold(journey, outlook);
          },
        );
        break;
      case 'askCallback':
        this.#ask(
          () => callbacks.keep(effect.callback, effect.limit, clock.now),
          (kept) => {
            if (kept.verdict === 'full') return this.#tell(journey, { type: 'callbackRefused' });
            this.#tell(journey, { type: 'callbackKept', enqueuedAt: kept.replaced?.enqueuedAt });
            if (kept.replaced !== undefined) this.#withdraw(kept.replaced.call);
          },
        );
        break;
      case 'claimPlace':
        this.#ask(
          () => callbacks.withdraw(call.tenant, effect.number, 'calledAgain'),
          (found) => {
            if (found === undefined) return;
            this.#withdraw(found.call);
            this.#tell(journey, { type: 'placeFound', enqueuedAt: found.enqueuedAt });
          },
        );
        break;
      case 'endCallback':
        this.#ask(() => callbacks.end(call.tenant, effect.number, call.id));
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

  #ring(journey: Journey, { leg, target, ringMs }: Effect & { do: 'originate' }): void {
    const { random, assumptions, clock } = this.#parts;
    const outOf100 = (percent: number, draw = random) => draw.uniform() * 100 < percent;
    const [answers, afterMs] =
      'agent' in target
        ? [!outOf100(assumptions.noAnswerPercent) && !this.#workforce.absent(target.agent, clock.now), this.#ms.answer]
        : [journey.call.state.at !== 'callingBack' || outOf100(assumptions.reachPercent, this.#outside), outsideRingMs];
    if (answers && afterMs <= ringMs) this.#in(afterMs, () => this.#tell(journey, { type: 'ready', leg }));
    else this.#in(ringMs, () => this.#tell(journey, { type: 'failed', leg, reason: 'no-answer', cause: 'NO_ANSWER' }));
  }

  /** Somebody is called back no more. */
  #withdraw(call: CallId): void {
    const journey = this.#journeys.get(call);
    if (journey !== undefined) this.#tell(journey, { type: 'callbackWithdrawn', why: 'calledAgain' });
  }

  // --- agents

  #assigned({ call, offer, why, also = [] }: Assignment): void {
    const journey = this.#journeys.get(call);
    // He hung up before we heard of it, and the store was told.
    if (journey === undefined) return;
    this.#parts.floor.rings(call, [offer, ...also], journey.call.tenant, this.#parts.clock.now);
    this.#tell(journey, { type: 'offer', offer, why, also });
    this.#deliver();
  }

  #release({ offer, wrapUpMs }: Effect & { do: 'releaseAgent' }): void {
    const { store, floor, clock, site } = this.#parts;
    const { breather } = site.desk;
    const free = clock.now + floor.leaves(offer, wrapUpMs === undefined ? 'freed' : 'wrapsUp', wrapUpMs ?? 0, clock.now);
    this.#ask(() => store.release(offer, wrapUpMs, breather));
    if (free > clock.now) this.#tickAt(free);
    if (breather === undefined) return;
    if (free === clock.now) this.#workforce.look();
    this.#tickAt((free > clock.now ? tickAfter(free) : free) + breather.breatherMs);
  }

  /** Rings, and the end of the wait for his own agent, count from the entry into the queue, but for the rests of a callback. */
  #watch(journey: Journey, { enqueuedAt, rings, sticky }: WaitingCall): void {
    const due = [...rings.slice(1).map(({ afterMs }) => enqueuedAt + afterMs), ...(sticky?.waitMs ? [enqueuedAt + sticky.waitMs] : [])];
    const text = due.join();
    if (text === journey.watched) return;
    journey.watched = text;
    const { now } = this.#parts.clock;
    const queued = () => journey.waits || isAway(journey.call);
    for (const at of due) if (at > now) this.#in(at - now, () => queued() && this.#tickAt(at));
  }

  /** The store is asked for what is due when something is, but only at the instants at which the engine would ask. */
  #tickAt(due: number): void {
    const at = tickAfter(due);
    if (this.#ticks.has(at)) return;
    this.#ticks.add(at);
    const tick = () => {
      this.#ticks.delete(at);
      this.#ask(() => this.#parts.store.tick());
      // Whose wrap-up has ended may rest now.
      if (this.#parts.site.desk.breather !== undefined) this.#workforce.look();
    };
    this.#calendar.enter(at, { run: tick });
  }
}

const tickAfter = (due: number) => Math.ceil(due / tickMs) * tickMs;
