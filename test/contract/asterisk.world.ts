import type { Test } from 'tap';
import { connectAsterisk } from '../../src/asterisk/connect.js';
import { type Asterisk, asteriskFor } from '../support/asterisk.js';
import { type SwitchWorld, switchWorld } from './switch.world.js';

export interface AsteriskWorld extends SwitchWorld {
  readonly asterisk: Asterisk;
}

export async function asteriskWorld(t: Test): Promise<AsteriskWorld> {
  const asterisk = await asteriskFor(t, { contactsAsTold: true });
  const { host, ariPort: port, amiPort, user, password } = asterisk;
  const world = await switchWorld(t, asterisk, {
    connect: (around, way) => connectAsterisk({ host, port, amiPort, user, password, ...around, ...way }),
    // Asterisk asks for the password of whom the From header names.
    codeCaller: '1002',
  });
  return { ...world, asterisk };
}
