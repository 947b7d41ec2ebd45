/** What all agents of a deployment share: how they sign in, why they may pause, what they dial, and what they hear. */
import { type SupervisionMode, supervisionModes } from '../call/supervised.js';
import type { BreatherRule } from '../queue/breather.js';
import type { Wish } from '../queue/duty.js';
import type { Prompt } from '../tenant.js';

/** What a code on the desk phone asks for. */
export type FeatureVerb = 'signIn' | 'signOut' | 'pause' | 'ready' | 'extendWrapUp';

/** What an agent may be told on his phone. Each is rendered in the language of the desk, where codes are configured. */
export type FeatureText =
  | 'signedIn'
  | 'alreadySignedIn'
  | 'signedOut'
  | 'alreadySignedOut'
  | 'signedOutLater'
  | 'paused'
  | 'pausedLater'
  | 'ready'
  | 'extended'
  | 'cannotExtend'
  | 'notWrappingUp'
  | 'notSignedIn'
  | 'unknownReason'
  | 'nothingDone'
  | 'unknownCode'
  | 'nobodysPhone'
  | 'unavailable'
  | SupervisionText;

/** Needed, and rendered, only where supervisors have codes. */
export const supervisionTexts = ['askAgent', 'unknownAgent', 'askPin', 'wrongPin', 'locked', 'notAllowed', 'notTalking', 'taken'] as const;
export type SupervisionText = (typeof supervisionTexts)[number];

export interface PauseReason {
  readonly id: string;
  /** The key that chooses it, 1 to 9. */
  readonly digit: string;
  /** Its name, spoken; `undefined` where nothing is. */
  readonly spoken: Prompt | undefined;
}

export interface Desk {
  /** BCP 47: what agents hear on their phones. */
  readonly locale: string;
  /** `automatic`: whoever's phone can be rung is signed in unless he signed out. `manual`: nobody is who did not sign in. */
  readonly signIn: 'automatic' | 'manual';
  /** `*11` → what it asks for. Empty: the desk phones have no codes. */
  readonly codes: ReadonlyMap<string, FeatureVerb | SupervisionMode>;
  /** Undefined where there are no codes; without those of supervision where supervisors have none. */
  readonly texts: Readonly<Record<Exclude<FeatureText, SupervisionText>, Prompt> & Partial<Record<SupervisionText, Prompt>>> | undefined;
  readonly pauseReasons: readonly PauseReason[];
  /** Names the reasons and their keys; undefined where nothing is to be chosen or said. */
  readonly askReason: Prompt | undefined;
  /** By how much a wrap-up is extended when nobody says more, and by how much at most in all, ms. */
  readonly wrapUpExtension: { readonly ms: number; readonly mostMs: number };
  /** Undefined: nobody is made to rest. */
  readonly breather?: BreatherRule;
}

/** A desk on which nothing is configured. */
export const plainDesk: Desk = {
  locale: 'fr-FR',
  signIn: 'automatic',
  codes: new Map(),
  texts: undefined,
  pauseReasons: [],
  askReason: undefined,
  wrapUpExtension: { ms: 60_000, mostMs: 300_000 },
};

/**
 * What was dialled → what it asks for, and the keys dialled behind the code: `*131` is `*13` and `1`. `check` sees to it that no
 * code begins with another.
 */
export function readCode(
  { codes }: Desk,
  dialled: string,
): { readonly verb: FeatureVerb | SupervisionMode; readonly digits: string } | undefined {
  for (const [code, verb] of codes) if (dialled.startsWith(code)) return { verb, digits: dialled.slice(code.length) };
  return undefined;
}

/** What an agent, or somebody for him, asks for. `ms` undefined: as configured. */
export type AskedWish = Exclude<Wish, { readonly do: 'extendWrapUp' }> | { readonly do: 'extendWrapUp'; readonly ms: number | undefined };

/** `undefined`: there is no such pause reason, or none was given where there are some. */
export function wishOf(asked: AskedWish, { pauseReasons, wrapUpExtension }: Desk): Wish | undefined {
  switch (asked.do) {
    case 'pause': {
      const known = pauseReasons.length === 0 ? asked.reason === undefined : pauseReasons.some(({ id }) => id === asked.reason);
      return known ? asked : undefined;
    }
    case 'extendWrapUp':
      return { do: 'extendWrapUp', ms: asked.ms ?? wrapUpExtension.ms, mostMs: wrapUpExtension.mostMs };
    default:
      return asked;
  }
}

/** Something that an agent is asked on his phone before his wish can be done. */
export interface Question {
  readonly prompt: Prompt;
  /** How many keys at most; `#` ends the entry. */
  readonly most: number;
  /** A PIN: it is not taken from behind the code, where phones and the PBX's records show it. */
  readonly secret: boolean;
  /** Which entries count; what is wrong is asked for again. */
  accepts(digits: string): boolean;
  /** Said before the question when the entry was wrong. */
  readonly wrong: FeatureText;
}

export const isSupervision = (verb: FeatureVerb | SupervisionMode): verb is SupervisionMode =>
  supervisionModes.some((mode) => mode === verb);

/** In the order in which they are asked; the answers come in the same order with the request. */
export function questionsOf(verb: FeatureVerb | SupervisionMode, desk: Desk): readonly Question[] {
  if (isSupervision(verb)) return supervisorsQuestions(desk);
  if (verb !== 'pause' || desk.askReason === undefined) return [];
  const accepts = (digits: string) => desk.pauseReasons.some(({ digit }) => digit === digits);
  return [{ prompt: desk.askReason, most: 1, secret: false, accepts, wrong: 'unknownReason' }];
}

/** Whose talk, and who he is: his phone may be in other hands. Whether the PIN is right is not known here. */
function supervisorsQuestions({ texts }: Desk): readonly Question[] {
  const { askAgent, askPin } = texts ?? {};
  if (askAgent === undefined || askPin === undefined) return [];
  return [
    { prompt: askAgent, most: 8, secret: false, accepts: (digits) => /^\d{2,8}$/.test(digits), wrong: 'unknownAgent' },
    { prompt: askPin, most: 12, secret: true, accepts: (digits) => /^\d+$/.test(digits), wrong: 'wrongPin' },
  ];
}
