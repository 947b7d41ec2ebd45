/** What the API shows, piece by piece: the schemas of its answers. A field that is not here is never sent. */
import { z } from 'zod';
import { supervisionModes } from '../core/call/supervised.js';
import { time } from './schema.js';

const ms = z.number();

export const stateName = z
  .enum([
    'arriving',
    'greeting',
    'playing',
    'menu',
    'waiting',
    'offered',
    'connected',
    'transferring',
    'arranging',
    'callback',
    'callingBack',
    'voicemail',
    'ending',
    'ended',
  ])
  .meta({ id: 'CallState', description: 'Where the call is in its life.' });

export const drainState = z
  .enum(['serving', 'draining', 'drained'])
  .describe('`draining`: no new calls are taken. `drained`: and none is left.');

export const nodeView = z.object({
  id: z.string(),
  up: z.boolean(),
  reason: z.string().optional().describe('Why it is down.'),
});

export const redisView = z.object({ up: z.boolean(), reason: z.string().optional().describe('Why it is away.') });

export const agentStatus = z.enum(['signedOut', 'unreachable', 'idle', 'offered', 'connected', 'wrapUp', 'paused', 'ownCall']).meta({
  id: 'AgentStatus',
  description: '`unreachable`: signed in, but the phone cannot be rung. `ownCall`: on a call that the agent made or was called by.',
});

export const agentView = z
  .object({
    agent: z.string(),
    name: z.string(),
    pools: z.array(z.string()),
    device: z.string(),
    reachable: z.boolean().describe('Whether the phone can be rung now.'),
    status: agentStatus,
    pause: z
      .object({ reason: z.string().optional(), since: time })
      .optional()
      .describe('A pause that the agent asked for; during a talk it begins at its end.'),
    rest: z
      .enum(['no-answer', 'busy', 'rejected', 'unreachable', 'breather'])
      .optional()
      .describe('Why the agent is `paused` without having asked for it: an offer that was not taken, or a breather after much work.'),
    until: time.optional().describe('When an offer, the after-call work or a rest after an offer that was not taken ends by itself.'),
    calls: z.array(z.string()).describe('Ids of the calls that the agent talks to.'),
    maxCalls: z.number().describe('How many calls the agent may have at once.'),
  })
  .meta({ id: 'Agent', description: 'An agent.' });

export const queueView = z
  .object({
    queue: z.string(),
    length: z.number().describe('Calls that wait, on all daemons, without those that are being offered.'),
    oldestWaitMs: ms.optional().describe('How long the oldest of them has waited.'),
  })
  .meta({ id: 'Queue', description: 'A queue.' });

const callerView = z.object({
  number: z.string().describe('Masked but for two digits, unless revealed.'),
  name: z.string().optional().describe('Only when revealed.'),
});

export const callView = z
  .object({
    call: z.string(),
    tenant: z.string(),
    node: z.string(),
    state: stateName,
    caller: callerView,
    dialled: z.string(),
    arrivedAt: time,
    enqueuedAt: time.optional(),
    agent: z
      .string()
      .optional()
      .describe('Who is offered the call, waits while the caller is called back, or talks to him; with ring all, the first of them.'),
    agents: z.array(z.string()).describe('All of them.'),
    supervision: z
      .object({
        supervisor: z.string(),
        mode: z.enum(supervisionModes),
        attending: z.boolean().describe('false: his phone rings.'),
      })
      .optional()
      .describe('Who hears the talk.'),
  })
  .meta({ id: 'Call', description: 'A call in progress on this daemon.' });

export const recordView = z
  .object({
    call: z.string(),
    tenant: z.string(),
    node: z.string(),
    caller: callerView,
    dialled: z.string(),
    opening: z.enum(['open', 'closed', 'holiday']),
    arrivedAt: time,
    enqueuedAt: time.nullable(),
    answeredAt: time.nullable(),
    endedAt: time,
    waitMs: ms.nullable(),
    talkMs: ms.nullable(),
    agent: z.string().nullable(),
    offers: z.array(z.object({ agent: z.string(), at: time, outcome: z.string() })).describe('Who was asked, in order.'),
    held: z
      .array(z.object({ at: time, by: z.enum(['busy', 'nobody', 'ownAgent', 'cap', 'callbacks']) }))
      .optional()
      .describe('What kept the call from being offered, whenever that changed while it waited.'),
    digits: z.array(z.string()).optional().describe('Keys pressed in menus; only when revealed.'),
    recording: z.object({ file: z.string(), ms: ms.nullable(), bytes: z.number().nullable() }).nullable(),
    message: z.object({ file: z.string(), ms }).nullable(),
    transferredTo: z.string().nullable(),
    supervised: z
      .array(
        z.object({
          supervisor: z.string(),
          mode: z.enum(supervisionModes),
          via: z.enum(['api', 'phone']),
          from: time.describe('When he began to hear; of a try: when it was refused.'),
          to: time.nullable(),
          refused: z.string().optional().describe('Why it came to nothing. Missing: he heard the talk.'),
        }),
      )
      .optional()
      .describe('Supervisors who attended the talk, and tries that were refused, in order. Missing: none.'),
    callback: z
      .object({
        number: z.string().describe('Masked but for two digits, unless revealed.'),
        askedAt: time,
        reachedAt: time.nullable(),
        tries: z.array(z.object({ at: time, agent: z.string(), outcome: z.string() })),
        restedMs: ms.optional().describe('How long it was out of the queue, between tries and outside opening hours.'),
      })
      .nullish()
      .describe('The caller asked to be called back. null or missing: he did not.'),
    outcome: z.string(),
    cause: z.string(),
  })
  .meta({ id: 'CallRecord', description: 'A finished call.' });
