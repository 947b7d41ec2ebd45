/** A tenant for tests: a greeting, a menu, a queue and voicemail. */
import { type AgentId, id, type MenuId, type PoolId, type QueueId, type TenantId } from '../../src/core/ids.js';
import type { MissRules } from '../../src/core/queue/missed.js';
import type { CallbackRules, Menu, Prompt, Queue, Tenant } from '../../src/core/tenant.js';

export const prompt = (name: string): Prompt => ({ files: [`/prompts/${name}.wav`] });
export const mainMenu = id<MenuId>('main');
export const agentA = id<AgentId>('agent-a');
export const agentB = id<AgentId>('agent-b');

export function menu(change: Partial<Menu> = {}): Menu {
  return {
    id: mainMenu,
    prompt: prompt('menu'),
    keys: { '1': { do: 'queue' }, '2': { do: 'voicemail' }, '3': { do: 'transfer', number: '+33612345678' }, '12': { do: 'hangup' } },
    noInputMs: 5_000,
    interDigitMs: 1_500,
    retries: 2,
    invalidPrompt: prompt('invalid'),
    onNoInput: { do: 'queue' },
    onInvalid: { do: 'voicemail' },
    ...change,
  };
}

/** The same pause, whatever happened. */
export function missedRules(pauseMs: number, inARow?: MissRules['inARow']): MissRules {
  const pause = { pauseMs };
  return { each: { 'no-answer': pause, busy: pause, rejected: pause, unreachable: pause }, inARow };
}

export function queue(change: Partial<Queue> = {}): Queue {
  return {
    id: id<QueueId>('martin'),
    pool: id<PoolId>('reception'),
    rings: [{ afterMs: 0, pools: [id<PoolId>('reception')], requires: {} }],
    prefers: [],
    strategy: 'longestIdle',
    ringAtMost: 20,
    stickyMs: 0,
    stickyWaitMs: 0,
    music: undefined,
    ringMs: 15_000,
    wrapUpMs: 10_000,
    boosts: { gaveUpMs: 0, withinMs: 0, transferredMs: 0 },
    missed: missedRules(10_000),
    maxWaitMs: 120_000,
    overflow: { do: 'voicemail' },
    noAgent: undefined,
    callback: undefined,
    agentsLeft: undefined,
    maxLength: undefined,
    full: { do: 'voicemail' },
    atClosing: undefined,
    keys: {},
    announce: undefined,
    ...change,
  };
}

export function callbackRules(change: Partial<CallbackRules> = {}): CallbackRules {
  return {
    maxPending: 20,
    capPercent: 30,
    ringMs: 30_000,
    tries: 3,
    retryMs: 600_000,
    maxAgeMs: 72 * 3_600_000,
    outsideHours: 'carry',
    countryCode: '33',
    prompts: {
      numberIs: prompt('numberIs'),
      digits: [...'0123456789'].map(prompt),
      confirm: prompt('confirm'),
      typeNumber: prompt('typeNumber'),
      wrongNumber: prompt('wrongNumber'),
      agreed: prompt('agreed'),
      refused: prompt('refused'),
      whisper: { files: [...prompt('callback').files, ...prompt('whisper').files] },
      greeting: prompt('greeting'),
    },
    ...change,
  };
}

export function tenant(change: Partial<Tenant> = {}): Tenant {
  return {
    id: id<TenantId>('martin'),
    name: 'Cabinet du docteur Martin',
    shortName: 'Martin',
    whisper: prompt('whisper'),
    locale: 'fr-FR',
    schedule: { timezone: 'Europe/Paris', week: [[], [], [], [], [], [], []], closures: [], holidays: new Set() },
    serviceLevel: { percent: 80, withinMs: 20_000 },
    emergencyNumber: undefined,
    allowedPrefixes: ['+336'],
    numbers: ['+33123456701'],
    greetings: { open: prompt('open'), closed: prompt('closed'), holiday: undefined },
    flow: { open: { do: 'menu', menu: mainMenu }, closed: { do: 'voicemail' }, holiday: { do: 'hangup' } },
    menus: { [mainMenu]: menu() },
    queue: queue(),
    share: undefined,
    vipNumbers: new Set(),
    voicemail: { greeting: prompt('voicemail'), maxMs: 120_000, silenceMs: 5_000 },
    recording: true,
    ...change,
  };
}
