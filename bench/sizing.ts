/** What more nodes would need, reckoned from what one call was measured to cost: an estimate, not a measurement. */
import { rounded } from './figures.js';

/** Figures of a result by its name, as far as they were measured on this machine. */
export type Results = Readonly<Record<string, Readonly<Record<string, number>> | undefined>>;

const nodes = 10;
/** A node that does more than this of what it can has nothing left for the node that fails. */
const loadPart = 0.6;

export function sizing(results: Results): readonly string[] {
  const { queue, knee, backlog } = results;
  if (queue?.['daemon_ms_per_call'] === undefined || knee?.['knee_cps'] === undefined) return [];
  const perNode = knee['knee_cps'] * loadPart;
  const all = perNode * nodes;
  /** ms a call × calls a second → per cent of a core. */
  const cores = (msPerCall: number, rate: number) => `${rounded((msPerCall * rate) / 10)} % of a core`;
  const lines = [
    `- Calls: ${rounded(perNode)} a second and node (${loadPart * 100} % of the knee, which was found with SIPp on the same machine), ${rounded(all)} together.`,
    `- Daemons: ${cores(queue['daemon_ms_per_call'], perNode)} a node; one daemon has one event loop, so one daemon for every node or two, each on the node's machine.`,
  ];
  if (queue['redis_ms_per_call'] !== undefined && queue['redis_trips_per_call'] !== undefined) {
    const percent = (queue['redis_ms_per_call'] * all) / 10;
    lines.push(
      `- Redis, shared by all: ${rounded(percent)} % of a core, of which it has one, and ${Math.round(queue['redis_trips_per_call'] * all)} round trips a second. ${percent > 70 ? 'That is too much for one Redis: split the pools into routing domains, each with a Redis of its own.' : 'One Redis is enough.'}`,
    );
  }
  if (backlog?.['fs_kb_per_waiting'] !== undefined && backlog['daemon_kb_per_waiting'] !== undefined) {
    lines.push(
      `- Memory for 1,000 callers who wait on a node: FreeSWITCH ${Math.round(backlog['fs_kb_per_waiting'] / 1.024)} MB, daemon ${Math.round(backlog['daemon_kb_per_waiting'] / 1.024)} MB, besides what each has when idle.`,
    );
  }
  return ['## What ten nodes would need', '', 'Reckoned from the costs measured above, for ten machines like this one:', '', ...lines, ''];
}
