import { withoutFreeswitch } from '../support/freeswitch.js';
import { freeswitchWorld } from './freeswitch.world.js';
import { lifeContract } from './pbx-life.contract.js';

lifeContract(
  'FreeSWITCH',
  async (t) => {
    const world = await freeswitchWorld(t);
    const { freeswitch } = world;
    const { eslPort: controlPort, phonePort, domain, profile, api } = freeswitch;
    return {
      ...world,
      on: 'freeswitch',
      controlPort,
      trunkPort: freeswitch.trunkPort,
      phonePort,
      domain,
      unregister: () => api(`sofia profile ${profile} flush_inbound_reg 1002@${domain}`),
      exists: async (leg) => (await api(`uuid_exists ${leg}`)) === 'true',
      guards: async () => (await api('show tasks')).split('\n').filter((task) => /switch_ivr_schedule_|sched_api/.test(task)),
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
