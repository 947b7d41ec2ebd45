import t from 'tap';
import { checkDialplan, checkPhones, checkProfile, checkTrunk } from '../../../../src/cli/doctor/sip.js';
import { type DeviceId, id, type NodeId } from '../../../../src/core/ids.js';

const node = { id: id<NodeId>('pbx1'), context: 'tcore', profile: 'internal', domain: 'desk.example', trunk: 'carrier' };

const loaded = 'type,name,ikey\ncodec,G.711 alaw,CORE_PCM_MODULE\ncodec,G.711 ulaw,CORE_PCM_MODULE\n\n2 total.\n';
const profile = (inbound: string, outbound: string) =>
  `<profile>\n  <profile-info>\n<inbound-codecs>${inbound}</inbound-codecs>\n<outbound-codecs>${outbound}</outbound-codecs>\n</profile-info></profile>`;

t.test('profile and codecs', async (t) => {
  const check = (xml: string, codecs = loaded) => checkProfile(node, async (command) => (command === 'show codec' ? codecs : xml));
  t.match(await check(profile('OPUS,PCMU,PCMA', 'PCMU@8000h@20i,PCMA')), [{ level: 'ok' }, { level: 'ok', what: /PCMU and PCMA/ }]);
  t.match(await check('Invalid Profile!\n'), [{ level: 'FAIL', what: /profile internal does not run/ }]);
  t.match(await check(profile('OPUS', 'PCMU,PCMA')), [
    { level: 'ok' },
    { level: 'warning', what: /PCMU inbound/ },
    { level: 'warning', what: /PCMA inbound/ },
  ]);
  t.match(await check(profile('PCMU,PCMA', 'PCMU,PCMA'), 'type,name,ikey\ncodec,G.711 alaw,CORE\n'), [
    { level: 'ok' },
    { level: 'FAIL', what: /PCMU/ },
  ]);
});

t.test('dialplan context', async (t) => {
  const context = (inside: string) => async () => `<context name="tcore">${inside}</context>`;
  const fallback = '<condition field="destination_number" expression="^fallback$">';
  const after = '<condition field="destination_number" expression="^after-bridge$">';
  const park = '<action application="park"></action>';
  t.equal((await checkDialplan(node, context(fallback + after + park))).level, 'ok');
  t.match(await checkDialplan(node, async () => "can't find anything\n"), { level: 'FAIL', what: /no context tcore/ });
  t.match(await checkDialplan(node, context(fallback + park)), { level: 'FAIL', what: /does not catch after-bridge/ });
  t.match(await checkDialplan(node, context(fallback + after)), { level: 'FAIL', what: /no park/ });
});

t.test('gateway', async (t) => {
  const check = (state: string, status: string) =>
    checkTrunk(node, async () => `<gateway><state>${state}</state><status>${status}</status></gateway>`);
  t.match(await check('REGED', 'UP'), [{ level: 'ok' }]);
  t.match(await check('NOREG', 'UP (ping)'), [{ level: 'ok' }]);
  t.match(await check('NOREG', 'DOWN (ping)'), [{ level: 'FAIL' }]);
  t.match(await check('FAIL_WAIT', 'DOWN'), [{ level: 'FAIL', what: /carrier is FAIL_WAIT/ }]);
  t.match(await checkTrunk(node, async () => 'Invalid Gateway!\n'), [{ level: 'FAIL', what: /no gateway carrier/ }]);
  t.same(await checkTrunk({ ...node, trunk: undefined }, async () => ''), []);
});

t.test('phones of this node that FreeSWITCH does not know', async (t) => {
  const phone = (user: string, on = 'pbx1') => ({ node: id<NodeId>(on), device: id<DeviceId>(user), user, password: 'hush', name: user });
  const known = async (command: string) => String(command === 'user_exists id 1001 desk.example');
  t.same(await checkPhones(node, [phone('1001'), phone('1009', 'pbx2')], known), []);
  const findings = await checkPhones(node, [phone('1001'), phone('1002')], known);
  t.match(findings, [{ level: 'warning', what: /1 of our phones in the domain desk\.example \(1002\)/ }]);
});
