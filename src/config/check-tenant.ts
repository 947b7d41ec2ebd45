/** Everything about a tenant's file that a schema cannot say. */
import { resolve } from 'node:path';
import { mayDial } from '../core/tenant.js';
import { type Walked, walkTenant } from './actions.js';
import { audioProblem } from './audio-file.js';
import { checkCallback } from './check-callback.js';
import { checkQueue } from './check-queue.js';
import { known, reportTwins, reportUnknown } from './check-telephony.js';
import { neededTexts } from './compile-waiting.js';
import { placeProblem } from './holidays.js';
import { isDate, spanProblems, WEEKDAYS } from './hours.js';
import { silentLoops } from './menu-graph.js';
import type { TelephonyParts, TenantParts } from './parts.js';
import type { Path } from './problems.js';
import { filePath } from './schema-common.js';
import type { Source } from './source.js';
import { isLocale, isTimezone, voicemailText, voiceOf } from './speech.js';
import { waitingText } from './waiting-texts.js';

export async function checkTenant(source: Source, tenant: TenantParts, telephony: TelephonyParts, dir: string): Promise<void> {
  reportTwins(source, 'number', tenant.numbers ?? [], (i) => ['numbers', i]);
  checkTimes(source, tenant);
  const walked = walkTenant(tenant);
  checkActions(source, tenant, telephony, walked);
  checkQueue(source, tenant, telephony, walked);
  checkCallback(source, tenant, telephony, walked);
  checkSpeech(source, tenant, telephony, walked);
  for (const { path, way } of silentLoops({ menus: tenant.menus ?? {}, queue: tenant.queue ?? {} })) {
    const problem =
      path[0] === 'queue' && way.split(' → ').length === 2
        ? 'leads back to the queue itself: choose voicemail, hangup, a menu, a transfer or a prompt'
        : `a caller who presses nothing goes round for ever (${way}): let one of these lead to voicemail, hangup or a transfer`;
    source.report(path, problem);
  }
  await checkFiles(source, tenant, walked, dir);
}

function checkTimes(source: Source, { timezone, hours, closures = [], holidays }: TenantParts): void {
  if (timezone !== undefined && !isTimezone(timezone)) {
    source.report(['timezone'], `${timezone} is no time zone: write its IANA name, e.g. Europe/Paris`);
  }
  for (const day of WEEKDAYS) {
    for (const [index, problem] of spanProblems(hours?.[day] ?? [])) source.report(['hours', day, index], problem);
  }
  for (const [index, closure] of closures.entries()) {
    if (closure === undefined) continue;
    const ends =
      typeof closure === 'string'
        ? [[closure, []] as const]
        : ([
            [closure.from, ['from']],
            [closure.to, ['to']],
          ] as const);
    const wrong = ends.filter(([date]) => !isDate(date));
    for (const [date, key] of wrong) source.report(['closures', index, ...key], `${date} is not in the calendar`);
    if (wrong.length === 0 && typeof closure !== 'string' && closure.to < closure.from) {
      source.report(['closures', index, 'to'], `ends on ${closure.to} before it begins on ${closure.from}`);
    }
  }
  const place = holidays?.country === undefined ? undefined : placeProblem({ country: holidays.country, region: holidays.region });
  if (place !== undefined) source.report(['holidays', place.part], `${holidays?.[place.part]} ${place.message}`);
}

function checkActions(source: Source, tenant: TenantParts, telephony: TelephonyParts, { actions }: Walked): void {
  const { emergencyNumber } = tenant;
  const allowedPrefixes = known(tenant.allowedPrefixes);
  const menus = Object.keys(tenant.menus ?? {});
  // Where the nodes cannot be read, their problem is told already.
  const trunks = telephony.nodes?.some((node) => node === undefined || node.trunk !== undefined) ?? true;
  for (const { path, action } of actions) {
    if (typeof action === 'string') continue;
    if ('menu' in action && !menus.includes(action.menu)) {
      reportUnknown(source, [...path, 'menu'], 'menu', action.menu, menus);
    }
    if (!('transfer' in action)) continue;
    const at: Path = [...path, 'transfer'];
    if (allowedPrefixes !== undefined && !mayDial({ allowedPrefixes, emergencyNumber }, action.transfer)) {
      source.report(
        at,
        `${action.transfer} begins with none of allowedPrefixes (${allowedPrefixes.join(', ') || 'none'}): add its prefix there`,
      );
    } else if (!trunks) {
      source.report(at, 'no node in telephony.yaml has a trunk, so that no number outside can be reached: set trunk there');
    }
  }
}

function checkSpeech(
  source: Source,
  { locale, voicemail, whisper, queue }: TenantParts,
  telephony: TelephonyParts,
  { prompts }: Walked,
): void {
  if (locale === undefined) return;
  if (!isLocale(locale)) {
    source.report(['locale'], `${locale} is no known locale: write language and country, e.g. fr-FR`);
    return;
  }
  const needed = neededTexts(queue ?? {});
  const spoken =
    whisper === undefined ||
    needed.length > 0 ||
    voicemail?.greeting === undefined ||
    prompts.some(({ prompt }) => typeof prompt === 'string' || 'text' in prompt);
  if (spoken && voiceOf(locale) === undefined && telephony.voice?.voices?.[locale] === undefined) {
    source.report(
      ['locale'],
      `there is no voice for ${locale}: name one in telephony.yaml under voice.voices, or give every prompt as a file`,
    );
  }
  if (voicemail !== undefined && voicemail.greeting === undefined && voicemailText(locale) === undefined) {
    source.report(['voicemail', 'greeting'], `is missing: there is no ready-made sentence for ${locale}`);
  }
  for (const { text, path, instead } of needed) {
    if (waitingText(locale, queue?.announce?.texts, text) === undefined)
      source.report(path, `there is no ready-made sentence “${text}” for ${locale}: ${instead}`);
  }
}

async function checkFiles(source: Source, { queue }: TenantParts, { prompts }: Walked, dir: string): Promise<void> {
  const files = prompts.flatMap(({ path, prompt }) =>
    typeof prompt === 'object' && 'file' in prompt ? [{ path: [...path, 'file'] as Path, file: prompt.file }] : [],
  );
  if (queue?.music !== undefined) files.push({ path: ['queue', 'music'], file: queue.music });
  for (const { path, file } of files) {
    const absolute = resolve(dir, file);
    const problem = filePath.safeParse(absolute).success
      ? await audioProblem(absolute)
      : `${absolute} holds characters that cannot be handed to the switch: move the configuration folder`;
    if (problem !== undefined) source.report(path, problem);
  }
}
