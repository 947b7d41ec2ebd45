/** What a simulated day is made of besides the configuration: callers, agents and how long things take. Written by a planner. */
import { z } from 'zod';

const seconds = z.number().min(0).max(86_400);
const percent = z.number().min(0).max(100);
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a date, YYYY-MM-DD');

/** How long an agent talks. */
const handling = {
  handlingSeconds: seconds.describe('Mean time that an agent talks with a caller; the wrap-up of the queue comes on top.'),
  handlingSpread: z
    .union([z.literal('exponential'), z.number().min(0).max(5)])
    .describe('exponential, or the standard deviation over the mean of a lognormal distribution; 0: all calls take the mean.'),
  patienceSeconds: z
    .union([z.literal('none'), seconds])
    .describe('Mean time after which a caller in the queue hangs up (exponential); none: he waits for ever.'),
};

const curve = z
  .union([z.enum(['office', 'flat']), z.array(z.number().min(0)).length(24)])
  .describe('How the calls spread over the day: office (two peaks, 08:00 to 19:00), flat, or 24 weights from midnight.');

export const assumptionsSchema = z.strictObject({
  date: day.default('2026-09-15').describe('The day that is played; opening hours and holidays of that day count.'),
  days: z.number().int().min(1).max(3_650).default(1).describe('How many days in a row.'),
  timezone: z.string().optional().describe('Of the curve, the shifts and of times in files; the first tenant’s where it is missing.'),
  calls: z.number().min(0).max(10_000_000).default(400).describe('Calls a day of all tenants together, on average (Poisson).'),
  curve: curve.default('office').describe(curve.description ?? ''),
  handlingSeconds: handling.handlingSeconds.default(150).describe(handling.handlingSeconds.description ?? ''),
  handlingSpread: handling.handlingSpread.default('exponential').describe(handling.handlingSpread.description ?? ''),
  patienceSeconds: handling.patienceSeconds.default(180).describe(handling.patienceSeconds.description ?? ''),
  answerSeconds: seconds.default(4).describe('How long an agent’s phone rings before he takes the call.'),
  noAnswerPercent: percent.default(1).describe('How many offers an agent leaves unanswered.'),
  promptSeconds: seconds.default(6).describe('How long a greeting or a menu lasts.'),
  whisperSeconds: seconds.default(1.5).describe('How long the agent hears for whom he answers.'),
  messageSeconds: seconds.default(25).describe('How long a voicemail message lasts.'),
  callbackPercent: percent.default(20).describe('How many of those who wait ask to be called back, where a key of the queue offers that.'),
  messagePercent: percent.default(5).describe('How many of those who wait leave a message, where a key of the queue offers that.'),
  decideSeconds: seconds
    .default(45)
    .describe('How long they wait before they press that key; where announcements name it, the first announcement counts.'),
  heedPercent: percent
    .default(0)
    .describe('How many of those who are told a wait beyond their patience act on it at once: they take a callback, or hang up.'),
  reachPercent: percent.default(80).describe('How many calls to those who wait for their callback are answered.'),
  absencesPerHour: z
    .number()
    .min(0)
    .max(60)
    .default(0)
    .describe('How often in an hour an agent walks off without pausing: his phone rings in vain meanwhile.'),
  absenceSeconds: seconds.default(300).describe('How long he is away then, on average (exponential).'),
  backSeconds: seconds
    .default(120)
    .describe('How long it takes an agent who is there to notice that missed offers paused him or signed him out, and to be ready again.'),
  shifts: z
    .record(z.string(), z.string())
    .default({})
    .describe('Agent → `08:00-12:00 13:00-17:00`; agents who are not named work all day. The name `*` stands for all others.'),
  tenants: z
    .record(
      z.string(),
      z.strictObject({
        calls: z.number().min(0).optional().describe('Calls a day; those of tenants without it share what is left of `calls` evenly.'),
        curve: curve.optional(),
        handlingSeconds: handling.handlingSeconds.optional(),
        handlingSpread: handling.handlingSpread.optional(),
        patienceSeconds: handling.patienceSeconds.optional(),
        keys: z
          .record(z.string(), z.number().min(0))
          .optional()
          .describe('Menu key → how many in a hundred callers press it; without it all press the first key that leads to the queue.'),
      }),
    )
    .default({})
    .describe('Tenant → calls, curve, handlingSeconds, handlingSpread, patienceSeconds, keys (menu key → how many in 100 press it).'),
});

export type Assumptions = z.infer<typeof assumptionsSchema>;

/** The assumptions for one tenant. */
export function forTenant(all: Assumptions, tenant: string): Pick<Assumptions, keyof typeof handling | 'curve'> {
  const own = all.tenants[tenant];
  return {
    curve: own?.curve ?? all.curve,
    handlingSeconds: own?.handlingSeconds ?? all.handlingSeconds,
    handlingSpread: own?.handlingSpread ?? all.handlingSpread,
    patienceSeconds: own?.patienceSeconds ?? all.patienceSeconds,
  };
}

/** Whole, as instants are. */
export const msOf = (seconds: number): number => Math.round(seconds * 1000);
