import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { directoryXml } from '../../../src/freeswitch/directory.js';
import { replaceFile } from '../../../src/switch/replace-file.js';

t.test('a phone registers by the hash of its password, in a context of its own', async (t) => {
  const xml = directoryXml('tcore.local', [{ user: '1001', password: 'geheim', name: 'Benoît <Lefèvre> & "Cie"' }]);
  t.equal(
    xml,
    `<include>
  <!-- Written by telephony-core: changes here are overwritten. -->
  <user id="1001">
    <params>
      <param name="a1-hash" value="e518bbe91a8ceeaa75a8bf3e5e556744"/>
    </params>
    <variables>
      <variable name="user_context" value="tcore-phones"/>
      <variable name="effective_caller_id_name" value="Benoît &lt;Lefèvre&gt; &amp; &quot;Cie&quot;"/>
      <variable name="effective_caller_id_number" value="1001"/>
    </variables>
  </user>
</include>
`,
  );
  t.notMatch(xml, 'geheim');
});

t.test('the context is that of the node', async (t) => {
  t.match(directoryXml('d', [{ user: '1001', password: 'x', name: 'Alice' }], 'desk-phones'), 'name="user_context" value="desk-phones"');
});

t.test('no phones: a file that is still good to include', async (t) => {
  t.match(directoryXml('d', []), /^<include>\n.*\n<\/include>\n$/);
});

t.test('what FreeSWITCH would expand or cut is refused', async (t) => {
  const phone = { user: '1001', password: 'x', name: 'Alice' };
  for (const user of ['', '10 01', '1001"/>', '../1001', '$${x}', "10'01", '1001\n']) {
    t.throws(() => directoryXml('d', [{ ...phone, user }]), /unsafe SIP user/);
  }
  for (const name of ['$${tcore_esl_password}', '${system(id)}', 'a\nb', 'a\u0000b']) {
    t.throws(() => directoryXml('d', [{ ...phone, name }]), /unsafe name/);
  }
  t.throws(() => directoryXml('$${x}', [phone]), /unsafe SIP domain/);
});

t.test('property: whatever the name and the password, the file has as many tags as phones', async () => {
  const name = fc.string({ unit: 'grapheme' }).filter((text) => !/[\p{Cc}\p{Cs}$]/u.test(text));
  fc.assert(
    fc.property(fc.array(fc.record({ user: fc.constant('1001'), password: fc.string(), name })), (phones) => {
      const xml = directoryXml('d', phones);
      const count = (tag: string) => xml.split(tag).length - 1;
      if (count('<') !== 3 + phones.length * 10 || count('"') !== phones.length * 18) throw new Error(xml);
    }),
  );
});

t.test('the file is written in one step, for its group only, and only when it changes', async (t) => {
  const file = join(t.testdir({}), 'directory', 'tcore.xml');
  t.equal(await replaceFile(file, 'one'), true);
  t.equal(readFileSync(file, 'utf8'), 'one');
  t.equal(statSync(file).mode & 0o777, 0o640);
  t.equal(await replaceFile(file, 'one'), false);
  t.equal(await replaceFile(file, 'two'), true);
  t.equal(readFileSync(file, 'utf8'), 'two');
  t.same(readdirSync(join(file, '..')), ['tcore.xml'], 'no draft is left');
});

t.test('a place that cannot be written rejects and leaves nothing behind', async (t) => {
  const dir = t.testdir({ 'tcore.xml': { 'in-the-way': '' } });
  await t.rejects(replaceFile(join(dir, 'tcore.xml'), 'one'));
  t.same(readdirSync(dir), ['tcore.xml']);
});
