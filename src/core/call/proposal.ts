/** What a caller who wants to be called back is asked: whether this is his number, or which. */
import { spokenDigits } from '../callback/spoken-number.js';
import type { CallbackRules, Prompt } from '../tenant.js';
import type { Call, CallState } from './call.js';
import { callableNumber } from './callback.js';
import type { Context, Step } from './step.js';
import { after, enter, limits, nextPlay } from './step.js';

export type Arranging = Extract<CallState, { at: 'arranging' }>;

/** The caller wants to be called back. He has left the queue for the time of this talk; his place is kept. */
export function enterArranging(call: Call, rules: CallbackRules, ctx: Context): Step {
  const number = callableNumber(call.caller.number, ctx.tenant, rules);
  const state: Arranging = { at: 'arranging', phase: 'confirming', play: undefined, number, typed: '', failures: 0 };
  return number === undefined ? askForNumber(call, state, rules, ctx) : readBack(call, { ...state, number }, rules, ctx);
}

export function say(call: Call, state: Arranging, prompt: Prompt, ctx: Context): Step {
  const next = nextPlay(call);
  const silence = state.play === undefined ? [] : [{ do: 'stopPlay', leg: call.leg } as const];
  return after(
    silence,
    enter(next.call, { ...state, play: next.play }, { step: limits.prompt }, ctx.now, {
      do: 'play',
      leg: call.leg,
      play: next.play,
      prompt,
    }),
  );
}

export function readBack(call: Call, state: Arranging & { number: string }, { prompts, countryCode }: CallbackRules, ctx: Context): Step {
  const digits = spokenDigits(state.number, countryCode).flatMap((digit) => prompts.digits[digit]?.files ?? []);
  const files = [...prompts.numberIs.files, ...digits, ...prompts.confirm.files];
  return say(call, { ...state, phase: 'confirming', typed: '' }, { files }, ctx);
}

export function askForNumber(call: Call, state: Arranging, { prompts }: CallbackRules, ctx: Context, first: readonly string[] = []): Step {
  const files = [...first, ...prompts.typeNumber.files];
  return say(call, { ...state, phase: 'typing', number: undefined, typed: '' }, { files }, ctx);
}
