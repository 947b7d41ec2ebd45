import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { load } from '../../../src/config/load.js';
import { id, type TenantId } from '../../../src/core/ids.js';
import { openingAt } from '../../../src/core/schedule/opening.js';
import { tenantByNumber } from '../../../src/core/site.js';
import { DESK, desk, deskText, ENV, edit } from './support.js';

const NOW = Date.parse('2026-01-15T00:00:00Z');

async function loaded(dir: string, env = ENV) {
  const result = await load(dir, env, { now: NOW });
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 1));
  return result.config;
}

t.test('a good folder becomes one configuration with every default in place', async (t) => {
  const dir = desk(t);
  const config = await loaded(dir);
  t.match(config, {
    dir,
    nodes: [
      {
        id: 'pbx1',
        kind: 'freeswitch',
        host: '127.0.0.1',
        port: 8021,
        password: 'esl-secret',
        context: 'tcore',
        profile: 'internal',
        domain: '127.0.0.1',
        trunk: 'carrier',
        recordingsDir: '/var/lib/telephony-core/recordings',
        directoryFile: undefined,
      },
    ],
    redis: { url: 'redis://127.0.0.1:6379', keyPrefix: 'tcore' },
    http: { host: '127.0.0.1', port: 8080, tokens: [] },
    records: { file: undefined, streamLength: 100_000 },
    drainMs: 600_000,
    logLevel: 'info',
    phones: [{ node: 'pbx1', device: 'alice', user: '1001', password: 'phone-secret', name: 'Alice Moreau' }],
  });
  t.same(
    [...config.site.agents.values()].map(({ device }) => device),
    [
      { id: 'alice', node: 'pbx1', kind: 'phone', user: '1001' },
      { id: 'bob', node: 'pbx1', kind: 'uri', uri: 'sip:bob@192.0.2.10:5060' },
    ],
  );
  t.same([...config.site.pools], ['reception', 'night']);
});

t.test('a tenant: ms, absolute files, spoken texts, the default flow', async (t) => {
  const dir = desk(t);
  const { site, renderings } = await loaded(dir);
  const cabinet = site.tenants.get(id<TenantId>('cabinet'));
  const spoken = (text: string) => ({ files: [renderings.find((rendering) => rendering.text === text)?.file] });
  t.match(cabinet, {
    locale: 'fr-FR',
    serviceLevel: { percent: 80, withinMs: 20_000 },
    whisper: spoken("Cabinet d'Été"),
    greetings: {
      open: { files: [join(dir, 'prompts/hello.wav')] },
      closed: spoken('Nous sommes fermés.'),
      holiday: spoken('Nous sommes fermés.'),
    },
    flow: { open: { do: 'menu', menu: 'main' }, closed: { do: 'voicemail' }, holiday: { do: 'voicemail' } },
    queue: {
      id: 'cabinet',
      pool: 'reception',
      music: join(dir, 'prompts/hello.wav'),
      ringMs: 20_000,
      wrapUpMs: 15_000,
      boosts: { gaveUpMs: 30_000, withinMs: 3_600_000, transferredMs: 60_000 },
      missed: {
        each: {
          'no-answer': { pauseMs: 30_000 },
          busy: { pauseMs: 10_000 },
          rejected: { pauseMs: 30_000 },
          unreachable: { pauseMs: 60_000 },
        },
        inARow: { times: 3, follows: { pauseMs: 300_000 } },
      },
      maxWaitMs: 300_000,
      // biome-ignore lint/suspicious/noThenProperty: a step, not a promise
      overflow: { do: 'play', prompt: spoken('Désolé.'), then: { do: 'voicemail' } },
      noAgent: { do: 'voicemail' },
    },
    voicemail: { greeting: spoken('Merci de laisser votre message après le signal sonore.'), maxMs: 120_000, silenceMs: 5000 },
    recording: false,
  });
  t.match(cabinet?.menus, {
    main: { id: 'main', noInputMs: 5000, interDigitMs: 2000, retries: 2, onInvalid: { do: 'queue' }, keys: { 1: { do: 'queue' } } },
    sub: { keys: { '*': { do: 'menu', menu: 'main' } } },
  });
  t.ok(renderings.every(({ file, voice }) => /^\/var\/cache\/telephony-core\/prompts\/[0-9a-f]{32}\.wav$/.test(file) && voice === 'fr-fr'));
  t.equal(tenantByNumber(site, '0199001003')?.tenant.id, 'notaire');
});

t.test('hours, closures and the holidays of the Bas-Rhin reach the core', async (t) => {
  const { site } = await loaded(desk(t));
  const schedule = site.tenants.get(id<TenantId>('cabinet'))?.schedule;
  if (schedule === undefined) throw new Error('no tenant');
  const at = (iso: string) => openingAt(schedule, Date.parse(iso));
  t.equal(at('2026-02-02T09:00:00+01:00'), 'open');
  t.equal(at('2026-02-03T23:59:00+01:00'), 'open', 'until midnight');
  t.equal(at('2026-08-03T09:00:00+02:00'), 'closed', 'closure');
  t.equal(at('2026-04-06T09:00:00+02:00'), 'holiday', 'Easter Monday');
  t.equal(at('2026-12-26T09:00:00+01:00'), 'holiday', 'Saint Stephen, only in Alsace and Moselle');
  t.equal(at('2025-12-25T09:00:00+01:00'), 'holiday', 'last year');
  t.equal(at('2036-12-25T09:00:00+01:00'), 'holiday', 'ten years ahead');
});

