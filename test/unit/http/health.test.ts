import t from 'tap';
import { id, type NodeId } from '../../../src/core/ids.js';
import { whatIsMissing } from '../../../src/http/health.js';
import { ready, setUp } from './fixture.js';

const down = { id: id<NodeId>('fs2'), up: false, reason: 'connection refused' };

t.test('live answers as long as the process does', async (t) => {
  const { server } = setUp({
    readiness: () => ({ ...ready, redis: { up: false, reason: 'x' } }),
  });
  const answer = await server.inject('/health/live');
  t.equal(answer.statusCode, 200);
  t.same(answer.json(), { live: true });
});

t.test('ready needs one PBX node, Redis, and a daemon that is not draining', async (t) => {
  t.same(whatIsMissing(ready), []);
  t.same(whatIsMissing({ ...ready, nodes: [...ready.nodes, down] }), [], 'one node is enough');
  t.same(whatIsMissing({ ...ready, nodes: [down] }), ['PBX node fs2 is down: connection refused.']);
  t.same(whatIsMissing({ ...ready, nodes: [{ ...down, reason: undefined }] }), ['PBX node fs2 is down: not connected yet.']);
  t.same(whatIsMissing({ ...ready, nodes: [] }), ['No PBX node is configured.']);
  t.same(whatIsMissing({ ...ready, redis: { up: false, reason: 'timeout' } }), ['Redis cannot be reached: timeout.']);
  t.same(whatIsMissing({ ...ready, drain: 'draining' }), ['This daemon is draining: it takes no new calls.']);
});

t.test('ready is 200 or 503 and says what is missing', async (t) => {
  const good = await setUp().server.inject('/health/ready');
  t.equal(good.statusCode, 200);
  t.same(good.json(), { ready: true, missing: [] });
  const bad = await setUp({ readiness: () => ({ ...ready, nodes: [down] }) }).server.inject('/health/ready');
  t.equal(bad.statusCode, 503);
  t.same(bad.json(), { ready: false, missing: ['PBX node fs2 is down: connection refused.'] });
});

t.test('metrics come as Prometheus text, without a token', async (t) => {
  const answer = await setUp().server.inject('/metrics');
  t.equal(answer.statusCode, 200);
  t.equal(answer.headers['content-type'], 'text/plain; version=0.0.4');
  t.equal(answer.body, 'telephony_core_calls 1\n');
});
