import { createServer, type Socket } from 'node:net';
import t from 'tap';
import {
  checkListening,
  type Greeting,
  greet,
  greetingFinding,
  passwordFinding,
  refusedPassword,
} from '../../../../src/cli/doctor/event-socket.js';

/** A server on a free port that does `behave` to each connection. */
async function serve(behave: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket.on('error', () => undefined));
    behave(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return { host: '127.0.0.1', port: address.port };
}

t.test('what answers at the address is told apart', async (t) => {
  const cases: [Greeting, (socket: Socket) => void][] = [
    ['event-socket', (socket) => socket.write('Content-Type: auth/request\n\n')],
    // Split wherever the network likes to.
    [
      'event-socket',
      (socket) => {
        socket.write('Content-Type: auth/');
        setImmediate(() => socket.write('request\n\n'));
      },
    ],
    ['rejected', (socket) => socket.end('Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n')],
    ['closed', (socket) => socket.end()],
    ['something-else', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['something-else', (socket) => socket.write('x'.repeat(600))],
    ['timeout', () => undefined],
  ];
  for (const [greeting, behave] of cases) t.equal(await greet(await serve(behave), 200), greeting);
});

t.test('a port that nobody listens on, and a host that does not exist', async (t) => {
  t.equal(await greet({ host: '127.0.0.1', port: 1 }), 'refused');
  t.equal(await greet({ host: 'nothing.invalid', port: 8021 }), 'unknown-host');
});

t.test('each greeting but one is a failure with a remedy', async (t) => {
  const greetings: Greeting[] = ['event-socket', 'rejected', 'refused', 'timeout', 'unknown-host', 'closed', 'something-else'];
  for (const greeting of greetings) {
    const finding = greetingFinding('pbx1', { host: '10.0.0.1', port: 8021 }, greeting);
    t.match(finding, greeting === 'event-socket' ? { level: 'ok' } : { level: 'FAIL', remedy: /\w/ });
    t.match(finding.what, /^Node pbx1: event socket 10\.0\.0\.1:8021/);
  }
});

t.test('passwords', async (t) => {
  t.match(passwordFinding('pbx1', 'ClueCon'), { level: 'FAIL', what: /everybody knows/ });
  t.equal(passwordFinding('pbx1', 'short').level, 'warning');
  t.equal(passwordFinding('pbx1', 'a'.repeat(40)).level, 'warning');
  const generated = '9f86d081884c7d659a2feaa0c55ad015';
  t.equal(passwordFinding('pbx1', generated).level, 'ok');
  t.notMatch(JSON.stringify(passwordFinding('pbx1', 'hunter2hunter')), 'hunter2');
  t.equal(refusedPassword('pbx1').level, 'FAIL');
});

t.test('where it listens', async (t) => {
  const xml = (params: string) => async () =>
    `<configuration name="event_socket.conf">\n  <settings>\n ${params}\n</settings></configuration>`;
  const secret = '<param name="password" value="hush"></param>';
  t.equal((await checkListening('pbx1', xml(`${secret}<param name="listen-ip" value="127.0.0.1"></param>`))).level, 'ok');
  t.equal((await checkListening('pbx1', xml(secret))).level, 'ok', 'loopback is the default');
  const open = await checkListening(
    'pbx1',
    xml(`${secret}<param name="listen-ip" value="0.0.0.0"/><param name="apply-inbound-acl" value="lan"/>`),
  );
  t.match(open, { level: 'warning', what: /0\.0\.0\.0 \(ACL: lan\)/ });
  t.notMatch(JSON.stringify(open), 'hush');
});
