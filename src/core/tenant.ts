/**
 * What the daemon knows of a client company, compiled from its YAML file by `config/`: fully defaulted, cross-checked
 * and frozen. The core reads nothing else.
 */
import type { MenuId, PoolId, QueueId, TenantId } from './ids.js';
import type { MissRules } from './queue/missed.js';
import type { Asks, Ring, Share, Strategy } from './queue/waiting-call.js';
import type { Schedule } from './schedule/schedule.js';

/** Something a caller hears: files on the PBX's host, played in order. Text prompts are rendered to files at load. */
export interface Prompt {
  /** Absolute paths of audio files, at least one. */
  readonly files: readonly string[];
}

/** One step of a tenant's call flow. */
export type Action =
  | { readonly do: 'menu'; readonly menu: MenuId }
  | { readonly do: 'queue'; readonly asks?: Asks }
  | { readonly do: 'voicemail' }
  /** Arranges a callback; the place in the queue is kept. */
  | { readonly do: 'callback' }
  /** `number` is E.164, checked against the tenant's allowed prefixes at load and again when it is dialled. */
  | { readonly do: 'transfer'; readonly number: string }
  | { readonly do: 'play'; readonly prompt: Prompt; readonly then: Action }
  | { readonly do: 'hangup' };

export interface Menu {
  readonly id: MenuId;
  readonly prompt: Prompt;
  /** Keys as dialled (`1`, `12`, `*`, `#`) → what they do. */
  readonly keys: Readonly<Record<string, Action>>;
  /** How long to wait for a key after the prompt ended, ms. */
  readonly noInputMs: number;
  /** How long to wait for another digit when what was typed could go on, ms. */
  readonly interDigitMs: number;
  /** How often the menu is played again after no key or a wrong key, in all. 0: never. */
  readonly retries: number;
  readonly invalidPrompt: Prompt | undefined;
  /** When the retries are used up, the last failure being silence. */
  readonly onNoInput: Action;
  /** When the retries are used up, the last failure being a wrong key. */
  readonly onInvalid: Action;
}

export interface Queue {
  readonly id: QueueId;
  /** Whose agents answer, and whose signed-in agents a share is counted of. */
  readonly pool: PoolId;
  /** What a call asks for as its wait grows; the first ring is the queue's own requirement. */
  readonly rings: readonly [Ring, ...Ring[]];
  /** Skills that make an agent the better choice and keep nobody away. */
  readonly prefers: readonly string[];
  readonly strategy: Strategy;
  /** With `ringAll`: how many phones ring at once at most. */
  readonly ringAtMost: number;
  /** How long a caller's last agent is preferred for him, ms; 0: not at all. */
  readonly stickyMs: number;
  /** How long after entering the queue a call waits for that agent alone while he is busy, ms; 0: not at all. */
  readonly stickyWaitMs: number;
  /** Music while waiting: an absolute path, or `undefined` for the PBX's own hold music. */
  readonly music: string | undefined;
  /** How long one agent's phone rings, ms. */
  readonly ringMs: number;
  /** After-call work, ms: the agent gets no offer meanwhile. */
  readonly wrapUpMs: number;
  /** How much sooner than others a call is due, ms: of a caller who gave up less than `withinMs` ago, and one whom an agent sent back. */
  readonly boosts: { readonly gaveUpMs: number; readonly withinMs: number; readonly transferredMs: number };
  /** What follows for an agent who does not take a call. */
  readonly missed: MissRules;
  /** Longest wait, ms; then `overflow`. */
  readonly maxWaitMs: number;
  /** What happens after `maxWaitMs`. Never `queue`. */
  readonly overflow: Action;
  /** What happens at once when no agent of the pool is signed in. `undefined`: wait all the same. */
  readonly noAgent: Action | undefined;
  /** How callers are called back who do not want to wait on the line; `undefined`: they are not. */
  readonly callback: CallbackRules | undefined;
  /** What happens to those who wait when the last agent who could answer has been gone for `graceMs`. `undefined`: wait on. */
  readonly agentsLeft: { readonly graceMs: number; readonly action: Action } | undefined;
  /** When so many calls wait already, `full` happens at once to one more that no agent can take. `undefined`: no limit. */
  readonly maxLength: number | undefined;
  /** Never `queue`. */
  readonly full: Action;
  /** What happens to those who wait when the opening hours end in which they came. `undefined`: wait on. */
  readonly atClosing: Action | undefined;
  /** Keys that a waiting caller may press → what they do; his place is given back. */
  readonly keys: Readonly<Record<string, Action>>;
  /** What he hears besides the music. `undefined`: nothing. */
  readonly announce: Announce | undefined;
}

