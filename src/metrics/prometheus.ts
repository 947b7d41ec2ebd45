/**
 * Measurements as a Prometheus page. Counts and latencies are pushed by the daemon as things happen; queues and agents
 * are asked from the routing store at each scrape, since they belong to all daemons together and not to this one.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../ports/clock.js';
import type { Metrics, MetricsPage } from '../ports/metrics.js';
import type { AgentStatus, RoutingStats } from '../ports/routing-store.js';

const PREFIX = 'telephony_core_';

/** A scrape must end even when the store hangs; Prometheus itself gives up after 10 s by default. */
const ROUTING_WAIT_MS = 1000;

const AGENT_STATES = ['idle', 'offered', 'connected', 'wrapUp', 'paused', 'ownCall'] as const satisfies readonly AgentStatus[];

/** The event socket stamps in steps of 20 ms; above a second, a connection is near being destroyed. */
const LAG_BUCKETS = [0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 5, 30];
/** Below 0: he was answered sooner than he was told. */
const ESTIMATE_BUCKETS = [-600, -300, -120, -60, -30, -10, 0, 10, 30, 60, 120, 300, 600];
const LATENCY_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export interface PrometheusOptions {
  readonly version: string;
  readonly clock: Clock;
  /** Asked at each scrape. While it rejects, or takes longer than a second, queues and agents are left out of the page. */
  readonly routing: () => Promise<RoutingStats>;
}

export function createPrometheus(options: PrometheusOptions): Metrics & MetricsPage {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const named = (name: string, help: string) => ({ name: PREFIX + name, help, registers });

  const calls = new Gauge({ ...named('calls', 'Calls in progress on this daemon'), labelNames: ['tenant', 'state'] });
  const ended = new Counter({ ...named('calls_total', 'Calls that ended on this daemon'), labelNames: ['tenant', 'outcome'] });
  const tries = new Counter({
    ...named(
      'callback_tries_total',
      'Calls to callers who waited to be called back, by what came of them; counted when the call has ended',
    ),
    labelNames: ['tenant', 'outcome'],
  });
  const queueLength = new Gauge({ ...named('queue_length', 'Calls that wait, on all daemons'), labelNames: ['queue'] });
  const oldestWait = new Gauge({
    ...named('queue_oldest_wait_seconds', 'How long the oldest waiting call has waited; 0 when none waits'),
    labelNames: ['queue'],
  });
  const agents = new Gauge({ ...named('agents', 'Agents signed in, by what they do, on all daemons'), labelNames: ['state'] });
  const lag = new Histogram({
    ...named('esl_event_lag_seconds', 'From the stamp of the PBX on an event to its handling here'),
    labelNames: ['node'],
    buckets: LAG_BUCKETS,
  });
  const offer = new Histogram({
    ...named('offer_latency_seconds', 'From a call entering the queue to its agent being rung, for calls that found an idle agent'),
    buckets: LATENCY_BUCKETS,
  });
  const estimate = new Histogram({
    ...named('wait_estimate_error_seconds', 'Wait from an announcement to the answer, less what the caller was told'),
    labelNames: ['tenant'],
    buckets: ESTIMATE_BUCKETS,
  });
  const redis = new Histogram({
    ...named('redis_command_seconds', 'One round trip to Redis'),
    labelNames: ['verb'],
    buckets: LATENCY_BUCKETS,
  });
  const redisUp = new Gauge(named('redis_up', '1 while Redis can be reached'));
  const pbxUp = new Gauge({ ...named('pbx_up', '1 while the node is connected and ours'), labelNames: ['node'] });
  const commands = new Counter({ ...named('pbx_commands_total', 'Commands sent to a node'), labelNames: ['node', 'result'] });
  const supervisions = new Counter({
    ...named('supervisions_total', 'Talks that a supervisor attended, one for each mode, and tries that were refused'),
    labelNames: ['mode', 'result'],
  });
  const unknown = new Counter({ ...named('unknown_events_total', 'Events that nothing here knows'), labelNames: ['node'] });
  new Gauge({ ...named('build_info', 'Always 1; the version is the label'), labelNames: ['version', 'node_version'] })
    .labels(options.version, process.versions.node)
    .set(1);

  // A queue that emptied stays on the page with 0: an absent series would keep an alert on its last value.
  const seenQueues = new Set<string>();

  function showRouting(stats: RoutingStats): void {
    for (const queue of stats.queues.keys()) seenQueues.add(queue);
    const known = new Map<string, { length: number; oldest: number | undefined }>(stats.queues);
    for (const queue of seenQueues) {
      const { length, oldest } = known.get(queue) ?? { length: 0, oldest: undefined };
      queueLength.labels(queue).set(length);
      oldestWait.labels(queue).set(oldest === undefined ? 0 : Math.max(0, (options.clock.now() - oldest) / 1000));
    }
    const counts = new Map<string, number>(AGENT_STATES.map((state) => [state, 0]));
    for (const state of stats.agents.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    for (const [state, count] of counts) agents.labels(state).set(count);
  }

  async function askRouting(): Promise<RoutingStats | undefined> {
    let cancel = (): void => undefined;
    const late = new Promise<undefined>((resolve) => {
      cancel = options.clock.after(ROUTING_WAIT_MS, () => resolve(undefined));
    });
    // `redis_up` tells why the figures are missing.
    const stats = options.routing().catch(() => undefined);
    const first = await Promise.race([stats, late]);
    cancel();
    return first;
  }

  return {
    callState: (tenant, from, to) => {
      if (from !== undefined && from !== 'ended') calls.labels(tenant, from).dec();
      if (to !== undefined && to !== 'ended') calls.labels(tenant, to).inc();
    },
    callEnded: ({ tenant, outcome, callback }) => {
      ended.labels(tenant, outcome).inc();
      for (const one of callback?.tries ?? []) tries.labels(tenant, one.outcome).inc();
    },
    // A clock that runs behind would give a negative lag.
    eventLag: (node, ms) => lag.labels(node).observe(Math.max(0, ms) / 1000),
    offerLatency: (ms) => offer.observe(ms / 1000),
    waitEstimated: (tenant, toldMs, waitedMs) => estimate.labels(tenant).observe((waitedMs - toldMs) / 1000),
    redisLatency: (verb, ms) => redis.labels(verb).observe(ms / 1000),
    redisUp: (up) => redisUp.set(up ? 1 : 0),
    pbxUp: (node, up) => pbxUp.labels(node).set(up ? 1 : 0),
    pbxCommand: (node, result) => commands.labels(node, result).inc(),
    supervision: (mode, result) => supervisions.labels(mode, result).inc(),
    unknownEvent: (node) => unknown.labels(node).inc(),
    contentType: registry.contentType,
    text: async () => {
      const stats = await askRouting();
      // Old figures would lie: better none.
      for (const gauge of [queueLength, oldestWait, agents]) gauge.reset();
      if (stats !== undefined) showRouting(stats);
      return registry.metrics();
    },
  };
}
