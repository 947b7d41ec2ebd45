/** Calls that agents make themselves: colleagues are reached without a daemon, nobody else is, and routing leaves them alone meanwhile. */
import t, { type Test } from 'tap';
import { tone } from '../../src/lab/audio.js';
import { hears } from './hearing.js';
import { agents, type Backend, backends, Site } from './site.js';
import { desk, hertz, numbers } from './tenants.js';

t.setTimeout(180_000);

for (const { on, skip } of backends) t.test(`own calls of agents, on ${on}`, { skip }, (t) => ownCalls(t, on));

async function ownCalls(t: Test, on: Backend): Promise<void> {
  const site = await Site.start(t, { on, tenants: [desk] });
  t.afterEach(() => site.quiet());

  t.test('two colleagues talk: neither is offered a call until they have hung up', async (t) => {
    const [alice, benoit] = [await site.signIn('alice'), await site.signIn('benoit')];
    const own = await site.dialFrom('alice', alice, agents.benoit);
    const ringing = await benoit.rings();
    await site.agentIs('alice', 'ownCall');
    await site.agentIs('benoit', 'ownCall');
    ringing.answer();
    own.media.say(tone(hertz.agent, 1_000), true);
    ringing.media.say(tone(hertz.other, 1_000), true);
    await hears(ringing, hertz.agent);
    await hears(own, hertz.other);
    const caller = await site.dial(numbers.desk);
    await site.reaches(caller, 'waiting');
    t.equal(alice.rang.length + benoit.rang.length, 1, 'nobody was rung for the caller');

    await caller.hangUp();

    await site.daemon.kill();
    await hears(own, hertz.other, { forMs: 500 });
    await site.daemon.start();
    await site.agentIs('alice', 'ownCall');
    await site.agentIs('benoit', 'ownCall');
    const next = await site.dial(numbers.desk);
    await site.reaches(next, 'waiting');

    await own.hangUp();
    await ringing.ended;
    const [first] = await Promise.race([alice.rings().then((call) => [call]), benoit.rings().then((call) => [call])]);
    first?.answer();
    await site.reaches(next, 'connected');
    await next.hangUp();
    await site.signOut('alice', alice);
    await site.signOut('benoit', benoit);
  });

  t.test('nothing else can be dialled', async (t) => {
    const alice = await site.signIn('alice');
    for (const number of ['0612345678', agents.chloe, 'handover', 'nobody']) {
      const refused = await site.dialFrom('alice', alice, number);
      const end = await refused.ended;
      t.match(end, { by: 'them' });
      t.ok(end.status >= 400 && end.status < 600, `${number}: ${end.status}`);
    }
    await site.agentIs('alice', 'idle');
    await site.signOut('alice', alice);
  });
}