/** What is spoken to waiting callers, and when: at `firstMs` after they entered the queue and every `everyMs` from then on. */
export interface Announce {
  readonly firstMs: number;
  readonly everyMs: number;
  /** Place in the queue: the first prompt says that this caller is the next one; `beyond`: further back than there are prompts. */
  readonly position: { readonly places: readonly Prompt[]; readonly beyond: Prompt } | undefined;
  /** Expected wait: the first prompt whose `upToMs` holds it; `beyond`: longer than that. */
  readonly wait: { readonly spans: readonly { readonly upToMs: number; readonly prompt: Prompt }[]; readonly beyond: Prompt } | undefined;
  /** The tenant's own, in turn with the figures. */
  readonly messages: readonly Prompt[];
  /** What the keys do: said at the end of each announcement. */
  readonly hints: readonly Prompt[];
}

export interface CallbackRules {
  /** How many of the tenant's callers may wait for their callback. */
  readonly maxPending: number;
  /** Per cent of a pool's signed-in agents, rounded up, who may be busy with callbacks of any tenants. */
  readonly capPercent: number;
  /** How long the caller's phone rings, ms. */
  readonly ringMs: number;
  /** How often he is called at most, and how long after a try in vain the next may follow, ms. */
  readonly tries: number;
  readonly retryMs: number;
  /** After this it is given up, ms from the request. */
  readonly maxAgeMs: number;
  /** Whether what was not made by closing time is made when the tenant opens again. */
  readonly outsideHours: 'carry' | 'giveUp';
  /** As in `Site`: callers type national numbers. */
  readonly countryCode: string;
  readonly prompts: CallbackPrompts;
}

export interface CallbackPrompts {
  /** In front of the digits. */
  readonly numberIs: Prompt;
  /** 0 to 9. */
  readonly digits: readonly Prompt[];
  /** After the digits: 1 yes, 2 another number, star back to the queue. */
  readonly confirm: Prompt;
  readonly typeNumber: Prompt;
  readonly wrongNumber: Prompt;
  readonly agreed: Prompt;
  /** No callback can be promised now: back to the queue. */
  readonly refused: Prompt;
  /** To the agent, instead of the tenant's whisper. */
  readonly whisper: Prompt;
  /** To the caller who picks up: press 1. `undefined`: whoever picks up is put through at once. */
  readonly greeting: Prompt | undefined;
}

export interface Voicemail {
  readonly greeting: Prompt;
  /** Longest message, ms. */
  readonly maxMs: number;
  /** This much silence ends the message, ms. */
  readonly silenceMs: number;
}

export interface Tenant {
  readonly id: TenantId;
  readonly name: string;
  /** In front of the caller's name on the agent's phone. */
  readonly shortName: string;
  /** What the agent hears before the caller is put through; without files: nothing. */
  readonly whisper: Prompt;
  /** BCP 47, e.g. `fr-FR`. */
  readonly locale: string;
  readonly schedule: Schedule;
  /** 80/20: 80 per cent answered within 20,000 ms. */
  readonly serviceLevel: { readonly percent: number; readonly withinMs: number };
  /** E.164. */
  readonly emergencyNumber: string | undefined;
  /** E.164 prefixes that may be dialled on this tenant's behalf; empty: none. */
  readonly allowedPrefixes: readonly string[];
  /** The numbers on which this tenant is called, E.164. */
  readonly numbers: readonly string[];
  readonly greetings: { readonly open: Prompt | undefined; readonly closed: Prompt | undefined; readonly holiday: Prompt | undefined };
  /** Where the caller goes after the greeting. */
  readonly flow: { readonly open: Action; readonly closed: Action; readonly holiday: Action };
  readonly menus: Readonly<Record<MenuId, Menu>>;
  readonly queue: Queue;
  /** How much of the pool its calls may have; `undefined`: no rule. */
  readonly share: Share | undefined;
  /** Callers of class VIP, in every form in which a trunk may send their numbers. */
  readonly vipNumbers: ReadonlySet<string>;
  readonly voicemail: Voicemail;
  readonly recording: boolean;
}

/** Whether this tenant's calls may dial `number` (E.164): toll fraud is stopped here and at load. */
export function mayDial(tenant: Pick<Tenant, 'allowedPrefixes' | 'emergencyNumber'>, number: string): boolean {
  if (!/^\+[1-9]\d{3,14}$/.test(number)) return false;
  return number === tenant.emergencyNumber || tenant.allowedPrefixes.some((prefix) => number.startsWith(prefix));
}
