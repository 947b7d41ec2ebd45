import type { NodeId } from '../core/ids.js';
import type { Device, PeerAddress } from '../core/site.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Metrics } from '../ports/metrics.js';

/** What every adapter needs to drive its node. */
export interface NodeOptions {
  readonly id: NodeId;
  readonly host: string;
  readonly password: string;
  /** Where each node takes calls for its phones; one that is not named takes none. */
  readonly peers?: ReadonlyMap<NodeId, PeerAddress>;
  /** Absolute, on the PBX's host. */
  readonly recordingsDir: string;
  /** The agents' devices of this node at this moment; a reload may change them. */
  readonly devices: () => readonly Device[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Names this daemon in the PBX's owner variable; letters and digits. Default: drawn at random. */
  readonly instance?: string;
}
