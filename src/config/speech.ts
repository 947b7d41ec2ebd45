/** Which voice speaks a locale, and which file a spoken text becomes. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { RENDERER, type Rendering } from '../core/rendering.js';
import type { CallbackYaml } from './schema-queue.js';

/** Voices of espeak-ng that are not simply named by the language. */
const BY_LOCALE: Readonly<Record<string, string>> = {
  fr: 'fr-fr',
  'fr-be': 'fr-be',
  'fr-ch': 'fr-ch',
  en: 'en-gb',
  'en-us': 'en-us',
  'es-mx': 'es-419',
  'pt-br': 'pt-br',
  zh: 'cmn',
  no: 'nb',
};

/** Languages whose name is also that of a voice; those that a European reception desk may meet. */
const BY_LANGUAGE = new Set(
  'ar bg bs ca cs cy da de el eo es et eu fi ga gd hi hr hu is it ja ka ko lb lt lv mk mt nb nl pl pt ro ru sk sl sq sr sv tr uk vi'.split(
    ' ',
  ),
);

/** The voice of espeak-ng for a locale; `undefined`: there is none. */
export function voiceOf(locale: string): string | undefined {
  const name = locale.toLowerCase();
  const language = name.split('-')[0] ?? name;
  return BY_LOCALE[name] ?? BY_LOCALE[language] ?? (BY_LANGUAGE.has(language) ? language : undefined);
}

/** Whether `locale` is a BCP 47 tag whose language this Node knows. */
export function isLocale(locale: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale).length > 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

export function isTimezone(timezone: string): boolean {
  // Offsets such as +01:00 pass in Intl, but know nothing of daylight saving.
  if (/^[+-]/.test(timezone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Spoken before the beep when a tenant gives no greeting. */
const VOICEMAIL: Readonly<Record<string, string>> = {
  fr: 'Merci de laisser votre message après le signal sonore.',
  en: 'Please leave your message after the tone.',
};

export function voicemailText(locale: string): string | undefined {
  return VOICEMAIL[locale.toLowerCase().split('-')[0] ?? ''];
}

/** Spoken to whoever answers the number of a remote agent, after the whisper. */
const CONFIRM: Readonly<Record<string, string>> = {
  fr: 'Pour prendre l’appel, tapez 1.',
  en: 'To take the call, press 1.',
};

export function confirmText(locale: string): string | undefined {
  return CONFIRM[locale.toLowerCase().split('-')[0] ?? ''];
}

export type CallbackSentence = keyof CallbackYaml['prompts'];

/** What is said around callbacks. `name`: the tenant's. */
const CALLBACK: Readonly<Record<string, (name: string) => Readonly<Record<CallbackSentence, string>>>> = {
  fr: (name) => ({
    numberIs: 'Nous pouvons vous rappeler au :',
    confirm: 'Pour être rappelé à ce numéro, tapez 1. Pour un autre numéro, tapez 2. Pour continuer à attendre, tapez étoile.',
    typeNumber: 'Tapez le numéro auquel vous souhaitez être rappelé, puis dièse. Pour continuer à attendre, tapez étoile.',
    wrongNumber: 'Nous ne pouvons pas appeler ce numéro.',
    agreed: 'C’est noté. Vous gardez votre place dans la file, et nous vous rappelons. Au revoir.',
    refused: 'Nous ne pouvons pas vous rappeler pour le moment. Vous gardez votre place.',
    whisper: 'Rappel pour :',
    greeting: `Bonjour, ${name} vous rappelle, comme convenu. Pour être mis en relation, tapez 1.`,
  }),
  en: (name) => ({
    numberIs: 'We can call you back on:',
    confirm: 'To be called back on this number, press 1. For another number, press 2. To go on waiting, press star.',
    typeNumber: 'Please type the number on which you want to be called, then press hash. To go on waiting, press star.',
    wrongNumber: 'We cannot call this number.',
    agreed: 'Thank you. You keep your place in the queue, and we will call you back. Goodbye.',
    refused: 'We cannot call you back at the moment. You keep your place.',
    whisper: 'Callback for:',
    greeting: `Hello, ${name} is calling you back, as agreed. To be put through, press 1.`,
  }),
};

export function callbackTexts(locale: string, name: string): Readonly<Record<CallbackSentence, string>> | undefined {
  return CALLBACK[locale.toLowerCase().split('-')[0] ?? '']?.(name);
}

/** The same text in the same voice is the same file, so that it is spoken once for good. */
export function renderingOf(dir: string, spoken: Omit<Rendering, 'file'>): Rendering {
  const { text, locale, voice, wordsPerMinute } = spoken;
  const hash = createHash('sha256')
    .update(JSON.stringify([RENDERER, text, locale, voice, wordsPerMinute]))
    .digest('hex');
  return { file: join(dir, `${hash.slice(0, 32)}.wav`), text, locale, voice, wordsPerMinute };
}