t.test('the whole of it is frozen', async (t) => {
  const { site, nodes } = await loaded(desk(t));
  const tenant = site.tenants.get(id<TenantId>('cabinet'));
  t.ok([nodes, nodes[0], site, tenant, tenant?.queue, tenant?.numbers, tenant?.menus, tenant?.flow.open].every(Object.isFrozen));
});

t.test('wait leaves the caller in a queue without agents', async (t) => {
  const { site } = await loaded(desk(t, edit('notaire', 'pool: night', 'pool: night\n  noAgent: wait')));
  t.equal(site.tenants.get(id<TenantId>('notaire'))?.queue.noAgent, undefined);
});

t.test('the same text in another voice is another file; the same text twice is one', async (t) => {
  const before = (await loaded(desk(t))).renderings;
  const dir = desk(t, { telephony: `${deskText('telephony')}voice: { wordsPerMinute: 120, voices: { fr-FR: fr-fr+f2 } }\n` });
  const after = (await loaded(dir)).renderings;
  t.equal(after.length, before.length);
  t.ok(after.every(({ file, voice }) => voice === 'fr-fr+f2' && !before.some((other) => other.file === file)));
  t.equal(before.filter(({ text }) => text.startsWith('Merci de laisser')).length, 1, 'spoken once for both tenants');
});

t.test('secrets come from files too, without the line break at their end', async (t) => {
  const dir = desk(t, edit('telephony', '{ env: ESL_PASSWORD }', '{ file: esl.secret }'));
  writeFileSync(join(dir, 'esl.secret'), 'from a file\n');
  t.equal((await loaded(dir)).nodes[0]?.password, 'from a file');
});

t.test('the password of Redis goes into its address', async (t) => {
  const telephony = `${deskText('telephony')}redis: { url: "redis://cache:6380/2", password: { env: REDIS_PASSWORD } }\n`;
  const config = await loaded(desk(t, { telephony }), { ...ENV, REDIS_PASSWORD: 'p@ss/w:rd' } as typeof ENV);
  t.equal(config.redis.url, 'redis://:p%40ss%2Fw%3Ard@cache:6380/2');
  t.equal(decodeURIComponent(new URL(config.redis.url).password), 'p@ss/w:rd');
});

t.test('another telephony.yaml may stand in for that of the folder', async (t) => {
  const dir = desk(t);
  const file = join(dir, 'other.yaml');
  writeFileSync(file, deskText('telephony').replace('- id: pbx1', '- id: pbx1\n    port: 9021'));
  const result = await load(dir, ENV, { telephonyFile: file });
  t.match(result, { ok: true, config: { nodes: [{ port: 9021 }] } });
});

t.test('aliases are allowed where they save writing', async (t) => {
  const notaire = deskText('notaire').replace('["09:00-17:00"]', '&office ["09:00-17:00"]').replace('  friday', '  monday').concat('');
  const { site } = await loaded(desk(t, { notaire: notaire.replace('queue:', '  tuesday: *office\nqueue:') }));
  t.same(site.tenants.get(id<TenantId>('notaire'))?.schedule.week[2], [{ from: 540, to: 1020 }]);
});

t.test('the demo’s configuration is all right', async (t) => {
  const demo = join(import.meta.dirname, '../../../demo/config');
  const result = await load(demo, { TCORE_ESL_PASSWORD: 'a', TCORE_DEMO_PHONE_PASSWORD: 'b' });
  t.ok(result.ok, JSON.stringify(result));
});

t.test('the folder is read as it stands', async (t) => {
  const result = await load(DESK, ENV);
  t.notOk(result.ok, 'the fixture itself has no prompts');
  if (!result.ok) t.equal(result.problems[0].file, join(DESK, 'tenants/cabinet.yaml'));
});

t.test('tokens: whose each is, and what it reaches', async (t) => {
  const http = `http:
  adminToken: { env: ADMIN }
  tokens:
    - { id: floor, role: supervisor, pools: [reception, night], token: { env: FLOOR } }
    - { id: all-floors, role: supervisor, token: { env: ALL } }
    - { id: alice-app, role: agent, agent: alice, token: { env: ALICE } }
    - { id: crm, role: tenant, tenants: [cabinet, notaire], token: { env: CRM } }
`;
  const secret = (name: string) => `the-token-of-${name}`;
  const env = { ...ENV, ...Object.fromEntries(['ADMIN', 'FLOOR', 'ALL', 'ALICE', 'CRM'].map((name) => [name, secret(name)])) };
  const loaded = await load(desk(t, edit('telephony', 'pools:', `${http}pools:`)), env);
  t.same(loaded.ok && loaded.config.http.tokens, [
    { principal: { id: 'admin', role: 'admin' }, secret: secret('ADMIN') },
    { principal: { id: 'floor', role: 'supervisor', pools: ['reception', 'night'] }, secret: secret('FLOOR') },
    { principal: { id: 'all-floors', role: 'supervisor', pools: undefined }, secret: secret('ALL') },
    { principal: { id: 'alice-app', role: 'agent', agent: 'alice' }, secret: secret('ALICE') },
    { principal: { id: 'crm', role: 'tenant', tenants: ['cabinet', 'notaire'] }, secret: secret('CRM') },
  ]);
});
