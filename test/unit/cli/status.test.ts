import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { status } from '../../../src/cli/status.js';
import { statusText } from '../../../src/cli/status-text.js';
import { createHttp } from '../../../src/http/server.js';
import { silent } from '../../../src/ports/log.js';
import { setUp, TOKEN, tokens } from '../http/fixture.js';
import { memoryIo } from './io.js';

async function daemon(adminToken: string | undefined): Promise<string> {
  const http = createHttp({ ...setUp({}, { tokens: adminToken === undefined ? [] : tokens }), host: '127.0.0.1', port: 0, log: silent });
  const { port } = await http.start();
  t.teardown(() => http.close());
  return `http://127.0.0.1:${port}`;
}

t.test('shows a running daemon', async (t) => {
  const url = await daemon(TOKEN);
  const file = join(t.testdir(), 'token');
  await writeFile(file, `${TOKEN}\n`);
  const io = memoryIo();
  t.equal(await status(['--url', url, '--token-file', file], io), 0);
  t.same(io.complained, []);
  t.same(io.said, [
    'telephony-core 0.1.0, up 61 s, serving',
    'PBX node fs1: up',
    'Redis: up',
    '',
    'CALLS   waiting  all',
    'martin  1        1',
    '',
    'QUEUE   waiting  oldest',
    'martin  1        12 s',
    '',
    'AGENT  name   status  phone',
    'alice  Alice  idle    reachable',
  ]);
});

t.test('says what is down and what is not known', async (t) => {
  const lines = statusText({
    version: '0.1.0',
    uptimeMs: 1000,
    drain: 'draining',
    nodes: [
      { id: 'fs1', up: false, reason: 'connection refused' },
      { id: 'fs2', up: false },
    ],
    redis: { up: false, reason: 'timeout' },
    calls: [],
  });
  t.same(lines, [
    'telephony-core 0.1.0, up 1 s, draining',
    'PBX node fs1: DOWN (connection refused)',
    'PBX node fs2: DOWN (not connected yet)',
    'Redis: DOWN (timeout)',
    '',
    'No calls.',
    '',
    'Queues: unknown while Redis cannot be reached.',
    '',
    'Agents: unknown while Redis cannot be reached.',
  ]);
});

t.test('calls are a table of tenants and states, in the order of a call', async (t) => {
  const lines = statusText({
    version: '0.1.0',
    uptimeMs: 0,
    drain: 'serving',
    nodes: [],
    redis: { up: true },
    calls: [
      { tenant: 'martin', state: 'connected', count: 2 },
      { tenant: 'durand', state: 'waiting', count: 1 },
      { tenant: 'martin', state: 'waiting', count: 3 },
      { tenant: 'martin', state: 'brand-new', count: 1 },
    ],
    queues: [],
    agents: [],
  });
  t.same(lines.slice(3, 6), [
    'CALLS   waiting  connected  brand-new  all',
    'durand  1        -          -          1',
    'martin  3        2          1          6',
  ]);
  t.match(lines.join('\n'), 'Nobody waits.\n\nNo agents are configured.');
});

t.test('says plainly why there is no answer', async (t) => {
  const io = (env = { TCORE_ADMIN_TOKEN: TOKEN }) => memoryIo(env);

  const taken = createServer((_request, response) => response.end('hello'));
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const stranger = io();
  t.equal(await status(['--url', `http://127.0.0.1:${port}`], stranger), 1);
  t.match(stranger.complained, [/is not telephony-core/]);
  await new Promise((resolve) => taken.close(resolve));

  const nobody = io();
  t.equal(await status(['--url', `http://127.0.0.1:${port}`], nobody), 1);
  t.match(nobody.complained, [/^No daemon runs at .*connection refused.*telephony-core start/]);

  const wrong = io({ TCORE_ADMIN_TOKEN: 'wrong' });
  t.equal(await status(['--url', await daemon(TOKEN)], wrong), 1);
  t.match(wrong.complained, [/refuses this token/]);

  const off = io();
  t.equal(await status(['--url', await daemon(undefined)], off), 1);
  t.match(off.complained, [/API switched off/]);

  const failing = io();
  const broken = createHttp({
    ...setUp({ status: () => Promise.reject(new Error('x')) }),
    host: '127.0.0.1',
    port: 0,
    log: silent,
  });
  t.teardown(() => broken.close());
  t.equal(await status(['--url', `http://127.0.0.1:${(await broken.start()).port}`], failing), 1);
  t.match(failing.complained, [/HTTP status 500/]);
});

t.test('wrong use is told with the usage', async (t) => {
  for (const argv of [['--nonsense'], ['--url', 'not a url'], ['extra'], []]) {
    const io = memoryIo();
    t.equal(await status(argv, io), 64, argv.join(' '));
    t.match(io.complained.join('\n'), 'Usage: telephony-core status');
  }
  const io = memoryIo();
  t.equal(await status(['--token-file', '/nonexistent'], io), 64);
  t.match(io.complained, [/token file cannot be read/]);
});
