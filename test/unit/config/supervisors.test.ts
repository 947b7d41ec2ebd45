/** Supervisors in the configuration: what of them reaches the daemon, and what is refused. */
import t, { type Test } from 'tap';
import { load } from '../../../src/config/load.js';
import { isPin } from '../../../src/config/pins.js';
import { id, type PoolId, type SupervisorId, type TenantId } from '../../../src/core/ids.js';
import { inScope } from '../../../src/core/site.js';
import { desk, deskText, ENV, problemsOf } from './support.js';

const claire = id<SupervisorId>('claire');
const env = { ...ENV, PIN: '471133' };

const withSupervisors = (t: Test, ...lines: readonly string[]): string =>
  desk(t, { telephony: `${deskText('telephony')}supervisors:\n${lines.map((line) => `  - ${line}\n`).join('')}` });

t.test('a supervisor has a phone, a scope, and a PIN of which a hash is kept', async (t) => {
  const dir = withSupervisors(
    t,
    '{ id: claire, name: Claire, device: { phone: { user: "1900", password: { env: PHONE_PASSWORD } } }, pin: { env: PIN }, tenants: [cabinet] }',
    '{ id: bob, name: Bob, agent: bob, pools: [night] }',
  );
  const loaded = await load(dir, env);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { site, supervision, phones } = loaded.config;
  t.match(site.supervisors.get(claire)?.device, { kind: 'phone', user: '1900', node: 'pbx1' });
  t.match(phones, [{ user: '1001' }, { user: '1900', name: 'Claire' }]);
  t.equal(site.supervisors.get(id<SupervisorId>('bob'))?.device, site.agents.get(id('bob'))?.device);
  const pin = supervision.pins.get(claire);
  t.ok(pin !== undefined && (await isPin(pin, '471133')));
  t.same([...supervision.pins.keys()], ['claire'], 'without a PIN no feature code');
  t.match(supervision, { pinTries: 5, lockoutMs: 900_000 });
  t.notMatch(JSON.stringify([loaded.config, [...supervision.pins], [...site.supervisors]]), '471133');
});

t.test('without supervisors there are none', async (t) => {
  const loaded = await load(desk(t), ENV);
  t.equal(loaded.ok && loaded.config.site.supervisors.size, 0);
});

t.test('one slip, one problem', async (t) => {
  const phone = 'device: { phone: { user: "1900", password: { env: PHONE_PASSWORD } } }';
  const cases: Readonly<Record<string, readonly [line: string, pin: string, problem: RegExp]>> = {
    'no phone': ['{ id: claire, name: Claire }', '4711', /supervisors\[0\].*needs a phone: either agent: NAME or device/],
    'two phones': [`{ id: claire, name: Claire, agent: bob, ${phone} }`, '4711', /needs a phone/],
    'an agent whom nobody knows': ['{ id: claire, name: Claire, agent: bop }', '4711', /there is no agent bop\. Did you mean "bob"/],
    'a pool that is not there': ['{ id: claire, name: Claire, agent: bob, pools: [day] }', '4711', /there is no pool day/],
    'a tenant that is not there': [
      '{ id: claire, name: Claire, agent: bob, tenants: [cabinett] }',
      '4711',
      /there is no tenant cabinett\. Did you mean/,
    ],
    'a phone of somebody else': [
      '{ id: claire, name: Claire, device: { phone: { user: "1001", password: { env: PHONE_PASSWORD } } } }',
      '4711',
      /the phone 1001 is somebody else’s already/,
    ],
    'a node that is not there': [
      '{ id: claire, name: Claire, device: { uri: "sip:c@192.0.2.1", node: pbx9 } }',
      '4711',
      /there is no node pbx9/,
    ],
    'a PIN in clear': [`{ id: claire, name: Claire, ${phone}, pin: "4711" }`, '4711', /a secret is never written here in clear/],
    'a PIN that is short': [`{ id: claire, name: Claire, ${phone}, pin: { env: PIN } }`, '471', /must be 4 to 12 digits/],
    'a PIN of letters': [`{ id: claire, name: Claire, ${phone}, pin: { env: PIN } }`, 'secret', /must be 4 to 12 digits/],
    'a PIN of one digit': [`{ id: claire, name: Claire, ${phone}, pin: { env: PIN } }`, '7777', /must not be one digit over and over/],
  };
  for (const [name, [line, pin, problem]] of Object.entries(cases)) {
    await t.test(name, async (t) => {
      const problems = await problemsOf(withSupervisors(t, line), { ...ENV, PIN: pin });
      t.equal(problems.length, 1, problems.join('\n'));
      t.match(problems[0], problem);
      if (line.includes('env: PIN')) t.notOk(problems[0]?.includes(pin), 'the PIN is not repeated');
    });
  }
  t.match(await problemsOf(withSupervisors(t, '{ id: a, name: A, agent: bob }', '{ id: a, name: B, agent: bob }')), [
    /the supervisor a is already at/,
  ]);
});

t.test('who is held to pools and tenants is held to both', async (t) => {
  const [cabinet, reception, night] = [id<TenantId>('cabinet'), id<PoolId>('reception'), id<PoolId>('night')];
  t.ok(inScope({ pools: undefined, tenants: undefined }, cabinet, undefined));
  t.ok(inScope({ pools: new Set([reception]), tenants: undefined }, cabinet, reception));
  t.notOk(inScope({ pools: new Set([night]), tenants: new Set([cabinet]) }, cabinet, reception));
  t.notOk(inScope({ pools: new Set([reception]), tenants: new Set() }, cabinet, reception));
  t.notOk(inScope({ pools: new Set([reception]), tenants: undefined }, cabinet, undefined), 'a tenant that is gone has no pool');
});
