import { createSocket } from 'node:dgram';
import t from 'tap';
import { freePort } from '../../../src/lab/free-port.js';

const taken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(true));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(false)));
  });

t.test('whoever asks at the same time gets another port, and none beside it', async (t) => {
  const ports = (await Promise.all(Array.from({ length: 40 }, freePort))).sort((a, b) => a - b);
  for (const [i, port] of ports.entries()) t.ok(i === 0 || port - (ports[i - 1] ?? 0) >= 8, `${port}`);
});

t.test('a place is locked before its program runs, for other processes as well', async (t) => {
  const port = await freePort();
  t.notOk(await taken(port), 'the port itself is free');
  t.ok(await taken(port - 2), 'its lock is not');
});

t.test('a process that asks and asks goes round', async (t) => {
  for (let i = 0; i < 700; i++) if (!((await freePort()) > 0)) t.fail('no port');
});
