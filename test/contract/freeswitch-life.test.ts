import { withoutFreeswitch } from '../support/freeswitch.js';
import { freeswitchWorld } from './freeswitch.world.js';
import { lifeContract } from './pbx-life.contract.js';

lifeContract(
  'FreeSWITCH',
  async (t) => {
    const world = await freeswitchWorld(t);
    const { freeswitch } = world;
    const { eslPort: controlPort, phonePort, domain, context, profile, api } = freeswitch;
    return {
      ...world,
      controlPort,
      phonePort,
      domain,
      // The dialplan of force_transfer_context, with the same leg.
      refer: (leg, target) => api(`uuid_transfer ${leg} ${target} XML ${context}-phones`),
      unregister: () => api(`sofia profile ${profile} flush_inbound_reg 1002@${domain}`),
      exists: async (leg) => (await api(`uuid_exists ${leg}`)) === 'true',
      guards: async () => (await api('show tasks')).split('\n').filter((task) => task.includes('tcore-')),
      kill: () => freeswitch.kill(),
      restart: () => freeswitch.restart(),
      says: {
        refused: 'the event socket refused the password',
        restarted: 'FreeSWITCH has restarted: nobody owns the node',
      },
    };
  },
  { skip: withoutFreeswitch },
);
