/** Agents: who is there, and what they or others ask for them. */
import { z } from 'zod';
import { type Principal, type Role, seesAgent } from '../../core/access.js';
import type { AskedWish } from '../../core/feature/desk.js';
import { type AgentId, id } from '../../core/ids.js';
import type { AgentWishResult } from '../../ports/operations.js';
import type { ApiParts } from '../api.js';
import { HttpProblem, notFound, redisAway } from '../problem.js';
import { type ApiServer, identifier, noInput } from '../schema.js';
import { agentView } from '../views.js';

const roles: readonly Role[] = ['admin', 'supervisor', 'agent'];
const params = z.strictObject({ agent: identifier });
const done = z.object({
  done: z.literal(true),
  result: z.enum(['done', 'later', 'already']).describe('`later`: when the present talk ends. `already`: so it was before.'),
});
const nothing = z.strictObject({});
const pauseBody = z.strictObject({ reason: identifier.optional() });
const extendBody = z.strictObject({ seconds: z.int().min(1).max(7_200).optional() });

export function agentRoutes(server: ApiServer, { operations, site, log }: ApiParts): void {
  server.get(
    '/agents',
    {
      config: { roles },
      schema: { summary: 'Agents', querystring: noInput, response: { 200: z.object({ agents: z.array(agentView) }) } },
    },
    async ({ principal }) => {
      const agents = (await operations.agents()) ?? away();
      return { agents: agents.filter(({ agent }) => seesAgent(principal, agent, site())) };
    },
  );

  server.get(
    '/agents/:agent',
    { config: { roles }, schema: { summary: 'One agent', params, querystring: noInput, response: { 200: agentView } } },
    async ({ principal, params }) => {
      const wanted = agentSeen(principal, params.agent);
      const agents = (await operations.agents()) ?? away();
      const found = agents.find(({ agent }) => agent === wanted);
      if (found === undefined) throw notFound();
      return found;
    },
  );

  /** What each verb asks for; `body` is what may be sent along. */
  const wishes = {
    signin: verb('Sign an agent in', nothing, () => ({ do: 'signIn' })),
    signout: verb('Sign an agent out; during a talk from its end on', nothing, () => ({ do: 'signOut' })),
    pause: verb('Pause an agent; during a talk from its end on', pauseBody, ({ reason }) => ({ do: 'pause', reason })),
    ready: verb('End a pause or the after-call work', nothing, () => ({ do: 'ready' })),
    extend: verb('Extend the after-call work', extendBody, ({ seconds }) => ({
      do: 'extendWrapUp',
      ms: seconds === undefined ? undefined : seconds * 1_000,
    })),
  };
  for (const [name, { summary, body, wish }] of Object.entries(wishes)) {
    server.post(
      `/agents/:agent/${name}`,
      { config: { roles }, schema: { summary, params, querystring: noInput, body, response: { 200: done } } },
      async ({ principal, params, body: sent, ip }) => {
        const agent = agentSeen(principal, params.agent);
        const result = await operations.wish(agent, wish(sent));
        log.info({ by: principal.id, remote: ip, agent, verb: name, result }, 'something was asked for an agent by API');
        return answered(result);
      },
    );
  }

  /** The agent of the address, if the bearer may see and act on him. */
  function agentSeen(principal: Principal, name: string): AgentId {
    const agent = id<AgentId>(name);
    if (!seesAgent(principal, agent, site())) throw notFound();
    return agent;
  }
}

/** A verb of an agent, with its body kept to its schema. */
function verb<B extends z.ZodType>(summary: string, body: B, wish: (sent: z.output<B>) => AskedWish) {
  return { summary, body, wish: (sent: unknown) => wish(sent as z.output<B>) };
}

function answered(result: AgentWishResult): z.output<typeof done> {
  switch (result) {
    case 'done':
    case 'later':
    case 'already':
      return { done: true, result };
    case 'signedOut':
      throw new HttpProblem(409, 'The agent is signed out.');
    case 'notWrappingUp':
      throw new HttpProblem(409, 'The agent is not in after-call work.');
    case 'capped':
      throw new HttpProblem(409, 'The after-call work is extended by as much as is allowed already.');
    case 'unknownReason':
      throw new HttpProblem(422, 'There is no such pause reason: desk.pauseReasons of telephony.yaml names those that there are.');
    case 'unknown':
      throw notFound();
    case 'unavailable':
      throw redisAway();
    default:
      return result satisfies never;
  }
}

function away(): never {
  throw redisAway();
}
