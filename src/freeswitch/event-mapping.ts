/**
 * What an event of FreeSWITCH says, in our words. Pure: it looks at one event and remembers nothing, so that a daemon that has
 * just taken a node over reads its events as well as the one that began the calls.
 */
import type { Filter } from './esl/command.js';
import type { EslEvent } from './esl/decode.js';

/** The shortest list that carries a call; results of background jobs come on the other connection. */
export const watchedEvents: readonly string[] = [
  'CHANNEL_CREATE',
  'CHANNEL_PARK',
  'CHANNEL_BRIDGE',
  'CHANNEL_EXECUTE_COMPLETE',
  'CHANNEL_HANGUP_COMPLETE',
  'DTMF',
  'RECORD_STOP',
  'CUSTOM',
  'sofia::register',
  'sofia::unregister',
  'sofia::expire',
];

/**
 * Of the applications that end on a leg only ours, and messages: the dialplan's own mean nothing to us, and FreeSWITCH takes
 * 0.2 ms to write one such event of 12 KB for each who listens (`npm run bench -- costs`).
 */
export const eventFilters: readonly Filter[] = [
  ...watchedEvents
    .filter((name) => name !== 'CHANNEL_EXECUTE_COMPLETE' && !name.includes('::'))
    .map((value) => ({ header: 'Event-Name', value })),
  { header: 'Application-UUID', value: '/^tcore:/' },
  { header: 'Application', value: 'record' },
];

/** Why a leg is in a guarded park: set by the dialplan, see its first comment. */
/** `message`: ours, not the dialplan's (adapter.ts, takeMessage). */
export type Entry = 'call' | 'handover' | 'after-bridge' | 'refer' | 'feature' | 'message';

export type Sighting =
  /** Only for legs that we originate. */
  | { readonly saw: 'created'; readonly leg: string }
  | {
      readonly saw: 'parked';
      readonly leg: string;
      readonly originated: boolean;
      /** `undefined`: a leg that we originated, on its first park. */
      readonly entry: Entry | undefined;
      readonly caller: { readonly number: string; readonly name: string };
      readonly dialled: string;
      /** Where a REFER sends the leg. */
      readonly target: string;
      /** A daemon has taken it before. */
      readonly taken: boolean;
      /** A desk phone's account, proved by its password; empty: not a desk phone. */
      readonly user: string;
      /** The caller still waits to be served: whatever ends must not end his call. */
      readonly returning: boolean;
      /** The dialplan has set all that a bridge needs. */
      readonly dressed: boolean;
    }
  | { readonly saw: 'bridged'; readonly leg: string; readonly other: string; readonly originated: boolean }
  | {
      readonly saw: 'hungup';
      readonly leg: string;
      readonly cause: string;
      readonly originated: boolean;
      readonly answered: boolean;
      readonly ours: boolean;
    }
  | { readonly saw: 'answered'; readonly leg: string }
  | { readonly saw: 'played'; readonly leg: string; readonly play: string; readonly failed: boolean; readonly response: string }
  | { readonly saw: 'collected'; readonly leg: string; readonly play: string; readonly digits: string }
  | { readonly saw: 'music-ended'; readonly leg: string; readonly music: string }
  | { readonly saw: 'music-failed'; readonly leg: string; readonly response: string }
  | { readonly saw: 'message'; readonly leg: string; readonly play: string; readonly path: string; readonly ms: number }
  | { readonly saw: 'digit'; readonly leg: string; readonly digit: string }
  | { readonly saw: 'recorded'; readonly leg: string; readonly path: string; readonly ms: number; readonly bytes: number }
  | { readonly saw: 'phone'; readonly user: string; readonly registered: boolean }
  /** An event as we know it, of no concern to us: a leg that is not ours, an application of the dialplan's own. */
  | { readonly saw: 'nothing' };

/** Ids that we give to applications; they come back as `Application-UUID`. A dialplan's own applications have random ones. */
export const applicationId = {
  play: (play: string) => `tcore:play:${play}`,
  collect: (play: string) => `tcore:collect:${play}`,
  answer: 'tcore:answer',
  music: (music: string) => `tcore:music:${music}`,
} as const;

