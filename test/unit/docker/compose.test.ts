/** No container engine runs where this is tested: the compose file is held to the specification's schema and to our promises. */
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import t from 'tap';
import { parse } from 'yaml';

interface Service {
  readonly image?: string;
  readonly volumes?: readonly string[];
  readonly command?: readonly string[];
  readonly depends_on?: unknown;
  readonly network_mode?: string;
}

const file = 'docker/compose.yaml';
const text = await readFile(file, 'utf8');
const compose = parse(text) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};
const { daemon, freeswitch, redis } = compose.services;

/** The order of keys is told by the reader's eye; everything else is on. */
const linter = new DCLinter({
  rules: {
    'service-keys-order': 0,
    'services-alphabetical-order': 0,
    'service-dependencies-alphabetical-order': 0,
    'top-level-properties-order': 0,
  },
  quiet: false,
  debug: false,
  exclude: [],
});
/** dclint's own types do not resolve under NodeNext. */
interface LintResult {
  readonly messages: readonly { readonly line: number; readonly message: string }[];
}
const lint = (path: string): string[] =>
  linter.lintFiles([path], false).flatMap(({ messages }: LintResult) => messages.map(({ line, message }) => `line ${line}: ${message}`));

t.test('the linter and the schema of the compose specification find nothing', async (t) => {
  t.same(lint(file), []);
});

t.test('the linter finds what is wrong', async (t) => {
  const wrong = join(t.testdir(), 'compose.yaml');
  await writeFile(wrong, text.replace('cap_drop: [ALL]', 'cap_drop: ALL').replace('127.0.0.1:', ''));
  t.match(lint(wrong).join('\n'), /cap_drop.*must be array/);
});

t.test('three services; the image of FreeSWITCH is the operator’s choice', async (t) => {
  t.same(Object.keys(compose.services).sort(), ['daemon', 'freeswitch', 'redis']);
  t.match(freeswitch?.image, /^\$\{FREESWITCH_IMAGE:\?/);
});

t.test('Redis keeps an append-only file, evicts nothing, and is reached from this host only', async (t) => {
  t.same(redis?.command, ['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction']);
  t.match(text, "- '127.0.0.1:6379:6379'");
});

t.test('what is mounted or named exists', async (t) => {
  for (const [name, service] of Object.entries(compose.services)) {
    for (const volume of service.volumes ?? []) {
      const source = volume.replace(/^\$\{[^}]*\}/, '$').split(':')[0] ?? '';
      if (source === '$') continue;
      if (source.startsWith('.')) await t.resolves(access(join('docker', source)), `${name}: ${source}`);
      else t.hasOwnProp(compose.volumes, source, `${name}: ${source}`);
    }
  }
});

t.test('the daemon and FreeSWITCH see prompts, recordings and the directory at the same paths', async (t) => {
  const targets = (service: Service | undefined) =>
    (service?.volumes ?? [])
      .map((volume) => volume.replace(/:ro$/, '').split(':').at(-1))
      .filter((path) => path?.includes('telephony-core'));
  t.same(
    targets(freeswitch).sort(),
    targets(daemon)
      .filter((path) => !path?.endsWith('/records'))
      .sort(),
  );
});

t.test('no secret is written in clear; the daemon alone sees their folder, and cannot change it', async (t) => {
  t.notMatch(text, /(password|token):[ \t]*['"]?\w/i);
  t.match(
    daemon?.volumes?.filter((volume) => volume.includes('TCORE_SECRETS')),
    [/^\$\{TCORE_SECRETS:\?[^}]*\}:\/run\/secrets:ro$/],
  );
  t.equal(text.match(/\$\{TCORE_SECRETS/g)?.length, 1);
});
