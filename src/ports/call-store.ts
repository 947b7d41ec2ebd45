/** Calls in progress as JSON, so that another daemon can take them up where they stood. */
import type { Call } from '../core/call/call.js';
import type { CallId, NodeId } from '../core/ids.js';

export interface CallStore {
  save(call: Call): Promise<void>;
  remove(call: Pick<Call, 'id' | 'node'>): Promise<void>;
  load(node: NodeId): Promise<ReadonlyMap<CallId, Call>>;
}
