/** The legs that a node has now, from `GET /channels` and `GET /bridges`, which do not lag. Pure. */
import { relative } from 'node:path';
import { id, type LegId, type NodeId, type PlayId } from '../core/ids.js';
import type { LegSnapshot } from '../ports/pbx.js';
import { isEar } from './attendances.js';
import { rawSuffix } from './files.js';
import { legOf, type Message } from './legs.js';

export interface ChannelBody {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly caller?: { readonly name?: string; readonly number?: string };
  readonly dialplan?: { readonly context?: string; readonly exten?: string; readonly app_name?: string };
  readonly channelvars?: Readonly<Record<string, string>>;
}

export interface BridgeBody {
  readonly id: string;
  readonly channels: readonly string[];
}

export interface FoundLeg extends LegSnapshot {
  readonly bridge: string | undefined;
  /** Being recorded by the dialplan. */
  readonly message: Message | undefined;
}

export function snapshot(node: NodeId, channels: unknown, bridges: unknown): readonly FoundLeg[] {
  // A supervisor shares a bridge with his ear: he talks with nobody.
  const joined = listOf<BridgeBody>(bridges).filter((bridge) => bridge.channels.length > 1 && !isEar(bridge.id));
  const legs = listOf<ChannelBody>(channels).filter((channel) => !isEar(channel.id));
  return legs.map((channel) => {
    const bridge = joined.find(({ channels: members }) => members.includes(channel.id));
    const partner = bridge?.channels.find((member) => member !== channel.id);
    return {
      leg: legOf(node, channel.id),
      role: roleOf(channel),
      bridgedTo: partner === undefined ? undefined : legOf(node, partner),
      calledPhone: channel.channelvars?.['TCORE_ROLE'] ? undefined : accountOf(channel),
      bridge: bridge?.id,
      message: channel.dialplan?.context?.endsWith('-message') ? messageOf(channel) : undefined,
      arrival: arrivalOf(node, channel),
    };
  });
}

const listOf = <T>(body: unknown): readonly T[] => (Array.isArray(body) ? (body as readonly T[]) : []);

export function arrivalOf(node: NodeId, channel: ChannelBody): LegSnapshot['arrival'] {
  const { caller, channelvars, dialplan } = channel;
  return {
    leg: legOf(node, channel.id) satisfies LegId,
    node,
    caller: { number: caller?.number ?? '', name: caller?.name ?? '' },
    dialled: channelvars?.['TCORE_DIALLED'] || (dialplan?.exten ?? ''),
  };
}

function roleOf({ channelvars, dialplan }: ChannelBody): LegSnapshot['role'] {
  const role = channelvars?.['TCORE_ROLE'];
  if (role === 'ours') return 'ours';
  // Whoever is in the fallback is served by it.
  return role === 'caller' && !dialplan?.context?.endsWith('-fallback') ? 'caller' : 'other';
}

/** `path,silence s,longest s,play`, as `takeMessage` wrote it. */
export function messageOf({ channelvars }: Pick<ChannelBody, 'channelvars'>): Message | undefined {
  const [path, silence, , play] = (channelvars?.['TCORE_MESSAGE'] ?? '').split(',');
  if (path === undefined || path === '' || play === undefined) return undefined;
  return { path: `${path}.wav`, play: id<PlayId>(play), silenceMs: Number(silence) * 1_000 };
}

/** What the daemon before us recorded of it, below `folder`: MixMonitor leaves the name of its file on the channel. */
export function recordingOf({ channelvars }: Pick<ChannelBody, 'channelvars'>, folder: string): string | undefined {
  const raw = channelvars?.['MIXMONITOR_FILENAME'] ?? '';
  if (!raw.endsWith(rawSuffix)) return undefined;
  const file = relative(folder, raw.slice(0, -rawSuffix.length));
  return file.startsWith('..') ? undefined : file;
}

/** What is being recorded now, as MixMonitor calls it. */
export function rawFilesOf(channels: unknown): ReadonlySet<string> {
  return new Set(listOf<ChannelBody>(channels).flatMap(({ channelvars }) => channelvars?.['MIXMONITOR_FILENAME'] || []));
}

/** Accounts of phones whose calls the dialplan put through by itself: it has marked both sides. */
export function phonesOnOwnCall(channels: unknown): ReadonlySet<string> {
  const own = listOf<ChannelBody>(channels).filter(({ channelvars }) => channelvars?.['TCORE_ROLE'] === 'own');
  return new Set(own.flatMap((channel) => accountOf(channel) ?? []));
}

/** Whose channel it is: a phone's, a trunk's or another node's. */
const accountOf = ({ name }: ChannelBody): string | undefined => /^PJSIP\/(.+)-[0-9a-f]+$/.exec(name)?.[1];
