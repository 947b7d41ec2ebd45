/** The page tells what the suites expect. `TCORE_WRITE_DOCS=1` writes it. */
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import t from 'tap';
import { differences, differencesTable, oneSidedSuites, oneSidedTable } from '../../contract/differences.js';

const page = new URL('../../../docs/asterisk.md', import.meta.url);
const suites = new URL('../../e2e/', import.meta.url);
const tables = { differences: differencesTable, 'one-sided': oneSidedTable } as const;

t.test('the tables in docs/asterisk.md are those of the suites', async (t) => {
  let text = await readFile(page, 'utf8');
  const written = text;
  for (const [name, table] of Object.entries(tables)) {
    const place = new RegExp(`(<!-- ${name}: made by test/contract/differences\\.ts -->\\n\\n)[\\s\\S]*?(\\n\\n<!-- /${name} -->)`);
    t.match(text, place);
    text = text.replace(place, (_, before: string, after: string) => `${before}${table()}${after}`);
  }
  if (process.env['TCORE_WRITE_DOCS'] === '1') await writeFile(page, text);
  else t.equal(written, text, 'made anew with TCORE_WRITE_DOCS=1 npx tap test/unit/docs/differences.test.ts');
});

t.test('each difference is shown by a suite that is there', async (t) => {
  for (const { shownBy } of differences) await access(new URL(`../../../${shownBy.split(' ', 1)[0]}`, import.meta.url));
  t.equal(new Set(differences.map(({ behaviour }) => behaviour)).size, differences.length);
});

t.test('every end-to-end suite runs on both switches, but for those that are named', async (t) => {
  const oneSided = new Map(oneSidedSuites.map(({ suite, on }) => [suite, on]));
  for (const name of (await readdir(suites)).filter((file) => file.endsWith('.test.ts'))) {
    const source = await readFile(new URL(name, suites), 'utf8');
    const runsOn = {
      freeswitch: /\b(backends|withoutFreeswitch)\b/.test(source),
      asterisk: /\b(backends|withoutAsterisk)\b/.test(source),
    };
    const only = oneSided.get(`test/e2e/${name}`);
    t.same(runsOn, { freeswitch: only !== 'asterisk', asterisk: only !== 'freeswitch' }, name);
    oneSided.delete(`test/e2e/${name}`);
  }
  t.same([...oneSided.keys()], [], 'they are there');
});
