import t from 'tap';
import { phonesOnOwnCall, rawFilesOf } from '../../../src/asterisk/snapshot.js';

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

t.test('what is being recorded', async (t) => {
  const channels = [
    channel('PJSIP/trunk-1', { MIXMONITOR_FILENAME: '/rec/a.wav.raw' }),
    channel('PJSIP/trunk-2', { MIXMONITOR_FILENAME: '' }),
    channel('PJSIP/1001-3', {}),
  ];
  t.same([...rawFilesOf(channels)], ['/rec/a.wav.raw']);
});
