/** The legs that a node has now, from what `show … as json` answers. Pure. */
import { id, type LegId, type NodeId } from '../core/ids.js';
import type { LegSnapshot } from '../ports/pbx.js';
import { variable } from './event-mapping.js';

export type Row = Readonly<Record<string, string>>;

/** `presence_data` of a leg that we originated: the one column of `show channels` that is ours to set. */
export const oursMark = 'tcore';

/** What a leg is doing now, from `uuid_dump … json`, which does not lag; `undefined`: it is gone. */
export function doing(
  dump: string,
):
  | { readonly originated: boolean; readonly bridgedTo: string | undefined; readonly message: boolean; readonly inFallback: boolean }
  | undefined {
  if (!dump.startsWith('{')) return undefined;
  const values = JSON.parse(dump) as Row;
  // `bridge_uuid` stays behind when a bridge ends; the states do not.
  const talks = values['Channel-State'] === 'CS_SOFT_EXECUTE' || values['Channel-State'] === 'CS_EXCHANGE_MEDIA';
  const partner = values['variable_bridge_uuid'] ?? values['variable_signal_bond'];
  return {
    originated: values[`variable_${variable.leg}`] === 'ours',
    bridgedTo: talks ? partner : undefined,
    message: values['variable_current_application'] === 'record',
    inFallback: values['Caller-Destination-Number'] === 'fallback',
  };
}

/** Rows of `show … as json`. @throws {SyntaxError} when the answer is no JSON. */
export function rows(answer: string): readonly Row[] {
  const parsed = JSON.parse(answer) as { readonly rows?: readonly Row[] };
  return parsed.rows ?? [];
}

/** @param bridged Rows of `show bridged_calls`. The answer lags: legs younger than 500 ms may be missing. */
export function snapshot(channels: readonly Row[], bridged: readonly Row[], node: NodeId, context: string): LegSnapshot[] {
  const partners = new Map<string, string>();
  for (const { uuid = '', b_uuid: other = '' } of bridged) {
    partners.set(uuid, other);
    partners.set(other, uuid);
  }
  return channels.map((row) => {
    const leg = id<LegId>(row['uuid'] ?? '');
    const partner = partners.get(leg);
    return {
      leg,
      role: roleOf(row, context),
      bridgedTo: partner === undefined ? undefined : id<LegId>(partner),
      calledPhone: row['initial_context'] === `${context}-peers` ? row['initial_dest'] : undefined,
      arrival: {
        leg,
        node,
        caller: { number: row['initial_cid_num'] ?? '', name: row['initial_cid_name'] ?? '' },
        dialled: row['initial_dest'] ?? '',
      },
    };
  });
}

function roleOf(row: Row, context: string): LegSnapshot['role'] {
  if (row['presence_data'] === oursMark) return 'ours';
  const came = row['direction'] === 'inbound' && row['initial_context'] === context;
  // Whoever is in the fallback is served by the dialplan.
  return came && row['dest'] !== 'fallback' ? 'caller' : 'other';
}
