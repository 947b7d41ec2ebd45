/** A finished call's way through the queue, as a person would tell it. Times are since the call entered the queue. */
import type { Call, Callback, CallbackTry, OfferMade, OfferOutcome, Told } from '../call/call.js';
import type { CallRecord } from '../call/record.js';
import type { TenantId } from '../ids.js';
import type { Held, Why } from './why.js';

/** Whether a tenant may be named to whoever asks. */
type MayName = (tenant: TenantId) => boolean;
const everyone: MayName = () => true;

export function explain(record: CallRecord, mayName: MayName = everyone): readonly string[] {
  const { enqueuedAt, offers, waitMs } = record;
  if (enqueuedAt === null) return [opening(record), `It was never queued. It ended as ${record.outcome} (${record.cause}).`];
  const lines = [opening(record), ...wayTo(record, enqueuedAt, mayName)];
  if (offers.length === 0) lines.push(notOffered('was', record));
  if (record.callback) lines.push(...calledBack(record.callback, enqueuedAt));
  if (record.agent !== null)
    lines.push(`${record.agent} answered after a wait of ${span(waitMs ?? 0)} and talked for ${span(record.talkMs ?? 0)}.`);
  lines.push(`It ended as ${record.outcome} (${record.cause}) after ${span(record.endedAt - enqueuedAt)}.`);
  return lines;
}

/** The same of a call that is not over. */
export function explainLive(call: Call, now: number, mayName: MayName = everyone): readonly string[] {
  const { enqueuedAt, offers, arrivedAt, answeredByAgentAt, state } = call;
  const first = opening({ ...call, call: call.id });
  const agent = 'offer' in state ? `, ${state.offer.agent}` : '';
  const end = `Now, ${span(now - arrivedAt)} after it arrived, it is ${state.at}${agent}.`;
  if (enqueuedAt === undefined) return [first, 'It has not been queued.', end];
  const lines = [first, ...wayTo({ ...call, answeredAt: answeredByAgentAt ?? null }, enqueuedAt, mayName)];
  if (offers.length === 0) lines.push(notOffered('has been', call));
  if (call.callback !== undefined) lines.push(...calledBack(call.callback, enqueuedAt));
  if (answeredByAgentAt !== undefined) lines.push(`It was answered after a wait of ${span(answeredByAgentAt - enqueuedAt)}.`);
  return [...lines, end];
}

/** Records of older versions do not say which of these it was. */
function notOffered(was: string, { held, callback }: { readonly held?: unknown; readonly callback?: unknown }): string {
  if (held !== undefined) return `No agent ${was} offered the call.`;
  const caps = callback === null || callback === undefined ? 'its tenant was' : 'its tenant or callbacks were';
  return `No agent ${was} offered the call: none who may take it was signed in and free, or ${caps} at the cap.`;
}

function opening({ call, dialled, tenant, arrivedAt }: Pick<CallRecord, 'call' | 'dialled' | 'tenant' | 'arrivedAt'>): string {
  return `Call ${call} to ${dialled} (tenant ${tenant}), ${new Date(arrivedAt).toISOString()}.`;
}

/** Records of older versions do not say what the caller was told. */
type Way = Pick<CallRecord, 'arrivedAt' | 'answeredAt' | 'offers'> & Partial<Pick<CallRecord, 'told' | 'held'>>;

function wayTo({ arrivedAt, answeredAt, offers, told = [], held = [] }: Way, enqueuedAt: number, mayName: MayName): string[] {
  const entered = `It entered the queue ${span(enqueuedAt - arrivedAt)} after it arrived.`;
  const events = [
    ...held.map(({ at, by }) => ({ at, lines: [`After ${span(at - enqueuedAt)} it waited: ${holds[by]}.`] })),
    ...offers.map((offer) => ({ at: offer.at, lines: explainOffer(offer, enqueuedAt, mayName) })),
    ...told.map((one) => ({ at: one.at, lines: [explainTold(one, enqueuedAt, answeredAt)] })),
  ];
  return [entered, ...events.sort((a, b) => a.at - b.at).flatMap(({ lines }) => lines)];
}

/** What the caller was told, and how it came. */
function explainTold({ at, position, waitMs }: Told, enqueuedAt: number, answeredAt: number | null): string {
  const figures = [
    ...(position === undefined ? [] : [`place ${position}`]),
    ...(waitMs === undefined ? [] : [`a wait of ${span(waitMs)}`]),
  ];
  const came = waitMs === undefined || answeredAt === null || answeredAt < at ? '' : ` An agent answered ${span(answeredAt - at)} later.`;
  return `After ${span(at - enqueuedAt)} the caller was told ${figures.join(' and ')}.${came}`;
}

function calledBack({ askedAt, tries }: Pick<Callback, 'askedAt' | 'tries'>, enqueuedAt: number): readonly string[] {
  return [
    `After ${span(askedAt - enqueuedAt)} the caller asked to be called back, and kept his place.`,
    ...tries.map(({ at, agent, outcome }) => `After ${span(at - enqueuedAt)} his phone was rung for ${agent}: ${tried[outcome]}.`),
  ];
}

function explainOffer({ agent, at, outcome, why, beside }: OfferMade, enqueuedAt: number, mayName: MayName): readonly string[] {
  if (beside !== undefined) return [`Beside ${beside} it was offered to ${agent}: ${outcomes[outcome]}.`];
  const first = `After ${span(at - enqueuedAt)} it was offered to ${agent}: ${outcomes[outcome]}.`;
  if (why === undefined) return [first, '  Why he was chosen was not recorded.'];
  return [first, ...reasons(agent, why, mayName).map((line) => `  ${line}`)];
}

