/** The doctor before a real switch, FreeSWITCH or Asterisk, and a real Redis: well, and with one thing wrong at a time. */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { doctor } from '../../src/cli/doctor.js';
import { type Asterisk, asteriskFor, withoutAsterisk } from '../support/asterisk.js';
import { type Freeswitch, freeswitchFor, withoutFreeswitch } from '../support/freeswitch.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { memoryIo } from '../unit/cli/io.js';
import { Phone } from './sip/phone.js';

/** A deployment that fits the switch, but for `node`. */
async function configure(
  dir: string,
  pbx: Freeswitch | Asterisk,
  redis: RedisServer,
  node: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  await mkdir(join(dir, 'tenants'), { recursive: true });
  await cp('demo/config/tenants/maitre-durand.yaml', join(dir, 'tenants/maitre-durand.yaml'));
  const own =
    pbx.kind === 'freeswitch'
      ? { port: pbx.eslPort, profile: pbx.profile, directoryFile: pbx.directoryFile }
      : { kind: 'asterisk', port: pbx.ariPort, amiPort: pbx.amiPort, user: pbx.user, directoryFile: pbx.phonesFile };
  const { host, context, domain, recordingsDir } = pbx;
  const telephony = {
    nodes: [{ id: 'pbx1', password: { env: 'SWITCH' }, host, context, domain, recordingsDir, ...own, ...node }],
    redis: { url: redis.url },
    pools: ['reception'],
    agents: [{ id: 'alice', name: 'Alice', pool: 'reception', device: { phone: { user: '1001', password: { env: 'PHONE' } } } }],
    promptsCacheDir: join(dir, 'prompts'),
  };
  await writeFile(join(dir, 'telephony.yaml'), stringify(telephony));
  return dir;
}

const complaints = (said: readonly string[]): readonly string[] => said.filter((line) => /^(FAIL|warning)/.test(line));

t.test('with a real FreeSWITCH', { skip: withoutFreeswitch }, async (t) => {
  const files = {
    'gateways/carrier.xml': `<include>
  <gateway name="carrier"><param name="username" value="x"/><param name="password" value="x"/><param name="proxy" value="127.0.0.1:9"/>
  <param name="register" value="true"/></gateway>
  <gateway name="plain"><param name="username" value="x"/><param name="password" value="x"/><param name="proxy" value="127.0.0.1:9"/>
  <param name="register" value="false"/></gateway>
</include>`,
  };
  const freeswitch = await freeswitchFor(t, { files });
  const redis = await startRedis({ aof: true });
  t.teardown(() => redis.stop());
  await freeswitch.allowPhones({ 1001: 'phone-secret' });
  const env = { SWITCH: freeswitch.password, PHONE: 'phone-secret', PATH: process.env['PATH'] ?? '' };

  async function examine(t: Pick<Test, 'testdir' | 'notMatch'>, node: Record<string, unknown> = {}, changes: Record<string, string> = {}) {
    const io = memoryIo({ ...env, ...changes });
    const code = await doctor([await configure(t.testdir(), freeswitch, redis, node)], io);
    const text = io.said.join('\n');
    t.notMatch(text, freeswitch.password, 'no password is told');
    return { code, text, bad: complaints(io.said) };
  }

  t.test('all is well with our own configuration', async (t) => {
    const { code, text, bad } = await examine(t);
    t.same(bad, []);
    t.equal(code, 0, text);
    t.match(text, /FreeSWITCH \d+\.\d+\.\d+/);
    t.match(text, 'listens on loopback only');
    t.match(text, 'api-expansion is off');
    t.match(text, 'hands calls over and has its fallback');
    t.match(text, 'keeps an append-only file');
    t.match(text, /0 failures, 0 warnings, \d+ ok\.$/);
  });

  t.test('one thing wrong at a time', async (t) => {
    const cases: [string, Record<string, unknown>, RegExp][] = [
      ['nobody at the port', { port: 1 }, /connection refused/],
      ['not an event socket', { port: redis.port }, /does not answer|something else/],
      ['no such context', { context: 'elsewhere' }, /no context elsewhere/],
      ['no such profile', { profile: 'elsewhere' }, /profile elsewhere does not run/],
      ['no such gateway', { trunk: 'elsewhere' }, /no gateway elsewhere/],
      ['a gateway that is not registered', { trunk: 'carrier' }, /gateway carrier is (TRYING|FAIL_WAIT|FAILED|UNREGED|TIMEOUT)/],
      ['no recordings folder', { recordingsDir: '/nonexistent/recordings' }, /recordings folder .* does not exist/],
      ['no directory folder', { directoryFile: '/nonexistent/phones.xml' }, /phone directory .* cannot be written/],
    ];
    for (const [name, node, expected] of cases) {
      const { code, bad } = await examine(t, node);
      t.match(bad, [expected], name);
      t.equal(bad.length, 1, `${name}: nothing else is said`);
      t.equal(code, 1, name);
    }
    t.match(await examine(t, { trunk: 'plain' }), { code: 0, bad: [] }, 'a gateway without registration is well');
  });

  t.test('a wrong password', async (t) => {
    const { code, bad } = await examine(t, {}, { SWITCH: '0123456789abcdef0123456789abcdef' });
    t.match(bad, [/^FAIL .*refuses our password/]);
    t.equal(code, 1);
  });

  t.test('a phone that FreeSWITCH does not know is a warning', async (t) => {
    const { code, bad } = await examine(t, { domain: 'elsewhere.example' });
    t.match(bad, [/^warning .*does not know 1 of our phones/]);
    t.equal(code, 0);
  });

  t.test('what changes on the running switch is seen', async (t) => {
    await freeswitch.api('fsctl api_expansion on');
    await freeswitch.api('fsctl sps 30');
    await freeswitch.api('unload mod_sndfile');
    const { code, bad } = await examine(t);
    t.match(bad, [/^FAIL .*mod_sndfile is not loaded/, /^warning .*sessions-per-second is 30/, /^warning .*api-expansion is on/]);
    t.equal(code, 1);
    await freeswitch.api('fsctl api_expansion off');
    await freeswitch.api('fsctl sps 200');
    await freeswitch.api('load mod_sndfile');
  });

  t.test('prompts that nobody can render', async (t) => {
    const { code, bad } = await examine(t, {}, { PATH: '/nonexistent' });
    t.match(bad, [/^FAIL .*espeak-ng is not installed/, /^FAIL .*sox is not installed/]);
    t.equal(code, 1);
  });

  t.test('Redis in memory only, and gone', async (t) => {
    const volatile = await startRedis();
    t.teardown(() => volatile.stop());
    const io = memoryIo(env);
    const dir = await configure(t.testdir(), freeswitch, volatile);
    t.equal(await doctor([dir], io), 0);
    t.match(complaints(io.said), [/keeps no append-only file/]);
    await volatile.kill();
    const gone = memoryIo(env);
    t.equal(await doctor([dir], gone), 1);
    t.match(complaints(gone.said), [/connection refused/]);
  });
});

