/** The desk: what all agents share. A part of `telephony.yaml`. */
import { z } from 'zod';
import { identifier, prompt, seconds, title } from './schema-common.js';

const code = z.string().regex(/^\*\d{1,6}$/, 'must be "*" and 1 to 6 digits, in quotes, e.g. "*11"');

/** The names of the codes are the verbs of core/feature/desk.ts. */
export const codesSchema = z
  .strictObject({
    signIn: code.optional().describe('Takes calls from now on.'),
    signOut: code.optional().describe('Takes no more calls, until signed in again.'),
    pause: code.optional().describe('Takes no calls for a while. The reason is asked for, or its key dialled behind the code.'),
    ready: code.optional().describe('Ends a pause or the after-call work.'),
    extendWrapUp: code.optional().describe('More time for the after-call work.'),
    listen: code
      .optional()
      .describe('A supervisor hears an agent’s talk. The agent’s phone is asked for, or dialled behind the code; then the PIN.'),
    whisper: code.optional().describe('The same, and the agent alone hears the supervisor.'),
    barge: code.optional().describe('The same, and both hear the supervisor.'),
  })
  .default({})
  .describe('What agents dial on their desk phones. Without a code there is none.');

export const deskSchema = z
  .strictObject({
    locale: z.string().default('fr-FR').describe('Language in which agents are spoken to on their phones, e.g. fr-FR.'),
    signIn: z
      .enum(['automatic', 'manual'], { error: 'must be automatic or manual' })
      .default('automatic')
      .describe('automatic: whoever’s phone is registered is signed in unless he signed out. manual: nobody is who did not sign in.'),
    codes: codesSchema,
    pauseReasons: z
      .array(
        z.strictObject({
          id: identifier.describe('Name of the reason in API, records and statistics, e.g. lunch.'),
          name: title.describe('As it is spoken to the agent, e.g. déjeuner.'),
          key: z
            .string()
            .regex(/^[1-9]$/, 'must be a key from "1" to "9", in quotes')
            .describe('Key that chooses it on the phone.'),
        }),
      )
      .max(9, 'must be at most 9 reasons')
      .default([])
      .describe('Why agents may pause. Without any, a pause has no reason.'),
    wrapUpExtension: z
      .strictObject({
        seconds: seconds(5, 3600).default(60).describe('By how much one request extends the after-call work.'),
        mostSeconds: seconds(5, 7200).default(300).describe('By how much it is extended at most in all.'),
      })
      .prefault({})
      .describe('More time for the after-call work.'),
    breather: z
      .strictObject({
        maxOccupancyPercent: z
          .int('must be a whole per cent')
          .min(10)
          .max(100)
          .describe('At this share of his time an agent has worked enough.'),
        windowMinutes: z
          .number('must be a number of minutes')
          .min(0.1)
          .max(480)
          .default(60)
          .describe('Over how long the share is taken; parts of a minute are allowed.'),
        seconds: seconds(5, 3600).default(120).describe('How long he gets no call then, after his after-call work.'),
      })
      .optional()
      .describe('A breather for whoever worked too large a part of his time lately. Default: none.'),
    texts: z
      .record(z.string(), prompt)
      .default({})
      .describe('Text of the desk → a prompt instead of the usual one, or in another language.'),
  })
  .prefault({})
  .describe('What all agents share: how they sign in, why they may pause, what they dial and hear.');

export type DeskYaml = z.output<typeof deskSchema>;
