/** Every action and prompt of a tenant with the place where it is written: the checks and the compiler walk these. */
import type { TenantParts } from './parts.js';
import type { Path } from './problems.js';
import type { PromptYaml } from './schema-common.js';
import type { ActionYaml } from './schema-tenant.js';

export interface Walked {
  readonly actions: readonly { readonly path: Path; readonly action: ActionYaml }[];
  readonly prompts: readonly { readonly path: Path; readonly prompt: PromptYaml }[];
}

export function walkTenant({ whisper, greetings, flow, menus, queue, voicemail }: TenantParts): Walked {
  const actions: { path: Path; action: ActionYaml }[] = [];
  const prompts: { path: Path; prompt: PromptYaml }[] = [];
  const hear = (path: Path, prompt: PromptYaml | undefined): void => {
    if (prompt !== undefined) prompts.push({ path, prompt });
  };
  const take = (path: Path, action: ActionYaml | undefined): void => {
    if (action === undefined) return;
    actions.push({ path, action });
    if (typeof action === 'string' || !('play' in action)) return;
    hear([...path, 'play'], action.play);
    take([...path, 'then'], action.then);
  };
  if (whisper !== false) hear(['whisper'], whisper);
  for (const when of ['open', 'closed', 'holiday'] as const) {
    hear(['greetings', when], greetings?.[when]);
    take(['flow', when], flow?.[when]);
  }
  for (const [name, menu] of Object.entries(menus ?? {})) {
    if (menu === undefined) continue;
    hear(['menus', name, 'prompt'], menu.prompt);
    hear(['menus', name, 'invalidPrompt'], menu.invalidPrompt);
    for (const [key, action] of Object.entries(menu.keys ?? {})) take(['menus', name, 'keys', key], action);
    take(['menus', name, 'onNoInput'], menu.onNoInput);
    take(['menus', name, 'onInvalid'], menu.onInvalid);
  }
  take(['queue', 'overflow'], queue?.overflow);
  for (const [name, prompt] of Object.entries(queue?.callback?.prompts ?? {})) hear(['queue', 'callback', 'prompts', name], prompt);
  if (queue?.noAgent !== 'wait') take(['queue', 'noAgent'], queue?.noAgent);
  if (queue?.agentsLeft !== 'wait') take(['queue', 'agentsLeft'], queue?.agentsLeft);
  take(['queue', 'full'], queue?.full);
  if (queue?.atClosing !== 'wait') take(['queue', 'atClosing'], queue?.atClosing);
  for (const [key, action] of Object.entries(queue?.keys ?? {})) take(['queue', 'keys', key], action);
  for (const [index, message] of (queue?.announce?.messages ?? []).entries()) hear(['queue', 'announce', 'messages', index], message);
  hear(['voicemail', 'greeting'], voicemail?.greeting);
  return { actions, prompts };
}
