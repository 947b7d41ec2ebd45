/** `telephony.yaml`: the deployment, i.e. switches, Redis, agents and the daemon itself. Every default stands here. */
import { z } from 'zod';
import { absolutePath, filePath, host, identifier, label, port, prefix, prompt, seconds, secret, switchName } from './schema-common.js';
import { deskSchema } from './schema-desk.js';
import { device } from './schema-device.js';
import { httpSchema } from './schema-http.js';
import { supervisionSchema, supervisorSchema } from './schema-supervisor.js';

/** Not where a carrier's calls or the phones' come in: whoever is let in there rings phones past queues and opening hours. */
const peerHost = host.describe('SIP address at which this switch takes calls of the other ones for its phones.');
const peerPort = port.default(5070).describe('Port of that address.');
const peerIs =
  'Lets callers on other switches reach the phones of this one, and its own callers theirs. Without it a pool stays on one switch.';

const freeswitchNode = z.strictObject({
  id: identifier.describe('Name of this switch, e.g. pbx1.'),
  kind: z.literal('freeswitch', { error: 'must be freeswitch or asterisk' }).default('freeswitch').describe('The kind of switch.'),
  host: host.default('127.0.0.1').describe('Where its event socket listens.'),
  port: port.default(8021).describe('Port of its event socket.'),
  password: secret.describe('Password of its event socket.'),
  context: switchName.default('tcore').describe('Dialplan context that holds our hand-over and fallback extensions.'),
  profile: switchName.default('internal').describe('Sofia profile on which phones register and agents are rung.'),
  domain: host.optional().describe('SIP domain in which phones register. Default: the host.'),
  trunk: switchName.optional().describe('Gateway for numbers outside, e.g. carrier. Without it this switch makes no transfers.'),
  peer: z
    .strictObject({
      host: peerHost,
      port: peerPort,
      profile: switchName.default('peers').describe('Sofia profile that has this address.'),
    })
    .optional()
    .describe(peerIs),
  recordingsDir: absolutePath
    .default('/var/lib/telephony-core/recordings')
    .describe('Absolute folder on the switch’s host for recordings and messages.'),
  directoryFile: absolutePath
    .optional()
    .describe('Absolute file on the switch’s host that the phone directory is written to. Without it you keep your own directory.'),
});

const asteriskNode = z.strictObject({
  id: identifier.describe('Name of this switch, e.g. pbx1.'),
  kind: z.literal('asterisk', { error: 'must be freeswitch or asterisk' }).describe('The kind of switch.'),
  host: host.default('127.0.0.1').describe('Where ARI and AMI listen.'),
  port: port.default(8088).describe('Port of ARI (http.conf).'),
  amiPort: port.default(5038).describe('Port of AMI (manager.conf).'),
  user: switchName.default('telephony-core').describe('Account in ari.conf and manager.conf.'),
  password: secret.describe('Password of that account, in both.'),
  context: switchName.default('tcore').describe('What the names of our dialplan’s contexts begin with.'),
  domain: host.optional().describe('SIP domain in which phones register. Default: the host.'),
  trunk: switchName.optional().describe('PJSIP endpoint for numbers outside, e.g. trunk. Without it this switch makes no transfers.'),
  peer: z
    .strictObject({
      host: peerHost,
      port: peerPort,
      endpoint: switchName.default('peer').describe('PJSIP endpoint of the other switches.'),
    })
    .optional()
    .describe(peerIs),
  recordingsDir: absolutePath
    .default('/var/lib/telephony-core/recordings')
    .describe('Absolute folder on the switch’s host for recordings and messages.'),
  directoryFile: absolutePath
    .optional()
    .describe('Absolute file on the switch’s host that the phones’ accounts are written to (phones.conf). Without it you keep your own.'),
});

export const nodeSchema = z.union([freeswitchNode, asteriskNode], { error: 'must be a switch: id, password …' });

