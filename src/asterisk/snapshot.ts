/** The legs that a node has now, from `GET /channels` and `GET /bridges`, which do not lag. Pure. */
import { id, type LegId, type NodeId, type PlayId } from '../core/ids.js';
import type { LegSnapshot } from '../ports/pbx.js';
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
  const joined = (Array.isArray(bridges) ? (bridges as readonly BridgeBody[]) : []).filter(({ channels: members }) => members.length > 1);
  return (Array.isArray(channels) ? (channels as readonly ChannelBody[]) : []).map((channel) => {
    const bridge = joined.find(({ channels: members }) => members.includes(channel.id));
    const partner = bridge?.channels.find((member) => member !== channel.id);
    return {
      leg: legOf(node, channel.id),
      role: roleOf(channel),
      bridgedTo: partner === undefined ? undefined : legOf(node, partner),
      bridge: bridge?.id,
      message: channel.dialplan?.context?.endsWith('-message') ? messageOf(channel) : undefined,
      arrival: arrivalOf(node, channel),
    };
  });
}

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
