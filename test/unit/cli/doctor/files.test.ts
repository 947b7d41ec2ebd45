import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { findingText, ok, warning } from '../../../../src/cli/doctor/finding.js';
import { checkFolders, spaceFinding } from '../../../../src/cli/doctor/folders.js';
import { checkPrompts } from '../../../../src/cli/doctor/prompts.js';
import { id, type NodeId } from '../../../../src/core/ids.js';

const node = (recordingsDir: string, directoryFile?: string, host = '127.0.0.1') => ({
  id: id<NodeId>('pbx1'),
  host,
  recordingsDir,
  directoryFile,
});

t.test('folders that are there', async (t) => {
  const dir = t.testdir();
  const findings = await checkFolders(node(dir, join(dir, 'phones.xml')));
  t.match(findings[0], { level: 'ok', what: /recordings folder/ });
  t.match(findings[1], { what: /are free/ });
  t.match(findings[2], { level: 'ok', what: /phone directory/ });
});

t.test('folders that are missing', async (t) => {
  const dir = t.testdir();
  t.match(await checkFolders(node(join(dir, 'no'), join(dir, 'no', 'phones.xml'))), [
    { level: 'FAIL', what: /recordings folder .* does not exist/, remedy: /mkdir -p/ },
    { level: 'FAIL', what: /phone directory .* cannot be written: .* does not exist/ },
  ]);
});

t.test('a folder that this user may not write', { skip: process.getuid?.() === 0 && 'root may write everywhere' }, async (t) => {
  const dir = join(t.testdir(), 'locked');
  await mkdir(dir);
  await chmod(dir, 0o555);
  t.match(await checkFolders(node(dir)), [{ level: 'FAIL', what: /is not writable/ }]);
});

t.test('the folders of another host cannot be looked at', async (t) => {
  t.match(await checkFolders(node('/nonexistent', undefined, 'pbx1.example')), [
    { level: 'warning', what: /another host \(pbx1\.example\)/ },
  ]);
});

t.test('disk space', async (t) => {
  t.equal(spaceFinding('pbx1', '/rec', 80e9).level, 'ok');
  t.match(spaceFinding('pbx1', '/rec', 2.4e9), { level: 'warning', what: /2\.4 GB/ });
  t.match(spaceFinding('pbx1', '/rec', 50e6), { level: 'FAIL', what: /50 MB/ });
});

t.test('prompts', async (t) => {
  const dir = t.testdir({ cache: { 'a.wav': '' }, bin: {} });
  const bin = join(dir, 'bin');
  const rendering = (name: string, folder = join(dir, 'cache')) => ({ file: join(folder, name), text: 'Bonjour', locale: 'fr-FR' });
  t.match(await checkPrompts([rendering('a.wav')], ''), [{ level: 'ok', what: /All 1/ }]);
  t.match(await checkPrompts([rendering('a.wav'), rendering('b.wav')], bin), [
    { level: 'FAIL', what: /^1 spoken prompts are missing .* espeak-ng is not installed/, remedy: 'apt-get install espeak-ng' },
    { level: 'FAIL', what: /sox is not installed/ },
  ]);
  for (const program of ['espeak-ng', 'sox']) await writeFile(join(bin, program), '');
  t.match(await checkPrompts([rendering('a.wav'), rendering('b.wav')], `/nonexistent::${bin}`), [{ level: 'ok', what: /1 of 2/ }]);
  t.match(await checkPrompts([rendering('b.wav', join(dir, 'new'))], bin), [{ level: 'ok' }], 'the daemon makes the folder');
  t.match(await checkPrompts([rendering('b.wav', join(dir, 'very', 'new'))], bin), [{ level: 'FAIL', what: /cannot be written/ }]);
});

t.test('a finding is one line, and its remedy another', async (t) => {
  t.same(findingText(ok('All is well.')), ['ok       All is well.']);
  t.same(findingText(warning('It hurts.', 'Do not do that.')), ['warning  It hurts.', '         → Do not do that.']);
});
