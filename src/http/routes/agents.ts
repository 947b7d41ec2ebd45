/** Agents: who is there, and signing them in and out. */
import { z } from 'zod';
import { type Principal, type Role, seesAgent } from '../../core/access.js';
import { type AgentId, id } from '../../core/ids.js';
import type { SignResult } from '../../ports/operations.js';
import type { ApiParts } from '../api.js';
import { notFound, redisAway } from '../problem.js';
import { type ApiServer, identifier, noInput } from '../schema.js';
import { agentView } from '../views.js';

const roles: readonly Role[] = ['admin', 'supervisor', 'agent'];
const params = z.strictObject({ agent: identifier });
const done = z.object({ done: z.literal(true) });

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

  const verbs = {
    signin: { summary: 'Sign an agent in', act: (agent: AgentId) => operations.signIn(agent) },
    signout: { summary: 'Sign an agent out', act: (agent: AgentId) => operations.signOut(agent) },
  };
  for (const [verb, { summary, act }] of Object.entries(verbs)) {
    server.post(
      `/agents/:agent/${verb}`,
      { config: { roles }, schema: { summary, params, querystring: noInput, response: { 200: done } } },
      async ({ principal, params, ip }) => {
        const agent = agentSeen(principal, params.agent);
        const answer = answered(await act(agent));
        log.info({ by: principal.id, remote: ip, agent, verb }, 'an agent was signed in or out by API');
        return answer;
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

function answered(result: SignResult): z.output<typeof done> {
  switch (result) {
    case 'done':
      return { done: true };
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
