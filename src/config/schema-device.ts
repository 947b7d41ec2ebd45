/** The phones of agents and supervisors. */
import { z } from 'zod';
import { e164, identifier, secret, switchName } from './schema-common.js';

const phone = z.strictObject({
  node: identifier.optional().describe('Switch where the phone registers. May be left out when there is only one.'),
  user: switchName.describe('SIP user, e.g. "1001".'),
  password: secret.describe('SIP password.'),
});

const sipUri = z
  .string()
  .regex(
    /^sips?:[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?(?:;transport=(?:udp|tcp|tls))?$/,
    'must be a SIP address such as sip:reception@192.0.2.10:5060',
  );

const inside = [
  z.strictObject({ phone: phone.describe('A desk phone that registers with us.') }),
  z.strictObject({
    uri: sipUri.describe('A fixed SIP address; counts as always reachable.'),
    node: identifier.optional().describe('Switch that calls it. May be left out when there is only one.'),
  }),
] as const;

/** No number outside: a voicemail that answers there must not hear a talk. */
export const insideDevice = z.union(inside, {
  error: 'a supervisor needs a phone to ring: device: { phone: { user, password } } or device: { uri: "sip:…" }',
});

export const device = z
  .union(
    [
      ...inside,
      z.strictObject({
        number: e164.describe('A mobile or home telephone; it must begin with one of remoteAgents.allowedPrefixes.'),
        node: identifier.optional().describe('Switch whose trunk it is dialled over. May be left out when there is only one.'),
      }),
    ],
    {
      error:
        'an agent needs a phone to ring: device: { phone: { user, password } }, device: { uri: "sip:…" } or device: { number: "+33…" }',
    },
  )
  .meta({ id: 'device', description: 'The phone that rings for an agent.' });
