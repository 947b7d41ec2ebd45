/** kill -9 and a new start under 50 talks and 20 waiting callers: nobody is dropped, and whoever waits keeps his place. */
import t from 'tap';
import { tone } from '../../src/lab/audio.js';
import { until } from '../../src/lab/child.js';
import { startCallers } from '../../src/lab/sipp.js';
import { type Crew, crewAgents, crewsArrive } from './crowd.js';
import { hears, watchGaps } from './hearing.js';
import { backends, type PlacedCall, phones, Site } from './site.js';
import { talkOn } from './talk.js';
import { desk, hertz, numbers } from './tenants.js';

t.setTimeout(240_000);

const talks = 50;
const waiting = 20;
const crowded = '+33199000006';
const crews: readonly Crew[] = [{ scenario: 'agent-answers', count: talks - 1, ringMs: 100 }];
/** A pool of its own for those who are watched, so that the crowd's agents do not serve them. */
const watched = { ...desk, queue: { ...desk.queue, pool: 'watched', wrapUpSeconds: 0 } };
const crowd = {
  ...desk,
  id: 'crowd',
  shortName: 'Foule',
  numbers: [crowded],
  recording: false,
  queue: { ...desk.queue, wrapUpSeconds: 0 },
};

for (const { on, skip } of backends)
  t.test(`killed under ${talks} talks and ${waiting} waiting callers, on ${on}`, { skip }, async (t) => {
    const site = await Site.start(t, {
      on,
      tenants: [watched, crowd],
      agents: [...crewAgents(crews), ...phones('alice').map((agent) => ({ ...agent, pool: 'watched' }))],
      settings: { pools: ['reception', 'watched'] },
      contactsAsTold: true,
    });
    await crewsArrive(site, crews, (stop) => t.teardown(stop));
    await site.allIdle(crewAgents(crews).map(({ id }) => id));

    const alice = await site.signIn('alice');
    const { call: talk, leg } = await talkOn(site, alice);

    const callers = Array.from({ length: talks - 1 }, (_, i) => ({ number: crowded, caller: `0800${1_000 + i}`, ms: 3_600_000 }));
    const crowdCalls = await startCallers({
      scenario: 'caller-hears-and-hangs-up',
      port: site.pbx.trunkPort,
      calls: callers,
      timeoutMs: 180_000,
    });
    t.teardown(() => crowdCalls.kill());
    const queue: PlacedCall[] = [];
    for (let i = 0; i < waiting; i++) {
      const call = await site.dial(numbers.desk);
      await site.reaches(call, 'waiting');
      queue.push(call);
    }
    const inState = async (state: string) => (await site.calls()).filter((call) => call.state === state);
    const allTalk = async (): Promise<true | undefined> => ((await inState('connected')).length === talks ? true : undefined);
    await until('the crowd’s talks', allTalk, { timeoutMs: 30_000 });

    const places = async () => new Map((await inState('waiting')).map(({ caller, enqueuedAt }) => [caller.number, enqueuedAt]));
    const [before, channels] = [await places(), await site.channels()];
    t.equal(before.size, waiting);
    t.equal(channels.length, 2 * talks + waiting);
    const gaps = [watchGaps(talk), watchGaps(leg)];
    for (const round of [1, 2]) {
      const killedAt = performance.now();
      await site.daemon.kill();
      await site.daemon.start();
      await until('the talks and the queue', async () => ((await allTalk()) && (await places()).size === waiting ? true : undefined));
      t.comment(`round ${round}: everybody known again ${Math.round(performance.now() - killedAt)} ms after the kill`);
      t.same(await places(), before, 'the same places');
      t.same([...(await site.channels())].sort(), [...channels].sort(), 'the same channels: nobody was dropped, nobody dialled anew');
      for (const call of queue) await hears(call, hertz.music);
    }
    for (const gap of gaps) t.ok(gap() < 400, `no gap in the talk: ${Math.round(gap())} ms`);

    await leg.hangUp();
    t.match(await talk.ended, { by: 'them' });
    const { answeredAt, endedAt, recording } = await site.record(talk);
    const talked = endedAt - (answeredAt ?? endedAt);
    t.ok(Math.abs((recording?.ms ?? 0) - talked) < 1_500, `the recording is whole: ${recording?.ms} of ${talked} ms`);
    for (const call of queue) {
      const next = await alice.rings();
      t.equal(next.callerNumber, call.from, 'served in the order in which they came');
      next.answer();
      next.media.say(tone(hertz.agent, 1_000), true);
      await hears(call, hertz.agent);
      await next.hangUp();
      await call.ended;
      t.match(await site.record(call), { outcome: 'answered', agent: 'alice', enqueuedAt: before.get(call.from) });
    }
    t.equal((await inState('connected')).length, talks - 1, 'the crowd still talks');
    t.equal((await site.records()).length, waiting + 1, 'one record a call');
  });
