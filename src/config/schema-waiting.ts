/** What waiting callers hear, may press, and when they wait no longer: the part of a tenant's file about waiting. */
import { z } from 'zod';
import { prompt, seconds, spokenText } from './schema-common.js';
import { placeholders, type WaitingText, waitingTexts } from './waiting-texts.js';

const ownText = (name: WaitingText) => {
  const place = placeholders[name];
  if (place === undefined) return spokenText.optional();
  return spokenText.refine((text) => text.includes(place), `must say where the number or key goes: write ${place}`).optional();
};

const textsSchema = z
  .strictObject(Object.fromEntries(waitingTexts.map((name) => [name, ownText(name)])) as Record<WaitingText, ReturnType<typeof ownText>>)
  .describe('Sentences of the tenant’s own instead of the ready-made ones (French, English).');

export const announceSchema = z
  .strictObject({
    firstSeconds: seconds(1, 3600).default(20).describe('Wait before the first announcement.'),
    everySeconds: seconds(10, 3600).default(60).describe('From one announcement to the next.'),
    position: z.boolean('must be true or false').default(false).describe('Tell the place in the queue.'),
    wait: z.boolean('must be true or false').default(false).describe('Tell the estimated wait.'),
    messages: z
      .array(prompt)
      .max(20, 'must be at most 20 messages')
      .default([])
      .describe('Messages of the tenant’s own, in turn with the figures.'),
    hints: z
      .boolean('must be true or false')
      .default(true)
      .describe('Tell the keys that leave a message or ask for a callback, at the end of each announcement.'),
    texts: textsSchema.optional(),
  })
  .describe('What waiting callers hear besides the music. Default: nothing.');

export const waitingKey = z.string().regex(/^[0-9*#]$/, 'must be one digit, or "*" or "#" in quotes');

export const maxLengthSchema = z
  .int('must be a whole number of calls')
  .min(1)
  .max(10_000)
  .optional()
  .describe('Most calls that wait; then full. Emergencies, and calls that an agent can take at once, always come in. Default: no limit.');

export type AnnounceYaml = z.output<typeof announceSchema>;
