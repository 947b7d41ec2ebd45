import { FreeswitchPbx } from './adapter.js';
import type { FreeswitchOptions } from './options.js';

export type { FreeswitchPbx } from './adapter.js';
export type { FreeswitchOptions } from './options.js';

/** A FreeSWITCH node behind the PBX port. Nothing is connected before `start`. */
export function connectFreeswitch(options: FreeswitchOptions): FreeswitchPbx {
  return new FreeswitchPbx(options);
}
