/** What waiting callers are told, in the languages for which there are ready-made sentences. */

/** `{n}` stands for the number, `{key}` for the key as it is called. */
export interface WaitingTexts {
  /** He is the next one. */
  readonly next: string;
  readonly position: string;
  /** Further back than `{n}`. */
  readonly beyond: string;
  /** Less than a minute. */
  readonly soon: string;
  readonly minutes: string;
  /** Longer than `{n}` minutes. */
  readonly later: string;
  /** Which key leaves a message. */
  readonly message: string;
  /** Which key asks for a callback. */
  readonly callback: string;
  /** The opening hours have ended while he waited. */
  readonly closed: string;
  readonly star: string;
  readonly hash: string;
}

export type WaitingText = keyof WaitingTexts;

/** Sentences that say a number, and lose it when a tenant's own text forgets the place for it. */
export const placeholders: Readonly<Partial<Record<WaitingText, string>>> = {
  position: '{n}',
  beyond: '{n}',
  minutes: '{n}',
  later: '{n}',
  message: '{key}',
  callback: '{key}',
};

const TEXTS: Readonly<Record<string, WaitingTexts>> = {
  fr: {
    next: 'Vous êtes le prochain appelant.',
    position: 'Vous êtes en position {n} dans la file d’attente.',
    beyond: 'Plus de {n} appels sont en attente.',
    soon: 'L’attente est estimée à moins d’une minute.',
    minutes: 'L’attente est estimée à environ {n} minutes.',
    later: 'L’attente est estimée à plus de {n} minutes.',
    message: 'Pour laisser un message, tapez {key}.',
    callback: 'Pour être rappelé sans perdre votre place, tapez {key}.',
    closed: 'Nous sommes maintenant fermés.',
    star: 'étoile',
    hash: 'dièse',
  },
  en: {
    next: 'You are next in line.',
    position: 'You are number {n} in the queue.',
    beyond: 'More than {n} callers are waiting.',
    soon: 'Your wait should be less than a minute.',
    minutes: 'Your wait should be about {n} minutes.',
    later: 'Your wait may be more than {n} minutes.',
    message: 'To leave a message, press {key}.',
    callback: 'To be called back without losing your place, press {key}.',
    closed: 'We are now closed.',
    star: 'star',
    hash: 'hash',
  },
};

export const waitingTexts: readonly WaitingText[] = Object.keys(TEXTS['en'] ?? {}) as WaitingText[];

/** The tenant's own sentences before ours; `undefined` where there is neither. */
export function waitingText(locale: string, own: Partial<Record<WaitingText, string | undefined>> | undefined, name: WaitingText) {
  return own?.[name] ?? TEXTS[locale.toLowerCase().split('-')[0] ?? '']?.[name];
}

export const fillIn = (text: string, value: string | number): string => text.replace(/\{(?:n|key)\}/g, String(value));
