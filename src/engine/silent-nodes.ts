/**
 * Nodes that did not answer an INVITE at all: their other phones are not asked for a while, each of them for seconds in which a caller
 * waits in vain and others are free.
 */
import type { NodeId } from '../core/ids.js';
import type { Clock } from '../ports/clock.js';

/** Long enough to pass over all of its agents, who rest then; short enough for a node that is back, ms. */
const silentMs = 10_000;

export class SilentNodes {
  /** Monotonic ms. */
  readonly #until = new Map<NodeId, number>();

  constructor(private readonly clock: Clock) {}

  note(node: NodeId): void {
    this.#until.set(node, this.clock.monotonic() + silentMs);
  }

  has(node: NodeId): boolean {
    return (this.#until.get(node) ?? 0) > this.clock.monotonic();
  }
}
