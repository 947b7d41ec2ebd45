import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { nearest } from '../../../src/config/nearest.js';
import { jsonSchema, type SchemaName } from '../../../src/config/schema.js';
import { Source } from '../../../src/config/source.js';

const ROOT = join(import.meta.dirname, '../../..');

for (const name of ['telephony', 'tenant'] satisfies SchemaName[]) {
  t.test(`docs/schema/${name}.schema.json is the schema of today`, async (t) => {
    const kept: unknown = JSON.parse(readFileSync(join(ROOT, `docs/schema/${name}.schema.json`), 'utf8'));
    t.same(kept, jsonSchema(name), `npx tsx src/main.ts schema ${name} > docs/schema/${name}.schema.json`);
  });

  t.test(`every key of ${name} is described and stands in docs/configuration.md`, async (t) => {
    const docs = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties, items, additionalProperties, definitions } = schema as Record<string, unknown>;
      for (const [key, inner] of Object.entries((properties ?? {}) as Record<string, object>)) {
        t.ok(docs.includes(`\`${key}\``) || docs.includes(`${key}:`), `${path}${key} in docs/configuration.md`);
        const standard = (inner as { default?: unknown }).default;
        // The actions after a greeting share a table with the greetings.
        if (['string', 'number', 'boolean'].includes(typeof standard) && !path.startsWith('flow.') && key !== 'then') {
          t.match(docs, new RegExp(`\`${key}\` \\| \`"?${standard}"?\` \\|`), `the default of ${path}${key}`);
        }
        visit(inner, `${path}${key}.`);
      }
      visit(items, `${path}[].`);
      visit(additionalProperties, `${path}*.`);
      for (const inner of Object.values((definitions ?? {}) as object)) visit(inner, path);
    };
    visit(jsonSchema(name), '');
  });
}

t.test('nearest: a slip of the fingers, not another word', async (t) => {
  const known = ['ringSeconds', 'retries', 'main', 'sub'];
  t.equal(nearest('ringSecond', known), 'ringSeconds');
  t.equal(nearest('mian', ['main']), undefined, 'two slips in four letters is another word');
  t.equal(nearest('Main', known), 'main');
  t.equal(nearest('volume', known), undefined);
  t.equal(nearest('x'.repeat(10_000), known), undefined);
  t.equal(nearest('a', []), undefined);
});

t.test('property: no text makes the reader throw or look for a place outside it', async () => {
  const line = fc.constantFrom(
    'a: 1',
    '  b: [1, 2',
    '- x',
    '"',
    '{',
    '? y',
    '&a',
    '*a',
    '|',
    '\t',
    '---',
    '...',
    '%YAML 9',
    '!!map',
    '# c',
    'é: ☎',
    '<<: *a',
  );
  const paths = fc.array(fc.oneof(fc.constantFrom('a', 'b', '__proto__'), fc.nat(3)), { maxLength: 4 });
  fc.assert(
    fc.property(fc.array(fc.oneof(line, fc.string()), { maxLength: 12 }), paths, (lines, path) => {
      const text = lines.join('\n');
      const source = Source.parse('x.yaml', text);
      source.report(path, 'here');
      const count = text.split(/\r\n|[\r\n]/).length;
      for (const { line: at, column } of source.problems) {
        if (at > count + 1 || column < 0) throw new Error(`${at}:${column} in ${JSON.stringify(text)}`);
      }
    }),
    { numRuns: 300 },
  );
});
