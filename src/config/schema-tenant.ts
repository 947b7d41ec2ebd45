/** `tenants/NAME.yaml`: one client company. Every default stands here, except those that depend on another value. */
import { z } from 'zod';
import { e164, filePath, identifier, label, type PromptYaml, prefix, prompt, seconds, title } from './schema-common.js';
import {
  type AsksYaml,
  asksSchema,
  boostsSchema,
  callbackSchema,
  missedSchema,
  routingFields,
  shareSchema,
  vipNumbersSchema,
} from './schema-queue.js';
import { announceSchema, maxLengthSchema, waitingKey } from './schema-waiting.js';

/** One step of a tenant's flow. `play` goes on with `then`, which is `hangup` unless given. */
export type ActionYaml =
  | 'queue'
  | 'voicemail'
  | 'callback'
  | 'hangup'
  | { readonly queue: AsksYaml }
  | { readonly menu: string }
  | { readonly transfer: string }
  | { readonly play: PromptYaml; readonly then: ActionYaml };

type ActionInput =
  | Exclude<ActionYaml, { play: PromptYaml } | { queue: AsksYaml }>
  | { readonly queue: z.input<typeof asksSchema> }
  | { readonly play: PromptYaml; readonly then?: ActionInput | undefined };

const action: z.ZodType<ActionYaml, ActionInput> = z
  .lazy(() =>
    z.union(
      [
        z.enum(['queue', 'voicemail', 'callback', 'hangup']),
        z.strictObject({ queue: asksSchema }),
        z.strictObject({ menu: identifier.describe('A menu of this tenant.') }),
        z.strictObject({ transfer: e164.describe('A number outside that begins with one of allowedPrefixes.') }),
        // biome-ignore lint/suspicious/noThenProperty: a step, not a promise: its `then` is no function
        z.strictObject({ play: prompt, then: action.default('hangup').describe('What follows. Default: hangup.') }),
      ],
      {
        error:
          'must be queue, voicemail, callback, hangup, { queue: needs }, { menu: name }, { transfer: "+33…" } or { play: prompt, then: … }',
      },
    ),
  )
  .meta({
    id: 'action',
    description: 'One step: queue, voicemail, callback, hangup, { queue }, { menu }, { transfer } or { play, then }.',
  });

