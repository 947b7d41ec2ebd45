/** Calls in progress, kept as JSON like the real store does, so that tests notice what JSON loses. */
import type { Call } from '../core/call/call.js';
import type { CallId, NodeId } from '../core/ids.js';
import type { CallStore } from '../ports/call-store.js';

export class MemoryCallStore implements CallStore {
  readonly #calls = new Map<CallId, { readonly node: NodeId; readonly json: string }>();

  get size(): number {
    return this.#calls.size;
  }

  async save(call: Call): Promise<void> {
    this.#calls.set(call.id, { node: call.node, json: JSON.stringify(call) });
  }

  async remove(call: Pick<Call, 'id' | 'node'>): Promise<void> {
    this.#calls.delete(call.id);
  }

  async load(node: NodeId): Promise<ReadonlyMap<CallId, Call>> {
    const found = [...this.#calls].filter(([, entry]) => entry.node === node);
    return new Map(found.map(([call, entry]) => [call, JSON.parse(entry.json) as Call]));
  }
}
