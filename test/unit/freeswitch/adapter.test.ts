/** The adapter against an event socket that does as it is told: what a real switch does only once in a while. */
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { systemClock } from '../../../src/clock.js';
import { type DeviceId, id, type LegId, type NodeId } from '../../../src/core/ids.js';
import { connectFreeswitch, type FreeswitchOptions } from '../../../src/freeswitch/connect.js';
import { silent } from '../../../src/ports/log.js';
import { unmeasured } from '../../../src/ports/metrics.js';
import type { PbxEvent } from '../../../src/ports/pbx.js';
import { event, freeswitch, listen, reply, response } from './esl/peer.js';

const node = id<NodeId>('n1');
const leg = id<LegId>('leg-1');

async function world(t: Test, options: Partial<FreeswitchOptions> = {}) {
  const variables = new Map<string, string>();
  const state = { destination: 'handover', refused: '', skewMs: 0 };
  /** What was asked of legs, oldest first. */
  const sent: string[] = [];
  let unknown = 0;
  let events: Socket | undefined;
  const answer = (line: string): string => {
    const [, verb = '', ...rest] = line.split(' ');
    if (verb === 'global_getvar') return response(variables.get(rest[0] ?? '') ?? '-ERR no reply\n');
    if (verb === 'global_setvar') {
      const [name = '', value = '', expected] = (rest[0] ?? '').split('=');
      if (expected === undefined || variables.get(name) === expected) variables.set(name, value);
      return response('+OK');
    }
    if (verb === 'uuid_dump')
      return response(JSON.stringify({ 'Channel-State': 'CS_EXECUTE', 'Caller-Destination-Number': state.destination }));
    if (line.startsWith('filter ')) return reply('+OK');
    sent.push(line.replace(/^api /, '').split('\n', 1)[0] ?? '');
    if (verb === state.refused) return response('-ERR no\n');
    return line.startsWith('api') ? response('+OK Added: 7\n') : reply('+OK');
  };
  const serve = freeswitch(answer);
  const peer = await listen((socket) => {
    socket.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('CHANNEL_PARK')) events = socket;
    });
    serve(socket);
  });
  const heard: PbxEvent[] = [];
  const waiting: { type: string; resolve: () => void }[] = [];
  const pbx = connectFreeswitch({
    ...{ id: node, host: '127.0.0.1', port: peer.port, password: 'secret', context: 'ctx', profile: 'internal', domain: 'd' },
    ...{ trunk: undefined, recordingsDir: '/rec', devices: () => [], log: silent, instance: 'me' },
    clock: { ...systemClock, now: () => systemClock.now(), monotonic: () => systemClock.monotonic() + state.skewMs },
    metrics: { ...unmeasured, unknownEvent: () => unknown++ },
    ...options,
  });
  t.teardown(async () => {
    await pbx.close();
    await peer.close();
  });
  const next = (type: PbxEvent['type']) => new Promise<void>((resolve) => waiting.push({ type, resolve }));
  const up = next('up');
  pbx.start((one) => {
    heard.push(one);
    const index = waiting.findIndex(({ type }) => type === one.type);
    if (index >= 0) waiting.splice(index, 1)[0]?.resolve();
  });
  await up;
  return {
    ...{ pbx, variables, state, sent, heard, next },
    unknown: () => unknown,
    tell: (name: string, headers: Readonly<Record<string, string>>) => events?.write(event(name, headers)),
    /** The process stands still for so long. */
    stall(ms: number) {
      state.skewMs += ms;
    },
  };
}

const uri = { id: id<DeviceId>('d1'), node, kind: 'uri', uri: 'sip:a@127.0.0.1' } as const;
const call = { leg, to: uri, callerName: '', callerNumber: '', ringMs: 1_000, tenant: 'acme' } as const;

t.test('a command that has passed the gate is not written once the process has stood still: its successor may have the node', async (t) => {
  const { pbx, sent, heard, next, stall } = await world(t);
  const [down, up] = [next('down'), next('up')];
  const done = pbx.hangup(leg, 'normal');
  stall(1_400);
  t.equal(await done, false);
  await down;
  t.match(heard.at(-1), { type: 'down', taken: false });
  await up;
  t.same(sent, [], 'not later either');
  t.equal(await pbx.hangup(leg, 'normal'), true);
});

t.test('after a stall commands wait until it is sure that the node is still ours, in order', async (t) => {
  const { pbx, sent, stall } = await world(t);
  stall(1_200);
  const all = [pbx.take(leg), pbx.answer(leg)];
  t.ok(pbx.up);
  t.same(sent, []);
  t.same(await Promise.all(all), [true, true]);
  t.same(
    sent.map((line) => line.split(' ', 1)[0]),
    // `take` asks first where he is now.
    ['sendmsg', 'sched_del', 'sched_api', 'uuid_setvar', 'uuid_setvar'],
  );
  const other = { ...call, leg: id<LegId>('leg-2') };
  stall(1_200);
  t.ok(await pbx.originate(other));
  await pbx.exists(leg);
  t.match(sent.at(-2), /^bgapi originate/);
});

