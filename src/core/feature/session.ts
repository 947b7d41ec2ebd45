/**
 * A code that was dialled on a desk phone, in one pure function:
 *
 *   answering ─answered→ asking ⟲ wrong keys ─all answered→ acting ─acted→ telling ─played→ ended
 *   answering ─answered→ telling: what was dialled means nothing, or the phone is nobody's
 *   acting ─acted, handed over→ served: the leg is somebody else's business until it hangs up
 *   any step ─hungup→ ended
 *
 * What always holds: a session that has not ended has a due time, `served` excepted, whose owner ends it. It lives in memory only:
 * its digits may be a PIN, so it is never saved, logged or told to anybody but the part that acts on it. Should the daemon die,
 * the PBX hangs the phone up by its guard, and the agent dials again.
 */
import type { LegEvent } from '../call/event.js';
import type { SupervisionMode } from '../call/supervised.js';
import type { AgentId, LegId, NodeId, PlayId, SupervisorId } from '../ids.js';
import { id } from '../ids.js';
import type { Prompt } from '../tenant.js';
import { type Desk, type FeatureText, type FeatureVerb, isSupervision, type Question, questionsOf, readCode } from './desk.js';

/** A desk phone that dialled a code and waits to be answered. */
export interface FeatureCall {
  readonly leg: LegId;
  readonly node: NodeId;
  /** The SIP user that proved its password; never what the phone says of itself. */
  readonly user: string;
  /** `*` and digits. */
  readonly dialled: string;
}

export type FeatureState =
  | { readonly at: 'answering' }
  | { readonly at: 'asking'; readonly play: PlayId; readonly failures: number }
  | { readonly at: 'acting' }
  | { readonly at: 'telling'; readonly play: PlayId }
  | { readonly at: 'served' }
  | { readonly at: 'ended' };

/** Whose wish it is and what he wants: what the engine acts on. `digits`: the answers, in the order of the questions. Secret. */
export interface FeatureRequest {
  readonly leg: LegId;
  readonly node: NodeId;
  readonly agent: AgentId;
  readonly verb: FeatureVerb;
  readonly digits: readonly string[];
}

/** A supervisor who wants to attend the talk of the agent whose number is the first of `digits`; the second is his PIN. Secret. */
export interface SupervisorRequest {
  readonly leg: LegId;
  readonly node: NodeId;
  readonly supervisor: SupervisorId;
  readonly verb: SupervisionMode;
  readonly digits: readonly string[];
}

/** Whose phone it is; both for a supervisor who is an agent, too. */
export interface PhoneOwner {
  readonly agent: AgentId | undefined;
  readonly supervisor: SupervisorId | undefined;
}

export interface FeatureSession extends FeatureCall, PhoneOwner {
  readonly verb: FeatureVerb | SupervisionMode | undefined;
  readonly digits: readonly string[];
  readonly state: FeatureState;
  /** Epoch ms: when the step takes too long. */
  readonly due: number | undefined;
  readonly sequence: number;
}

export type FeatureEvent =
  | LegEvent
  | { readonly type: 'timer' }
  /** The wish was done, or refused: what the agent hears of it. `undefined`: another part has the leg now. */
  | { readonly type: 'acted'; readonly say: Prompt | undefined };

export type FeatureEffect =
  | { readonly do: 'answer' }
  | { readonly do: 'play'; readonly play: PlayId; readonly prompt: Prompt }
  | { readonly do: 'collect'; readonly play: PlayId; readonly prompt: Prompt; readonly most: number }
  | { readonly do: 'act'; readonly request: FeatureRequest | SupervisorRequest }
  | { readonly do: 'hangup' };

export interface FeatureContext {
  readonly now: number;
  readonly desk: Desk;
}

export interface FeatureStep {
  readonly session: FeatureSession;
  readonly effects: readonly FeatureEffect[];
}

/** Longest times, ms; each ends a step whose event never came. */
export const featureLimits = { answer: 5_000, ask: 60_000, act: 10_000, tell: 60_000, failures: 3 } as const;

export function beginFeature(call: FeatureCall, { agent, supervisor }: PhoneOwner, { desk, now }: FeatureContext): FeatureStep {
  const read = readCode(desk, call.dialled);
  const session: FeatureSession = {
    ...call,
    agent,
    supervisor,
    verb: read?.verb,
    digits: read === undefined || read.digits === '' ? [] : [read.digits],
    state: { at: 'answering' },
    due: now + featureLimits.answer,
    sequence: 0,
  };
  return { session, effects: [{ do: 'answer' }] };
}

