/** Who listens to a talk: begun, changed and ended. */
import { z } from 'zod';
import { type Principal, type Role, seesCall } from '../../core/access.js';
import { supervisionModes } from '../../core/call/supervised.js';
import { type CallId, id, type SupervisorId } from '../../core/ids.js';
import type { SuperviseResult } from '../../ports/operations.js';
import type { ApiParts } from '../api.js';
import { HttpProblem, notFound } from '../problem.js';
import { type ApiServer, callId, identifier, noInput } from '../schema.js';

const roles: readonly Role[] = ['admin', 'supervisor'];
const params = z.strictObject({ call: callId });
const body = z.strictObject({
  supervisor: identifier.describe('Whose phone is rung: his id in the configuration.'),
  mode: z.enum(supervisionModes).describe('`listen`: heard by nobody. `whisper`: by the agent alone. `barge`: by both.'),
});
const done = z.object({ done: z.literal(true) });

const refusals: Readonly<Record<Exclude<SuperviseResult, 'done' | 'unknownCall' | 'unknownSupervisor'>, HttpProblem>> = {
  notAllowed: new HttpProblem(403, 'This supervisor may not attend this call.'),
  notTalking: new HttpProblem(409, 'Caller and agent do not talk.'),
  taken: new HttpProblem(409, 'Another supervisor attends this call.'),
  elsewhere: new HttpProblem(409, 'The supervisor’s phone is on another node than the call.'),
  unreachable: new HttpProblem(503, 'The node of this call cannot be reached now.'),
  noAnswer: new HttpProblem(504, 'The supervisor’s phone was not answered.'),
  wrongPin: new HttpProblem(403, 'The PIN is wrong.'),
  locked: new HttpProblem(403, 'There were too many wrong PINs.'),
};

export function supervisionRoutes(server: ApiServer, { operations, site, log }: ApiParts): void {
  server.post(
    '/calls/:call/supervise',
    { config: { roles }, schema: { summary: 'Attend a talk', params, querystring: noInput, body, response: { 202: done } } },
    ({ principal, params, body, ip }, reply) => {
      const call = callSeen(principal, params.call);
      const { supervisor, mode } = body;
      const result = operations.supervise(call, id<SupervisorId>(supervisor), mode);
      log.info({ audit: 'supervision', by: principal.id, remote: ip, call, supervisor, mode, result }, 'supervision was asked for by API');
      if (result === 'unknownCall' || result === 'unknownSupervisor') throw notFound();
      if (result !== 'done') throw refusals[result];
      // His phone rings first: what comes of it is seen with the call.
      reply.code(202);
      return { done: true } as const;
    },
  );

  server.delete(
    '/calls/:call/supervise',
    { config: { roles }, schema: { summary: 'Attend a talk no more', params, querystring: noInput, response: { 200: done } } },
    ({ principal, params, ip }) => {
      const call = callSeen(principal, params.call);
      if (operations.unsupervise(call) === 'unknownCall') throw notFound();
      log.info({ audit: 'supervision', by: principal.id, remote: ip, call }, 'supervision was ended by API');
      return { done: true } as const;
    },
  );

  /** The call of the address, if the bearer may see it. */
  function callSeen(principal: Principal, name: string): CallId {
    const call = operations.calls().find((candidate) => candidate.call === name);
    if (call === undefined || !seesCall(principal, call, site())) throw notFound();
    return call.call;
  }
}
