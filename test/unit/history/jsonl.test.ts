import { appendFile, mkdtemp, readFile, rename, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { JsonlHistory } from '../../../src/history/jsonl.js';
import { record } from '../../support/records.js';

async function scratch(t: Test): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tcore-records-'));
  t.teardown(() => rm(dir, { recursive: true }));
  return join(dir, 'calls', 'records.jsonl');
}

const lines = async (file: string) => (await readFile(file, 'utf8')).split('\n');

t.test('a record is one line, read back as it was', async (t) => {
  const file = await scratch(t);
  const history = new JsonlHistory({ file });
  await Promise.all([history.append(record('c1')), history.append(record('c2'))]);
  await history.close();
  const [first, second, rest] = await lines(file);
  t.same(JSON.parse(first!), record('c1'));
  t.same(JSON.parse(second!), record('c2'));
  t.equal(rest, '');
});

t.test('a record is written once, also by a successor', async (t) => {
  const file = await scratch(t);
  const history = new JsonlHistory({ file });
  await history.append(record('a "quoted" id'));
  await history.append(record('a "quoted" id'));
  await history.close();
  const successor = new JsonlHistory({ file });
  await successor.append(record('a "quoted" id'));
  await successor.append(record('c2'));
  await successor.close();
  t.equal((await lines(file)).length, 3);
});

t.test('after rotation it goes on in the new file', async (t) => {
  const file = await scratch(t);
  const history = new JsonlHistory({ file });
  await history.append(record('c1'));
  await rename(file, `${file}.1`);
  await history.append(record('c2'));
  await history.reopen();
  await history.append(record('c3'));
  await history.append(record('c1'));
  await history.close();
  t.equal((await lines(`${file}.1`)).length, 3, 'c1 and c2');
  t.equal((await lines(file)).length, 2, 'c3; c1 is known from before');
});

t.test('a line cut short by a crash harms no other', async (t) => {
  const file = await scratch(t);
  const history = new JsonlHistory({ file });
  await history.append(record('c1'));
  await history.close();
  await appendFile(file, '{"call":"c2","tenant":"mar');
  const successor = new JsonlHistory({ file });
  await successor.append(record('c2'));
  await successor.close();
  const [, torn, whole] = await lines(file);
  t.equal(torn, '{"call":"c2","tenant":"mar');
  t.same(JSON.parse(whole!), record('c2'));
  await truncate(file, 0);
});

t.test('a file that cannot be opened fails the record, not the next one', async (t) => {
  const file = await scratch(t);
  const history = new JsonlHistory({ file: `${file}\0` });
  await t.rejects(history.append(record('c1')));
  await t.rejects(history.append(record('c2')));
});
