import t from 'tap';
import type { AriEvent } from '../../../src/asterisk/ari.js';
import { referralOf } from '../../../src/asterisk/referral.js';

const source = { id: 'call-1-2', name: 'PJSIP/1001-00000001', state: 'Up' };
/** As Asterisk 22.10 tells it. */
const transfer = (requested_destination: object): AriEvent => ({
  type: 'ChannelTransfer',
  refer_to: { requested_destination },
  referred_by: { source_channel: source },
});

t.test('a blind transfer has a target', async (t) => {
  t.same(referralOf(transfer({ destination: '0612345002', additional_protocol_params: [] })), {
    channel: 'call-1-2',
    target: '0612345002',
  });
});

t.test('an attended one names another call, and no target that could be dialled', async (t) => {
  t.same(referralOf(transfer({ protocol_id: 'other-call@phone' })), { channel: 'call-1-2', target: undefined });
  t.same(referralOf(transfer({ protocol_id: 'other-call@phone', destination: '0899' })), { channel: 'call-1-2', target: undefined });
  t.same(referralOf(transfer({})), { channel: 'call-1-2', target: undefined });
});

t.test('what is told in another form is nobody’s', async (t) => {
  t.equal(referralOf({ type: 'ChannelTransfer' }), undefined);
});
