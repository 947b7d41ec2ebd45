import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { agent } from '../../../src/cli/agent.js';
import { createHttp } from '../../../src/http/server.js';
import { silent } from '../../../src/ports/log.js';
import type { Operations } from '../../../src/ports/operations.js';
import { alice, setUp, TOKEN } from '../http/fixture.js';
import { memoryIo } from './io.js';

async function asks(t: Test, words: readonly string[], overrides: Partial<Operations> = {}) {
  const parts = setUp(overrides);
  const http = createHttp({ ...parts, host: '127.0.0.1', port: 0, log: silent });
  const { port } = await http.start();
  t.teardown(() => http.close());
  const file = join(t.testdir(), 'token');
  await writeFile(file, `${TOKEN}\n`);
  const io = memoryIo();
  const code = await agent([...words, '--url', `http://127.0.0.1:${port}`, '--token-file', file], io);
  return { code, asked: parts.asked, said: io.said, complained: io.complained };
}

t.test('shows one agent', async (t) => {
  t.match(await asks(t, ['alice']), { code: 0, said: ['AGENT  name   status  phone', 'alice  Alice  idle    reachable'] });
});

t.test('says why an agent is left alone', async (t) => {
  const resting = (rest: 'breather' | 'no-answer') => ({ agents: async () => [{ ...alice, status: 'paused' as const, rest }] });
  t.match(await asks(t, ['alice'], resting('breather')), { said: [/status/, /paused \(a breather\)/] });
  t.match(await asks(t, ['alice'], resting('no-answer')), { said: [/status/, /paused \(did not answer\)/] });
});

t.test('asks what the agent could dial', async (t) => {
  t.match(await asks(t, ['alice', 'pause', 'lunch']), { code: 0, asked: ['alice pause lunch'], said: ['alice: done'] });
  t.match(await asks(t, ['alice', 'ready']), { code: 0, asked: ['alice ready'] });
  t.match(await asks(t, ['alice', 'extend', '90']), { code: 0, asked: ['alice extendWrapUp 90000'] });
  t.match(await asks(t, ['alice', 'signout'], { wish: async () => 'later' }), { said: [/from the end of the present call on/] });
});

t.test('says in words why not', async (t) => {
  t.match(await asks(t, ['alice', 'ready'], { wish: async () => 'signedOut' }), { code: 1, complained: ['The agent is signed out.'] });
  t.match(await asks(t, ['nobody', 'ready'], { wish: async () => 'unknown' }), { code: 1, complained: ['There is nothing here.'] });
  for (const words of [[], ['alice', 'dance'], ['alice', 'ready', 'now'], ['alice', 'extend', 'long'], ['alice', 'pause', 'a', 'b']]) {
    const { code, complained, asked } = await asks(t, words);
    t.equal(code, 64, words.join(' '));
    t.match(complained.at(-1), /^Usage: telephony-core agent/);
    t.same(asked, []);
  }
});
