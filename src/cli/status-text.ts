/** A daemon's status as a person reads it. */
import { z } from 'zod';
import { duration, table } from './table.js';

/** What is needed of an agent. */
export const agentAnswer = z.object({
  agent: z.string(),
  name: z.string(),
  reachable: z.boolean(),
  status: z.string(),
  pause: z.object({ reason: z.string().optional() }).optional(),
  rest: z.string().optional(),
  calls: z.array(z.string()).optional(),
});

export type AgentAnswer = z.infer<typeof agentAnswer>;

/** What `status` needs of the answer. Fields of a newer daemon are ignored. */
export const statusAnswer = z.object({
  version: z.string(),
  uptimeMs: z.number(),
  drain: z.enum(['serving', 'draining', 'drained']),
  nodes: z.array(z.object({ id: z.string(), up: z.boolean(), reason: z.string().optional() })),
  redis: z.object({ up: z.boolean(), reason: z.string().optional() }),
  calls: z.array(z.object({ tenant: z.string(), state: z.string(), count: z.number() })),
  queues: z.array(z.object({ queue: z.string(), length: z.number(), oldestWaitMs: z.number().optional() })).optional(),
  agents: z.array(agentAnswer).optional(),
});

export type StatusAnswer = z.infer<typeof statusAnswer>;

/** In the order of a call's life; states that this list does not know come last. */
const STATES = ['arriving', 'greeting', 'playing', 'menu', 'waiting', 'offered', 'connected', 'transferring', 'voicemail', 'ending'];

export function statusText(status: StatusAnswer): string[] {
  return [
    `telephony-core ${status.version}, up ${duration(status.uptimeMs)}, ${status.drain}`,
    ...status.nodes.map((node) => upLine(`PBX node ${node.id}`, node)),
    upLine('Redis', status.redis),
    '',
    ...calls(status.calls),
    '',
    ...queues(status.queues),
    '',
    ...agents(status.agents),
  ];
}

function upLine(what: string, { up, reason }: { readonly up: boolean; readonly reason?: string | undefined }): string {
  return up ? `${what}: up` : `${what}: DOWN (${reason ?? 'not connected yet'})`;
}

function calls(counts: StatusAnswer['calls']): string[] {
  if (counts.length === 0) return ['No calls.'];
  const present = new Set(counts.map(({ state }) => state));
  const states = [...STATES.filter((state) => present.has(state)), ...[...present].filter((state) => !STATES.includes(state))];
  const tenants = [...new Set(counts.map(({ tenant }) => tenant))].sort();
  const count = (tenant: string, state: string): number =>
    counts.filter((entry) => entry.tenant === tenant && entry.state === state).reduce((sum, entry) => sum + entry.count, 0);
  return table(
    ['CALLS', ...states, 'all'],
    tenants.map((tenant) => {
      const row = states.map((state) => count(tenant, state));
      return [tenant, ...row.map((value) => (value === 0 ? '-' : String(value))), String(row.reduce((sum, value) => sum + value, 0))];
    }),
  );
}

function queues(list: StatusAnswer['queues']): string[] {
  if (list === undefined) return ['Queues: unknown while Redis cannot be reached.'];
  if (list.length === 0) return ['Nobody waits.'];
  return table(
    ['QUEUE', 'waiting', 'oldest'],
    list.map(({ queue, length, oldestWaitMs }) => [queue, String(length), oldestWaitMs === undefined ? '-' : duration(oldestWaitMs)]),
  );
}

function agents(list: StatusAnswer['agents']): string[] {
  if (list === undefined) return ['Agents: unknown while Redis cannot be reached.'];
  if (list.length === 0) return ['No agents are configured.'];
  return agentTable(list);
}

export function agentTable(list: readonly AgentAnswer[]): string[] {
  return table(
    ['AGENT', 'name', 'status', 'phone'],
    list.map((agent) => [agent.agent, agent.name, doing(agent), agent.reachable ? 'reachable' : 'not registered']),
  );
}

const rests: Readonly<Record<string, string>> = {
  breather: 'a breather',
  'no-answer': 'did not answer',
  busy: 'was busy',
  rejected: 'declined',
  unreachable: 'was unreachable',
};

/** A pause that was asked for during a talk is told beside it, and so is how many talks there are besides what the status says. */
function doing({ status, pause, rest, calls = [] }: AgentAnswer): string {
  const more = calls.length > (status === 'connected' ? 1 : 0);
  const now = more ? `${status}, ${calls.length} call${calls.length === 1 ? '' : 's'}` : status;
  if (pause === undefined) return rest === undefined ? now : `${now} (${rests[rest] ?? rest})`;
  const reason = pause.reason === undefined ? '' : ` (${pause.reason})`;
  return status === 'paused' ? `paused${reason}` : `${now}, then paused${reason}`;
}
