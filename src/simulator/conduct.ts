/** What callers do by themselves in answer to what they hear. */
import type { Call } from '../core/call/call.js';
import type { PlayId } from '../core/ids.js';
import type { Action, Tenant } from '../core/tenant.js';
import { type Assumptions, msOf } from './assumptions.js';
import type { Caller } from './callers.js';

/** What is pressed when a prompt has been heard out; `undefined`: nothing. `keys`: what he has in mind for menus, used up by this. */
export function pressed({ state }: Call, play: PlayId, keys: string[]): string | undefined {
  if (!('play' in state) || state.play !== play) return undefined;
  switch (state.at) {
    case 'menu':
      return keys.shift();
    case 'arranging':
      // A number that may not be called back is no use to him: star leads back to the queue.
      return state.phase === 'confirming' ? '1' : state.phase === 'typing' ? '*' : undefined;
    case 'callingBack':
      return '1';
    default:
      return undefined;
  }
}

/** The key for a callback or a message that he presses while he waits, and how long after he entered the queue, ms. */
export function keyInQueue(
  { queue }: Tenant,
  { choice }: Caller,
  assumptions: Pick<Assumptions, 'callbackPercent' | 'messagePercent' | 'decideSeconds' | 'promptSeconds'>,
): { readonly key: string; readonly afterMs: number } | undefined {
  const { callbackPercent, messagePercent, decideSeconds, promptSeconds } = assumptions;
  // Where announcements name the keys, the first of them does.
  const told = queue.announce !== undefined && queue.announce.hints.length > 0 ? queue.announce.firstMs / 1000 + promptSeconds : undefined;
  const afterMs = msOf(told ?? decideSeconds);
  let left = choice * 100;
  for (const [wish, percent] of [
    ['callback', callbackPercent],
    ['voicemail', messagePercent],
  ] as const) {
    const key = keyTo(queue, wish);
    if (key === undefined) continue;
    if (left < percent) return { key, afterMs };
    left -= percent;
  }
  return undefined;
}

/** The first of the queue's keys that leads there. */
export function keyTo({ keys }: Tenant['queue'], wish: 'callback' | 'voicemail'): string | undefined {
  return Object.entries(keys).find(([, action]) => leadsTo(action, wish))?.[0];
}

function leadsTo(action: Action, wish: Action['do']): boolean {
  return action.do === wish || (action.do === 'play' && leadsTo(action.then, wish));
}
