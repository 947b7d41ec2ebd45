/** Whether a supervisor may attend a talk, before the call itself is told; and a trace of every use and of every try. */
import type { Call } from '../core/call/call.js';
import type { Supervised, SupervisionMode, SupervisionRefusal, SupervisionVia } from '../core/call/supervised.js';
import type { FeatureText } from '../core/feature/desk.js';
import type { SupervisorRequest } from '../core/feature/session.js';
import type { AgentId, CallId, LegId, SupervisorId } from '../core/ids.js';
import { inScope, type Site, type Supervisor } from '../core/site.js';
import type { Prompt } from '../core/tenant.js';
import type { Log } from '../ports/log.js';
import type { Metrics } from '../ports/metrics.js';
import type { Pins } from '../ports/pins.js';
import type { CallBook } from './call-book.js';
import type { CallRunner } from './runner.js';

export interface SupervisionParts {
  readonly site: () => Site;
  readonly book: CallBook;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly pins?: Pins;
  /** Whether the call's node can be told anything now. */
  up(call: Call): boolean;
}

export interface SupervisionRequest {
  readonly call: CallId;
  readonly supervisor: SupervisorId;
  readonly mode: SupervisionMode;
  readonly via: SupervisionVia;
  /** His own, which is answered and ours; without it his phone is rung. */
  readonly leg?: LegId;
}

/** `unknownCall`: not one of this daemon's. */
export type SupervisionResult = 'done' | 'unknownCall' | 'unknownSupervisor' | SupervisionRefusal;

/** What he hears of a refusal on his own phone. */
const told: Readonly<Record<Exclude<SupervisionResult, 'done'>, FeatureText>> = {
  unknownCall: 'notTalking',
  unknownSupervisor: 'notAllowed',
  notAllowed: 'notAllowed',
  notTalking: 'notTalking',
  taken: 'taken',
  elsewhere: 'notTalking',
  unreachable: 'unavailable',
  noAnswer: 'unavailable',
  wrongPin: 'wrongPin',
  locked: 'locked',
};

export class SupervisionDesk {
  constructor(private readonly parts: SupervisionParts) {}

  /** A code that he dialled on his own phone. The result: what he hears; `undefined`: the talk. */
  async byCode({ leg, node, supervisor, verb: mode, digits }: SupervisorRequest): Promise<Prompt | undefined> {
    const [number, pin = ''] = digits;
    const { site, book, pins } = this.parts;
    const agent = [...site().agents.values()].find(
      ({ device }) => device.kind === 'phone' && device.node === node && device.user === number,
    );
    const talk = () => talkOf(book, agent?.id);
    const request = { supervisor, mode, via: 'phone', leg } as const;
    const typed = pins === undefined ? 'wrongPin' : await pins.check(supervisor, pin);
    // Who has not proved who he is hears nothing of who talks and who does not.
    if (typed !== 'right') return this.#say(this.refuse({ ...request, call: talk() }, typed));
    const call = talk();
    if (call === undefined) {
      const reason = this.refuse({ ...request, call }, 'notTalking');
      return this.#say(agent === undefined ? 'unknownAgent' : told[reason]);
    }
    const result = this.attend({ ...request, call });
    return result === 'done' ? undefined : this.#say(told[result]);
  }

