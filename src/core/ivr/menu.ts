/** What a caller's keys mean in a menu. */
import type { Action, Menu, Prompt } from '../tenant.js';

export type Keyed =
  /** These keys choose an action, and no longer entry begins with them. */
  | { readonly verdict: 'chosen'; readonly action: Action }
  /** A longer entry is possible; `ifSilent` is what these keys mean when no more follow. */
  | { readonly verdict: 'more'; readonly ifSilent: Action | undefined }
  | { readonly verdict: 'wrong' };

/** Reads what was typed so far. */
export function readKeys(menu: Menu, typed: string): Keyed {
  const exact = Object.hasOwn(menu.keys, typed) ? menu.keys[typed] : undefined;
  const longer = Object.keys(menu.keys).some((key) => key.length > typed.length && key.startsWith(typed));
  if (longer) return { verdict: 'more', ifSilent: exact };
  return exact === undefined ? { verdict: 'wrong' } : { verdict: 'chosen', action: exact };
}

export type Failure = 'no key' | 'wrong key';

/** After `failures` failures (this one included): the menu once more, or the way out. */
export function afterFailure(menu: Menu, failures: number, failure: Failure): { readonly replay: Prompt } | { readonly leave: Action } {
  if (failures > menu.retries) return { leave: failure === 'no key' ? menu.onNoInput : menu.onInvalid };
  if (failure === 'no key' || menu.invalidPrompt === undefined) return { replay: menu.prompt };
  return { replay: { files: [...menu.invalidPrompt.files, ...menu.prompt.files] } };
}
