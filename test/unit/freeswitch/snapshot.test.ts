import t from 'tap';
import { id, type NodeId } from '../../../src/core/ids.js';
import { snapshot } from '../../../src/freeswitch/snapshot.js';

t.test('a phone that another node has called: by the leg that came in for it', async (t) => {
  const channels = [
    { uuid: 'peer', direction: 'inbound', initial_context: 'tcore-peers', initial_dest: '1001', dest: 'NO_ANSWER' },
    { uuid: 'phone', direction: 'outbound', initial_context: 'default', initial_dest: '1001' },
    { uuid: 'caller', direction: 'inbound', initial_context: 'tcore', initial_dest: '+33123456701' },
  ];
  const found = snapshot(channels, [], id<NodeId>('n1'), 'tcore');
  t.same(
    found.map(({ leg, role, calledPhone }) => [leg, role, calledPhone]),
    [
      ['peer', 'other', '1001'],
      ['phone', 'other', undefined],
      ['caller', 'caller', undefined],
    ],
  );
});
