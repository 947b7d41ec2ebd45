/** The page tells what the suites expect. `TCORE_WRITE_DOCS=1` writes it. */
import { access, readFile, writeFile } from 'node:fs/promises';
import t from 'tap';
import { differences, differencesTable } from '../../contract/differences.js';

const page = new URL('../../../docs/asterisk.md', import.meta.url);
const table = /(<!-- differences: made by test\/contract\/differences\.ts -->\n\n)[\s\S]*?(\n\n<!-- \/differences -->)/;

t.test('the table in docs/asterisk.md is that of the suites', async (t) => {
  const text = await readFile(page, 'utf8');
  t.match(text, table);
  const made = text.replace(table, (_, before: string, after: string) => `${before}${differencesTable()}${after}`);
  if (process.env['TCORE_WRITE_DOCS'] === '1') await writeFile(page, made);
  else t.equal(text, made, 'made anew with TCORE_WRITE_DOCS=1 npx tap test/unit/docs/differences.test.ts');
});

t.test('each difference is shown by a suite that is there', async (t) => {
  for (const { shownBy } of differences) await access(new URL(`../../../${shownBy.split(' ', 1)[0]}`, import.meta.url));
  t.equal(new Set(differences.map(({ behaviour }) => behaviour)).size, differences.length);
});
