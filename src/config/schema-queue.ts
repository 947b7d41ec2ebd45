/** How calls wait and who gets them: the part of a tenant's file about routing. */
import { z } from 'zod';
import { e164, identifier, prompt, seconds } from './schema-common.js';

const level = z.int('must be a level from 1 to 100').min(1).max(100);

export const requirementSchema = z.record(identifier, level);

/** What a key adds to the queue's requirement. */
export const asksSchema = z
  .strictObject({
    class: z
      .enum(['emergency', 'vip', 'normal'], { error: 'must be emergency, vip or normal' })
      .optional()
      .describe('Emergencies go before all others and ignore caps; then VIPs. Default: as the caller’s number says.'),
    requires: requirementSchema.default({}).describe('Skill → least level, besides what the queue requires.'),
    boostSeconds: seconds(0, 3600).default(0).describe('How much sooner than others its answer is due.'),
  })
  .describe('Wait for an agent, with needs of its own.');

export const ringSchema = z.strictObject({
  afterSeconds: seconds(1, 7200).describe('Wait from which this holds, counted from the entry into the queue.'),
  requires: requirementSchema.default({}).describe('Skill → new, lower least level.'),
  drop: z.array(identifier).default([]).describe('Skills that are not required any more.'),
  addPools: z.array(identifier).default([]).describe('Pools whose agents may answer too from now on.'),
});

export const routingFields = {
  requires: requirementSchema.default({}).describe('Skill → least level that an agent needs.'),
  prefers: z.array(identifier).default([]).describe('Skills that make an agent the better choice and keep nobody away.'),
  rings: z
    .array(ringSchema)
    .max(8, 'must be at most 8 rings')
    .default([])
    .describe('Steps that relax the requirement as the wait grows; each builds on the one before.'),
  strategy: z
    .enum(['longestIdle', 'roundRobin', 'leastOccupied', 'fixedOrder', 'ringAll'], {
      error: 'must be longestIdle, roundRobin, leastOccupied, fixedOrder or ringAll',
    })
    .default('longestIdle')
    .describe('Who is asked first of the agents who fit equally well; ringAll: all idle agents at once, the first answer wins.'),
  ringAtMost: z
    .int('must be a whole number of phones')
    .min(2)
    .max(50)
    .default(20)
    .describe('With ringAll: how many phones ring at once at most, those of the agents who are idle longest.'),
  stickyMinutes: z
    .int('must be a whole number of minutes')
    .min(0)
    .max(43_200)
    .default(0)
    .describe('How long a caller’s last agent is preferred for him while idle; 0: not at all.'),
  stickyWaitSeconds: seconds(0, 600)
    .default(0)
    .describe('How long after entering the queue a caller waits for that agent alone while he is busy; 0: not at all.'),
};

export const boostsSchema = z
  .strictObject({
    gaveUpSeconds: seconds(0, 3600).default(30).describe('A caller who gave up waiting before, and calls again; 0: no boost.'),
    withinMinutes: z
      .int('must be a whole number of minutes')
      .min(1)
      .max(1440)
      .default(60)
      .describe('How long a caller who gave up is remembered.'),
    transferredSeconds: seconds(0, 3600).default(60).describe('A caller whom an agent sent back to the queue.'),
  })
  .prefault({})
  .describe('How much sooner than others a call is due.');

const consequence = z.union([seconds(0, 3600), z.enum(['untilReady', 'signOut'])], {
  error: 'must be a whole number of seconds from 0 to 3600, untilReady or signOut',
});

export const missedSchema = z
  .strictObject({
    noAnswer: consequence.default(30).describe('It rang in vain.'),
    busy: consequence.default(10).describe('The phone was busy (486).'),
    rejected: consequence.default(30).describe('He declined (603), or answered and hung up before the caller was put through.'),
    unreachable: consequence.default(60).describe('The phone could not be rung.'),
    inARow: z
      .strictObject({
        times: z.int('must be a whole number of offers').min(0).max(100).default(3).describe('So many missed offers in a row; 0: never.'),
        consequence: consequence.default(300).describe('What follows then, instead.'),
      })
      .prefault({})
      .describe('Whoever misses one offer after the other. A call that he takes ends the row.'),
  })
  .prefault({})
  .describe(
    'What follows for an agent who did not take a call, by what happened: left alone for so many seconds (0: not at all), paused until he is ready (untilReady), or signed out (signOut).',
  );

const sentence = (what: string) => prompt.optional().describe(`${what} Default: a sentence in French or English.`);

export const callbackSchema = z
  .strictObject({
    maxPending: z.int('must be a whole number').min(1).max(500).default(20).describe('How many callers may wait for their callback.'),
    maxAgentsPercent: z
      .int('must be a whole per cent')
      .min(1)
      .max(100)
      .default(30)
      .describe('Share of the pool’s signed-in agents, rounded up, whom callbacks of all tenants may keep busy.'),
    ringSeconds: seconds(10, 120).default(30).describe('How long the caller’s phone rings.'),
    tries: z.int('must be a whole number').min(1).max(10).default(3).describe('How often he is called at most.'),
    retryMinutes: z
      .number('must be a number of minutes')
      .min(0.1)
      .max(1440)
      .default(10)
      .describe('How long after a try in vain the next may follow; parts of a minute are allowed: 0.5.'),
    giveUpHours: z.int('must be a whole number of hours').min(1).max(168).default(72).describe('After this it is given up in any case.'),
    outsideHours: z
      .enum(['carry', 'giveUp'], { error: 'must be carry or giveUp' })
      .default('carry')
      .describe('What was not made by closing time: carry it to the next opening, or give it up.'),
    confirm: z
      .boolean('must be true or false')
      .default(true)
      .describe('Whoever picks up must press 1 before he is put through, so that no answering machine gets an agent.'),
    prompts: z
      .strictObject({
        numberIs: sentence('In front of the number, which is read digit by digit.'),
        confirm: sentence('After the number: 1 yes, 2 another number, star back to the queue.'),
        typeNumber: sentence('Asks for a number that ends with the hash key.'),
        wrongNumber: sentence('The number that was typed cannot be called.'),
        agreed: sentence('He will be called back; then the call ends.'),
        refused: sentence('No callback can be promised now; then he waits on.'),
        whisper: sentence('In front of the tenant’s whisper: the agent hears that the caller will be called now.'),
        greeting: sentence('To the caller who picks up: press 1.'),
      })
      .prefault({}),
  })
  .describe('Callbacks, for the action callback. Default: none are made.');

const percent = z.int('must be a whole per cent').min(0).max(100);

export const shareSchema = z
  .strictObject({
    guaranteePercent: percent.default(0).describe('Below this share of the pool’s agents the tenant’s calls go before others.'),
    capPercent: z
      .int('must be a whole per cent')
      .min(1)
      .max(100)
      .default(100)
      .describe('At this share its calls wait, emergencies excepted.'),
  })
  .describe('Share of the signed-in agents of the queue’s pool, rounded up. Default: no rule.');

export const vipNumbersSchema = z.array(e164).default([]).describe('Callers whose calls go before normal ones.');

export type AsksYaml = z.output<typeof asksSchema>;
export type CallbackYaml = z.output<typeof callbackSchema>;
export type RingYaml = z.output<typeof ringSchema>;
export type BoostsYaml = z.output<typeof boostsSchema>;
export type MissedYaml = z.output<typeof missedSchema>;
export type ShareYaml = z.output<typeof shareSchema>;
