/** What a schema cannot say of the desk: codes that would hide each other, texts that are missing. */
import { resolve } from 'node:path';
import { supervisionModes } from '../core/call/supervised.js';
import { supervisionTexts } from '../core/feature/desk.js';
import { audioProblem } from './audio-file.js';
import { reportTwins, reportUnknown } from './check-telephony.js';
import { deskTextNames, deskTexts } from './desk-texts.js';
import { listed } from './nearest.js';
import type { TelephonyParts } from './parts.js';
import { filePath } from './schema-common.js';
import type { Source } from './source.js';
import { isLocale, voiceOf } from './speech.js';

export async function checkDesk(source: Source, { desk, voice }: TelephonyParts, dir: string): Promise<void> {
  if (desk === undefined) return;
  const { locale, pauseReasons = [], texts = {} } = desk;
  const codes = Object.entries(desk.codes ?? {}) as [string, string][];
  for (const [index, [verb, code]] of codes.entries()) {
    const twin = codes.slice(0, index).find(([, other]) => other.startsWith(code) || code.startsWith(other));
    if (twin !== undefined) source.report(['desk', 'codes', verb], `${code} and ${twin[1]} (${twin[0]}): no code may begin with another`);
  }
  reportTwins(
    source,
    'pause reason',
    pauseReasons.map((reason) => reason?.id),
    (i) => ['desk', 'pauseReasons', i, 'id'],
  );
  reportTwins(
    source,
    'key',
    pauseReasons.map((reason) => reason?.key),
    (i) => ['desk', 'pauseReasons', i, 'key'],
  );
  const { seconds, mostSeconds } = desk.wrapUpExtension ?? {};
  if (seconds !== undefined && mostSeconds !== undefined && seconds > mostSeconds)
    source.report(['desk', 'wrapUpExtension', 'mostSeconds'], `must be at least ${seconds}, the seconds of one extension`);
  for (const [text, prompt] of Object.entries(texts)) {
    if (!deskTextNames.some((name) => name === text)) reportUnknown(source, ['desk', 'texts', text], 'text', text, deskTextNames);
    if (typeof prompt !== 'object' || !('file' in prompt)) continue;
    const absolute = resolve(dir, prompt.file);
    const problem = filePath.safeParse(absolute).success
      ? await audioProblem(absolute)
      : `${absolute} holds characters that cannot be handed to the switch: move the configuration folder`;
    if (problem !== undefined) source.report(['desk', 'texts', text, 'file'], problem);
  }
  if (locale === undefined) return;
  if (!isLocale(locale)) source.report(['desk', 'locale'], 'is no locale: write language and country, e.g. fr-FR');
  else if (codes.length > 0) {
    if (voiceOf(locale) === undefined && voice?.voices?.[locale] === undefined)
      source.report(['desk', 'locale'], `no voice speaks ${locale}: name one in voice.voices`);
    const supervised = codes.some(([verb]) => supervisionModes.some((mode) => mode === verb));
    const needed = deskTextNames.filter((name) => supervised || !supervisionTexts.some((text) => text === name));
    const missing = needed.filter((name) => deskTexts(locale)?.[name] === undefined && texts[name] === undefined);
    if (missing.length > 0) source.report(['desk', 'texts'], `nothing is written in ${locale} for ${listed(missing)}: give these texts`);
  }
}
