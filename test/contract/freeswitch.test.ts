import { withoutFreeswitch } from '../support/freeswitch.js';
import { freeswitchWorld } from './freeswitch.world.js';
import { pbxContract } from './pbx.contract.js';

pbxContract('FreeSWITCH', freeswitchWorld, { skip: withoutFreeswitch });
