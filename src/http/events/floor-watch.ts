/**
 * Agents and queues for the stream of events. They are kept in Redis for all daemons together, and Redis tells nobody of a change:
 * pushing them would burden each routing decision. So they are looked at while somebody listens: soon after something
 * happened here, and now and then for what other daemons do. Who differs from the last look is told.
 */
import type { Site } from '../../core/site.js';
import type { Clock } from '../../ports/clock.js';
import type { Log } from '../../ports/log.js';
import type { AgentSummary, Operations } from '../../ports/operations.js';
import type { Feed } from './feed.js';

/** How soon after something happened, ms. What happens meanwhile is seen in the same look. */
const soonMs = 200;
const regularlyMs = 2_000;

export interface FloorWatchParts {
  readonly operations: Pick<Operations, 'status'>;
  readonly feed: Feed;
  readonly site: () => Site;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether anybody would be told. */
  wanted(): boolean;
}

interface Floor {
  /** Each agent as JSON, to compare. */
  readonly agents: ReadonlyMap<string, string>;
  readonly queues: ReadonlyMap<string, number>;
}

export class FloorWatch {
  readonly #parts: FloorWatchParts;
  #seen: Floor | undefined;
  #due = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => undefined;
  #stopListening: (() => void) | undefined;
  #looking = false;
  #closed = false;

  constructor(parts: FloorWatchParts) {
    this.#parts = parts;
  }

  /** Somebody listens (too). */
  wake(): void {
    // What moves a call may have changed an agent or a queue.
    this.#stopListening ??= this.#parts.feed.listen(({ happening: { type } }) => {
      if ((type === 'call' || type === 'offer') && this.#parts.wanted()) this.#lookIn(soonMs);
    });
    this.#lookIn(0);
  }

  close(): void {
    this.#closed = true;
    this.#stopListening?.();
    this.#cancel();
  }

  #lookIn(ms: number): void {
    const { clock } = this.#parts;
    const due = clock.monotonic() + ms;
    if (this.#closed || this.#looking || due >= this.#due) return;
    this.#cancel();
    this.#due = due;
    this.#cancel = clock.after(ms, () => {
      this.#due = Number.POSITIVE_INFINITY;
      this.#look().catch((err: unknown) => this.#parts.log.error({ err }, 'agents and queues could not be looked at for the event stream'));
    });
  }

  async #look(): Promise<void> {
    if (!this.#parts.wanted()) {
      // Whoever comes next reads the lists anyway.
      this.#seen = undefined;
      return;
    }
    this.#looking = true;
    try {
      const { agents, queues } = await this.#parts.operations.status();
      if (agents !== undefined && queues !== undefined) {
        this.#compare(agents, new Map(queues.map(({ queue, length }) => [queue, length])));
      }
    } finally {
      this.#looking = false;
      this.#lookIn(regularlyMs);
    }
  }

  #compare(agents: readonly AgentSummary[], queues: ReadonlyMap<string, number>): void {
    const { feed, site, clock } = this.#parts;
    const before = this.#seen;
    const at = clock.now();
    this.#seen = { agents: new Map(agents.map((agent) => [agent.agent, JSON.stringify(agent)])), queues };
    if (before === undefined) return;
    for (const agent of agents) {
      if (before.agents.get(agent.agent) === this.#seen.agents.get(agent.agent)) continue;
      feed.publish({ type: 'agent', tenant: undefined, agents: [agent.agent], data: { ...agent, at } });
    }
    for (const { id: tenant, queue } of site().tenants.values()) {
      const length = queues.get(queue.id) ?? 0;
      if (length === (before.queues.get(queue.id) ?? 0)) continue;
      feed.publish({ type: 'queue', tenant, agents: [], data: { at, queue: queue.id, tenant, length } });
    }
  }
}