/** Our facts and the leg's role, as channel variables. */
export const variable = {
  /** `ours` on a leg that we originated. */
  leg: 'tcore_leg',
  /** Set on a caller's leg as long as a daemon has it. */
  call: 'tcore_call',
  entry: 'tcore_entry',
  dialled: 'tcore_dialled',
  user: 'tcore_user',
  /** The keys that were pressed in answer to `collect`; taken off the leg as soon as they were read. */
  collected: 'tcore_collected',
  returning: 'tcore_return',
  /** Which message is being recorded: the id of its `takeMessage`. */
  message: 'tcore_message',
  factPrefix: 'tcore_fact_',
} as const;

/**
 * What the dialplan sets on a new caller (extension `call`), so that we need not: `transfer_after_bridge` is used up by a bridge,
 * and an older dialplan of ours sets none of them.
 */
const bridgeVariables = [
  'transfer_after_bridge',
  'bridge_pre_execute_aleg_app',
  'bridge_pre_execute_bleg_app',
  'playback_terminators',
  variable.returning,
] as const;

const entries: ReadonlySet<string> = new Set<Entry>(['call', 'handover', 'after-bridge', 'refer', 'feature', 'message']);

/** In front of a desk phone's account in `presence_data`: the one column of `show channels` that a dialplan may set. */
export const phoneMark = 'tcore-phone/';

/**
 * A leg of a desk phone that is not a call of ours: what it dialled, or a colleague's call to it. By its account: who proved its
 * password, or whom our dialplan rings.
 */
export function phoneCall(event: EslEvent): { readonly leg: string; readonly user: string; readonly on: boolean } | undefined {
  if (event.name !== 'CHANNEL_CREATE' && event.name !== 'CHANNEL_HANGUP_COMPLETE') return undefined;
  const leg = event.get('Unique-ID');
  const proved = event.get('variable_sip_authorized') === 'true' ? event.get('variable_sip_auth_username') : undefined;
  const user = event.get(`variable_${variable.user}`) ?? proved;
  return leg === undefined || user === undefined ? undefined : { leg, user, on: event.name === 'CHANNEL_CREATE' };
}

const nothing: Sighting = { saw: 'nothing' };

/** `undefined`: of a kind that we do not know, or without what such an event must say. */
export function read(event: EslEvent): Sighting | undefined {
  if (event.name === 'CUSTOM') return phone(event);
  const leg = event.get('Unique-ID');
  if (leg === undefined) return undefined;
  const originated = () => event.get(`variable_${variable.leg}`) === 'ours';
  switch (event.name) {
    case 'CHANNEL_CREATE':
      return event.get('Call-Direction') === 'outbound' ? { saw: 'created', leg } : nothing;
    case 'CHANNEL_PARK':
      return parked(event, leg, originated());
    case 'CHANNEL_BRIDGE': {
      const [a, b] = [event.get('Bridge-A-Unique-ID') ?? leg, event.get('Bridge-B-Unique-ID') ?? event.get('Other-Leg-Unique-ID')];
      return b === undefined ? undefined : { saw: 'bridged', leg: a, other: b, originated: originated() };
    }
    case 'CHANNEL_HANGUP_COMPLETE': {
      const cause = event.get('Hangup-Cause') ?? 'NORMAL_UNSPECIFIED';
      const ours = originated() || event.get(`variable_${variable.entry}`) !== undefined;
      const answered = (event.get('Caller-Channel-Answered-Time') ?? '0') !== '0';
      return { saw: 'hungup', leg, cause, originated: originated(), answered, ours };
    }
    case 'CHANNEL_EXECUTE_COMPLETE':
      return executed(event, leg);
    case 'DTMF': {
      const digit = event.get('DTMF-Digit');
      return digit === undefined ? undefined : { saw: 'digit', leg, digit };
    }
    case 'RECORD_STOP': {
      const path = event.get('Record-File-Path');
      if (path === undefined) return undefined;
      const empty = event.get('Record-Completion-Cause') === 'empty-file';
      return {
        saw: 'recorded',
        leg,
        path,
        ms: empty ? 0 : whole(event.get('variable_record_ms')),
        bytes: empty ? 0 : whole(event.get('variable_record_file_size')),
      };
    }
    default:
      return undefined;
  }
}

