import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { callbacks } from '../../../src/cli/callbacks.js';
import { type CallId, id, type NodeId, type TenantId } from '../../../src/core/ids.js';
import { createHttp } from '../../../src/http/server.js';
import { silent } from '../../../src/ports/log.js';
import type { Operations } from '../../../src/ports/operations.js';
import { setUp, TOKEN } from '../http/fixture.js';
import { memoryIo } from './io.js';

const now = Date.now();
const pending = {
  call: id<CallId>('c1'),
  tenant: id<TenantId>('martin'),
  node: id<NodeId>('fs1'),
  number: '+33612345678',
  askedAt: now - 4 * 60_000,
  enqueuedAt: now - 5 * 60_000,
  until: now + 2 * 3_600_000 + 90_000,
};

async function asks(t: Test, words: readonly string[], overrides: Partial<Operations> = {}, token = TOKEN) {
  const http = createHttp({ ...setUp({ callbacks: async () => [pending], ...overrides }), host: '127.0.0.1', port: 0, log: silent });
  const { port } = await http.start();
  t.teardown(() => http.close());
  const file = join(t.testdir(), 'token');
  await writeFile(file, `${token}\n`);
  const io = memoryIo();
  const code = await callbacks([...words, '--url', `http://127.0.0.1:${port}`, '--token-file', file], io);
  return { code, said: io.said, complained: io.complained };
}

t.test('lists who waits, with masked numbers', async (t) => {
  t.match(await asks(t, ['list']), {
    code: 0,
    said: [/^CALL +tenant +node +number +asked +given up$/, /^c1 +martin +fs1 +\*{10}78 +4 min ago +in 2 h 01 min$/],
  });
  t.match(await asks(t, ['list'], { callbacks: async () => [] }), { code: 0, said: ['Nobody waits to be called back.'] });
});

t.test('cancels one', async (t) => {
  const asked: string[] = [];
  const cancelCallback: Operations['cancelCallback'] = async ({ call }) => {
    asked.push(call);
    return 'done';
  };
  t.match(await asks(t, ['cancel', 'c1'], { cancelCallback }), { code: 0, said: ['c1: cancelled'] });
  t.match(await asks(t, ['cancel', 'c2'], { cancelCallback }), { code: 1, complained: ['There is nothing here.'] });
  t.same(asked, ['c1']);
});

t.test('says in words why not', async (t) => {
  t.match(await asks(t, ['list'], { callbacks: async () => undefined }), { code: 1, complained: [/Redis|store/] });
  t.match(await asks(t, ['list'], {}, 'another-token-of-some-length'), { code: 1, complained: [/refuses this token/] });
  for (const words of [[], ['cancel'], ['list', 'c1'], ['cancel', 'c1', 'c2'], ['make']]) {
    const { code, complained } = await asks(t, words);
    t.equal(code, 64, words.join(' '));
    t.match(complained.at(-1), /^Usage: telephony-core callbacks/);
  }
});
