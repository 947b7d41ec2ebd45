import t from 'tap';
import { phonesOnOwnCall, rawFilesOf, snapshot } from '../../../src/asterisk/snapshot.js';
import { id, type NodeId } from '../../../src/core/ids.js';

const channel = (name: string, channelvars: Readonly<Record<string, string>>) => ({ id: name, name, state: 'Up', channelvars });

t.test('phones on calls that the dialplan put through: both sides, by their account', async (t) => {
  const channels = [
    channel('PJSIP/1001-0000000a', { TCORE_ROLE: 'own' }),
    channel('PJSIP/desk-2-0000000b', { TCORE_ROLE: 'own' }),
    channel('PJSIP/1003-0000000c', { TCORE_ROLE: 'ours' }),
    channel('PJSIP/1004-0000000d', { TCORE_ROLE: 'feature' }),
    channel('PJSIP/trunk-0000000e', { TCORE_ROLE: 'caller' }),
    channel('PJSIP/1005-0000000f', {}),
  ];
  t.same([...phonesOnOwnCall(channels)], ['1001', 'desk-2']);
  t.same([...phonesOnOwnCall(undefined)], []);
});

t.test('phones that another node has called: the dialplan marks neither side', async (t) => {
  const channels = [
    channel('PJSIP/tcore-peer-n2-0000000a', {}),
    channel('PJSIP/desk-2-0000000b', {}),
    channel('PJSIP/1001-0000000c', { TCORE_ROLE: 'own' }),
    channel('PJSIP/1003-0000000d', { TCORE_ROLE: 'ours' }),
  ];
  const found = snapshot(id<NodeId>('n1'), channels, []).map(({ calledPhone }) => calledPhone);
  t.same(found, ['tcore-peer-n2', 'desk-2', undefined, undefined]);
});

t.test('what is being recorded', async (t) => {
  const channels = [
    channel('PJSIP/trunk-1', { MIXMONITOR_FILENAME: '/rec/a.wav.raw' }),
    channel('PJSIP/trunk-2', { MIXMONITOR_FILENAME: '' }),
    channel('PJSIP/1001-3', {}),
  ];
  t.same([...rawFilesOf(channels)], ['/rec/a.wav.raw']);
});
