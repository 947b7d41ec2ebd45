/** Whether callbacks that are offered can be made: rules, a way out, numbers that may be dialled, words to say. */
import type { Walked } from './actions.js';
import { known } from './check-telephony.js';
import type { TelephonyParts, TenantParts } from './parts.js';
import type { Source } from './source.js';
import { callbackTexts, voiceOf } from './speech.js';

export function checkCallback(source: Source, tenant: TenantParts, telephony: TelephonyParts, { actions }: Walked): void {
  const { queue, locale } = tenant;
  const callback = queue?.callback;
  for (const { path, action } of actions) {
    if (action === 'callback' && queue !== undefined && callback === undefined) {
      source.report(path, 'callbacks are not set up: add callback: {} to the queue');
    }
  }
  if (callback === undefined) return;
  if (callback.outsideHours === 'giveUp') {
    for (const { path, action } of actions) {
      if (action === 'callback' && path[0] === 'flow' && path[1] !== 'open') {
        source.report(
          path,
          'nobody can be called back from here: with outsideHours: giveUp callbacks end at closing time; write carry there',
        );
      }
    }
  }
  const trunks = telephony.nodes?.some((node) => node === undefined || node.trunk !== undefined) ?? true;
  if (!trunks) {
    source.report(['queue', 'callback'], 'no node in telephony.yaml has a trunk, so that nobody outside can be called: set trunk there');
  }
  if (known(tenant.allowedPrefixes)?.length === 0) {
    source.report(
      ['queue', 'callback'],
      'allowedPrefixes is empty, so that nobody may be called: add the beginnings of your callers’ numbers there',
    );
  }
  if (locale === undefined) return;
  if (callbackTexts(locale, '') === undefined) {
    for (const [name, needed] of Object.entries({ ...always, greeting: callback.confirm !== false })) {
      if (needed && Reflect.get(callback.prompts ?? {}, name) === undefined) {
        source.report(['queue', 'callback', 'prompts', name], `is missing: there is no ready-made sentence for ${locale}`);
      }
    }
  }
  if (voiceOf(locale) === undefined && telephony.voice?.voices?.[locale] === undefined) {
    source.report(['queue', 'callback'], `there is no voice for ${locale} to read numbers: name one in telephony.yaml under voice.voices`);
  }
}

const always = {
  numberIs: true,
  confirm: true,
  typeNumber: true,
  wrongNumber: true,
  agreed: true,
  refused: true,
  whisper: true,
} as const;
