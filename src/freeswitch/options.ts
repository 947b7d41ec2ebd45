import type { NodeOptions } from '../switch/node-options.js';
import type { Timings } from './esl/connection.js';

/** One FreeSWITCH and what the adapter needs to drive it. */
export interface FreeswitchOptions extends NodeOptions {
  /** Of the event socket. */
  readonly port: number;
  /** The dialplan context that holds our hand-over, after-bridge and fallback extensions (dialplan/freeswitch). */
  readonly context: string;
  /** The Sofia profile on which phones register and agents are rung. */
  readonly profile: string;
  /** The SIP domain in which phones register. */
  readonly domain: string;
  /** The gateway for numbers outside; `undefined`: none can be dialled. */
  readonly trunk: string | undefined;
  /** The Sofia profile that calls phones of other nodes and takes their calls; `undefined`: this node has none. */
  readonly peer?: { readonly profile: string } | undefined;
  /** In [0, 1), spreads reconnections. Default: Math.random. */
  readonly random?: () => number;
  readonly timings?: Partial<Timings>;
}
