/** Who gets which call, on real phones: ring all, rings that relax, the caller's own agent, emergencies, several calls at once. */
import t from 'tap';
import { tone } from '../../src/lab/audio.js';
import { until } from '../../src/lab/child.js';
import { heardMs, hears } from './hearing.js';
import type { Call } from './sip/call.js';
import { type AgentName, backends, phones, Site } from './site.js';
import { all, desk, english, hertz, loyal, numbers, urgent } from './tenants.js';

t.setTimeout(180_000);

const speak = (call: Call, frequency: number): void => call.media.say(tone(frequency, 1_000), true);
/** RFC 3326; what makes a phone show no missed call. */
const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';
const skills: Partial<Record<string, Readonly<Record<string, number>>>> = { alice: { english: 80 }, benoit: { english: 40 } };

for (const { on, skip } of backends)
  t.test(`queueing on ${on}`, { skip }, async (t) => {
    const names = ['alice', 'benoit', 'chloe'] as const satisfies readonly AgentName[];
    const site = await Site.start(t, {
      on,
      tenants: [desk, all, english, urgent, loyal],
      agents: phones(...names).map((agent) => ({ ...agent, skills: skills[agent.id] ?? {}, maxCalls: agent.id === 'chloe' ? 2 : 1 })),
      settings: { skills: ['english'] },
    });
    t.afterEach(() => site.quiet());

    t.test('ring all: three phones ring, the first answer wins, the others are told that it was taken elsewhere', async (t) => {
      const [alice, benoit, chloe] = [await site.signIn('alice'), await site.signIn('benoit'), await site.signIn('chloe')];
      const call = await site.dial(numbers.all);
      const [first, winner, last] = await Promise.all([alice.rings(), benoit.rings(), chloe.rings()]);
      const spread = Math.max(first.rangAt, winner.rangAt, last.rangAt) - Math.min(first.rangAt, winner.rangAt, last.rangAt);
      t.ok(spread < 500, `all within ${Math.round(spread)} ms`);
      winner.answer();
      const answeredAt = performance.now();
      for (const other of [first, last]) {
        const end = await other.ended;
        t.match(end, { by: 'them', status: 487, reason: ELSEWHERE }, 'CANCEL with its reason on the wire');
        t.comment(`cancelled ${Math.round(end.at - answeredAt)} ms after the answer`);
        t.ok(end.at - answeredAt < 1_000, 'the others stop at once');
      }
      await hears(winner, hertz.deskWhisper);
      speak(winner, hertz.agent);
      await hears(call, hertz.agent);
      t.match(await site.agentStates(), { alice: 'idle', benoit: 'connected', chloe: 'idle' }, 'and cost their agents nothing');
      await winner.hangUp();
      t.match(await call.ended, { by: 'them' });
      const record = await site.record(call);
      t.match(record, { outcome: 'answered', agent: 'benoit' });
      t.same(Object.fromEntries(record.offers.map(({ agent, outcome }) => [agent, outcome])), {
        alice: 'elsewhere',
        benoit: 'answered',
        chloe: 'elsewhere',
      });
      for (const [name, phone] of [['alice', alice] as const, ['benoit', benoit] as const, ['chloe', chloe] as const]) {
        await site.agentIs(name, 'idle');
        await site.signOut(name, phone);
      }
    });

    t.test('ring all: two answer in the same moment; one talks, the other gets a BYE that says where the call went', async (t) => {
      const [alice, benoit] = [await site.signIn('alice'), await site.signIn('benoit')];
      const call = await site.dial(numbers.all);
      const legs = await Promise.all([alice.rings(), benoit.rings()]);
      for (const leg of legs) leg.answer();
      const loser = await Promise.race(legs.map((leg) => leg.ended.then(() => leg)));
      const winner = loser === legs[0] ? legs[1] : legs[0];
      t.match(loser.end, { by: 'them', status: 200, reason: ELSEWHERE });
      speak(winner, hertz.agent);
      await hears(call, hertz.agent);
      t.equal(heardMs(loser, hertz.deskWhisper), 0, 'the loser hears nothing of the caller');
      await call.hangUp();
      await site.agentIs('alice', 'idle');
      await site.agentIs('benoit', 'idle');
      await site.signOut('alice', alice);
      await site.signOut('benoit', benoit);
    });

    t.test('ring all: one refuses, the other rings on; the caller hangs up and all phones stop', async (t) => {
      const [alice, benoit] = [await site.signIn('alice'), await site.signIn('benoit')];
      const call = await site.dial(numbers.all);
      const [first, second] = await Promise.all([alice.rings(), benoit.rings()]);
      first.refuse('486 Busy Here');
      await site.agentIs('alice', 'paused');
      t.equal(second.end, undefined, 'still rings');
      await call.hangUp();
      t.match(await second.ended, { by: 'them', status: 487 });
      t.not(second.end?.reason, ELSEWHERE, 'this is a missed call');
      t.match(await site.record(call), {
        outcome: 'abandoned',
        offers: [
          { agent: 'alice', outcome: 'busy' },
          { agent: 'benoit', outcome: 'withdrawn' },
        ],
      });
      await site.agentIs('alice', 'idle');
      await site.signOut('alice', alice);
      await site.signOut('benoit', benoit);
    });

    t.test('a ring relaxes on time: an agent below the first level is rung when it is lowered, not before', async (t) => {
      const benoit = await site.signIn('benoit');
      const call = await site.dial(numbers.english);
      const leg = await benoit.rings(6_000);
      leg.answer();
      speak(leg, hertz.agent);
      await hears(call, hertz.agent);
      await leg.hangUp();
      const { enqueuedAt, offers } = await site.record(call);
      const waited = (offers[0]?.at ?? 0) - (enqueuedAt ?? 0);
      t.ok(waited >= 3_000 && waited < 3_600, `3 s, to the tick of 250 ms: ${waited} ms`);
      await site.agentIs('benoit', 'idle');
      await site.signOut('benoit', benoit);
    });

    t.test('the caller’s own agent is rung, though another is idle longer; a stranger gets the other', async (t) => {
      const alice = await site.signIn('alice');
      const met = await site.dial(numbers.loyal);
      const leg = await alice.rings();
      leg.answer();
      await hears(leg, hertz.deskWhisper);
      speak(leg, hertz.agent);
      await hears(met, hertz.agent);
      const benoit = await site.signIn('benoit');
      await leg.hangUp();
      await met.ended;
      await site.agentIs('alice', 'idle');
      const again = await site.dial(numbers.loyal, { callerNumber: met.from });
      const second = await alice.rings();
      t.equal(benoit.rang.length, 0);
      second.answer();
      await site.agentIs('alice', 'connected');
      // On another line of his: alice talks, and benoit is there.
      const patient = await site.dial(numbers.loyal, { callerNumber: met.from });
      await hears(patient, hertz.music, { forMs: 1_000 });
      const stranger = await site.dial(numbers.loyal);
      t.equal((await benoit.rings()).callerNumber, stranger.from, 'who came later and has no agent of his own');
      await stranger.hangUp();
      await hears(patient, hertz.music, { forMs: 1_000 });
      t.equal(benoit.rang.length, 1, 'he waits for her alone');
      await again.hangUp();
      t.equal((await alice.rings()).callerNumber, met.from);
      await patient.hangUp();
      const record = await until('his record', async () =>
        (await site.recordsOf(patient)).find(({ held }) => held?.[0]?.by === 'ownAgent'),
      );
      t.match(record, { outcome: 'abandoned', offers: [{ agent: 'alice' }] });
      await site.allIdle(['alice', 'benoit']);
      await site.signOut('alice', alice);
      await site.signOut('benoit', benoit);
    });

    t.test('an emergency overtakes those who wait', async (t) => {
      const waiting = [];
      for (const number of [numbers.desk, numbers.desk, numbers.urgent]) {
        const call = await site.dial(number);
        await site.reaches(call, 'waiting');
        waiting.push(call);
      }
      const [one, two, urgentCall] = waiting;
      const alice = await site.signInWhileBusy('alice');
      for (const call of [urgentCall, one, two]) {
        const leg = await alice.rings();
        t.equal(leg.callerNumber, call?.from);
        leg.answer();
        if (call === undefined) return;
        speak(leg, hertz.agent);
        await hears(call, hertz.agent);
        await leg.hangUp();
        await call.ended;
      }
      await site.agentIs('alice', 'idle');
      await site.signOut('alice', alice);
    });

    t.test('whoever may have two calls gets the second while he talks; whoever may have one does not', async (t) => {
      const alice = await site.signIn('alice');
      const [one, aliceLeg] = [await site.dial(numbers.desk), await alice.rings()];
      aliceLeg.answer();
      await site.agentIs('alice', 'connected');
      const two = await site.dial(numbers.desk);
      const { call: twoId } = await site.reaches(two, 'waiting');
      const chloe = await site.signInWhileBusy('chloe');
      const first = await chloe.rings();
      t.equal(first.callerNumber, two.from);
      first.answer();
      speak(first, hertz.agent);
      await hears(two, hertz.agent);
      const three = await site.dial(numbers.desk);
      const second = await chloe.rings();
      t.equal(second.callerNumber, three.from);
      t.equal(first.end, undefined, 'she talks on while it rings');
      t.match(await site.agent('chloe'), { status: 'offered', calls: [twoId], maxCalls: 2 });
      second.answer();
      speak(second, hertz.agent);
      await hears(three, hertz.agent);
      t.equal((await site.agent('chloe'))['status'], 'connected');
      t.equal(((await site.agent('chloe'))['calls'] as unknown[]).length, 2);
      const four = await site.dial(numbers.desk);
      await site.reaches(four, 'waiting');
      await first.hangUp();
      await two.ended;
      const third = await chloe.rings();
      t.equal(third.callerNumber, four.from, 'a talk has ended: the next call');
      third.refuse('486 Busy Here');
      await site.reaches(four, 'waiting');
      t.equal(second.end, undefined);
      t.equal(alice.rang.length, 1, 'alice had one call');
      await Promise.all([one, three, four].map((call) => call.hangUp()));
      t.match(await site.record(three), { outcome: 'answered', agent: 'chloe' });
      t.match(await site.record(four), { outcome: 'abandoned', offers: [{ agent: 'chloe', outcome: 'busy' }] });
      await site.allIdle(['alice', 'chloe']);
      await site.signOut('alice', alice);
      await site.signOut('chloe', chloe);
    });
  });
