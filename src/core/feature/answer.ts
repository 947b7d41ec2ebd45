/** What an agent hears of what he asked for by a code. */
import type { WishResult } from '../queue/duty.js';
import type { Prompt } from '../tenant.js';
import type { Desk, FeatureText, FeatureVerb } from './desk.js';

type Answers = Readonly<Partial<Record<WishResult, FeatureText>>>;

const answers: Readonly<Record<FeatureVerb, Answers>> = {
  signIn: { done: 'signedIn', already: 'alreadySignedIn' },
  signOut: { done: 'signedOut', later: 'signedOutLater', already: 'alreadySignedOut' },
  pause: { done: 'paused', later: 'pausedLater', already: 'paused', signedOut: 'notSignedIn' },
  ready: { done: 'ready', already: 'ready', signedOut: 'notSignedIn' },
  extendWrapUp: { done: 'extended', capped: 'cannotExtend', notWrappingUp: 'notWrappingUp', signedOut: 'notSignedIn' },
};

/** `reason`: of a pause; its name follows. `undefined`: nothing is spoken on this desk. */
export function answerTo(verb: FeatureVerb, result: WishResult, reason: string | undefined, desk: Desk): Prompt | undefined {
  const said = desk.texts?.[answers[verb][result] ?? 'unavailable'];
  const named = result === 'signedOut' ? undefined : desk.pauseReasons.find(({ id }) => id === reason)?.spoken;
  return said === undefined || named === undefined ? said : { files: [...said.files, ...named.files] };
}
