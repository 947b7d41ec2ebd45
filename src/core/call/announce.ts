/**
 * What a waiting caller is told, and when. The rhythm counts from his entry into the queue, so that a takeover, an agent who
 * did not answer or a menu in between changes nothing of it.
 */
import type { PlayId } from '../ids.js';
import { estimateWait, type Outlook } from '../queue/wait-estimate.js';
import type { Announce, Prompt } from '../tenant.js';
import type { Call, Told } from './call.js';
import { type Context, nextPlay, type Step, stay, withTimer } from './step.js';

/** More are spoken, but not kept: a saved call must not grow for ever. */
const mostTold = 50;

/** When the next announcement is due, epoch ms. */
export function nextAnnouncement({ firstMs, everyMs }: Announce, enqueuedAt: number, now: number): number {
  const first = enqueuedAt + firstMs;
  return now < first ? first : first + turnAt({ firstMs, everyMs }, enqueuedAt, now) * everyMs + everyMs;
}

/** How many announcements were due before the one that is due now. */
function turnAt({ firstMs, everyMs }: Pick<Announce, 'firstMs' | 'everyMs'>, enqueuedAt: number, now: number): number {
  return Math.max(0, Math.floor((now - enqueuedAt - firstMs) / everyMs));
}

/** It is time to say something. */
export function announce(call: Call, ctx: Context): Step {
  const { announce: settings } = ctx.tenant.queue;
  const { state, enqueuedAt } = call;
  // Gone by a reload: the caller waits on with music.
  if (state.at !== 'waiting' || settings === undefined || enqueuedAt === undefined) return stay(call);
  const timed = withTimer(call, 'announce', nextAnnouncement(settings, enqueuedAt, ctx.now));
  // It is not talked into itself; but should its end have been lost, the next one is spoken.
  if (state.play !== undefined) return stay(silent(timed));
  const turn = turnAt(settings, enqueuedAt, ctx.now);
  const message = messageOf(settings, turn);
  return message === undefined ? stay(timed, { do: 'askOutlook' }) : speak(timed, [message, ...settings.hints]);
}

/** Figures and the tenant's own messages take turns. `undefined`: figures. */
function messageOf({ position, wait, messages }: Announce, turn: number): Prompt | undefined {
  const figures = position !== undefined || wait !== undefined || messages.length === 0;
  if (figures && turn % 2 === 0) return undefined;
  return messages.length === 0 ? undefined : messages[(figures ? (turn - 1) / 2 : turn) % messages.length];
}

/** What the store knows has come: it is told, if the caller still waits. */
export function tellOutlook(call: Call, outlook: Outlook | undefined, ctx: Context): Step {
  const { announce: settings } = ctx.tenant.queue;
  const { state } = call;
  if (state.at !== 'waiting' || state.play !== undefined || settings === undefined) return stay(call);
  const figures = outlook === undefined ? { prompts: [], told: {} } : figuresOf(settings, outlook);
  const told: Told = { at: ctx.now, ...figures.told };
  const kept = figures.prompts.length === 0 ? call : { ...call, told: [...(call.told ?? []), told].slice(0, mostTold) };
  return speak(kept, [...figures.prompts, ...settings.hints]);
}

/** Nothing is said of what is not known. */
function figuresOf(
  { position, wait }: Announce,
  outlook: Outlook,
): { readonly prompts: readonly Prompt[]; readonly told: Omit<Told, 'at'> } {
  const waitMs = wait === undefined ? undefined : estimateWait(outlook);
  return {
    prompts: [
      ...(position === undefined ? [] : [position.places[outlook.position - 1] ?? position.beyond]),
      ...(wait === undefined || waitMs === undefined ? [] : [wait.spans.find(({ upToMs }) => waitMs < upToMs)?.prompt ?? wait.beyond]),
    ],
    told: { ...(position === undefined ? {} : { position: outlook.position }), ...(waitMs === undefined ? {} : { waitMs }) },
  };
}

function speak(call: Call, prompts: readonly Prompt[]): Step {
  const files = prompts.flatMap((prompt) => prompt.files);
  if (files.length === 0) return stay(call);
  const next = nextPlay(call);
  const speaking: Call = { ...next.call, state: { at: 'waiting', play: next.play } };
  return stay(speaking, { do: 'play', leg: call.leg, play: next.play, prompt: { files } });
}

/** An announcement has ended, or could not be played: the music goes on either way. */
export function announced(call: Call, play: PlayId): Step {
  return stay(call.state.at === 'waiting' && call.state.play === play ? silent(call) : call);
}

const silent = (call: Call): Call => ({ ...call, state: { at: 'waiting' } });
