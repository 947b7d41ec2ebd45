import type { NodeOptions } from '../switch/node-options.js';

/** One Asterisk and what the adapter needs to drive it. */
export interface AsteriskOptions extends NodeOptions {
  /** Of ARI. */
  readonly port: number;
  /** Of AMI. */
  readonly amiPort: number;
  /** The account in ari.conf and manager.conf, whose password is the same. */
  readonly user: string;
  /** The dialplan's contexts begin with it (dialplan/asterisk). */
  readonly context: string;
  /** The PJSIP endpoint for numbers outside; `undefined`: none can be dialled. */
  readonly trunk: string | undefined;
  /** The PJSIP endpoint that calls phones of other nodes and takes their calls; `undefined`: this node has none. */
  readonly peer?: { readonly endpoint: string } | undefined;
}

/** The Stasis application, as dialplan/asterisk/extensions.conf names it. */
export const application = 'telephony-core';
