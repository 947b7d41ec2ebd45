/** When agents are signed in. */
import type { AgentId } from '../core/ids.js';
import type { Site } from '../core/site.js';
import type { Assumptions } from './assumptions.js';
import { BadInput } from './bad-input.js';
import { dayAfter, midnight, timeOfDay } from './local-day.js';

/** Epoch ms. Whoever talks at its end talks on. */
export interface Shift {
  readonly agent: AgentId;
  readonly from: number;
  readonly to: number;
}

/** Those of all agents on all days, in the order of time. Throws `BadInput` for a text that is no shift and for an agent who does not exist. */
export function shiftsOf(site: Site, { date, days, shifts }: Assumptions, timezone: string): Shift[] {
  for (const name of Object.keys(shifts)) {
    if (name !== '*' && ![...site.agents.keys()].some((agent) => agent === name)) throw new BadInput(`shifts: there is no agent ${name}`);
  }
  const starts = Array.from({ length: days + 1 }, (_, index) => midnight(timezone, dayAfter(date, index)));
  const [first = 0, end = 0] = [starts[0], starts.at(-1)];
  const made = [...site.agents.keys()].flatMap((agent) => {
    const text = shifts[agent] ?? shifts['*'];
    if (text === undefined) return [{ agent, from: first, to: end }];
    const spans = text.trim().split(/\s+/).map(span);
    return starts.slice(0, -1).flatMap((start) => spans.map(([from, to]) => ({ agent, from: start + from, to: start + to })));
  });
  return made.sort((a, b) => a.from - b.from);
}

function span(text: string): readonly [number, number] {
  const [from, to] = text.split('-').map(timeOfDay);
  if (from === undefined || to === undefined || from >= to) throw new BadInput(`shifts: ${text} is no span such as 08:00-12:00`);
  return [from, to];
}
