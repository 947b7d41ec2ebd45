/**
 * One PBX node as the engine drives it. Adapters: `freeswitch/`, later `asterisk/`; a fake in tests. All pass the same
 * contract suite.
 *
 * Guarding is the adapter's business: from `take` on, a leg that is not bridged is sent to the dialplan's fallback by the
 * PBX itself within 8 s of this process's death; the adapter renews, hands over at the bridge and restores it.
 */

import type { HangupCause } from '../core/call/effect.js';
import type { Arrival, LegEvent } from '../core/call/event.js';
import type { SupervisionMode } from '../core/call/supervised.js';
import type { FeatureCall } from '../core/feature/session.js';
import type { DeviceId, LegId, NodeId, PlayId } from '../core/ids.js';
import type { Device } from '../core/site.js';

export type PbxEvent =
  | LegEvent
  /** A caller waits in the dialplan's guarded park; nobody has taken him. */
  | { readonly type: 'arrival'; readonly arrival: Arrival }
  /** A desk phone dialled a code (`*11`) and waits in the dialplan's guarded park. It is taken like an arrival; its guard hangs up. */
  | { readonly type: 'feature'; readonly feature: FeatureCall }
  | { readonly type: 'device'; readonly device: DeviceId; readonly reachable: boolean }
  /** Its first call that is none of ours began (from the dialling or the ringing on), or its last one ended. */
  | { readonly type: 'ownCall'; readonly device: DeviceId; readonly on: boolean }
  /** Another node, that of a phone, answered nothing at all to our INVITE. */
  | { readonly type: 'silent'; readonly node: NodeId }
  /** Connected, subscribed and owner of the node: reconcile now. */
  | { readonly type: 'up' }
  /**
   * Connection or ownership lost: nothing can be done to its legs until `up`. `taken`: another daemon owns the node now and serves
   * its calls. A lost connection tells nothing of that; should it turn out at the next one, `down` comes again with `taken`.
   */
  | { readonly type: 'down'; readonly reason: string; readonly taken: boolean };

/** A leg that the PBX has now. */
export interface LegSnapshot {
  readonly leg: LegId;
  /** Ours to serve: an inbound leg that was handed to the daemon (`caller`), one that we originated (`ours`), or anything else. */
  readonly role: 'caller' | 'ours' | 'other';
  /** Set while it talks to another leg. */
  readonly bridgedTo: LegId | undefined;
  /** The account of this node's phone that another node has called by it: their daemon has the talk. */
  readonly calledPhone: string | undefined;
  /** The number that it dialled, and who calls; needed when nothing is known of a caller. */
  readonly arrival: Arrival;
}

/** Keys that are asked for on a leg. */
export interface CollectRequest {
  /** Played first; the first key ends it. */
  readonly files: readonly string[];
  /** How many keys at most, 1 to 16; `#` ends the entry sooner. */
  readonly most: number;
  /** How long to wait for the first key after the files ended, and for each further one, ms. */
  readonly firstMs: number;
  readonly nextMs: number;
}

export interface OriginateRequest {
  readonly leg: LegId;
  readonly to: Device | { readonly kind: 'number'; readonly number: string };
  /** Raw text; encoded by the adapter. */
  readonly callerName: string;
  readonly callerNumber: string;
  /** ms */
  readonly ringMs: number;
  readonly tenant: string;
}

/**
 * Commands are sent at once and do not wait for their effect: that comes as an event. They return `false` when the leg
 * was gone or the PBX refused; they throw only for a programming error.
 */
export interface Pbx {
  readonly node: NodeId;
  /** Connects and stays connected until `close`. */
  start(listener: (event: PbxEvent) => void): void;
  close(): Promise<void>;
  readonly up: boolean;

  /** Makes an arrival ours: our guard replaces the dialplan's. `false`: it is gone, or another daemon owns the node. */
  take(leg: LegId): Promise<boolean>;
  /** Facts that a successor needs, kept on the leg itself. Values are encoded by the adapter. */
  remember(leg: LegId, facts: Readonly<Record<string, string>>): Promise<boolean>;
  /** The facts that `remember` left on the leg, by this daemon or by one before it. Empty: none, or the leg is gone. */
  recall(leg: LegId): Promise<Readonly<Record<string, string>>>;
  answer(leg: LegId): Promise<boolean>;
  hangup(leg: LegId, cause: HangupCause): Promise<boolean>;
  /** Refuses an arrival that was not taken. */
  reject(leg: LegId, cause: HangupCause): Promise<boolean>;
  play(leg: LegId, play: PlayId, files: readonly string[]): Promise<boolean>;
  stopPlay(leg: LegId): Promise<boolean>;
  /**
   * Asks for keys: `collected` follows with the same `play`, unless the leg hangs up. Meanwhile they are not told as `digit`, and
   * neither we nor the PBX writes them anywhere: they may be a PIN.
   */
  collect(leg: LegId, play: PlayId, request: CollectRequest): Promise<boolean>;
  music(leg: LegId, file: string | undefined): Promise<boolean>;
  originate(request: OriginateRequest): Promise<boolean>;
  bridge(leg: LegId, other: LegId): Promise<boolean>;
  /**
   * Lets `leg`, which is ours, answered and not bridged, hear the talk of the bridged leg `agent`, and speak in it as `mode` says; said
   * again with another mode, changes it. The keys of that phone do nothing meanwhile. When `agent` ends, so does `leg`; both are
   * left alone otherwise. Unlike a bridge it stays guarded: should this process die, the PBX itself hangs `leg` up.
   */
  attend(leg: LegId, agent: LegId, mode: SupervisionMode): Promise<boolean>;
  record(leg: LegId, file: string): Promise<boolean>;
  takeMessage(leg: LegId, play: PlayId, file: string, maxMs: number, silenceMs: number): Promise<boolean>;
  /** Sends the leg to the dialplan's fallback. */
  fallback(leg: LegId): Promise<boolean>;
  /** Brings an unbridged leg, whatever it is doing, back to a guarded park: `parked` follows. */
  adopt(leg: LegId): Promise<boolean>;

  legs(): Promise<readonly LegSnapshot[]>;
  exists(leg: LegId): Promise<boolean>;
  /** Which registered devices can be rung now. */
  reachableDevices(): Promise<ReadonlySet<DeviceId>>;
  /** Which phones are on calls that are none of ours. */
  devicesOnOwnCall(): Promise<ReadonlySet<DeviceId>>;
}
