/** Calls in progress: one hash per node, which goes when its last call goes. */
import type { Call } from '../core/call/call.js';
import { type CallId, id, type NodeId } from '../core/ids.js';
import type { CallStore } from '../ports/call-store.js';
import { keys } from './keys.js';
import type { RedisLink } from './link.js';

export interface RedisCallStoreOptions {
  readonly link: RedisLink;
  readonly keyPrefix: string;
  /** An entry that is not JSON: left out, and reported here. */
  readonly onUnreadable?: (call: CallId, error: unknown) => void;
}

export class RedisCallStore implements CallStore {
  readonly #options: RedisCallStoreOptions;

  constructor(options: RedisCallStoreOptions) {
    this.#options = options;
  }

  async save(call: Call): Promise<void> {
    const { link, keyPrefix } = this.#options;
    const json = JSON.stringify(call);
    await link.send('HSET', (client) => client.hSet(keys.calls(keyPrefix, call.node), call.id, json));
  }

  async remove(call: Pick<Call, 'id' | 'node'>): Promise<void> {
    const { link, keyPrefix } = this.#options;
    await link.send('HDEL', (client) => client.hDel(keys.calls(keyPrefix, call.node), call.id));
  }

  async load(node: NodeId): Promise<ReadonlyMap<CallId, Call>> {
    const { link, keyPrefix, onUnreadable } = this.#options;
    const entries = await link.send('HGETALL', (client) => client.hGetAll(keys.calls(keyPrefix, node)));
    const calls = new Map<CallId, Call>();
    for (const [call, json] of Object.entries(entries)) {
      try {
        calls.set(id<CallId>(call), JSON.parse(json) as Call);
      } catch (error) {
        onUnreadable?.(id<CallId>(call), error);
      }
    }
    return calls;
  }
}
