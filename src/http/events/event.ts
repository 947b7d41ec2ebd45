/** What the stream of events tells, and who may hear it. */
import { z } from 'zod';
import { type Principal, seesAgent, seesTenant } from '../../core/access.js';
import type { AgentId, TenantId } from '../../core/ids.js';
import type { Site } from '../../core/site.js';
import { type Sent, time } from '../schema.js';
import { agentView, callView } from '../views.js';

/** The data of each type of event; `ready` and `bye` are the stream's own. */
export const eventSchemas = {
  ready: z.object({
    resumed: z
      .boolean()
      .describe('Nothing was missed since `Last-Event-ID`. Else read the lists that you keep: what follows changes them.'),
  }),
  call: callView.extend({
    at: time,
    outcome: z.string().optional().describe('Once the call has ended.'),
    left: z.literal(true).optional().describe('Another daemon has the call now: its stream goes on.'),
  }),
  offer: z.object({
    at: time,
    call: z.string(),
    tenant: z.string(),
    agent: z.string(),
    outcome: z.string().describe('`pending` while it is open; then what came of it.'),
  }),
  agent: agentView.extend({ at: time }),
  queue: z.object({ at: time, queue: z.string(), tenant: z.string(), length: z.number() }),
  bye: z.object({ reason: z.string() }),
};

type EventData = { readonly [Type in keyof typeof eventSchemas]: Sent<z.input<(typeof eventSchemas)[Type]>> };

/** Something that happened, to one of the first two kinds of thing that a token may see. */
export type Happening = {
  readonly [Type in 'call' | 'offer' | 'agent' | 'queue']: {
    readonly type: Type;
    /** Who of the client companies it concerns; undefined: an agent's own affair. */
    readonly tenant: TenantId | undefined;
    /** The agents whom it concerns themselves. */
    readonly agents: readonly AgentId[];
    readonly data: EventData[Type];
  };
}['call' | 'offer' | 'agent' | 'queue'];

export function hears(principal: Principal, { tenant, agents }: Pick<Happening, 'tenant' | 'agents'>, site: Site): boolean {
  if (principal.role === 'agent') return agents.includes(principal.agent);
  if (tenant !== undefined) return seesTenant(principal, tenant, site);
  return agents.some((agent) => seesAgent(principal, agent, site));
}
