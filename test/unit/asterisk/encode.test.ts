import t from 'tap';
import { dialUri } from '../../../src/asterisk/encode.js';
import { type DeviceId, id, type NodeId } from '../../../src/core/ids.js';

const here = id<NodeId>('pbx1');
const there = id<NodeId>('pbx2');
const phone = (node: NodeId, user = '1001') => ({ id: id<DeviceId>('alice'), kind: 'phone', node, user }) as const;
const peers = new Map([[there, { host: '192.0.2.12', port: 5_070 }]]);

t.test('a phone is dialled here or at its home node', async (t) => {
  const node = { id: here, trunk: undefined, peer: { endpoint: 'peer' }, peers };
  t.equal(dialUri(phone(here), node), 'PJSIP/1001');
  t.equal(dialUri(phone(there), node), 'PJSIP/peer/sip:1001@192.0.2.12:5070');
  t.equal(dialUri(phone(id<NodeId>('pbx3')), node), undefined, 'which has no peer address');
  t.equal(dialUri(phone(there), { ...node, peer: undefined }), undefined, 'we have none');
  t.equal(dialUri(phone(there, '1001@trunk'), node), undefined);
  t.equal(dialUri(phone(here, '1001&PJSIP/trunk'), node), undefined);
});

t.test('a number outside needs a trunk', async (t) => {
  const to = { kind: 'number', number: '+33612345678' } as const;
  t.equal(dialUri(to, { id: here, trunk: undefined }), undefined);
  t.equal(dialUri(to, { id: here, trunk: 'carrier' }), 'PJSIP/+33612345678@carrier');
});