t.test('after a stall: nothing is sent when another daemon has the node meanwhile', async (t) => {
  const { pbx, sent, stall, variables, heard } = await world(t);
  stall(1_200);
  variables.set('tcore_owner', 'other.2');
  t.same(await Promise.all([pbx.take(leg), pbx.originate({ ...call, leg: id<LegId>('leg-2') })]), [false, false]);
  t.same(sent, []);
  t.match(heard.at(-1), { type: 'down', taken: true });
});

t.test('after a stall: whom the dialplan has sent on is not taken', async (t) => {
  const { pbx, sent, stall, state } = await world(t);
  stall(1_200);
  state.destination = 'fallback';
  t.notOk(await pbx.take(leg));
  t.same(sent, []);
});

t.test('whoever is adopted is guarded by us before he is transferred: the guard that was there may be about to fire', async (t) => {
  const { pbx, sent, state } = await world(t);
  const guarded = ['sched_del leg-1', 'sched_api +8 leg-1 uuid_transfer leg-1 fallback XML ctx'];
  const transferred = ['uuid_setvar leg-1 tcore_call true', 'uuid_transfer leg-1 handover XML ctx'];
  t.ok(await pbx.adopt(leg));
  t.same(sent.splice(0), [...guarded, ...transferred]);
  state.refused = 'uuid_transfer';
  t.notOk(await pbx.adopt(leg));
  t.same(sent, [...guarded, ...transferred], 'refused: he goes the way of ours');
});

t.test('a caller whom the dialplan has prepared is put through with one command, any other is prepared first', async (t) => {
  const { pbx, sent, tell, next } = await world(t);
  const prepared = {
    variable_transfer_after_bridge: 'after-bridge:XML:ctx',
    variable_bridge_pre_execute_aleg_app: 'sched_cancel',
    variable_bridge_pre_execute_bleg_app: 'sched_cancel',
    variable_playback_terminators: 'none',
    variable_tcore_return: 'true',
  };
  const other = id<LegId>('leg-2');
  for (const [headers, expected] of [
    [prepared, ['uuid_setvar leg-1 tcore_call true', 'uuid_bridge leg-1 leg-2']],
    [
      { ...prepared, variable_transfer_after_bridge: undefined },
      [
        'uuid_setvar leg-1 playback_terminators none',
        'uuid_setvar leg-1 tcore_call true',
        'uuid_setvar_multi leg-1 transfer_after_bridge=after-bridge:XML:ctx;bridge_pre_execute_aleg_app=sched_cancel;bridge_pre_execute_bleg_app=sched_cancel;tcore_return=true',
        'uuid_bridge leg-1 leg-2',
      ],
    ],
  ] as const) {
    const arrived = next('arrival');
    const set = Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined);
    tell('CHANNEL_PARK', { 'Unique-ID': leg, variable_tcore_entry: 'call', ...Object.fromEntries(set) });
    await arrived;
    t.ok(await pbx.take(leg));
    t.ok(await pbx.bridge(leg, other));
    t.same(sent.splice(0), expected);
    const gone = next('hungup');
    tell('CHANNEL_HANGUP_COMPLETE', { 'Unique-ID': leg, variable_tcore_entry: 'call' });
    await gone;
  }
});

t.test('events that cannot be understood are counted, those that are not ours are not', async (t) => {
  const { tell, next, unknown } = await world(t);
  const arrived = next('arrival');
  tell('CHANNEL_PARK', { 'Unique-ID': 'theirs' });
  tell('CHANNEL_CREATE', { 'Unique-ID': 'theirs', 'Call-Direction': 'inbound' });
  tell('DTMF', { 'Unique-ID': 'leg-1' });
  tell('SOMETHING_NEW', {});
  tell('CHANNEL_PARK', { 'Unique-ID': 'leg-1', variable_tcore_entry: 'call' });
  await arrived;
  t.equal(unknown(), 2);
});

t.test('an originate that finds the line to FreeSWITCH full fails, and does not wait for ever', async (t) => {
  const { pbx, next, heard } = await world(t, { timings: { mostPending: 5 } });
  const failed = next('failed');
  for (let asked = 0; asked < 10; asked++) pbx.exists(leg).catch(() => undefined);
  t.ok(await pbx.originate(call));
  await failed;
  t.match(heard.at(-1), { type: 'failed', leg });
});

t.test('a phone of another node is called at that node’s peer address; without one nothing is sent', async (t) => {
  const other = id<NodeId>('n2');
  const phone = { id: id<DeviceId>('d2'), node: other, kind: 'phone', user: '1002' } as const;
  const peers = new Map([[other, { host: '192.0.2.12', port: 5_070 }]]);
  const { pbx, sent } = await world(t, { peer: { profile: 'between' }, peers });
  t.ok(await pbx.originate({ ...call, to: phone }));
  await pbx.exists(leg);
  const line = sent.find((one) => one.startsWith('bgapi originate')) ?? '';
  t.match(line, '}sofia/between/sip:1002@192.0.2.12:5070 ');
  t.match(line, 'sip_from_uri=sip:tcore-peer@tcore,sip_cid_type=pid');
  t.match(line, ',outbound_redirect_fatal=true,deny_refer_requests=true,', 'nobody has the call leave past the daemon');
  for (const options of [{ peers }, { peer: { profile: 'between' } }]) {
    const alone = await world(t, options);
    t.notOk(await alone.pbx.originate({ ...call, to: phone }));
    t.same(alone.sent, []);
  }
});
