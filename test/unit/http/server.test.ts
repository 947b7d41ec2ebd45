import t from 'tap';
import { createHttp } from '../../../src/http/server.js';
import { silent } from '../../../src/ports/log.js';
import { bearer, setUp } from './fixture.js';

const options = () => ({ ...setUp(), host: '127.0.0.1', port: 0, log: silent });

t.test('listens on a free port, answers, and closes with open connections', async (t) => {
  const http = createHttp(options());
  const { port } = await http.start();
  const answer = await fetch(`http://127.0.0.1:${port}/v1/status`, { headers: bearer });
  t.equal(answer.status, 200);
  await answer.text();
  await http.close();
  await t.rejects(fetch(`http://127.0.0.1:${port}/health/live`));
});

t.test('an address that is taken rejects', async (t) => {
  const first = createHttp(options());
  const { port } = await first.start();
  t.teardown(() => first.close());
  const second = createHttp({ ...options(), port });
  await t.rejects(second.start(), { code: 'EADDRINUSE' });
  await second.close();
});
