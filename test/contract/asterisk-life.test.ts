import { register } from '../../src/lab/sipp.js';
import { withoutAsterisk } from '../support/asterisk.js';
import { asteriskWorld } from './asterisk.world.js';
import { lifeContract } from './pbx-life.contract.js';

lifeContract(
  'Asterisk',
  async (t) => {
    const world = await asteriskWorld(t);
    const { asterisk } = world;
    const { ariPort: controlPort, phonePort, domain, cli } = asterisk;
    const channels = async () => (await cli('core show channels concise')).split('\n').map((line) => line.trim());
    return {
      ...world,
      on: 'asterisk',
      controlPort,
      trunkPort: asterisk.trunkPort,
      phonePort,
      domain,
      unregister: () => register({ port: phonePort, domain, phones: [{ user: '1002', password: 'secret-2', phonePort: 9 }], expires: 0 }),
      exists: async (leg) => (await channels()).some((line) => line.endsWith(`!${leg}`)),
      kill: () => asterisk.kill(),
      restart: () => asterisk.restart(),
      says: {
        refused: 'ARI refused the account',
        restarted: 'Asterisk has restarted: nobody owns the node',
      },
    };
  },
  { skip: withoutAsterisk },
);