export const menuSchema = z
  .strictObject({
    prompt: prompt.describe('What the caller hears; a key ends it.'),
    keys: z
      .record(z.string().regex(/^(?:[0-9]{1,6}|[*#])$/, 'must be 1 to 6 digits, or "*" or "#" in quotes'), action)
      .refine((keys) => Object.keys(keys).length > 0, 'must have at least one key')
      .describe('Keys as dialled → what they do.'),
    noInputSeconds: seconds(1, 60).default(5).describe('How long to wait for a key after the prompt.'),
    interDigitMs: z.int().min(200).max(10_000).default(2000).describe('How long to wait for a further digit, in milliseconds.'),
    retries: z.int().min(0).max(10).default(2).describe('How often the menu is played again after no key or a wrong key.'),
    invalidPrompt: prompt.optional().describe('Played after a wrong key. Without it the menu just starts again.'),
    onNoInput: action.default('queue').describe('When the retries are used up and no key was pressed.'),
    onInvalid: action.default('queue').describe('When the retries are used up and the last key was wrong.'),
  })
  .meta({ id: 'menu' });

const hoursOfDay = z
  .array(z.string().regex(/^\d\d:\d\d-\d\d:\d\d$/, 'must be a span such as "08:00-12:30"'))
  .default([])
  .describe('Spans such as "08:00-12:30", local time; "24:00" is the end of the day. Default: closed all day.');

export const hoursSchema = z.strictObject({
  monday: hoursOfDay,
  tuesday: hoursOfDay,
  wednesday: hoursOfDay,
  thursday: hoursOfDay,
  friday: hoursOfDay,
  saturday: hoursOfDay,
  sunday: hoursOfDay,
});

const localDate = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'must be a date such as 2026-08-03');

export const closureSchema = z.union([localDate, z.strictObject({ from: localDate, to: localDate })], {
  error: 'must be a date such as 2026-08-03, or { from: 2026-08-03, to: 2026-08-21 }',
});

export const queueSchema = z.strictObject({
  pool: identifier.describe('Pool whose agents answer.'),
  ...routingFields,
  music: filePath.optional().describe('WAV file played while waiting. Default: the switch’s own hold music.'),
  ringSeconds: seconds(3, 120).default(20).describe('How long one agent’s phone rings.'),
  wrapUpSeconds: seconds(0, 3600).default(15).describe('After-call work: the agent gets no call meanwhile.'),
  boosts: boostsSchema,
  missed: missedSchema,
  maxWaitSeconds: seconds(5, 7200).default(300).describe('Longest wait, then overflow.'),
  overflow: action.default('voicemail').describe('What happens after maxWaitSeconds. Not queue.'),
  noAgent: z
    .union([z.literal('wait'), action], { error: 'must be wait, voicemail, hangup, { menu }, { transfer } or { play, then }' })
    .default('voicemail')
    .describe('What happens at once when no agent of the pool is signed in; wait: nothing.'),
  callback: callbackSchema.optional(),
  agentsLeft: z
    .union([z.literal('wait'), action], { error: 'must be wait, voicemail, hangup, { menu }, { transfer } or { play, then }' })
    .optional()
    .describe('What happens to waiting callers when the last agent who could answer has signed out; wait: nothing. Default: as noAgent.'),
  agentsLeftSeconds: seconds(0, 3600).default(30).describe('How long agents may be gone before agentsLeft: phones may register anew.'),
  maxLength: maxLengthSchema,
  full: action.default('voicemail').describe('What happens at once to one caller more than maxLength. Not queue.'),
  atClosing: z
    .union([z.literal('wait'), action], { error: 'must be wait, voicemail, hangup, { menu }, { transfer } or { play, then }' })
    .default('wait')
    .describe('What happens to waiting callers when the opening hours end in which they came, told first; wait: they wait on.'),
  keys: z.record(waitingKey, action).default({}).describe('Keys that a waiting caller may press → what they do, e.g. 1: voicemail.'),
  announce: announceSchema.optional(),
});

const voicemailSchema = z.strictObject({
  greeting: prompt.optional().describe('Played before the beep. Default: a sentence in the tenant’s language (French, English).'),
  maxSeconds: seconds(5, 1800).default(120).describe('Longest message.'),
  silenceSeconds: seconds(1, 60).default(5).describe('This much silence ends the message.'),
});

export const tenantSchema = z.strictObject({
  id: identifier.describe('Name of the tenant in keys, logs, records and folders, e.g. cabinet-martin.'),
  name: title.describe('The company’s name for people, e.g. Cabinet du docteur Martin.'),
  shortName: label.max(20, 'must be at most 20 characters').describe('In front of the caller’s name on the agent’s phone.'),
  whisper: z
    .union([prompt, z.literal(false)], { error: 'must be a text, { text: "…" }, { file: prompts/name.wav }, or false for none' })
    .optional()
    .describe('What the agent hears before the caller is put through; false: nothing. Default: the name, spoken.'),
  locale: z.string().default('fr-FR').describe('Language and country (BCP 47), for spoken texts.'),
  timezone: z.string().default('Europe/Paris').describe('IANA time zone of the hours, closures and holidays.'),
  serviceLevel: z
    .string()
    .regex(/^(?:100|[1-9]?\d)\/[1-9]\d{0,3}$/, 'must be per cent and seconds such as "80/20": 80 % answered within 20 s')
    .default('80/20')
    .describe('Promise: per cent of calls answered within so many seconds.'),
  emergencyNumber: e164.optional().describe('Number of the person to be called out in an emergency.'),
  allowedPrefixes: z.array(prefix).default([]).describe('Beginnings of the numbers that may be dialled for this tenant. Default: none.'),
  numbers: z.array(e164).min(1, 'must have at least one number').describe('The numbers on which this tenant is called, E.164.'),
  hours: hoursSchema.describe('When the tenant is open, by weekday, local time.'),
  closures: z.array(closureSchema).default([]).describe('Days on which the tenant is closed, both ends included.'),
  holidays: z
    .strictObject({
      country: z.string().describe('Country whose public holidays count, e.g. FR.'),
      region: z.string().optional().describe('Region with more holidays, e.g. "67" for the Bas-Rhin.'),
    })
    .optional()
    .describe('Public holidays. Default: none.'),
  greetings: z
    .strictObject({
      open: prompt.optional().describe('First thing that callers hear during hours.'),
      closed: prompt.optional().describe('First thing that callers hear outside hours.'),
      holiday: prompt.optional().describe('First thing that callers hear on a holiday. Default: the closed greeting.'),
    })
    .prefault({})
    .describe('First thing that callers hear. Default: nothing.'),
  flow: z
    .strictObject({
      open: action.default('queue').describe('What follows the greeting during hours.'),
      closed: action.default('voicemail').describe('What follows the greeting outside hours.'),
      holiday: action.optional().describe('What follows the greeting on a holiday. Default: as closed.'),
    })
    .prefault({})
    .describe('What follows the greeting.'),
  menus: z.record(identifier, menuSchema).default({}).describe('Menus by name.'),
  queue: queueSchema.describe('How calls wait for an agent.'),
  share: shareSchema.optional(),
  vipNumbers: vipNumbersSchema,
  voicemail: voicemailSchema.prefault({}).describe('How messages are taken.'),
  recording: z.boolean('must be true or false').default(false).describe('Record what callers and agents say.'),
});

export type MenuYaml = z.output<typeof menuSchema>;
export type HoursYaml = z.output<typeof hoursSchema>;
export type QueueYaml = z.output<typeof queueSchema>;
export type TenantYaml = z.output<typeof tenantSchema>;
