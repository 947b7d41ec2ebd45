/** The OpenAPI page: that it is one, that it is today's, and that it tells of every route. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from '@readme/openapi-parser';
import t from 'tap';
import { schema } from '../../../src/cli/schema.js';
import { describeApi } from '../../../src/http/api.js';
import { memoryIo } from '../cli/io.js';
import { as, bearers, setUp } from './fixture.js';

const docs = join(import.meta.dirname, '../../../docs');

interface Page {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string; readonly summary: string }>>>>;
}

t.test('it is valid OpenAPI 3.1', async (t) => {
  const of = async (page: unknown) => validate(page as Parameters<typeof validate>[0]);
  t.same(await of(structuredClone(await describeApi())), { valid: true, warnings: [], specification: 'OpenAPI' });
  t.match(await of({ ...(await describeApi()), paths: { x: 1 } }), { valid: false });
});

t.test('docs/schema/openapi.json is the API of today', async (t) => {
  const kept: unknown = JSON.parse(readFileSync(join(docs, 'schema/openapi.json'), 'utf8'));
  t.same(kept, await describeApi(), 'npx tsx src/main.ts schema openapi > docs/schema/openapi.json');
});

t.test('the command prints it', async (t) => {
  const io = memoryIo();
  t.equal(await schema(['openapi'], io), 0);
  t.same(JSON.parse(io.said.join('\n')), await describeApi());
});

t.test('every route has a name of its own and stands in docs/api.md', async (t) => {
  const { paths } = (await describeApi()) as unknown as Page;
  const text = readFileSync(join(docs, 'api.md'), 'utf8');
  const operations = Object.entries(paths).flatMap(([path, methods]) => Object.values(methods).map((one) => ({ path, ...one })));
  t.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
  for (const path of Object.keys(paths)) {
    const written = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase());
    t.ok(text.includes(written) || text.includes(`…${written.slice(written.lastIndexOf('/'))}`), `${written} in docs/api.md`);
  }
});

t.test('the daemon shows the same page to everybody who has a token', async (t) => {
  const { server } = setUp();
  for (const who of bearers) {
    const answer = await server.inject({ url: '/v1/openapi.json', headers: as(who) });
    t.equal(answer.statusCode, 200);
    t.same(answer.json(), await describeApi());
  }
});