t.test('with a real Asterisk', { skip: withoutAsterisk }, async (t) => {
  const asterisk = await asteriskFor(t);
  const redis = await startRedis({ aof: true });
  t.teardown(() => redis.stop());
  const phone = await Phone.open();
  t.teardown(() => phone.close());
  const account = { port: asterisk.phonePort, domain: asterisk.domain, user: '1001', password: 'phone-secret' };
  const env = { SWITCH: asterisk.password, PHONE: 'phone-secret', PATH: process.env['PATH'] ?? '' };

  async function examine(t: Pick<Test, 'testdir' | 'notMatch'>, node: Record<string, unknown> = {}, changes: Record<string, string> = {}) {
    const io = memoryIo({ ...env, ...changes });
    const code = await doctor([await configure(t.testdir(), asterisk, redis, node)], io);
    const text = io.said.join('\n');
    t.notMatch(text, asterisk.password, 'no password is told');
    // Of the Asterisk that is installed here nobody knows how old it is; see test/unit/cli/doctor/asterisk.test.ts.
    return { code, text, bad: complaints(io.said).filter((line) => !line.includes('has known holes')) };
  }

  t.test('a phone that Asterisk does not know is a warning', async (t) => {
    const { code, bad } = await examine(t);
    t.match(bad, [/^warning .*does not know the phones 1001/]);
    t.equal(code, 0);
    await asterisk.allowPhones({ 1001: 'phone-secret' });
    t.equal(await phone.register(account), 200);
  });

  t.test('all is well with our own configuration', async (t) => {
    const { code, text, bad } = await examine(t);
    t.same(bad, []);
    t.equal(code, 0, text);
    t.match(text, /ARI .* answers/);
    t.match(text, /AMI .* answers/);
    t.match(text, /Asterisk \d+\.\d+/);
    t.match(text, 'all modules that we need are loaded');
    t.match(text, '1 phones are registered');
  });

  t.test('one thing wrong at a time', async (t) => {
    const cases: [string, Record<string, unknown>, RegExp][] = [
      ['nobody at ARI’s port', { port: 1 }, /ARI .*:1 does not answer/],
      ['not Asterisk', { port: redis.port }, /ARI .* does not answer/],
      ['nobody at AMI’s port', { amiPort: 1 }, /AMI .*:1 does not answer/],
      ['another account', { user: 'somebody' }, /ARI .* refuses the account somebody/],
      ['no recordings folder', { recordingsDir: '/nonexistent/recordings' }, /recordings folder .* does not exist/],
      ['no folder for the phones', { directoryFile: '/nonexistent/phones.conf' }, /phone directory .* cannot be written/],
    ];
    for (const [name, node, expected] of cases) {
      const { code, bad } = await examine(t, node);
      t.match(bad, [expected], name);
      t.equal(bad.length, 1, `${name}: nothing else is said`);
      t.equal(code, 1, name);
    }
  });

  t.test('a wrong password', async (t) => {
    const { code, bad } = await examine(t, {}, { SWITCH: '0123456789abcdef0123456789abcdef' });
    t.match(bad, [/^FAIL .*refuses the account/]);
    t.equal(code, 1);
  });

  t.test('what changes on the running switch is seen', async (t) => {
    t.equal(await phone.register(account, 0), 200);
    await asterisk.cli('module unload app_mixmonitor.so');
    const missing = await examine(t);
    t.match(missing.bad, [/^FAIL .*app_mixmonitor\.so is not loaded: calls cannot be recorded/, /^warning .*not registered: 1001/]);
    t.equal(missing.code, 1);
    await asterisk.cli('module load app_mixmonitor.so');
  });
});

t.test('a configuration with problems ends there', async (t) => {
  const dir = t.testdir();
  await writeFile(join(dir, 'telephony.yaml'), 'nodes: []\n');
  const io = memoryIo();
  t.equal(await doctor([dir], io), 1);
  t.match(io.said[0], /^FAIL .*telephony\.yaml/);
  await rm(dir, { recursive: true });
  t.equal(await doctor([dir], io), 1);
});

t.test('wrong use is told with the usage', async (t) => {
  for (const argv of [[], ['--help'], ['a', 'b']]) {
    const io = memoryIo();
    t.equal(await doctor(argv, io), 64);
    t.match(io.complained, ['Usage: telephony-core doctor DIR']);
  }
});
