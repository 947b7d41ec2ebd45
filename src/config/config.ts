/** Everything that an operator configures, after `load`: defaulted, checked as a whole and frozen. */
import type { AccessToken } from '../core/access.js';
import type { DeviceId, NodeId, SupervisorId } from '../core/ids.js';
import type { Rendering } from '../core/rendering.js';
import type { PeerAddress, Site } from '../core/site.js';
import type { HashedPin } from './pins.js';

export type { Rendering };

/** A FreeSWITCH that the daemon drives over its event socket. */
export interface FreeswitchNode {
  readonly id: NodeId;
  readonly kind: 'freeswitch';
  readonly host: string;
  readonly port: number;
  /** From the environment or a file; never from YAML. */
  readonly password: string;
  /** The dialplan context that holds our hand-over, after-bridge and fallback extensions. */
  readonly context: string;
  /** The Sofia profile on which phones register and agents are rung. */
  readonly profile: string;
  /** The SIP domain in which phones register. */
  readonly domain: string;
  /** The gateway for numbers outside, e.g. `carrier`; `undefined`: no transfers out of this node. */
  readonly trunk: string | undefined;
  /** Where it takes calls of other nodes for its phones; `undefined`: nowhere, and it makes none. */
  readonly peer: (PeerAddress & { readonly profile: string }) | undefined;
  /** Absolute, on the PBX's host: where recordings and messages are written. */
  readonly recordingsDir: string;
  /** Absolute, on the PBX's host: the phone directory is written here; `undefined`: the operator keeps his own directory. */
  readonly directoryFile: string | undefined;
}

/** An Asterisk that the daemon drives over ARI and AMI. */
export interface AsteriskNode {
  readonly id: NodeId;
  readonly kind: 'asterisk';
  readonly host: string;
  /** Of ARI. */
  readonly port: number;
  readonly amiPort: number;
  /** The account in ari.conf and manager.conf. */
  readonly user: string;
  /** From the environment or a file; never from YAML. */
  readonly password: string;
  /** What the names of the dialplan's contexts begin with. */
  readonly context: string;
  /** The SIP domain in which phones register. */
  readonly domain: string;
  /** The PJSIP endpoint for numbers outside; `undefined`: no transfers out of this node. */
  readonly trunk: string | undefined;
  /** Where it takes calls of other nodes for its phones; `undefined`: nowhere, and it makes none. */
  readonly peer: (PeerAddress & { readonly endpoint: string }) | undefined;
  /** Absolute, on the PBX's host: where recordings and messages are written. */
  readonly recordingsDir: string;
  /** Absolute, on the PBX's host: the phones' accounts; `undefined`: the operator keeps his own. */
  readonly directoryFile: string | undefined;
}

export type PbxNode = FreeswitchNode | AsteriskNode;

/** What a desk phone needs to register. */
export interface PhoneAccount {
  readonly node: NodeId;
  readonly device: DeviceId;
  readonly user: string;
  readonly password: string;
  /** The agent's or supervisor's name. */
  readonly name: string;
}

export interface Config {
  /** The folder that it came from. */
  readonly dir: string;
  readonly nodes: readonly PbxNode[];
  readonly redis: { readonly url: string; readonly keyPrefix: string };
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Empty: the API is off; health and metrics stay. */
    readonly tokens: readonly AccessToken[];
  };
  readonly records: {
    /** One JSON line a call; `undefined`: no file. */ readonly file: string | undefined;
    /** How many records the Redis stream keeps. */ readonly streamLength: number;
  };
  /** After SIGTERM: how long calls may go on before the daemon leaves, ms. */
  readonly drainMs: number;
  readonly logLevel: string;
  readonly site: Site;
  readonly renderings: readonly Rendering[];
  readonly phones: readonly PhoneAccount[];
  readonly supervision: {
    readonly pins: ReadonlyMap<SupervisorId, HashedPin>;
    /** After so many wrong PINs in a row a supervisor is locked out for `lockoutMs`. */
    readonly pinTries: number;
    readonly lockoutMs: number;
  };
}