export function featureTransition(session: FeatureSession, event: FeatureEvent, ctx: FeatureContext): FeatureStep {
  const { state } = session;
  if (event.type === 'hungup') return enter(session, { at: 'ended' }, undefined);
  switch (state.at) {
    case 'answering':
      if (event.type === 'answered') return begin(session, ctx);
      return event.type === 'timer' ? end(session) : stay(session);
    case 'asking':
      if (event.type === 'collected' && event.play === state.play) return answered(session, state.failures, event.digits, ctx);
      return event.type === 'timer' ? tell(session, 'nothingDone', ctx) : stay(session);
    case 'acting':
      if (event.type === 'acted')
        return event.say === undefined ? enter(session, { at: 'served' }, undefined) : say(session, event.say, ctx);
      return event.type === 'timer' ? tell(session, 'unavailable', ctx) : stay(session);
    case 'telling':
      if (event.type === 'played' && event.play === state.play) return end(session);
      return event.type === 'timer' ? end(session) : stay(session);
    case 'served':
    case 'ended':
      return stay(session);
    default:
      return state satisfies never;
  }
}

function begin(session: FeatureSession, ctx: FeatureContext): FeatureStep {
  if (session.agent === undefined && session.supervisor === undefined) return tell(session, 'nobodysPhone', ctx);
  if (session.verb === undefined) return tell(session, 'unknownCode', ctx);
  if (isSupervision(session.verb)) {
    // Before his PIN is asked for: what is typed on a phone that is no supervisor's is nobody's business.
    if (session.supervisor === undefined) return tell(session, 'notAllowed', ctx);
  } else if (session.agent === undefined) return tell(session, 'nobodysPhone', ctx);
  const [dialled] = session.digits;
  const [first] = questionsOf(session.verb, ctx.desk);
  if (dialled === undefined) return next(session, ctx);
  // Keys behind a code that asks nothing: another code was meant.
  if (first === undefined || first.secret) return tell(session, 'unknownCode', ctx);
  return first.accepts(dialled) ? next(session, ctx) : ask({ ...session, digits: [] }, first, 1, ctx);
}

/** The next question, or the act when all are answered. */
function next(session: FeatureSession, ctx: FeatureContext): FeatureStep {
  const { leg, node, agent, supervisor, verb, digits } = session;
  if (verb === undefined) return end(session);
  const question = questionsOf(verb, ctx.desk)[digits.length];
  if (question !== undefined) return ask(session, question, 0, ctx);
  // What was pressed is not kept any longer than it is needed.
  const acting = enter({ ...session, digits: [] }, { at: 'acting' }, ctx.now + featureLimits.act);
  if (isSupervision(verb))
    return supervisor === undefined
      ? end(session)
      : { ...acting, effects: [{ do: 'act', request: { leg, node, supervisor, verb, digits } }] };
  return agent === undefined ? end(session) : { ...acting, effects: [{ do: 'act', request: { leg, node, agent, verb, digits } }] };
}

function ask(session: FeatureSession, question: Question, failures: number, { desk, now }: FeatureContext): FeatureStep {
  const play = playOf(session);
  const wrong = failures === 0 ? [] : (desk.texts?.[question.wrong]?.files ?? []);
  const prompt = { files: [...wrong, ...question.prompt.files] };
  const asking = enter({ ...session, sequence: session.sequence + 1 }, { at: 'asking', play, failures }, now + featureLimits.ask);
  return { ...asking, effects: [{ do: 'collect', play, prompt, most: question.most }] };
}

function answered(session: FeatureSession, failures: number, digits: string, ctx: FeatureContext): FeatureStep {
  const question = session.verb === undefined ? undefined : questionsOf(session.verb, ctx.desk)[session.digits.length];
  if (question === undefined || question.accepts(digits)) return next({ ...session, digits: [...session.digits, digits] }, ctx);
  return failures + 1 < featureLimits.failures ? ask(session, question, failures + 1, ctx) : tell(session, 'nothingDone', ctx);
}

function tell(session: FeatureSession, text: FeatureText, ctx: FeatureContext): FeatureStep {
  const prompt = ctx.desk.texts?.[text];
  return prompt === undefined ? end(session) : say(session, prompt, ctx);
}

function say(session: FeatureSession, prompt: Prompt, { now }: FeatureContext): FeatureStep {
  const play = playOf(session);
  const telling = enter({ ...session, digits: [], sequence: session.sequence + 1 }, { at: 'telling', play }, now + featureLimits.tell);
  return { ...telling, effects: [{ do: 'play', play, prompt }] };
}

function end(session: FeatureSession): FeatureStep {
  return { ...enter(session, { at: 'ended' }, undefined), effects: [{ do: 'hangup' }] };
}

function stay(session: FeatureSession): FeatureStep {
  return { session, effects: [] };
}

function enter(session: FeatureSession, state: FeatureState, due: number | undefined): FeatureStep {
  return { session: { ...session, state, due }, effects: [] };
}

const playOf = (session: FeatureSession): PlayId => id<PlayId>(`${session.leg}:${session.sequence + 1}`);
