/** 500 calls at 20 a second, callers who hang up at any moment, agents of every kind: afterwards nothing is left but the records. */
import t from 'tap';
import { type Crew, crewAgents, crewsArrive, giveUp, repeated, wave } from './crowd.js';
import { keysAtRest, redisKeys, streamedRecords } from './redis-keys.js';
import { backends, Site } from './site.js';
import { desk, durand, hasty, martin, numbers } from './tenants.js';

t.setTimeout(240_000);

const crews: readonly Crew[] = [
  { scenario: 'agent-answers', count: 8, ringMs: 100 },
  { scenario: 'agent-hangs-up', count: 4, ringMs: 300, talkMs: 700 },
  { scenario: 'agent-busy-486', count: 2 },
  { scenario: 'agent-never-answers', count: 2 },
];

for (const { on, skip } of backends)
  t.test(`500 calls, on ${on}`, { skip }, async (t) => {
    const site = await Site.start(t, { on, tenants: [martin, desk, durand, hasty], agents: crewAgents(crews), contactsAsTold: true });
    const agents = crewAgents(crews).map(({ id }) => id);
    await crewsArrive(site, crews, (stop) => t.teardown(stop));
    await site.allIdle(agents);

    const impatient = giveUp(site, { number: numbers.desk, count: 100, rate: 4 });
    const waves = await Promise.all([
      wave(site, 1, { scenario: 'caller-hears-and-hangs-up', number: numbers.desk, count: 150, rate: 6, patienceMs: 3_000 }),
      wave(site, 2, { scenario: 'caller-hears-and-hangs-up', number: numbers.martin, count: 100, rate: 4, patienceMs: 5_000 }),
      wave(site, 3, { scenario: 'caller-hears-and-hangs-up', number: numbers.hasty, count: 100, rate: 4, patienceMs: 2_000 }),
      wave(site, 4, { scenario: 'caller-hears-and-hangs-up', number: numbers.durand, count: 50, rate: 2, patienceMs: 2_500 }),
    ]);
    const results = await Promise.all(waves.map(({ finished }) => finished));
    t.equal((await impatient).length, 100);
    t.strictSame(
      results.filter(({ calls }) => calls === 0).map(({ unexpected }) => unexpected),
      [],
      'every SIPp ran',
    );
    t.equal(
      results.reduce((sum, { calls }) => sum + calls, 0),
      400,
      'SIPp placed its calls',
    );

    await site.quiet(30_000);
    t.pass('no channel, no call in the daemon, every agent idle');
    t.strictSame(await site.agentStates(), Object.fromEntries(agents.map((agent) => [agent, 'idle'])), 'all of them are signed in still');
    t.strictSame(await redisKeys(site.redis), keysAtRest(agents), 'configuration, agents and history are all that Redis holds');

    const records = await site.records();
    t.strictSame(repeated(records.map(({ caller }) => caller.number)), [], 'no call has two records');
    const stayed = waves.flatMap(({ callers }) => callers);
    const recorded = new Set(records.map(({ caller }) => caller.number));
    t.strictSame(
      stayed.filter((caller) => !recorded.has(caller)),
      [],
      'everyone who was answered has one',
    );
    t.strictSame([...(await streamedRecords(site.redis))].sort(), records.map(({ call }) => call).sort(), 'the stream has the same');
    t.ok(records.filter(({ outcome }) => outcome === 'answered').length > 50, 'many were answered');
    t.strictSame(
      records.filter(({ outcome }) => outcome === 'lost').map(({ cause }) => cause),
      [],
      'none was lost',
    );
    t.notMatch(site.daemon.output, /"level":"(error|fatal)"/, 'the daemon found nothing amiss');
  });
