/** Who listened to a talk, and how: kept with the call for good, so that nobody is overheard without a trace. */
import type { SupervisorId } from '../ids.js';

/** `listen`: he hears both and is heard by nobody. `whisper`: the agent alone hears him. `barge`: both hear him. */
export const supervisionModes = ['listen', 'whisper', 'barge'] as const;
export type SupervisionMode = (typeof supervisionModes)[number];

/** How it was asked for: `phone` is a feature code and a PIN. */
export type SupervisionVia = 'api' | 'phone';

/** Why it came to nothing. */
export type SupervisionRefusal =
  | 'notAllowed' // the call is not in his scope, or he is the agent himself
  | 'notTalking' // caller and agent do not talk (any more)
  | 'taken' // somebody else attends
  | 'elsewhere' // his phone is on another node than the call
  | 'unreachable' // his phone could not be reached, or its node
  | 'noAnswer' // nobody picked up
  | 'wrongPin'
  | 'locked'; // too many wrong PINs

/** One stretch of time in one mode, or one try that came to nothing. Times are epoch ms. */
export interface Supervised {
  readonly supervisor: SupervisorId;
  readonly mode: SupervisionMode;
  readonly via: SupervisionVia;
  /** When he began to hear; of a try: when it was refused. */
  readonly from: number;
  /** null: he still hears. */
  readonly to: number | null;
  /** Missing: he heard the talk. */
  readonly refused?: SupervisionRefusal;
}
