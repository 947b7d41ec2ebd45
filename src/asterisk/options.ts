import type { NodeId } from '../core/ids.js';
import type { Device, PeerAddress } from '../core/site.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Metrics } from '../ports/metrics.js';

/** One Asterisk and what the adapter needs to drive it. */
export interface AsteriskOptions {
  readonly id: NodeId;
  readonly host: string;
  /** Of ARI. */
  readonly port: number;
  /** Of AMI. */
  readonly amiPort: number;
  /** The account in ari.conf and manager.conf. */
  readonly user: string;
  readonly password: string;
  /** The dialplan's contexts begin with it (dialplan/asterisk). */
  readonly context: string;
  /** The PJSIP endpoint for numbers outside; `undefined`: none can be dialled. */
  readonly trunk: string | undefined;
  /** The PJSIP endpoint that calls phones of other nodes and takes their calls; `undefined`: this node has none. */
  readonly peer?: { readonly endpoint: string } | undefined;
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

/** The Stasis application, as dialplan/asterisk/extensions.conf names it. */
export const application = 'telephony-core';
