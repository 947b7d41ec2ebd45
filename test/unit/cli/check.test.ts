import t from 'tap';
import { check } from '../../../src/cli/check.js';
import { schema } from '../../../src/cli/schema.js';
import { DESK, desk, ENV, edit } from '../config/support.js';

async function told(command: typeof check, argv: readonly string[], env: Readonly<Record<string, string>> = ENV) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await command(argv, { out: (line) => out.push(line), err: (line) => err.push(line), env });
  return { code, out, err };
}

t.test('a good folder: one line, 0', async (t) => {
  const dir = desk(t);
  t.same(await told(check, [dir]), {
    code: 0,
    out: [`${dir} is all right: 1 node, 2 pools, 2 agents, 2 tenants, 3 numbers, 7 spoken texts`],
    err: [],
  });
});

t.test('a bad one: every problem on a line of its own, their count, 78', async (t) => {
  const dir = desk(t, edit('notaire', 'pool: night', 'pool: nigth\n  ringSeconds: 1'));
  t.same(await told(check, [dir]), {
    code: 78,
    out: [
      `${dir}/tenants/notaire.yaml:9:9 queue.pool: there is no pool nigth. Did you mean "night"? Known: reception, night`,
      `${dir}/tenants/notaire.yaml:10:16 queue.ringSeconds: must be at least 3`,
    ],
    err: ['2 problems'],
  });
});

t.test('one problem is one problem', async (t) => {
  t.match(await told(check, [DESK], {}), { code: 78, err: [/^\d+ problems$/] });
  t.match(await told(check, [desk(t)], { ESL_PASSWORD: 'x' }), { code: 78, err: ['1 problem'] });
});

t.test('no secret is ever printed', async (t) => {
  const { out } = await told(check, [desk(t)], { ESL_PASSWORD: 'hunter2\nhunter3', PHONE_PASSWORD: '' });
  t.equal(out.length, 2);
  t.notMatch(out.join('\n'), 'hunter');
});

t.test('no folder', async (t) => {
  t.match(await told(check, [`${t.testdir({})}/none`]), { code: 78, err: [/is no folder/] });
  t.match(await told(check, []), { code: 64, err: [/^Usage/] });
  t.match(await told(check, ['a', 'b']), { code: 64 });
});

t.test('schema prints JSON Schema', async (t) => {
  const { code, out } = await told(schema, ['tenant']);
  t.equal(code, 0);
  t.match(JSON.parse(out.join('\n')), { $schema: 'http://json-schema.org/draft-07/schema#', properties: { numbers: { type: 'array' } } });
  t.match(await told(schema, ['dialplan']), { code: 64, err: [/telephony\|tenant/] });
});
