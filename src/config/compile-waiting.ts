/** What waiting callers hear and may do, compiled. Every sentence that may be needed is spoken at load, and no other. */
import type { Action, Announce, Prompt, Queue } from '../core/tenant.js';
import type { Path } from './problems.js';
import type { PromptYaml } from './schema-common.js';
import type { ActionYaml, QueueYaml } from './schema-tenant.js';
import { fillIn, type WaitingText, waitingText } from './waiting-texts.js';

export type PromptCompiler = (written: PromptYaml) => Prompt;
type ActionCompiler = (written: ActionYaml) => Action;
/** Speaks a sentence of ours, or the tenant's own in its place. */
type Say = (name: WaitingText, value?: string | number) => Prompt;

/** Places that are told; further back nobody counts. */
const places = 10;
/** Waits that are told, minutes. An estimate is rounded up: whoever is answered sooner does not mind. */
const minutes = [2, 3, 4, 5, 6, 8, 10, 15, 20, 30] as const;

/** A ready-made sentence that this queue needs, and what to do where there is none in the tenant's language. */
export interface NeededText {
  readonly text: WaitingText;
  readonly path: Path;
  readonly instead: string;
}

export function neededTexts({ announce, keys, atClosing }: Partial<QueueYaml>): readonly NeededText[] {
  const need = (path: Path, instead: string, ...texts: readonly WaitingText[]) => texts.map((text) => ({ text, path, instead }));
  const write = 'write your own under queue.announce.texts';
  const hinted = announce?.hints === true ? hintsOf(keys ?? {}) : [];
  return [
    ...(announce?.position === true ? need(['queue', 'announce', 'position'], write, 'next', 'position', 'beyond') : []),
    ...(announce?.wait === true ? need(['queue', 'announce', 'wait'], write, 'soon', 'minutes', 'later') : []),
    ...need(
      ['queue', 'announce'],
      `${write}, or set hints: false`,
      ...new Set(hinted.flatMap(({ key, text }) => [text, nameOf(key) ?? []].flat())),
    ),
    ...(atClosing === undefined || !needsClosingText(atClosing)
      ? []
      : need(['queue', 'atClosing'], 'write { play: "…", then: … }', 'closed')),
  ];
}

/** Keys of which we can say what they do; the tenant's own messages tell the others. */
function hintsOf(keys: QueueYaml['keys']): readonly { readonly key: string; readonly text: 'message' | 'callback' }[] {
  return Object.entries(keys).flatMap(([key, action]) => {
    if (action !== 'voicemail' && action !== 'callback') return [];
    return [{ key, text: action === 'callback' ? 'callback' : 'message' }];
  });
}

const nameOf = (key: string): 'star' | 'hash' | undefined => (key === '*' ? 'star' : key === '#' ? 'hash' : undefined);

const needsClosingText = (atClosing: QueueYaml['atClosing']) =>
  atClosing !== 'wait' && !(typeof atClosing === 'object' && 'play' in atClosing);

export function compileWaiting(
  queue: QueueYaml,
  locale: string,
  action: ActionCompiler,
  prompt: PromptCompiler,
): Pick<Queue, 'agentsLeft' | 'maxLength' | 'full' | 'atClosing' | 'keys' | 'announce'> {
  const { agentsLeft = queue.noAgent, atClosing, keys, announce } = queue;
  const say: Say = (name, value = '') => prompt(fillIn(waitingText(locale, announce?.texts, name) ?? '', value));
  const spokenKey = (key: string) => {
    const name = nameOf(key);
    return name === undefined ? key : (waitingText(locale, announce?.texts, name) ?? '');
  };
  const hints = hintsOf(keys).map(
    ({ key, text }) =>
      () =>
        say(text, spokenKey(key)),
  );
  const closing = (written: ActionYaml): Action =>
    // biome-ignore lint/suspicious/noThenProperty: a step, not a promise: its `then` is no function
    needsClosingText(written) ? { do: 'play', prompt: say('closed'), then: action(written) } : action(written);
  return {
    agentsLeft: agentsLeft === 'wait' ? undefined : { graceMs: queue.agentsLeftSeconds * 1000, action: action(agentsLeft) },
    maxLength: queue.maxLength,
    full: action(queue.full),
    atClosing: atClosing === 'wait' ? undefined : closing(atClosing),
    keys: Object.fromEntries(Object.entries(keys).map(([key, written]) => [key, action(written)])),
    announce: announce === undefined ? undefined : compileAnnounce(announce, hints, say, prompt),
  };
}

function compileAnnounce(
  { firstSeconds, everySeconds, position, wait, messages, hints }: NonNullable<QueueYaml['announce']>,
  keyHints: readonly (() => Prompt)[],
  say: Say,
  prompt: PromptCompiler,
): Announce {
  return {
    firstMs: firstSeconds * 1000,
    everyMs: everySeconds * 1000,
    position: position ? compilePosition(say) : undefined,
    wait: wait ? compileWait(say) : undefined,
    messages: messages.map(prompt),
    hints: hints ? keyHints.map((hint) => hint()) : [],
  };
}

function compilePosition(say: Say): NonNullable<Announce['position']> {
  const numbered = Array.from({ length: places - 1 }, (_, index) => say('position', index + 2));
  return { places: [say('next'), ...numbered], beyond: say('beyond', places) };
}

function compileWait(say: Say): NonNullable<Announce['wait']> {
  const spans = minutes.map((n) => ({ upToMs: n * 60_000, prompt: say('minutes', n) }));
  return { spans: [{ upToMs: 60_000, prompt: say('soon') }, ...spans], beyond: say('later', Math.max(...minutes)) };
}