function reasons(agent: string, why: Why, mayName: MayName): readonly string[] {
  const lines = [`${causes[why.by]} ${demand(why)}`, `${choice(agent, why)}${orders[why.order]}`];
  if (why.boostMs !== undefined) lines.push(`Its caller had given up before, so it was due ${span(why.boostMs)} sooner.`);
  if (why.keyBoostMs !== undefined) lines.push(`Because of the key that its caller had pressed it was due ${span(why.keyBoostMs)} sooner.`);
  if (why.sentBackMs !== undefined) lines.push(`An agent had sent its caller back, so it was due ${span(why.sentBackMs)} sooner.`);
  if (why.passedOver.length > 0) lines.push(passedOver(why));
  if (why.notSticky !== undefined) lines.push(notSticky(why.notSticky));
  for (const { tenant, rule } of why.heldBack) {
    lines.push(`${mayName(tenant) ? `Tenant ${tenant}` : 'Another tenant'} had an earlier call, and ${stoodBack[rule]}.`);
  }
  return lines;
}

function demand({ ring, requires, pools }: Why): string {
  const skills = Object.entries(requires).map(([skill, level]) => `${skill} at ${level} or more`);
  const asked = skills.length === 0 ? 'no skill' : skills.join(' and ');
  const where = ring === 0 ? 'at first' : `in ring ${ring}`;
  return `The call asked for ${asked}, ${where}, of the pool${pools.length === 1 ? '' : 's'} ${pools.join(', ')}.`;
}

function choice(agent: string, { rule, idle, considered, idleMs, talks, fit }: Why): string {
  const who = talks === undefined ? ['idle agent', 'idle agents'] : ['agent', 'agents'];
  const already = talks === undefined ? '' : ` beside ${talks === 1 ? 'a talk' : `${talks} talks`}, and nobody was freer`;
  const only = `${idle === 1 ? `the only ${who[0]}` : `one of ${idle} ${who[1]}`} who could take it${already}`;
  const compared = considered < idle ? ` (the first ${considered} were compared)` : '';
  const because: Readonly<Record<Why['rule'], string>> = {
    sticky: 'he talked to this caller before',
    fit: `he fits best (${fit ?? 0} points)`,
    longestIdle: `he had ${talks === undefined ? 'been idle' : 'had no other'} longest, ${span(idleMs)}`,
    roundRobin: 'it was his turn',
    leastOccupied: 'he was the least occupied',
    fixedOrder: 'he comes first in the fixed order',
    ringAll: 'all were rung at once',
  };
  return `${agent} was ${only}${compared}${idle === 1 && rule !== 'sticky' ? '' : `: ${because[rule]}`}. `;
}

function passedOver({ passedOver: others }: Why): string {
  const named = others.map(({ agent, fit }) => (fit === undefined ? agent : `${agent} (${fit} points)`));
  return `Passed over by this rule: ${named.join(', ')}.`;
}

function notSticky({ agent, state }: NonNullable<Why['notSticky']>): string {
  const states: Readonly<Record<string, string>> = {
    idle: 'may not take this call',
    offered: 'was being offered another call',
    connected: 'was talking',
    wrapUp: 'was in wrap-up',
    paused: 'was paused',
    ownCall: 'was on a call of his own',
    signedOut: 'was signed out',
  };
  return `The caller talked to ${agent} before, who ${states[state] ?? state}.`;
}

const holds: Readonly<Record<Held['by'], string>> = {
  busy: 'every agent who might take it was busy or paused',
  nobody: 'no agent who might take it was signed in',
  ownAgent: 'for the agent whom its caller knows, who was busy',
  cap: 'agents were free, but its tenant kept as many busy as its cap allows',
  callbacks: 'agents were free, but callbacks kept as many busy as they may',
};

const stoodBack: Readonly<Record<Why['heldBack'][number]['rule'], string>> = {
  cap: 'was at its cap',
  callbacks: 'callbacks kept as many agents busy as they may',
  guarantee: 'stood back for a tenant below its guaranteed share',
};

const tried: Readonly<Record<CallbackTry['outcome'], string>> = {
  pending: 'this was still open',
  reached: 'he was put through',
  busy: 'it was busy',
  'no-answer': 'nobody answered',
  rejected: 'the call was declined',
  unreachable: 'it could not be reached',
  unconfirmed: 'it was answered, but no key was pressed, as by a machine',
  withdrawn: 'the agent left before he answered, or the daemon changed',
};

const causes: Readonly<Record<Why['by'], string>> = {
  call: 'The call had just come.',
  back: 'The call had just come back to its place.',
  ring: 'The call had just entered this ring.',
  waited: 'The call had waited for its own agent, and did so no longer.',
  share: 'It was within its caps again.',
  agent: 'The agent had just become free.',
};

const orders: Readonly<Record<Why['order'], string>> = {
  emergency: 'As an emergency it went before all others.',
  guarantee: 'It went before others because its tenant was below its guaranteed share.',
  class: 'As a VIP’s call it went before those of normal callers.',
  deadline: 'Of the calls that he could take it was due first.',
};

const outcomes: Readonly<Record<OfferOutcome, string>> = {
  pending: 'there was no answer yet',
  answered: 'he took it',
  elsewhere: 'another agent took it first',
  'no-answer': 'he did not answer',
  busy: 'his phone was busy',
  rejected: 'he rejected it',
  unreachable: 'his phone could not be reached',
  withdrawn: 'the offer was withdrawn',
};

/** `0.4 s`, `12 s`, `3 min 5 s` */
function span(ms: number): string {
  if (ms < 10_000) return `${Math.round(ms / 100) / 10} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
