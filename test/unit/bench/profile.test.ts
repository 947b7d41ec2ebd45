import t from 'tap';
import { sharesOf as daemonShares, ownerOf } from '../../../bench/daemon-profile.js';
import { sharesOf } from '../../../bench/profile.js';

t.test('samples of perf by what their thread does: the first role that fits counts', async (t) => {
  const sample = (...functions: string[]) =>
    ['freeswitch  1234  1.000:  1 cpu-clock:', ...functions.map((name) => `\t    7f00 ${name}+0x12 (libfreeswitch.so)`)].join('\n');
  const script = [
    sample('switch_event_get_header_ptr', 'switch_channel_get_partner_uuid_copy', 'switch_core_session_read_frame'),
    sample('recv', 'listener_run'),
    sample('memcpy', 'listener_run'),
    sample('memcpy'),
  ].join('\n\n');
  t.strictSame(
    [...sharesOf(`${script}\n\n`)],
    [
      ['audio: whose packet did not come looks its partner up by name', 0.25],
      ['event socket: reads commands byte by byte, prints events', 0.5],
      ['not to be told: the stack was cut off', 0.25],
    ],
  );
});

t.test('samples of V8 by whose code it is; what V8 does for somebody is his, and who waits does nothing', async (t) => {
  const frames = [
    ['(root)', '', [1, 2, 3, 6, 7]],
    ['(idle)', '', []],
    ['(program)', '', []],
    ['save', 'file:///x/dist/redis/call-store.js', [4]],
    ['stringify', '', []],
    ['writeUtf8String', '', []],
    ['write', 'file:///x/node_modules/sonic-boom/index.js', [5]],
    ['emit', 'node:events', []],
  ] as const;
  const nodes = frames.map(([functionName, url, children], id) => ({ id, callFrame: { functionName, url }, children }));
  const samples = [1, 2, 3, 4, 5, 6, 7, 7];
  const shares = daemonShares({ nodes, samples, timeDeltas: [9_000, 100, 100, 100, 100, 200, 200, 200] });
  t.strictSame(
    [...shares],
    [
      ['V8, Node and the kernel between calls of functions', 0.1],
      ['src/redis', 0.2],
      ['system calls that write to sockets and files', 0.1],
      ['pino (log)', 0.2],
      ['Node’s own modules', 0.4],
    ],
  );
  t.equal(ownerOf('x', 'file:///x/node_modules/@redis/client/dist/src/lib/a.js'), 'redis (client)');
  t.equal(ownerOf('x', 'file:///x/dist/freeswitch/esl/parser.js'), 'src/freeswitch');
  t.equal(ownerOf('x', 'file:///x/dist/app.js'), 'src/');
});
