import type { Test } from 'tap';
import { connectFreeswitch } from '../../src/freeswitch/connect.js';
import type { Freeswitch } from '../../src/lab/freeswitch.js';
import { freeswitchFor } from '../support/freeswitch.js';
import { type SwitchWorld, switchWorld } from './switch.world.js';

export interface FreeswitchWorld extends SwitchWorld {
  readonly freeswitch: Freeswitch;
}

export async function freeswitchWorld(t: Test): Promise<FreeswitchWorld> {
  const freeswitch = await freeswitchFor(t);
  const { host, eslPort: port, password, profile, domain } = freeswitch;
  const world = await switchWorld(t, freeswitch, {
    connect: (around, way) => connectFreeswitch({ host, port, password, profile, domain, ...around, ...way }),
    // Another's: who he is says the account that proved its password.
    codeCaller: '1001',
  });
  return { ...world, freeswitch };
}
