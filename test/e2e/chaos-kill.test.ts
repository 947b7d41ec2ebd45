/** kill -9 and a new start while calls come in: callers go on where they stood, those who talk notice nothing, no record is missing. */
import t from 'tap';
import { tone, toneDuration } from '../../src/lab/audio.js';
import { until } from '../../src/lab/child.js';
import { type Crew, crewAgents, crewsArrive, repeated, wave } from './crowd.js';
import { hears, watchGaps } from './hearing.js';
import { redisKeys } from './redis-keys.js';
import { backends, type PlacedCall, phones, Site } from './site.js';
import { talkOn } from './talk.js';
import { desk, hertz, martin, numbers } from './tenants.js';

t.setTimeout(240_000);

const crews: readonly Crew[] = [
  { scenario: 'agent-answers', count: 5, ringMs: 100 },
  { scenario: 'agent-hangs-up', count: 5, ringMs: 200, talkMs: 500 },
];
const crowded = '+33199000006';

/** A pool of its own for those who are watched, so that the crowd's agents do not serve them. */
const watched = { ...desk, queue: { ...desk.queue, pool: 'watched', wrapUpSeconds: 0 } };
const patient = { ...martin, menus: { accueil: { ...martin.menus.accueil, noInputSeconds: 30 } } };
const crowd = {
  ...desk,
  id: 'crowd',
  shortName: 'Foule',
  numbers: [crowded],
  recording: false,
  queue: { ...desk.queue, wrapUpSeconds: 0 },
};

for (const { on, skip } of backends)
  t.test(`killed under 10 calls a second, on ${on}`, { skip }, async (t) => {
    const site = await Site.start(t, {
      on,
      tenants: [patient, watched, crowd],
      agents: [...crewAgents(crews), ...phones('alice').map((agent) => ({ ...agent, pool: 'watched' }))],
      settings: { pools: ['reception', 'watched'] },
      contactsAsTold: true,
    });
    await crewsArrive(site, crews, (stop) => t.teardown(stop));

    const alice = await site.signIn('alice');
    const { call: talk, leg } = await talkOn(site, alice);

    const queue: PlacedCall[] = [];
    for (let i = 0; i < 3; i++) {
      const call = await site.dial(numbers.desk);
      await site.reaches(call, 'waiting');
      queue.push(call);
    }
    const inMenu = await site.dial(numbers.martin);
    await hears(inMenu, hertz.martinMenu);

    const load = await wave(site, 1, { scenario: 'caller-hears-and-hangs-up', number: crowded, count: 250, rate: 10, patienceMs: 4_000 });
    const gaps = [watchGaps(talk), watchGaps(leg)];
    const places = new Map((await site.calls()).map(({ caller, enqueuedAt }) => [caller.number, enqueuedAt]));
    let down = 0;
    for (const round of [1, 2]) {
      // In the middle of the traffic.
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const [killedAt, position] = [performance.now(), inMenu.media.heard.ms];
      await site.daemon.kill();
      await site.daemon.start();
      down += performance.now() - killedAt;

      for (const call of queue) {
        const { enqueuedAt } = await site.reaches(call, 'waiting');
        t.equal(enqueuedAt, places.get(call.from), `round ${round}: the same place`);
      }
      for (const call of queue) await hears(call, hertz.music);
      await site.reaches(inMenu, 'menu');
      // It had ended before the kill: whatever is heard of it since then was begun by the daemon that came after.
      const again = (): number => toneDuration(inMenu.media.heard.pcm(position), hertz.martinMenu);
      await until('the menu again', async () => (again() >= 900 ? true : undefined)).catch(() => undefined);
      t.ok(again() >= 900, `round ${round}: the menu speaks again: ${again()} of 1,200 ms`);
      t.match(await site.reaches(talk, 'connected'), { state: 'connected' });
    }
    for (const gap of gaps) t.ok(gap() < 400, `no gap in the talk: ${Math.round(gap())} ms`);

    await inMenu.media.dial('3');
    await hears(inMenu, hertz.martinPlayed);
    t.match(await inMenu.ended, { by: 'them' });
    t.match(await site.record(inMenu), { digits: ['3'], outcome: 'completed' });

    await leg.hangUp();
    t.match(await talk.ended, { by: 'them' });
    const talked = await site.record(talk);
    t.match(talked, { outcome: 'answered', agent: 'alice' });
    t.ok(talked.endedAt - (talked.answeredAt ?? 0) > 6_000, 'the talk is in the record from its beginning to its end');
    t.ok((talked.recording?.ms ?? 0) > 6_000, `and its recording: ${talked.recording?.ms} ms`);

    for (const [i, call] of queue.entries()) {
      const next = await alice.rings();
      t.equal(next.callerNumber, call.from, `number ${i + 1} of the queue is served as number ${i + 1}`);
      next.answer();
      next.media.say(tone(hertz.agent, 1_000), true);
      await hears(call, hertz.agent);
      await next.hangUp();
      await call.ended;
      const record = await site.record(call);
      t.equal(record.enqueuedAt, places.get(call.from), 'the whole wait is in the record');
      t.match(record, { outcome: 'answered', agent: 'alice' });
    }

    const result = await load.finished;
    t.equal(result.calls, 250);
    await site.quiet(30_000);
    const records = await site.records();
    t.strictSame(repeated(records.map(({ call }) => call)), [], 'one record a call');
    t.strictSame(repeated(records.map(({ caller }) => caller.number)), [], 'one record a caller');
    const crowdRecords = records.filter(({ tenant }) => tenant === 'crowd');
    // Who came and went while no daemon lived is known to nobody.
    const unknown = Math.ceil((down / 1_000) * 10) + 2;
    t.ok(crowdRecords.length >= 250 - unknown, `${crowdRecords.length} records of 250 calls, ${Math.round(down)} ms without a daemon`);
    t.ok(crowdRecords.filter(({ outcome }) => outcome === 'answered').length > 40, 'many were served');
    const left = async () => (await redisKeys(site.redis)).filter((key) => /:(call|lane|lanes|due|heads)\b|calls\}/.test(key));
    // A saved call goes when its record is safe, a moment after its channel.
    const nothing = until('nothing of calls in Redis', async () => ((await left()).length === 0 ? true : undefined), { timeoutMs: 5_000 });
    t.strictSame(await nothing.catch(left), true, 'no call is left in Redis');
    await site.allIdle(crewAgents(crews).map(({ id }) => id));
  });
