/** Legs that we originate, from the request to `ready` or `failed`: one of the two, exactly once. */
import { randomUUID } from 'node:crypto';
import type { HangupCause } from '../core/call/effect.js';
import type { LegId } from '../core/ids.js';
import type { Device } from '../core/site.js';
import type { OriginateRequest, PbxEvent } from '../ports/pbx.js';
import { failureReason, switchCause } from './causes.js';
import { endpointTrunk, endpointUri, originate, uuidKill } from './esl/command.js';
import { callerNumber, callerText, dialString, sipUri, type Wire, wire } from './esl/encode.js';
import { variable } from './event-mapping.js';
import type { Leg, Legs } from './legs.js';
import type { NodeLink } from './link.js';
import type { FreeswitchOptions } from './options.js';
import type { Phones } from './phones.js';
import { oursMark } from './snapshot.js';

/** How long an answered leg waits for a sign of life of ours before FreeSWITCH hangs it up, s. */
const guardSeconds = 8;

/**
 * To another node: From says who asks (a caller whose number is that of a phone there would be taken for that phone), and
 * P-Asserted-Identity (RFC 3325) who calls.
 */
const asPeer: Readonly<Record<string, Wire>> = { sip_from_uri: wire`sip:tcore-peer@tcore`, sip_cid_type: wire`pid` };

/** Between a failed leg's first sign (result of the job, hang-up) and its last lie milliseconds. */
const forgetAfterMs = 10_000;

/** Nothing answered within 5 s (`timer-T1X64` of the profile `peers`). */
const silence = 'RECOVERY_ON_TIMER_EXPIRE';

export class Dialling {
  readonly #options: FreeswitchOptions;
  readonly #link: NodeLink;
  readonly #legs: Legs;
  readonly #phones: Phones;
  readonly #emit: (event: PbxEvent) => void;

  constructor(options: FreeswitchOptions, link: NodeLink, legs: Legs, phones: Phones, emit: (event: PbxEvent) => void) {
    this.#options = options;
    this.#link = link;
    this.#legs = legs;
    this.#phones = phones;
    this.#emit = emit;
  }

  /** `false`: nothing was sent, and no event follows. */
  async dial(request: OriginateRequest): Promise<boolean> {
    const leg = this.#legs.of(request.leg, true);
    leg.phase = 'dialling';
    if (request.to.kind === 'phone' && request.to.node !== this.#options.id) leg.peer = request.to.node;
    let endpoint: Wire | undefined;
    try {
      endpoint = await this.#endpoint(request.to);
    } catch (error) {
      this.#options.log.error({ err: error, leg: leg.id }, 'a device cannot be dialled');
      this.#legs.forget(leg.id);
      return false;
    }
    if (leg.cancelled !== undefined) this.fail(leg.id, switchCause[leg.cancelled]);
    else if (endpoint === undefined) this.fail(leg.id, 'USER_NOT_REGISTERED');
    else return this.#send(leg, request, endpoint);
    return true;
  }

  async #send(leg: Leg, request: OriginateRequest, endpoint: Wire): Promise<boolean> {
    const command = originate(
      {
        leg: leg.id,
        endpoint,
        ringSeconds: Math.max(1, Math.ceil(request.ringMs / 1_000)),
        callerName: callerText(request.callerName),
        callerNumber: callerNumber(request.callerNumber),
        tenant: request.tenant,
        guardSeconds,
        variables: {
          [variable.leg]: wire`ours`,
          presence_data: oursMark as Wire,
          playback_terminators: wire`none`,
          // Else whoever answers with 302 has FreeSWITCH dial the address of his choice.
          outbound_redirect_fatal: wire`true`,
          // Of an attended transfer (REFER with Replaces) nobody would tell us: FreeSWITCH refuses it. Any other REFER is as before.
          deny_refer_requests: wire`true`,
          ...(leg.peer === undefined ? {} : asPeer),
        },
      },
      randomUUID(),
    );
    const sent = await this.#link.doInBackground(command);
    if (sent === undefined) {
      this.#legs.forget(leg.id);
      return false;
    }
    sent.reply.then(
      (result) => {
        const cause = /^-ERR (\w+)/.exec(result?.text ?? '')?.[1];
        // No result: the connection was lost, and what became of the leg is found out after the next one.
        if (cause !== undefined) this.fail(leg.id, cause);
      },
      (error: unknown) => this.#options.log.error({ err: error, leg: leg.id }, 'an originate was lost'),
    );
    return true;
  }

  /** Hangs up while dialling. FreeSWITCH may not have made the channel yet: `created` then tries again. */
  async cancel(leg: Leg, cause: HangupCause): Promise<boolean> {
    leg.cancelled = cause;
    const reply = await this.#link.do(uuidKill(leg.id, switchCause[cause]));
    return reply !== undefined;
  }

  created(leg: LegId): void {
    const known = this.#legs.get(leg);
    if (known?.cancelled !== undefined) this.#kill(leg, known.cancelled);
  }

  /** It was answered and waits. `false`: we do not want it any more. */
  ready(leg: LegId): boolean {
    const known = this.#legs.of(leg, true);
    if (known.cancelled !== undefined) {
      this.#kill(leg, known.cancelled);
      return false;
    }
    known.phase = 'alone';
    return true;
  }

  /** Whichever of its signs comes first; the others find it told already. */
  fail(leg: LegId, cause: string): void {
    const known = this.#legs.get(leg);
    if (known?.phase !== 'dialling') return;
    known.phase = 'failed';
    if (known.peer !== undefined && cause === silence) this.#emit({ type: 'silent', node: known.peer });
    // Where there never was a channel no further sign comes.
    known.stopTimer = this.#options.clock.after(forgetAfterMs, () => this.#legs.forget(leg));
    this.#emit({ type: 'failed', leg, reason: failureReason(cause), cause });
  }

  /** The channel of a leg that was never answered is gone. */
  ended(leg: LegId, cause: string): void {
    // A leg that another daemon dialled: nobody has told yet.
    if (this.#legs.get(leg) === undefined) this.#legs.of(leg, true).phase = 'dialling';
    this.fail(leg, cause);
  }

  #kill(leg: LegId, cause: HangupCause): void {
    this.#link.do(uuidKill(leg, switchCause[cause])).catch((error: unknown) => this.#options.log.error({ err: error, leg }, 'kill failed'));
  }

  /** `undefined`: the phone is not registered. */
  async #endpoint(to: OriginateRequest['to']): Promise<Wire | undefined> {
    const { profile, trunk } = this.#options;
    switch (to.kind) {
      case 'uri':
        return endpointUri(profile, sipUri(to.uri));
      case 'number':
        if (trunk === undefined) throw new Error('no trunk is configured for this node');
        return endpointTrunk(trunk, to.number);
      case 'phone': {
        if (to.node !== this.#options.id) return endpointUri(...peerOf(this.#options, to));
        const contact = await this.#phones.contact(to.user);
        return contact === undefined ? undefined : dialString(contact);
      }
    }
  }
}

/** Its home node bridges it by itself. */
function peerOf({ id, peer, peers }: FreeswitchOptions, { node, user }: Device & { kind: 'phone' }): readonly [string, Wire] {
  const address = peers?.get(node);
  if (peer === undefined || address === undefined) throw new Error(`there is no way from ${id} to phones of ${node}`);
  return [peer.profile, sipUri(`sip:${user}@${address.host}:${address.port}`)];
}
