/**
 * One caller's journey as data. Everything needed to take the call up again after a crash is in here, and nothing else:
 * it is saved as JSON at each transition.
 */
import type { AgentId, CallId, LegId, MenuId, NodeId, OfferToken, PlayId, TenantId } from '../ids.js';
import type { Asks } from '../queue/waiting-call.js';
import type { Held, Why } from '../queue/why.js';
import type { Opening } from '../schedule/schedule.js';
import type { Action, Prompt } from '../tenant.js';
import type { Supervised } from './supervised.js';
import type { Supervision } from './supervision.js';

/** The steps of a call. Every step but `ended` has a timer (see `transition`). */
export type CallState =
  /** Taken from the dialplan, `answer` was sent. */
  | { readonly at: 'arriving' }
  /** The tenant's greeting plays. */
  | { readonly at: 'greeting'; readonly play: PlayId }
  /** A prompt that is neither greeting nor menu plays; `then` follows. */
  | { readonly at: 'playing'; readonly play: PlayId; readonly action: Action & { readonly do: 'play' } }
  /** Inside a menu: its prompt plays (`play` set) or a key is awaited. */
  | {
      readonly at: 'menu';
      readonly menu: MenuId;
      readonly play: PlayId | undefined;
      readonly typed: string;
      readonly failures: number;
    }
  /** In the queue, hearing music; `play`: an announcement over it. */
  | { readonly at: 'waiting'; readonly play?: PlayId }
  /** An agent was asked: his phone rings, then he hears the whisper, then both are bridged. */
  | {
      readonly at: 'offered';
      readonly offer: Offer;
      readonly leg: LegId;
      readonly phase: 'ringing' | 'whispering' | 'bridging';
      readonly play: PlayId | undefined;
      /** While it rings: somebody has answered the number outside and is being asked to press a key. */
      readonly question?: PlayId;
      /** While it rings, with ring all: the others whose phones ring too. */
      readonly also?: readonly Ringing[];
    }
  /** Talking to an agent. */
  | { readonly at: 'connected'; readonly offer: Offer; readonly leg: LegId }
  /** Being put through to an outside number, then talking to it. */
  | { readonly at: 'transferring'; readonly leg: LegId; readonly phase: 'ringing' | 'bridging' | 'talking' }
  /** Off the queue, agreeing on a callback; the place in it is kept. `number` is E.164, as it was read to him. */
  | {
      readonly at: 'arranging';
      readonly phase: 'confirming' | 'typing' | 'asking' | 'leaving' | 'returning';
      readonly play: PlayId | undefined;
      readonly number: string | undefined;
      readonly typed: string;
      readonly failures: number;
    }
  /** Off the line until he is called back: in the queue, or resting between two tries and outside opening hours. */
  | { readonly at: 'callback'; readonly phase: 'queued' }
  | { readonly at: 'callback'; readonly phase: 'resting'; readonly since?: number }
  /** The agent (`leg`) has taken the callback: the caller's phone (`callee`) rings, then he is asked for a key. */
  | {
      readonly at: 'callingBack';
      readonly offer: Offer;
      readonly leg: LegId;
      readonly callee: LegId;
      readonly phase: 'ringing' | 'confirming';
      readonly play: PlayId | undefined;
    }
  /** The voicemail greeting plays, then the message is recorded. */
  | { readonly at: 'voicemail'; readonly phase: 'greeting' | 'recording'; readonly play: PlayId }
  /** We hung up; the PBX has not confirmed it yet. */
  | { readonly at: 'ending'; readonly outcome: Outcome }
  | { readonly at: 'ended' };

/** An agent reserved for this call by the routing store. */
export interface Offer {
  readonly agent: AgentId;
  readonly token: OfferToken;
  /** Where anybody may pick up his telephone (a number outside): what asks him to press a key. */
  readonly confirm?: Prompt;
}

/** An agent who is asked, and the leg that rings his phone. */
export interface Ringing {
  readonly offer: Offer;
  readonly leg: LegId;
  /** Somebody has answered a number outside and is being asked to press a key. */
  readonly question?: PlayId;
}

/** Why a call ended. */
export type Outcome =
  | 'answered' // an agent took it
  | 'abandoned' // the caller hung up before that
  | 'voicemail' // a message was left
  | 'transferred' // put through to an outside number
  | 'unreached' // was to be called back and could not be reached, in time or at all
  | 'cancelled' // was to be called back: called again himself, or an operator cancelled it
  | 'completed' // the tenant's own flow ended the call (e.g. a closed greeting)
  | 'rejected' // nobody has this number, or no new calls are taken
  | 'lost'; // the PBX no longer knows the leg, or the dialplan's fallback took over

/** Points in time at which something must happen, epoch ms. The engine fires the earliest; see `transition`. */
export type TimerName =
  | 'step' // the present step took too long (answer, prompt, bridge, message)
  | 'noInput' // no key after a menu's prompt
  | 'interDigit' // no further digit
  | 'maxWait' // overflow
  | 'supervisor' // the supervisor's phone rang for too long
  | 'announce' // the next announcement to a waiting caller
  | 'closing' // the opening hours end in which he came
  | 'enqueue' // the routing store has not confirmed the call, or not for a while: tell it again
  | 'audit'; // ask the PBX whether the leg is still there

