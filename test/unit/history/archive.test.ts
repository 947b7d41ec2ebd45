/** A finished call is looked for in Redis, then in the file. */
import { join } from 'node:path';
import t from 'tap';
import type { CallRecord } from '../../../src/core/call/record.js';
import { type CallId, id } from '../../../src/core/ids.js';
import { Archive } from '../../../src/history/archive.js';
import type { Records } from '../../../src/ports/records.js';
import { StoreUnavailable } from '../../../src/ports/routing-store.js';
import { record } from '../../support/records.js';

const redis = (find: () => Promise<CallRecord | undefined>): Records => ({ page: async () => ({ records: [], next: undefined }), find });
const empty = redis(async () => undefined);
const away = redis(() => Promise.reject(new StoreUnavailable('away')));
const c1 = id<CallId>('c1');

t.test('Redis first; then the file, whose last line of the call counts', async (t) => {
  const lines = [record('c1'), record('c11'), record('c1', { cause: 'LATER' })].map((one) => JSON.stringify(one));
  // The last one is being written.
  const file = join(t.testdir({ 'calls.jsonl': `${lines.join('\n')}\n{"call":"c1","te` }), 'calls.jsonl');
  t.match(
    await new Archive(
      redis(async () => record('c1', { cause: 'REDIS' })),
      file,
    ).find(c1),
    { cause: 'REDIS' },
  );
  t.match(await new Archive(empty, file).find(c1), { call: 'c1', cause: 'LATER' });
  t.match(await new Archive(away, file).find(c1), { cause: 'LATER' });
  t.equal(await new Archive(empty, file).find(id<CallId>('c')), undefined, 'the beginning of an id is no id');
});

t.test('neither has it: that is only known while Redis is there', async (t) => {
  const nowhere = join(t.testdir(), 'calls.jsonl');
  for (const file of [nowhere, undefined]) {
    t.equal(await new Archive(empty, file).find(c1), undefined);
    await t.rejects(new Archive(away, file).find(c1), StoreUnavailable);
  }
});
