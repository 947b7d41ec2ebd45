/** A new configuration without a restart: a good one is used by the next call, a bad one changes nothing and says why. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { until } from '../../src/lab/child.js';
import { unknownPhone } from '../contract/differences.js';
import { heardMs, hears } from './hearing.js';
import { Phone } from './sip/phone.js';
import { type Backend, backends, Site } from './site.js';
import { hertz, martin, numbers, prompt, yaml } from './tenants.js';

t.setTimeout(120_000);

for (const { on, skip } of backends) t.test(`reload, on ${on}`, { skip }, (t) => reload(t, on));

async function reload(t: Test, on: Backend): Promise<void> {
  const site = await Site.start(t, { on, tenants: [martin] });
  const { daemon } = site;
  t.afterEach(() => site.quiet());

  async function greetingIs(t: Pick<Test, 'equal'>, frequency: number, notHeard: number): Promise<void> {
    const call = await site.dial(numbers.martin);
    await hears(call, frequency);
    await hears(call, hertz.martinMenu);
    await call.hangUp();
    t.equal(heardMs(call, notHeard), 0);
  }

  const logged = (pattern: RegExp, since: number) =>
    until(`a log line ${pattern}`, async () => (pattern.test(daemon.output.slice(since)) ? true : undefined));

  t.test('a good one by SIGHUP: the call in progress goes on, the next one hears the new greeting', async (t) => {
    const before = await site.dial(numbers.martin);
    await hears(before, hertz.martinGreeting);
    await daemon.writeTenant('martin', yaml({ ...martin, greetings: { open: prompt('durandOpen') } }));
    const since = daemon.output.length;
    daemon.signal('SIGHUP');
    await logged(/configuration reloaded/, since);
    await hears(before, hertz.martinMenu);
    await greetingIs(t, hertz.durandOpen, hertz.martinGreeting);
    await before.hangUp();
    t.match(await site.record(before), { tenant: 'martin' });
  });

  t.test('a bad one by SIGHUP: the log says file, line and path; the old one stays in force', async (t) => {
    await daemon.writeTenant('martin', yaml({ ...martin, flow: { open: { menu: 'nowhere' } } }));
    const since = daemon.output.length;
    daemon.signal('SIGHUP');
    await logged(/old one stays in force/, since);
    t.match(daemon.output.slice(since), /martin\.yaml:\d+.*flow\.open.*nowhere/);
    await greetingIs(t, hertz.durandOpen, hertz.martinGreeting);
  });

  t.test('a bad one by API: 422 with the problems; the old one stays in force', async (t) => {
    await daemon.writeTenant('martin', '{ this is: [no YAML');
    const response = await daemon.api('/v1/reload', 'POST');
    t.equal(response.status, 422);
    const { problems } = (await response.json()) as { problems: string[] };
    t.match(problems[0], /martin\.yaml:\d+/);
    await greetingIs(t, hertz.durandOpen, hertz.martinGreeting);
  });

  t.test('a good one by API', async (t) => {
    await daemon.writeTenant('martin', yaml(martin));
    const response = await daemon.api('/v1/reload', 'POST');
    t.equal(response.status, 200);
    await greetingIs(t, hertz.martinGreeting, hertz.durandOpen);
  });

  t.test('without the token, nothing is reloaded', async (t) => {
    t.equal((await fetch(`${daemon.url}/v1/reload`, { method: 'POST' })).status, 401);
  });

  t.test('a new phone may register after the reload, one that is gone may not', async (t) => {
    const file = join(daemon.configDir, 'telephony.yaml');
    const telephony = JSON.parse(await readFile(file, 'utf8')) as { agents: { id: string }[] };
    await writeFile(join(daemon.configDir, 'dora.secret'), 'a-secret-of-dora\n');
    const dora = { id: 'dora', name: 'Dora', pool: 'reception', device: { phone: { user: '1004', password: { file: 'dora.secret' } } } };
    telephony.agents = [...telephony.agents.filter(({ id }) => id !== 'chloe'), dora];
    await writeFile(file, JSON.stringify(telephony));
    const phone = await Phone.open();
    t.teardown(() => phone.close());
    const account = { ...site.account('alice'), user: '1004', password: 'a-secret-of-dora' };
    t.equal(await phone.register(account), unknownPhone[on], 'not yet');
    t.equal((await daemon.api('/v1/reload', 'POST')).status, 200);
    t.equal(await phone.register(account), 200);
    t.equal(await phone.register(site.account('chloe')), unknownPhone[on], 'she has left');
    await until('dora is idle', async () => ((await site.agentStates())['dora'] === 'idle' ? true : undefined));
  });
}