export const agentSchema = z
  .strictObject({
    id: identifier.describe('Name of the agent in keys, logs and records, e.g. alice.'),
    name: label.max(60, 'must be at most 60 characters').describe('As shown on the phones of others.'),
    pool: identifier.optional().describe('Pool that the agent belongs to.'),
    pools: z.array(identifier).default([]).describe('Pools that the agent belongs to, instead of pool or besides it.'),
    device: device,
    skills: z
      .record(identifier, z.int('must be a level from 1 to 100').min(1).max(100))
      .default({})
      .describe('Skill → level from 1 to 100.'),
    maxCalls: z
      .int('must be a number from 1 to 5')
      .min(1, 'must be a number from 1 to 5')
      .max(5, 'must be a number from 1 to 5')
      .default(1)
      .describe('How many calls the agent may have at once: while talking to fewer, the phone rings for more.'),
  })
  .refine(({ pool, pools }) => pool !== undefined || pools.length > 0, {
    path: ['pool'],
    error: 'is missing: name a pool, or several as pools',
  });

const redisUrl = z
  .string()
  .regex(/^rediss?:\/\/[^\s@]+$/, 'must be an address such as redis://127.0.0.1:6379, without user and password')
  .refine((text) => URL.canParse(text), 'must be an address such as redis://127.0.0.1:6379');

export const telephonySchema = z.strictObject({
  nodes: z.array(nodeSchema).min(1, 'must name at least one switch').describe('The switches that the daemon drives.'),
  redis: z
    .strictObject({
      url: redisUrl.default('redis://127.0.0.1:6379').describe('Where Redis listens; rediss:// for TLS.'),
      password: secret.optional().describe('Password of Redis.'),
      keyPrefix: z
        .string()
        .regex(
          /^[A-Za-z0-9:_-]{0,31}[A-Za-z0-9_-]$/,
          'must be at most 32 of letters, digits, ":", "_" and "-", without ":" at its end, which is added',
        )
        .default('tcore')
        .describe('In front of every key; lets deployments share one Redis.'),
    })
    .prefault({})
    .describe('Where queues and agents are kept.'),
  countryCode: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, 'must be a country calling code without "+", in quotes, e.g. "33"')
    .default('33')
    .describe('Country calling code for numbers that a trunk sends in national form.'),
  skills: z.array(identifier).default([]).describe('Every skill that agents have and queues require.'),
  pools: z.array(identifier).min(1, 'must name at least one pool').describe('Groups of agents that tenants share.'),
  agents: z.array(agentSchema).default([]).describe('The receptionists.'),
  remoteAgents: z
    .strictObject({
      allowedPrefixes: z.array(prefix).default([]).describe('Beginnings of the numbers at which agents may be called. Default: none.'),
      confirm: prompt
        .optional()
        .describe('Asks to press 1 to take the call. Default: a sentence in the locale of the desk (French, English).'),
    })
    .prefault({})
    .describe('Agents at a mobile or home number.'),
  http: httpSchema,
  desk: deskSchema,
  supervisors: z.array(supervisorSchema).default([]).describe('Who may listen to talks and speak in them.'),
  supervision: supervisionSchema.prefault({}).describe('How supervisors’ PINs are guarded.'),
  records: z
    .strictObject({
      file: filePath.optional().describe('One JSON line a call is appended here. Without it there is no file.'),
      streamLength: z.int().min(0).max(10_000_000).default(100_000).describe('How many call records the Redis stream keeps.'),
    })
    .prefault({})
    .describe('Where the records of calls go.'),
  drainSeconds: seconds(0, 86_400).default(600).describe('After SIGTERM: how long calls may go on before the daemon leaves.'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], { error: 'must be trace, debug, info, warn, error or fatal' })
    .default('info')
    .describe('Least severe log lines that are written.'),
  promptsCacheDir: filePath
    .default('/var/cache/telephony-core/prompts')
    .describe('Spoken texts are kept here as audio files, which the switch must be able to read.'),
  voice: z
    .strictObject({
      wordsPerMinute: z.int().min(80).max(300).default(150).describe('How fast texts are spoken.'),
      voices: z
        .record(z.string(), z.string().regex(/^[a-z][A-Za-z0-9+_-]{0,40}$/, 'must be the name of an espeak-ng voice, e.g. fr-fr+f2'))
        .default({})
        .describe('Locale → voice of espeak-ng, instead of the usual one.'),
    })
    .prefault({})
    .describe('How texts are spoken.'),
});

export type NodeYaml = z.output<typeof nodeSchema>;
export type AgentYaml = z.output<typeof agentSchema>;

/** In the order in which they are written; of an agent who cannot be read wholly, those that can. */
export const poolsOf = ({ pool, pools = [] }: Partial<AgentYaml>): readonly string[] => [...(pool === undefined ? [] : [pool]), ...pools];
export type TelephonyYaml = z.output<typeof telephonySchema>;
