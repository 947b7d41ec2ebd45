/** A caller and an agent who hear each other, each by a tone of his own. */
import { tone } from '../../src/lab/audio.js';
import { hears } from './hearing.js';
import type { IncomingCall } from './sip/call.js';
import type { Phone } from './sip/phone.js';
import type { PlacedCall, Site } from './site.js';
import { hertz, numbers } from './tenants.js';

/** `call` is the caller's side, `leg` the agent's. Resolves when each has heard the other. */
export async function talkOn(site: Site, phone: Phone): Promise<{ readonly call: PlacedCall; readonly leg: IncomingCall }> {
  const call = await site.dial(numbers.desk);
  const leg = await phone.rings();
  leg.answer();
  leg.media.say(tone(hertz.agent, 1_000), true);
  call.media.say(tone(hertz.caller, 1_000), true);
  await hears(call, hertz.agent);
  await hears(leg, hertz.caller);
  return { call, leg };
}
