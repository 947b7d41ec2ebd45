import type { NodeId } from '../core/ids.js';
import type { Device, PeerAddress } from '../core/site.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Metrics } from '../ports/metrics.js';
import type { Timings } from './esl/connection.js';

/** One FreeSWITCH and what the adapter needs to drive it. */
export interface FreeswitchOptions {
  readonly id: NodeId;
  readonly host: string;
  /** Of the event socket. */
  readonly port: number;
  readonly password: string;
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
  /** Where each node takes calls for its phones; one that is not named takes none. */
  readonly peers?: ReadonlyMap<NodeId, PeerAddress>;
  /** Absolute, on the PBX's host. */
  readonly recordingsDir: string;
  /** The agents' devices of this node at this moment; a reload may change them. */
  readonly devices: () => readonly Device[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** In [0, 1), spreads reconnections. Default: Math.random. */
  readonly random?: () => number;
  /** Names this daemon in the PBX's owner variable; letters and digits. Default: drawn at random. */
  readonly instance?: string;
  readonly timings?: Partial<Timings>;
}
