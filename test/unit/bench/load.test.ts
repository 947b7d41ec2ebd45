/** What is made of SIPp's logs and of Redis's counters. */
import t from 'tap';
import { between, byCaller } from '../../../bench/load/run.js';
import { ofRedis, ofSwitch } from '../../../bench/load/trips.js';
import { momentsOf } from '../../../src/lab/sipp.js';

const log = [
  'invite 0612345678 1795339569.000000 432279.000000',
  'invite 0612345679 1795339569.000000 533854.000000',
  'answered 0612345678 1795339569.000000 440279.000000',
  'rung sip:0612345678 1795339569.000000 450279.000000',
  'rung sip:0612345678 1795339570.000000 950279.000000',
  '',
].join('\n');

t.test('moments of a scenario’s log', async (t) => {
  const moments = momentsOf(log);
  t.equal(moments.length, 5);
  t.strictSame(moments[3], { what: 'rung', caller: '0612345678', at: 1795339569450.279 });
  t.strictSame(momentsOf(''), []);
});

t.test('times between two moments of a caller: the first of each counts, and who lacks one is left out', async (t) => {
  const moments = momentsOf(log);
  const [ms] = between(byCaller(moments, 'invite'), byCaller(moments, 'rung'));
  t.equal(Math.round((ms ?? 0) * 1_000), 18_000);
  t.equal(between(byCaller(moments, 'invite'), byCaller(moments, 'rung')).length, 1);
});

t.test('what Redis counted, and what the daemon counted of its switch', async (t) => {
  const info = '# Stats\r\ntotal_connections_received:3\r\ntotal_commands_processed:42\r\ntotal_reads_processed:17\r\n';
  t.strictSame(ofRedis(info), { trips: 17, commands: 42 });
  const page = [
    'telephony_core_esl_event_lag_seconds_count{node="a"} 5',
    'telephony_core_esl_event_lag_seconds_count{node="b"} 2',
    'telephony_core_pbx_commands_total{node="a",result="ok"} 9',
    'telephony_core_pbx_commands_total{node="a",result="refused"} 1',
  ];
  t.strictSame(ofSwitch(page.join('\n')), { events: 7, sent: 10 });
});
