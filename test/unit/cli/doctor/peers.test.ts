import t from 'tap';
import { checkAsteriskPeers, checkFreeswitchPeers } from '../../../../src/cli/doctor/peers.js';
import { id, type NodeId } from '../../../../src/core/ids.js';

const node = { id: id<NodeId>('pbx1'), context: 'tcore' };
const address = { host: '192.0.2.11', port: 5_070 };

t.test('FreeSWITCH: its profile, its context, and who is let in', async (t) => {
  const freeswitch = { ...node, peer: { ...address, profile: 'peers' } };
  const answers = (changes: Readonly<Record<string, string>>) => async (command: string) =>
    ({
      'sofia xmlstatus profile peers': '<profile><profile-info></profile-info></profile>',
      'xml_locate dialplan context name tcore-peers': '<context><action application="bridge" data="x"></action></context>',
      'acl 192.0.2.12 tcore-peers': 'true',
      ...changes,
    })[command] ?? 'false';
  t.match(await checkFreeswitchPeers(freeswitch, ['192.0.2.12', 'pbx3.example'], answers({})), [{ level: 'ok' }]);
  t.match(await checkFreeswitchPeers(freeswitch, ['192.0.2.12'], answers({ 'sofia xmlstatus profile peers': 'Invalid Profile!\n' })), [
    { level: 'FAIL', what: /profile peers does not run/ },
  ]);
  const noContext = { 'xml_locate dialplan context name tcore-peers': "can't find anything\n" };
  t.match(await checkFreeswitchPeers(freeswitch, [], answers(noContext)), [{ level: 'FAIL', what: /no context tcore-peers/ }]);
  t.match(await checkFreeswitchPeers(freeswitch, ['192.0.2.12', '192.0.2.13'], answers({})), [
    { level: 'warning', what: /does not let 192\.0\.2\.13 in/ },
  ]);
  t.same(await checkFreeswitchPeers({ ...node, peer: undefined }, ['192.0.2.12'], answers({})), []);
});

t.test('Asterisk: its endpoint, and whom it is told by', async (t) => {
  const asterisk = { ...node, peer: { ...address, endpoint: 'peer' } };
  const ari = (match: string | undefined, endpoint = true) => ({
    get: async (path: string) =>
      path.startsWith('/endpoints/')
        ? { ok: endpoint, status: endpoint ? 200 : 404, body: {} }
        : { ok: match !== undefined, status: match === undefined ? 404 : 200, body: [{ attribute: 'match', value: match }] },
  });
  t.match(await checkAsteriskPeers(asterisk, ['192.0.2.12'], ari('192.0.2.12/255.255.255.255')), [{ level: 'ok' }]);
  t.match(await checkAsteriskPeers(asterisk, ['192.0.2.12'], ari(undefined, false)), [{ level: 'FAIL', what: /no PJSIP endpoint peer/ }]);
  t.match(await checkAsteriskPeers(asterisk, ['192.0.2.12'], ari(undefined)), [{ level: 'warning', what: /names 192\.0\.2\.12/ }]);
  t.match(await checkAsteriskPeers(asterisk, ['192.0.2.12', '192.0.2.13'], ari('192.0.2.12/255.255.255.255')), [
    { level: 'warning', what: /names 192\.0\.2\.13/ },
  ]);
  t.same(await checkAsteriskPeers({ ...node, peer: undefined }, [], ari(undefined)), []);
});
