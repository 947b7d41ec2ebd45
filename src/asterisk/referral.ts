/**
 * A REFER that a phone sent in a talk of ours. Asterisk leaves all of it to us (`PJSIP_TRANSFER_HANDLING(ari-only)`): it answers 202,
 * dials nothing and moves nobody, so whom an agent may transfer a caller to is for the core alone to say. Pure.
 */
import type { AriEvent } from './ari.js';
import type { ChannelBody } from './snapshot.js';

export interface Referral {
  /** Whose phone asks for it. */
  readonly channel: string;
  /** As it was dialled. `undefined`: another call of that phone (Replaces), not a number. */
  readonly target: string | undefined;
}

interface Body {
  readonly refer_to?: { readonly requested_destination?: { readonly destination?: string; readonly protocol_id?: string } };
  readonly referred_by?: { readonly source_channel?: ChannelBody };
}

export function referralOf(event: AriEvent): Referral | undefined {
  const body: Body = event as AriEvent & Body;
  const channel = body.referred_by?.source_channel?.id;
  if (channel === undefined) return undefined;
  const { destination, protocol_id: replaced } = body.refer_to?.requested_destination ?? {};
  return { channel, target: replaced === undefined ? destination : undefined };
}
