/** A builder for each command that we send. Each checks its values; nothing else in the project writes to an event socket. */
import { causeName, dialledNumber, eventName, integer, listed, pattern, secret, step, token, uuid, type Wire, wire } from './encode.js';

declare const built: unique symbol;

/** One command, ready to be sent. */
export interface Command {
  readonly [built]: true;
  /** For logs, metrics and errors: the verb without its values. */
  readonly verb: string;
  /** All lines, with the blank line at the end. */
  readonly text: string;
}

/** Which events come: those whose header has this value. */
export interface Filter {
  readonly header: string;
  readonly value: string;
}

/** A command that FreeSWITCH runs in a thread of its own; its result comes as an event with our job id. */
export interface BackgroundCommand extends Command {
  readonly job: string;
  /** When no result has come by then, events were lost, ms. */
  readonly resultWithinMs: number;
}

const command = (verb: string, ...lines: readonly Wire[]): Command => ({ verb, text: `${lines.join('\n')}\n\n` }) as Command;
const api = (line: Wire): Command => command(line.split(' ', 1)[0] ?? '', wire`api ${line}`);

// The connection itself

export const auth = (password: string): Command => command('auth', wire`auth ${secret(password)}`);
/** `names`: event names; `CUSTOM` takes all names behind it for its subclasses. */
export const subscribe = (names: readonly string[]): Command =>
  command('event', wire`event json ${names.map(eventName).join(' ') as Wire}`);
/** From the first one on only events come of which one filter holds. `value`: the header's value, or `/a regular expression/`. */
export const filter = ({ header, value }: Filter): Command =>
  command('filter', wire`filter ${token(header, 'a header')} ${pattern(value)}`);
/** Asks for nothing: only to hear that the other side is alive. */
export const ping = (): Command => api(wire`echo alive`);

// A leg

export const uuidExists = (leg: string): Command => api(wire`uuid_exists ${uuid(leg)}`);
export const uuidDump = (leg: string): Command => api(wire`uuid_dump ${uuid(leg)} json`);
export const uuidKill = (leg: string, cause: string): Command => api(wire`uuid_kill ${uuid(leg)} ${causeName(cause)}`);
/** Ends every playback on the leg and forgets the applications that were sent to it. */
export const uuidBreakAll = (leg: string): Command => api(wire`uuid_break ${uuid(leg)} all`);
export const uuidBridge = (leg: string, other: string): Command => api(wire`uuid_bridge ${uuid(leg)} ${uuid(other)}`);
export const uuidTransfer = (leg: string, extension: string, context: string): Command =>
  api(wire`uuid_transfer ${uuid(leg)} ${token(extension, 'an extension')} XML ${token(context, 'a context')}`);

/** Ends whatever the leg does, then runs these applications one after the other, inside FreeSWITCH, whether we live or not. */
export function uuidTransferInline(leg: string, applications: readonly (readonly [name: string, argument: Wire])[]): Command {
  // `m:^:` makes `^` the separator: commas are in the arguments.
  const steps = applications.map(([name, argument]) => wire`${token(name, 'an application')}:${step(argument)}`);
  return api(wire`uuid_transfer ${uuid(leg)} 'm:^:${steps.join('^') as Wire}' inline`);
}

/** Values are `Wire` already: make them with `configured`, `factValue` or a template. */
export function uuidSetvars(leg: string, variables: Readonly<Record<string, Wire>>): Command {
  const pairs = Object.entries(variables).map(([name, value]) => wire`${token(name, 'a variable')}=${listed(value, name)}`);
  return api(wire`uuid_setvar_multi ${uuid(leg)} ${pairs.join(';') as Wire}`);
}

export const uuidSetvar = (leg: string, name: string, value: Wire): Command =>
  api(wire`uuid_setvar ${uuid(leg)} ${token(name, 'a variable')} ${value}`);

/** `file`: from `filePath` or `fileBelow`. */
export const uuidRecord = (leg: string, file: Wire): Command => api(wire`uuid_record ${uuid(leg)} start ${file}`);

/** Runs an application on a leg. `id` comes back as `Application-UUID` in CHANNEL_EXECUTE_COMPLETE. */
export function execute(leg: string, application: string, argument: Wire, id: string): Command {
  return command(
    application,
    wire`sendmsg ${uuid(leg)}`,
    wire`call-command: execute`,
    wire`execute-app-name: ${token(application, 'an application')}`,
    ...(argument === '' ? [] : [wire`execute-app-arg: ${argument}`]),
    wire`Event-UUID: ${uuid(id)}`,
  );
}

/** The key that `eavesdrop` takes for each mode, on the leg that attends (switch_ivr_async.c, switch_ivr_eavesdrop_session). */
const eavesdropKeys = { listen: 0, whisper: 2, barge: 3 } as const;

