import t from 'tap';
import { type AgentId, id, type NodeId, type QueueId, type TenantId } from '../../../src/core/ids.js';
import { createPrometheus } from '../../../src/metrics/prometheus.js';
import { unmeasured } from '../../../src/ports/metrics.js';
import type { AgentStatus, RoutingStats } from '../../../src/ports/routing-store.js';

const node = id<NodeId>('fs1');
const tenant = id<TenantId>('martin');

const stats = (
  queues: Record<string, { length: number; oldest: number | undefined }>,
  agents: Record<string, AgentStatus>,
): RoutingStats => ({
  queues: new Map(Object.entries(queues).map(([queue, value]) => [id<QueueId>(queue), value])),
  agents: new Map(Object.entries(agents).map(([agent, status]) => [id<AgentId>(agent), status])),
  until: new Map(),
  rests: new Map(),
});

function setUp(routing: () => Promise<RoutingStats> = async () => stats({}, {})) {
  const timers: (() => void)[] = [];
  const clock = {
    now: () => 100_000,
    monotonic: () => 0,
    after: (_ms: number, task: () => void) => {
      timers.push(task);
      return () => undefined;
    },
  };
  return { metrics: createPrometheus({ version: '0.1.0', clock, routing }), fire: () => timers.at(-1)?.() };
}

t.test('calls are counted by tenant and state as they move', async (t) => {
  const { metrics } = setUp();
  metrics.callState(tenant, undefined, 'arriving');
  metrics.callState(tenant, undefined, 'arriving');
  metrics.callState(tenant, 'arriving', 'waiting');
  t.match(await metrics.text(), 'telephony_core_calls{tenant="martin",state="arriving"} 1\n');
  t.match(await metrics.text(), 'telephony_core_calls{tenant="martin",state="waiting"} 1\n');
  metrics.callState(tenant, 'waiting', 'ended');
  metrics.callState(tenant, 'arriving', undefined);
  metrics.callState(tenant, 'ended', undefined);
  const text = await metrics.text();
  t.match(text, 'telephony_core_calls{tenant="martin",state="waiting"} 0\n');
  t.match(text, 'telephony_core_calls{tenant="martin",state="arriving"} 0\n');
  t.notMatch(text, 'state="ended"');
});

t.test('everything pushed is on the page, in seconds', async (t) => {
  const { metrics } = setUp();
  metrics.callEnded({ tenant, outcome: 'answered' });
  metrics.eventLag(node, 15);
  metrics.eventLag(node, -3);
  metrics.offerLatency(40);
  metrics.redisLatency('enqueue', 0.7);
  metrics.redisUp(true);
  metrics.pbxUp(node, false);
  metrics.pbxCommand(node, 'refused');
  metrics.unknownEvent(node);
  const text = await metrics.text();
  for (const line of [
    'telephony_core_calls_total{tenant="martin",outcome="answered"} 1',
    'telephony_core_esl_event_lag_seconds_bucket{le="0.005",node="fs1"} 1',
    'telephony_core_esl_event_lag_seconds_bucket{le="0.02",node="fs1"} 2',
    'telephony_core_offer_latency_seconds_bucket{le="0.05"} 1',
    'telephony_core_redis_command_seconds_bucket{le="0.001",verb="enqueue"} 1',
    'telephony_core_redis_up 1',
    'telephony_core_pbx_up{node="fs1"} 0',
    'telephony_core_pbx_commands_total{node="fs1",result="refused"} 1',
    'telephony_core_unknown_events_total{node="fs1"} 1',
    `telephony_core_build_info{version="0.1.0",node_version="${process.versions.node}"} 1`,
  ]) {
    t.match(text, `${line}\n`);
  }
  t.match(text, 'nodejs_eventloop_lag_p99_seconds');
});

t.test('queues and agents are asked at each scrape; a queue that emptied shows 0', async (t) => {
  let answer = stats({ martin: { length: 3, oldest: 88_000 } }, { alice: 'idle', bob: 'connected', carol: 'idle' });
  const { metrics } = setUp(async () => answer);
  const first = await metrics.text();
  t.match(first, 'telephony_core_queue_length{queue="martin"} 3\n');
  t.match(first, 'telephony_core_queue_oldest_wait_seconds{queue="martin"} 12\n');
  t.match(first, 'telephony_core_agents{state="idle"} 2\n');
  t.match(first, 'telephony_core_agents{state="wrapUp"} 0\n');
  answer = stats({}, {});
  const second = await metrics.text();
  t.match(second, 'telephony_core_queue_length{queue="martin"} 0\n');
  t.match(second, 'telephony_core_queue_oldest_wait_seconds{queue="martin"} 0\n');
  t.match(second, 'telephony_core_agents{state="idle"} 0\n');
});

t.test('old figures are not shown while the store is away', async (t) => {
  let away = false;
  const { metrics } = setUp(() =>
    away ? Promise.reject(new Error('away')) : Promise.resolve(stats({ martin: { length: 3, oldest: undefined } }, {})),
  );
  t.match(await metrics.text(), 'queue_length{queue="martin"} 3');
  away = true;
  t.notMatch(await metrics.text(), 'queue_length{');
});

t.test('a store that never answers does not hold the scrape', async (t) => {
  const { metrics, fire } = setUp(() => new Promise(() => undefined));
  const page = metrics.text();
  fire();
  t.notMatch(await page, 'queue_length{');
});

t.test('the version that measures nothing takes every call', async (t) => {
  t.doesNotThrow(() => {
    unmeasured.callState(tenant, undefined, 'arriving');
    unmeasured.callEnded({ tenant, outcome: 'answered' });
    unmeasured.eventLag(node, 1);
    unmeasured.offerLatency(1);
    unmeasured.redisLatency('enqueue', 1);
    unmeasured.redisUp(true);
    unmeasured.pbxUp(node, true);
    unmeasured.pbxCommand(node, 'ok');
    unmeasured.unknownEvent(node);
  });
});
