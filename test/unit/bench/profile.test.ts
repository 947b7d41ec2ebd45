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

t.test('samples of V8 by whose code it is; who waits does nothing', async (t) => {
  const frames = [
    ['(idle)', ''],
    ['save', 'file:///x/src/redis/call-store.ts'],
    ['push', 'file:///x/dist/main.js'],
    ['write', 'file:///x/node_modules/sonic-boom/index.js'],
    ['writeUtf8String', ''],
  ] as const;
  const nodes = frames.map(([functionName, url], id) => ({ id, callFrame: { functionName, url } }));
  const shares = daemonShares({ nodes, samples: [0, 1, 3, 4, 4], timeDeltas: [9_000, 500, 500, 500, 500] });
  t.strictSame(
    [...shares],
    [
      ['src/redis', 0.25],
      ['pino (log)', 0.25],
      ['system calls that write to sockets and files', 0.5],
    ],
  );
  t.equal(ownerOf('x', 'file:///x/node_modules/@redis/client/dist/src/lib/a.js'), 'redis (client)');
  t.equal(ownerOf('x', 'node:net'), 'Node’s own modules');
  t.equal(ownerOf('x', 'file:///x/src/app.ts'), 'src/');
});
