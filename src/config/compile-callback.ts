/** Callbacks as the core knows them: times in ms, every sentence a prompt in the tenant's language. */
import type { CallbackRules, Prompt } from '../core/tenant.js';
import type { PromptYaml } from './schema-common.js';
import type { CallbackYaml } from './schema-queue.js';
import type { TenantYaml } from './schema-tenant.js';
import { type CallbackSentence, callbackTexts } from './speech.js';

export function compileCallback(
  { locale, name, whisper }: TenantYaml,
  yaml: CallbackYaml,
  prompt: (written: PromptYaml) => Prompt,
  countryCode: string,
): CallbackRules {
  const texts = callbackTexts(locale, name);
  const say = (sentence: CallbackSentence) => prompt(yaml.prompts[sentence] ?? texts?.[sentence] ?? '');
  return {
    maxPending: yaml.maxPending,
    capPercent: yaml.maxAgentsPercent,
    ringMs: yaml.ringSeconds * 1_000,
    tries: yaml.tries,
    retryMs: Math.round(yaml.retryMinutes * 60_000),
    maxAgeMs: yaml.giveUpHours * 3_600_000,
    outsideHours: yaml.outsideHours,
    countryCode,
    prompts: {
      numberIs: say('numberIs'),
      // A voice of the tenant's language says them in words.
      digits: [...'0123456789'].map((digit) => prompt(digit)),
      confirm: say('confirm'),
      typeNumber: say('typeNumber'),
      wrongNumber: say('wrongNumber'),
      agreed: say('agreed'),
      refused: say('refused'),
      whisper: { files: [...say('whisper').files, ...(whisper === false ? [] : prompt(whisper ?? name).files)] },
      greeting: yaml.confirm ? say('greeting') : undefined,
    },
  };
}