  #say(text: FeatureText): Prompt | undefined {
    const { texts } = this.parts.site().desk;
    // A leg of which nobody has anything to say would be taken for handed over.
    return texts?.[text] ?? texts?.unavailable;
  }

  /** `done`: he attends, or his phone rings; what comes of that is in the call's record. */
  attend(request: SupervisionRequest): SupervisionResult {
    const { site, book } = this.parts;
    const { call, mode, via, leg } = request;
    const runner = book.find(call);
    const supervisor = site().supervisors.get(request.supervisor);
    const reason =
      supervisor === undefined ? 'unknownSupervisor' : runner === undefined ? 'unknownCall' : this.#against(runner, supervisor);
    if (reason !== undefined || runner === undefined) return this.refuse(request, reason ?? 'unknownCall');
    if (leg !== undefined) book.addLeg(leg, runner);
    runner.dispatch({ type: 'supervise', supervisor: request.supervisor, mode, via, ...(leg === undefined ? {} : { leg }) });
    return 'done';
  }

  /** Nobody attends the call any more. */
  leave(call: CallId): 'done' | 'unknownCall' {
    const runner = this.parts.book.find(call);
    runner?.dispatch({ type: 'unsupervise' });
    return runner === undefined ? 'unknownCall' : 'done';
  }

  /** A try that came to nothing, also one that was refused before this desk was asked (a wrong PIN). */
  refuse<R extends Exclude<SupervisionResult, 'done'>>(
    request: Omit<SupervisionRequest, 'call'> & { readonly call: CallId | undefined },
    reason: R,
  ): R {
    const { book, metrics, log, site } = this.parts;
    const { call, supervisor, mode, via } = request;
    metrics.supervision(mode, 'refused');
    log.warn({ audit: 'supervision', call, supervisor, mode, via, reason }, 'supervision was refused');
    // A name that nobody has is not kept: a record says who it was.
    if (call !== undefined && site().supervisors.has(supervisor) && reason !== 'unknownCall' && reason !== 'unknownSupervisor')
      book.find(call)?.dispatch({ type: 'superviseRefused', supervisor, mode, via, reason });
    return reason;
  }

  /** Tells of what has changed for a call: who began to hear it, and who hears it no more. */
  changed(before: Call, call: Call): void {
    if (before.supervised === call.supervised) return;
    const { metrics, log } = this.parts;
    const former = before.supervised ?? [];
    for (const [index, entry] of (call.supervised ?? []).entries()) {
      const known = former[index];
      if (known?.to === entry.to) continue;
      const fields = { audit: 'supervision', call: call.id, tenant: call.tenant, agent: agentOf(call), ...entry };
      if (entry.refused !== undefined) {
        if (!refusedHere(entry.refused)) continue;
        metrics.supervision(entry.mode, 'refused');
        log.warn(fields, 'supervision came to nothing');
        continue;
      }
      if (known === undefined) {
        metrics.supervision(entry.mode, 'attended');
        log.info(fields, 'a supervisor hears the talk');
      }
      if (entry.to !== null) log.info(fields, 'the supervisor hears the talk no more');
    }
  }

  #against(runner: CallRunner, supervisor: Supervisor): SupervisionRefusal | undefined {
    const { call } = runner;
    const { site, up } = this.parts;
    // Whether it is a talk at all is told to those only who may know.
    const pool = site().tenants.get(call.tenant)?.queue.pool;
    if (!inScope(supervisor, call.tenant, pool)) return 'notAllowed';
    if (call.state.at !== 'connected') return 'notTalking';
    const agent = site().agents.get(call.state.offer.agent);
    if (agent?.device.id === supervisor.device.id) return 'notAllowed';
    if (call.supervision !== undefined && call.supervision.supervisor !== supervisor.id) return 'taken';
    // Also on his own phone, which is where he dialled.
    if (supervisor.device.node !== call.node) return 'elsewhere';
    return up(call) ? undefined : 'unreachable';
  }
}

/** Told by `changed` alone: what `refuse` was told, it has told. */
function refusedHere(reason: NonNullable<Supervised['refused']>): boolean {
  return reason === 'noAnswer' || reason === 'unreachable';
}

function agentOf({ state }: Call) {
  return 'offer' in state ? state.offer.agent : undefined;
}

/** The agent's talk; of several the one that he answered last: the others are on hold. */
function talkOf(book: CallBook, agent: AgentId | undefined): CallId | undefined {
  const talks = [...book].filter(({ call }) => call.state.at === 'connected' && call.state.offer.agent === agent);
  return talks.sort((a, b) => (b.call.answeredByAgentAt ?? 0) - (a.call.answeredByAgentAt ?? 0))[0]?.call.id;
}