function parked(event: EslEvent, leg: string, originated: boolean): Sighting {
  const entry = event.get(`variable_${variable.entry}`);
  const known = entry !== undefined && entries.has(entry);
  if (!known && !originated) return nothing;
  const target = event.get('Caller-Destination-Number') ?? '';
  return {
    saw: 'parked',
    leg,
    originated,
    entry: known ? (entry as Entry) : undefined,
    caller: {
      number: event.get('Caller-Orig-Caller-ID-Number') ?? event.get('Caller-Caller-ID-Number') ?? '',
      name: event.get('Caller-Orig-Caller-ID-Name') ?? event.get('Caller-Caller-ID-Name') ?? '',
    },
    dialled: event.get(`variable_${variable.dialled}`) ?? target,
    target,
    user: event.get(`variable_${variable.user}`) ?? '',
    taken: event.get(`variable_${variable.call}`) !== undefined,
    returning: event.get(`variable_${variable.returning}`) !== undefined,
    dressed: bridgeVariables.every((name) => event.get(`variable_${name}`) !== undefined),
  };
}

/** CS_EXECUTE (switch_types.h): the channel goes on with its applications. */
const executing = '4';

function executed(event: EslEvent, leg: string): Sighting | undefined {
  if (event.get('Application') === 'record') return message(event, leg);
  const id = event.get('Application-UUID');
  if (id === undefined || !id.startsWith('tcore:')) return nothing;
  const response = event.get('Application-Response') ?? '';
  // A bridge or a transfer takes the channel out of whatever it plays: `PLAYBACK ERROR`, with the state that it is going to.
  const movedOn = event.get('Channel-State-Number') !== undefined && event.get('Channel-State-Number') !== executing;
  const failed = response === 'FILE NOT FOUND' || (response === 'PLAYBACK ERROR' && !movedOn);
  // Not CHANNEL_ANSWER: for a leg that was answered before there is none.
  if (id === applicationId.answer) return event.get('Answer-State') === 'answered' ? { saw: 'answered', leg } : nothing;
  // Who hung up did not hear the prompt to its end: what follows it must not begin (an agent would be rung for nobody).
  if (event.get('Answer-State') === 'hangup') return nothing;
  if (id.startsWith('tcore:music:')) {
    if (failed) return { saw: 'music-failed', leg, response };
    return movedOn ? nothing : { saw: 'music-ended', leg, music: id.slice('tcore:music:'.length) };
  }
  if (id.startsWith('tcore:play:')) return { saw: 'played', leg, play: id.slice('tcore:play:'.length), failed, response };
  if (id.startsWith('tcore:collect:')) {
    return { saw: 'collected', leg, play: id.slice('tcore:collect:'.length), digits: event.get(`variable_${variable.collected}`) ?? '' };
  }
  return undefined;
}

function message(event: EslEvent, leg: string): Sighting {
  const play = event.get(`variable_${variable.message}`);
  const [path = '', , , silenceSeconds] = (event.get('Application-Data') ?? '').split(' ');
  return play === undefined ? nothing : { saw: 'message', leg, play, path, ms: spoken(event, Number(silenceSeconds) * 1_000) };
}

/** A message that ended by silence and holds nothing else is none. */
const leastMs = 500;

function spoken(event: EslEvent, silenceMs: number): number {
  const ms = whole(event.get('variable_record_ms'));
  const silent = event.get('variable_silence_hits_exhausted') === 'true' ? silenceMs : 0;
  return ms - silent < leastMs ? 0 : ms;
}

function phone(event: EslEvent): Sighting | undefined {
  const subclass = event.get('Event-Subclass');
  const user = event.get('from-user') ?? event.get('user') ?? event.get('username');
  if (user === undefined) return undefined;
  if (subclass === 'sofia::register') return { saw: 'phone', user, registered: true };
  if (subclass === 'sofia::unregister' || subclass === 'sofia::expire') return { saw: 'phone', user, registered: false };
  return undefined;
}

function whole(text: string | undefined): number {
  const number = Number(text ?? 0);
  return Number.isSafeInteger(number) && number > 0 ? number : 0;
}