/** An event for the leg itself, which its `eavesdrop` reads although it ignores the phone's keys. Says +OK in any case. */
export const eavesdropMode = (leg: string, mode: keyof typeof eavesdropKeys): Command =>
  command(
    'sendevent',
    wire`sendevent GENERAL`,
    wire`Unique-ID: ${uuid(leg)}`,
    wire`eavesdrop-command: ${integer(eavesdropKeys[mode], 'a key')}`,
  );

// Guards

/** What FreeSWITCH does with a leg when we are dead. */
export type GuardAction = { readonly to: 'fallback'; readonly context: string } | { readonly to: 'hangup' };

/** Answers `+OK Added: <task>`. Fires between `seconds` − 1 and `seconds` later, unless its task or its group (the leg's id) is deleted. */
export function schedGuard(leg: string, seconds: number, action: GuardAction): Command {
  const after = wire`sched_api +${integer(seconds, 'a guard time')} ${uuid(leg)}`;
  if (action.to === 'hangup') return api(wire`${after} uuid_kill ${uuid(leg)} NORMAL_CLEARING`);
  return api(wire`${after} uuid_transfer ${uuid(leg)} fallback XML ${token(action.context, 'a context')}`);
}
export const schedDel = (task: number): Command => api(wire`sched_del ${integer(task, 'a task')}`);
/** A leg's id is the group of all that was scheduled for it, by the dialplan and by us. */
export const schedDelGroup = (leg: string): Command => api(wire`sched_del ${uuid(leg)}`);

// The switch

export const globalGetvar = (name: string): Command => api(wire`global_getvar ${token(name, 'a variable')}`);
/** Compares and swaps when `expected` is given. Says +OK in any case: read it back. */
export function globalSetvar(name: string, value: string, expected?: string): Command {
  const set = wire`global_setvar ${token(name, 'a variable')}=${token(value, 'a value')}`;
  return api(expected === undefined ? set : wire`${set}=${token(expected, 'a value')}`);
}
export const showChannels = (): Command => api(wire`show channels as json`);
export const showBridgedCalls = (): Command => api(wire`show bridged_calls as json`);
export const showRegistrations = (): Command => api(wire`show registrations as json`);
export const reloadXml = (): Command => api(wire`reloadxml`);
/** A question of `doctor`: an API command made of plain words. */
export const ask = (...words: readonly string[]): Command => api(words.map((word) => token(word, 'a word')).join(' ') as Wire);
/** The address at which a phone registered; `error/user_not_registered` when it did not. */
export const sofiaContact = (profile: string, user: string, domain: string): Command =>
  api(wire`sofia_contact ${token(profile, 'a profile')}/${token(user, 'a user')}@${token(domain, 'a domain')}`);

// New legs

export interface Originate {
  readonly leg: string;
  /** From `endpoint…` or `dialString`. */
  readonly endpoint: Wire;
  readonly ringSeconds: number;
  /** From `callerText` and `callerNumber`. */
  readonly callerName: Wire;
  readonly callerNumber: Wire;
  readonly tenant: string;
  /** How long an answered leg waits for us before FreeSWITCH hangs it up, s. */
  readonly guardSeconds: number;
  readonly variables?: Readonly<Record<string, Wire>>;
}

export const endpointUri = (profile: string, uri: Wire): Wire => wire`sofia/${token(profile, 'a profile')}/${uri}`;
export const endpointTrunk = (trunk: string, number: string): Wire =>
  wire`sofia/gateway/${token(trunk, 'a gateway')}/${dialledNumber(number)}`;

/** Dials; the leg waits in a guarded park once it is answered. The result is `+OK <leg>` or `-ERR <cause>`. */
export function originate(request: Originate, job: string): BackgroundCommand {
  const leg = uuid(request.leg);
  const extra = Object.entries(request.variables ?? {}).map(([name, value]) => wire`,${token(name, 'a variable')}=${value}`);
  // Not as an application in front of `park`: each costs FreeSWITCH two events.
  const guard = wire`sched_hangup +${integer(request.guardSeconds, 'a guard time')} ${leg} NORMAL_CLEARING`;
  const variables = wire`origination_uuid=${leg},originate_timeout=${integer(request.ringSeconds, 'a ring time')},ignore_early_media=true,api_on_answer='${guard}',origination_caller_id_number='${request.callerNumber}',origination_caller_id_name='${request.callerName}',sip_h_X-Tenant=${token(request.tenant, 'a tenant')}${extra.join('') as Wire}`;
  const line = wire`originate {${variables}}${request.endpoint} park inline`;
  const plain = command('originate', wire`bgapi ${line}`, wire`Job-UUID: ${uuid(job)}`);
  return { ...plain, job, resultWithinMs: request.ringSeconds * 1_000 + 15_000 };
}
