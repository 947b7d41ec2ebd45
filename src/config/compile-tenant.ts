/** A checked tenant as the core knows it: ms, absolute files, every default in place. Nothing here can fail. */
import { resolve } from 'node:path';
import { id, type MenuId, type PoolId, type QueueId, type TenantId } from '../core/ids.js';
import type { Rendering } from '../core/rendering.js';
import type { Schedule } from '../core/schedule/schedule.js';
import type { Action, Menu, Queue, Tenant } from '../core/tenant.js';
import { compileCallback } from './compile-callback.js';
import { compileAsks, compileBoosts, compileMissed, compileRings, compileShare, formsOf } from './compile-queue.js';
import { compileWaiting, type PromptCompiler } from './compile-waiting.js';
import { compileWeek } from './hours.js';
import type { PromptYaml } from './schema-common.js';
import type { ActionYaml, MenuYaml, QueueYaml, TenantYaml } from './schema-tenant.js';
import { renderingOf, voicemailText, voiceOf } from './speech.js';

export interface Speech {
  /** Absolute. */
  readonly cacheDir: string;
  readonly wordsPerMinute: number;
  readonly voices: Readonly<Record<string, string>>;
}

export interface Surroundings {
  /** Absolute; audio files are relative to it. */
  readonly dir: string;
  readonly speech: Speech;
  readonly holidays: ReadonlySet<string>;
  readonly countryCode: string;
  /** Every text that is to be spoken is put in here, by file. */
  readonly renderings: Map<string, Rendering>;
}

export function compileTenant(yaml: TenantYaml, around: Surroundings): Tenant {
  const prompt = promptCompiler(yaml.locale, around);
  const optional = (written: PromptYaml | undefined) => (written === undefined ? undefined : prompt(written));
  const action = (written: ActionYaml): Action => compileAction(written, prompt);
  const [percent = '80', within = '20'] = yaml.serviceLevel.split('/');
  const closed = optional(yaml.greetings.closed);
  return {
    id: id<TenantId>(yaml.id),
    name: yaml.name,
    shortName: yaml.shortName,
    whisper: yaml.whisper === false ? { files: [] } : prompt(yaml.whisper ?? yaml.name),
    locale: yaml.locale,
    schedule: compileSchedule(yaml, around.holidays),
    serviceLevel: { percent: Number(percent), withinMs: Number(within) * 1000 },
    emergencyNumber: yaml.emergencyNumber,
    allowedPrefixes: yaml.allowedPrefixes,
    numbers: yaml.numbers,
    greetings: { open: optional(yaml.greetings.open), closed, holiday: optional(yaml.greetings.holiday) ?? closed },
    flow: { open: action(yaml.flow.open), closed: action(yaml.flow.closed), holiday: action(yaml.flow.holiday ?? yaml.flow.closed) },
    menus: Object.fromEntries(
      Object.entries(yaml.menus).map(([name, menu]) => [name, compileMenu(id<MenuId>(name), menu, prompt)]),
    ) as Readonly<Record<MenuId, Menu>>,
    queue: compileQueue(yaml, action, prompt, around),
    share: compileShare(yaml.queue.pool, yaml.share),
    vipNumbers: formsOf(yaml.vipNumbers, around.countryCode),
    voicemail: {
      greeting: prompt(yaml.voicemail.greeting ?? voicemailText(yaml.locale) ?? ''),
      maxMs: yaml.voicemail.maxSeconds * 1000,
      silenceMs: yaml.voicemail.silenceSeconds * 1000,
    },
    recording: yaml.recording,
  };
}

/** What is to be spoken in `locale`, wherever it is written. */
export function promptCompiler(
  locale: string,
  { dir, speech, renderings }: Pick<Surroundings, 'dir' | 'speech' | 'renderings'>,
): PromptCompiler {
  const voice = speech.voices[locale] ?? voiceOf(locale) ?? '';
  return (written) => {
    if (typeof written === 'object' && 'file' in written) return { files: [resolve(dir, written.file)] };
    const text = (typeof written === 'string' ? written : written.text).trim().replace(/\s+/g, ' ');
    const rendering = renderingOf(speech.cacheDir, { text, locale, voice, wordsPerMinute: speech.wordsPerMinute });
    renderings.set(rendering.file, rendering);
    return { files: [rendering.file] };
  };
}

function compileAction(written: ActionYaml, prompt: PromptCompiler): Action {
  if (typeof written === 'string') return { do: written };
  if ('queue' in written) return { do: 'queue', asks: compileAsks(written.queue) };
  if ('menu' in written) return { do: 'menu', menu: id(written.menu) };
  if ('transfer' in written) return { do: 'transfer', number: written.transfer };
  // biome-ignore lint/suspicious/noThenProperty: a step, not a promise: its `then` is no function
  return { do: 'play', prompt: prompt(written.play), then: compileAction(written.then, prompt) };
}

function compileMenu(name: MenuId, menu: MenuYaml, prompt: PromptCompiler): Menu {
  const action = (written: ActionYaml): Action => compileAction(written, prompt);
  return {
    id: name,
    prompt: prompt(menu.prompt),
    keys: Object.fromEntries(Object.entries(menu.keys).map(([key, written]) => [key, action(written)])),
    noInputMs: menu.noInputSeconds * 1000,
    interDigitMs: menu.interDigitMs,
    retries: menu.retries,
    invalidPrompt: menu.invalidPrompt === undefined ? undefined : prompt(menu.invalidPrompt),
    onNoInput: action(menu.onNoInput),
    onInvalid: action(menu.onInvalid),
  };
}

function compileQueue(yaml: TenantYaml, action: (written: ActionYaml) => Action, prompt: PromptCompiler, around: Surroundings): Queue {
  const { id: tenant, locale, queue } = yaml;
  const noAgent = (written: QueueYaml['noAgent']) => (written === 'wait' ? undefined : action(written));
  return {
    // One queue a tenant, so it has the tenant's name.
    id: id<QueueId>(tenant),
    pool: id<PoolId>(queue.pool),
    rings: compileRings(queue),
    prefers: queue.prefers,
    strategy: queue.strategy,
    ringAtMost: queue.ringAtMost,
    stickyMs: queue.stickyMinutes * 60_000,
    stickyWaitMs: queue.stickyWaitSeconds * 1000,
    music: queue.music === undefined ? undefined : resolve(around.dir, queue.music),
    ringMs: queue.ringSeconds * 1000,
    wrapUpMs: queue.wrapUpSeconds * 1000,
    boosts: compileBoosts(queue.boosts),
    missed: compileMissed(queue.missed),
    maxWaitMs: queue.maxWaitSeconds * 1000,
    overflow: action(queue.overflow),
    noAgent: noAgent(queue.noAgent),
    callback: queue.callback === undefined ? undefined : compileCallback(yaml, queue.callback, prompt, around.countryCode),
    ...compileWaiting(queue, locale, action, prompt),
  };
}

function compileSchedule({ timezone, hours, closures }: TenantYaml, holidays: ReadonlySet<string>): Schedule {
  return {
    timezone,
    week: compileWeek(hours),
    closures: closures.map((closure) => (typeof closure === 'string' ? { from: closure, to: closure } : closure)),
    holidays,
  };
}
