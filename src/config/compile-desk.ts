/** The checked `desk` of `telephony.yaml` as the core knows it. */
import type { SupervisionMode } from '../core/call/supervised.js';
import { type Desk, type FeatureVerb, isSupervision, type PauseReason, supervisionTexts } from '../core/feature/desk.js';
import type { BreatherRule } from '../core/queue/breather.js';
import { promptCompiler, type Surroundings } from './compile-tenant.js';
import { type DeskText, deskTexts } from './desk-texts.js';
import type { PromptYaml } from './schema-common.js';
import type { DeskYaml } from './schema-desk.js';

export function compileDesk(yaml: DeskYaml, around: Omit<Surroundings, 'holidays' | 'countryCode'>): Desk {
  const { locale, signIn, wrapUpExtension } = yaml;
  const verbs = Object.entries(yaml.codes) as [FeatureVerb | SupervisionMode, string][];
  const codes = new Map(verbs.map(([verb, code]) => [code, verb]));
  const speak = promptCompiler(locale, around);
  const words: Partial<Record<DeskText, PromptYaml>> = { ...deskTexts(locale), ...yaml.texts };
  // Nothing is rendered for phones that have no codes.
  const mute = codes.size === 0;
  const supervised = verbs.some(([verb]) => isSupervision(verb));
  const said = ([text]: readonly [string, unknown]) => supervised || !supervisionTexts.some((name) => name === text);
  const chosen = !mute && yaml.codes.pause !== undefined && yaml.pauseReasons.length > 0;
  const { reasonKey = '', ...texts } = words;
  const asked = (name: string, key: string): PromptYaml => {
    if (typeof reasonKey === 'object' && 'file' in reasonKey) return reasonKey;
    const text = typeof reasonKey === 'string' ? reasonKey : reasonKey.text;
    return text.replace('{name}', name).replace('{key}', key);
  };
  return {
    locale,
    signIn,
    codes,
    texts: mute
      ? undefined
      : (Object.fromEntries(
          Object.entries(texts)
            .filter(said)
            .map(([text, words]) => [text, speak(words)]),
        ) as NonNullable<Desk['texts']>),
    pauseReasons: yaml.pauseReasons.map(({ id, name, key }): PauseReason => ({ id, digit: key, spoken: mute ? undefined : speak(name) })),
    askReason: chosen ? { files: yaml.pauseReasons.flatMap(({ name, key }) => speak(asked(name, key)).files) } : undefined,
    ...(yaml.breather === undefined ? {} : { breather: compileBreather(yaml.breather) }),
    wrapUpExtension: { ms: wrapUpExtension.seconds * 1_000, mostMs: wrapUpExtension.mostSeconds * 1_000 },
  };
}

function compileBreather({ maxOccupancyPercent, windowMinutes, seconds }: NonNullable<DeskYaml['breather']>): BreatherRule {
  return { windowMs: Math.round(windowMinutes * 60_000), mostPercent: maxOccupancyPercent, breatherMs: seconds * 1_000 };
}
