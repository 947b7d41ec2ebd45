/** What agents hear on their desk phones, in the languages that we speak ourselves. */
import type { FeatureText } from '../core/feature/desk.js';

export type DeskText = FeatureText | 'reasonKey';

/** `{name}` and `{key}` stand for a pause reason's. */
const TEXTS: Readonly<Record<string, Readonly<Record<DeskText, string>>>> = {
  fr: {
    signedIn: 'Vous êtes connecté.',
    alreadySignedIn: 'Vous êtes déjà connecté.',
    signedOut: 'Vous êtes déconnecté.',
    alreadySignedOut: 'Vous êtes déjà déconnecté.',
    signedOutLater: 'Vous serez déconnecté à la fin de cet appel.',
    paused: 'Vous êtes en pause.',
    pausedLater: 'Vous serez en pause à la fin de cet appel.',
    ready: 'Vous êtes disponible.',
    extended: 'Votre temps de traitement est prolongé.',
    cannotExtend: 'Votre temps de traitement ne peut plus être prolongé.',
    notWrappingUp: 'Vous n’êtes pas en fin d’appel.',
    notSignedIn: 'Vous n’êtes pas connecté.',
    unknownReason: 'Ce motif n’existe pas.',
    nothingDone: 'Rien n’a été changé.',
    unknownCode: 'Ce code n’existe pas.',
    nobodysPhone: 'Ce poste n’est attribué à aucun agent.',
    unavailable: 'Le service n’est pas disponible. Réessayez plus tard.',
    reasonKey: 'Pour {name}, tapez {key}.',
    askAgent: 'Composez le numéro du poste, puis dièse.',
    unknownAgent: 'Ce poste n’existe pas.',
    askPin: 'Composez votre code secret, puis dièse.',
    wrongPin: 'Code incorrect.',
    locked: 'Trop d’essais. Réessayez plus tard.',
    notAllowed: 'Vous n’y êtes pas autorisé.',
    notTalking: 'Ce poste n’est pas en communication.',
    taken: 'Un autre superviseur est déjà en écoute.',
  },
  en: {
    signedIn: 'You are signed in.',
    alreadySignedIn: 'You are signed in already.',
    signedOut: 'You are signed out.',
    alreadySignedOut: 'You are signed out already.',
    signedOutLater: 'You will be signed out after this call.',
    paused: 'You are paused.',
    pausedLater: 'You will be paused after this call.',
    ready: 'You are available.',
    extended: 'Your after-call work is extended.',
    cannotExtend: 'Your after-call work cannot be extended any further.',
    notWrappingUp: 'You are not in after-call work.',
    notSignedIn: 'You are not signed in.',
    unknownReason: 'There is no such reason.',
    nothingDone: 'Nothing was changed.',
    unknownCode: 'There is no such code.',
    nobodysPhone: 'This phone belongs to no agent.',
    unavailable: 'The service is not available. Please try again later.',
    reasonKey: 'For {name}, press {key}.',
    askAgent: 'Enter the number of the phone, then hash.',
    unknownAgent: 'There is no such phone.',
    askPin: 'Enter your PIN, then hash.',
    wrongPin: 'That PIN is wrong.',
    locked: 'Too many tries. Please try again later.',
    notAllowed: 'You may not do that.',
    notTalking: 'This phone is not in a conversation.',
    taken: 'Another supervisor is listening already.',
  },
};

export const deskTextNames = Object.keys(TEXTS['en'] ?? {}) as readonly DeskText[];

/** `undefined`: not in this language. */
export function deskTexts(locale: string): Readonly<Record<DeskText, string>> | undefined {
  return TEXTS[locale.toLowerCase().split('-')[0] ?? ''];
}
