import t from 'tap';
import { mayReveal, seesAgent, seesCall, seesTenant } from '../../../src/core/access.js';
import { type AgentId, id, type TenantId } from '../../../src/core/ids.js';
import { type Bearer, bearers, site, tokens } from '../http/fixture.js';

const principal = (who: Bearer) => tokens[bearers.indexOf(who)]!.principal;
const those = (sees: (who: Bearer) => boolean) => bearers.filter(sees);
const everywhere: Bearer[] = ['admin', 'supervisor'];

t.test('a client company: its own token, and supervisors of its queue’s pool', async (t) => {
  const seen = (name: string) => those((who) => seesTenant(principal(who), id<TenantId>(name), site));
  t.same(seen('martin'), [...everywhere, 'deskSupervisor', 'martin']);
  t.same(seen('durand'), [...everywhere, 'nightSupervisor', 'durand']);
  t.same(seen('removed-by-a-reload'), everywhere);
});

t.test('an agent: himself, and supervisors of his pool', async (t) => {
  const seen = (name: string) => those((who) => seesAgent(principal(who), id<AgentId>(name), site));
  t.same(seen('alice'), [...everywhere, 'deskSupervisor', 'alice']);
  t.same(seen('nobody'), everywhere);
});

t.test('a call: by its tenant, and by the agent who has it now', async (t) => {
  const seen = (...agents: string[]) =>
    those((who) => seesCall(principal(who), { tenant: id<TenantId>('martin'), agents: agents.map((agent) => id<AgentId>(agent)) }, site));
  t.same(seen(), [...everywhere, 'deskSupervisor', 'martin']);
  t.same(seen('bob'), [...everywhere, 'deskSupervisor', 'bob', 'martin']);
  t.same(seen('alice', 'bob'), [...everywhere, 'deskSupervisor', 'alice', 'bob', 'martin'], 'whose phones ring at once');
});

t.test('numbers in full: neither agents nor client companies', async (t) => {
  t.same(
    those((who) => mayReveal(principal(who))),
    [...everywhere, 'deskSupervisor', 'nightSupervisor'],
  );
});