export interface Call {
  readonly id: CallId;
  readonly leg: LegId;
  readonly node: NodeId;
  readonly tenant: TenantId;
  /** As the caller sent them, untouched: for the record. Never put on a wire without encoding. */
  readonly caller: { readonly number: string; readonly name: string };
  /** The number that was dialled, E.164 as configured. */
  readonly dialled: string;
  readonly opening: Opening;
  readonly arrivedAt: number;
  readonly state: CallState;
  readonly timers: Readonly<Partial<Record<TimerName, number>>>;
  /** Grows with each transition: of two saved states the higher one is the newer. */
  readonly revision: number;
  /** Counts prompts, legs and messages of this call, so that their ids are unique and reproducible; on from the time of each takeover (`countAnew`). */
  readonly sequence: number;
  /** What the caller's keys added to what the queue requires. Missing: nothing. */
  readonly asks?: Asks;
  /** An agent sent the caller back to the queue with his transfer key. */
  readonly sentBack?: true;
  /** Set when first queued; kept for good, so that nothing loses the caller his place. */
  readonly enqueuedAt: number | undefined;
  /** Since when the longest wait counts, where that is not `enqueuedAt`: he was called back or sent back, or took over the place of a callback. */
  readonly onLineSince?: number;
  /** What was agreed when he asked to be called back. */
  readonly callback?: Callback;
  /** The routing store has given it a place: nothing takes that back. Missing: not yet. */
  readonly admitted?: Admission;
  /** What kept it from being offered, whenever that changed; the first `mostHeld` times. Missing: nothing, or it was not looked. */
  readonly held?: readonly Held[];
  /** What the caller was told while waiting, the first `mostTold` times. Missing: nothing. */
  readonly told?: readonly Told[];
  /**
   * Queued while he is still being answered: the end of that was not told yet. The store's refusal, if it came before, waits for
   * it, as nothing may be played to him or break off what is under way.
   */
  readonly unanswered?: 'queued' | 'noAgent' | 'full';
  /** The first agent's answer. */
  readonly answeredByAgentAt: number | undefined;
  /** Since when he talks to an agent, or did until the call ended. */
  readonly talkingSince?: number;
  /** How long he talked to agents who then sent him on or back. */
  readonly talkedMs?: number;
  /** Agents who were asked, in order, with what came of it. */
  readonly offers: readonly OfferMade[];
  readonly digits: readonly string[];
  /** `ms` and `bytes` are known once the file is closed. Relative to the node's recordings folder. */
  readonly recording: { readonly file: string; readonly ms: number | undefined; readonly bytes: number | undefined } | undefined;
  readonly message: { readonly file: string; readonly ms: number } | undefined;
  readonly transferredTo: string | undefined;
  /** The supervisor who attends the talk, or whose phone rings for it. */
  readonly supervision?: Supervision;
  /** Who attended, in order, and who tried in vain. */
  readonly supervised?: readonly Supervised[];
  readonly ended: { readonly at: number; readonly outcome: Outcome; readonly cause: string } | undefined;
}

export interface Callback {
  /** E.164. */
  readonly number: string;
  readonly askedAt: number;
  /** When he was on the line again. */
  readonly reachedAt?: number;
  readonly tries: readonly CallbackTry[];
  /** How long it was out of the queue between tries and outside opening hours: its rings stood still. Missing: never. */
  readonly restedMs?: number;
}

/** One call to somebody who waits to be called back. */
export interface CallbackTry {
  readonly at: number;
  readonly agent: AgentId;
  /** `unconfirmed`: answered, but no key was pressed, as by an answering machine. `withdrawn`: the agent left, or the daemon changed. */
  readonly outcome: 'pending' | 'reached' | 'busy' | 'no-answer' | 'rejected' | 'unreachable' | 'unconfirmed' | 'withdrawn';
}

export interface Admission {
  /** There was an agent signed in who could take it. */
  readonly attended: boolean;
  /** Since when there is none any more. */
  readonly nobodySince?: number;
}

/** One announcement of figures. */
export interface Told {
  readonly at: number;
  readonly position?: number;
  /** The estimate, ms, before it was rounded for the ear. */
  readonly waitMs?: number;
}

/** One agent who was asked. */
export interface OfferMade {
  readonly agent: AgentId;
  readonly at: number;
  readonly outcome: OfferOutcome;
  /** Missing in records of versions that did not keep it, and where `beside` is set. */
  readonly why?: Why;
  /** With ring all: he was asked at the same time as this agent, and for the same reason. */
  readonly beside?: AgentId;
}

/** `elsewhere`: another agent, who was asked at the same time, took the call first. */
export type OfferOutcome = 'pending' | 'answered' | 'elsewhere' | 'no-answer' | 'busy' | 'rejected' | 'unreachable' | 'withdrawn';

/** Everybody who is asked now: one agent, or with ring all several. */
export function ringing(state: CallState): readonly Ringing[] {
  if (state.at !== 'offered') return [];
  const { offer, leg, question, also = [] } = state;
  return [{ offer, leg, ...(question === undefined ? {} : { question }) }, ...also];
}

/** The agents whom the routing store keeps for this call: everybody who is asked, or who talks. */
export function heldOffers(state: CallState): readonly Offer[] {
  if (state.at === 'connected' || state.at === 'callingBack') return [state.offer];
  return ringing(state).map(({ offer }) => offer);
}

/** The legs that the call has besides its caller's. */
export function otherLegs(state: CallState): readonly LegId[] {
  if (state.at === 'offered') return ringing(state).map(({ leg }) => leg);
  if (state.at === 'callingBack') return [state.callee, state.leg];
  return 'leg' in state ? [state.leg] : [];
}
