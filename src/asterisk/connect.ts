import { AsteriskPbx } from './adapter.js';
import type { AsteriskOptions } from './options.js';

export type { AsteriskPbx } from './adapter.js';
export type { AsteriskOptions } from './options.js';

/** An Asterisk node behind the PBX port. Nothing is connected before `start`. */
export function connectAsterisk(options: AsteriskOptions): AsteriskPbx {
  return new AsteriskPbx(options);
}
