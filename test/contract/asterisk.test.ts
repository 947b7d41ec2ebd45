import { withoutAsterisk } from '../support/asterisk.js';
import { asteriskWorld } from './asterisk.world.js';
import { pbxContract } from './pbx.contract.js';

pbxContract('Asterisk', asteriskWorld, { skip: withoutAsterisk });
