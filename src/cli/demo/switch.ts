/** The demo's switch: an installed FreeSWITCH if there is one, else an Asterisk, which can be had on any Debian. */
import { type Asterisk, startAsterisk } from '../../lab/asterisk.js';
import { fetchAsterisk, findAsterisk } from '../../lab/asterisk-root.js';
import { type Freeswitch, findFreeswitch, startFreeswitch } from '../../lab/freeswitch.js';

const kinds = ['freeswitch', 'asterisk'] as const;
export type SwitchKind = (typeof kinds)[number];
export const isSwitchKind = (text: string): text is SwitchKind => kinds.some((kind) => kind === text);

/** How to start it, or in one sentence why it cannot be. */
export type FoundSwitch =
  | { readonly start: () => Promise<Freeswitch | Asterisk>; readonly missing?: undefined }
  | { readonly start?: undefined; readonly missing: string };

/** @param wanted `undefined`: whichever there is. */
export async function findSwitch(
  wanted: SwitchKind | undefined,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<FoundSwitch> {
  if (wanted === 'asterisk') return asterisk(env, say);
  const { binary, missing } = await findFreeswitch(env);
  if (binary !== undefined) return { start: () => startFreeswitch({ binary }) };
  if (wanted === 'freeswitch')
    return { missing: `${missing}. Install it or set FREESWITCH_BIN to the program; --pbx asterisk needs neither.` };
  say(`${missing}: the demo runs on Asterisk`);
  return asterisk(env, say);
}

async function asterisk(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<FoundSwitch> {
  const installed = await findAsterisk(env);
  const { program, missing } = installed.program === undefined ? await fetchAsterisk(env, say) : installed;
  return program === undefined ? { missing } : { start: () => startAsterisk({ program, contactsAsTold: true }) };
}
