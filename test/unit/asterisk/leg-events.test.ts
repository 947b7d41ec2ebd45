import t from 'tap';
import type { AriReply } from '../../../src/asterisk/ari.js';
import { Guards } from '../../../src/asterisk/guards.js';
import { LegEvents, type LegEventsParts } from '../../../src/asterisk/leg-events.js';
import { Legs } from '../../../src/asterisk/legs.js';
import { id, type LegId, type NodeId } from '../../../src/core/ids.js';
import { FakeClock } from '../../support/fake-clock.js';

t.test(
  'an agent who transfers a caller leaves nobody alone: said before his leg can end, or the caller would count as served',
  async (t) => {
    const clock = new FakeClock();
    const sent: string[] = [];
    const ok: AriReply = { ok: true, status: 204, body: undefined };
    const asked = (method: string) => async (path: string) => {
      sent.push(`${method} ${path}`);
      return ok;
    };
    const ari = { post: asked('POST'), delete: asked('DELETE') };
    const link = {
      do: (send: (to: typeof ari) => Promise<AriReply>) => send(ari),
      act: async (_action: string, { Channel, Variable, Value }: Record<string, string>) => {
        // AMI has a connection of its own: it may be slower than ARI.
        await new Promise((resolve) => setTimeout(resolve, 20));
        sent.push(`${Channel} ${Variable}=${Value}`);
        return true;
      },
    };
    const legs = new Legs(id<NodeId>('pbx1'), () => undefined);
    const guards = new Guards({ clock, set: async () => true });
    const parts = { options: { id: id<NodeId>('pbx1') }, legs, guards, link, emit: () => undefined };
    const events = new LegEvents(parts as unknown as LegEventsParts);
    const [caller, agent] = [legs.of(id<LegId>('pbx1-1763805600.1'), false), legs.of(id<LegId>('pbx1-1763805600.1-1'), true)];
    events.joined(caller, agent);
    agent.bridge = 'talk';

    const { channel } = agent;
    events.saw({
      type: 'ChannelTransfer',
      state: 'channel_progress',
      refer_to: { requested_destination: { destination: '0612345678' } },
      referred_by: { source_channel: { id: channel } },
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    guards.forgetAll();

    t.same(sent, [
      'DELETE /bridges/talk',
      `${channel} TCORE_ATTENDS=1`,
      `POST /channels/${channel}/transfer_progress`,
      `DELETE /channels/${channel}`,
    ]);
  },
);
