/**
 * Two daemons, one Redis, one pool: one of them drives FreeSWITCH, the other one Asterisk, and neither can reach the other's node. Callers on
 * either node talk to agents whose phones are on the other one; then a daemon is killed. The nodes ask each other for a password. At last one daemon
 * reaches the other's node, and has it when that daemon dies.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readWav, tone, toneDuration } from '../../src/lab/audio.js';
import { until } from '../../src/lab/child.js';
import { heardMs, hears, watchGaps } from './hearing.js';
import { peerAccount, withPassword } from './peer-password.js';
import type { Call, IncomingCall } from './sip/call.js';
import { knock } from './sip/stranger.js';
import { agents, backends, type PlacedCall, phones, Site } from './site.js';
import { desk, hertz, numbers } from './tenants.js';

t.setTimeout(120_000);

/** What caller and agent say in a talk, Hz. */
type Voices = readonly [caller: number, agent: number];
const [one, two]: readonly [Voices, Voices] = [
  [hertz.caller, hertz.agent],
  [hertz.other, hertz.deskDone],
];

const speak = (call: Call, frequency: number): void => call.media.say(tone(frequency, 1_000), true);

async function hearEachOther(call: PlacedCall, leg: IncomingCall, [caller, agent]: Voices, forMs = 120): Promise<void> {
  await Promise.all([hears(call, agent, { forMs }), hears(leg, caller, { forMs })]);
}

async function talk(call: PlacedCall, leg: IncomingCall, voices: Voices): Promise<void> {
  leg.answer();
  speak(call, voices[0]);
  speak(leg, voices[1]);
  await hearEachOther(call, leg, voices);
}

/** The caller on the left, the agent on the right, and nobody else. */
async function isRecorded(t: Test, site: Site, file: string | undefined, voices: Voices): Promise<void> {
  const { channels } = readWav(await readFile(join(site.pbx.recordingsDir, file ?? 'none')));
  const everybody = [...one, ...two];
  t.same(
    channels.map((sound) => everybody.filter((voice) => toneDuration(sound, voice) >= 250)),
    voices.map((voice) => [voice]),
    `${file}: the caller on the left, the agent on the right`,
  );
}

const skip = backends.find((backend) => backend.skip !== false)?.skip ?? false;

t.test('one daemon has FreeSWITCH, the other one Asterisk', { skip }, async (t) => {
  const [first, second] = await Site.startTwo(t, {
    on: 'freeswitch',
    other: 'asterisk',
    tenants: [desk],
    ...withPassword,
    agents: phones('alice', 'benoit').map((agent) => ({ ...agent, node: agent.id === 'alice' ? 'pbx1' : 'pbx2' })),
  });
  // Each of them serves a caller of the other node.
  const benoit = await second.signIn('benoit');
  const firstCall = await first.dial(numbers.desk);
  const firstLeg = await benoit.rings();
  await talk(firstCall, firstLeg, one);
  await first.agentIs('benoit', 'connected');
  const alice = await first.signIn('alice');
  const secondCall = await second.dial(numbers.desk);
  const secondLeg = await alice.rings();
  await talk(secondCall, secondLeg, two);
  await second.agentIs('alice', 'connected');

  await t.test('who talks to a caller of the other daemon is offered no second one', async (t) => {
    const waiting = [
      [first, await first.dial(numbers.desk)],
      [second, await second.dial(numbers.desk)],
    ] as const;
    await Promise.all(waiting.map(([site, call]) => site.reaches(call, 'waiting')));
    await Promise.all(waiting.map(([, call]) => hears(call, hertz.music, { forMs: 1_500 })));
    t.same([alice.rang.length, benoit.rang.length], [1, 1]);
    for (const [site] of waiting) t.match(await site.agentStates(), { alice: 'connected', benoit: 'connected' });
    for (const [site, call] of waiting) {
      await call.hangUp();
      t.match(await site.record(call), { outcome: 'abandoned', agent: null, offers: [] });
    }
  });

  await t.test('kill -9 of one of them: both talks go on, and that of the other one ends as ever', async (t) => {
    const gaps = [firstCall, firstLeg, secondCall, secondLeg].map(watchGaps);
    await first.daemon.kill();
    await Promise.all([hearEachOther(firstCall, firstLeg, one, 1_000), hearEachOther(secondCall, secondLeg, two, 1_000)]);
    for (const gap of gaps) t.ok(gap() < 1_000, `no gap in the talk: ${Math.round(gap())} ms`);
    await secondCall.hangUp();
    t.match(await secondLeg.ended, { by: 'them' });
    const record = await second.record(secondCall);
    t.match(record, { outcome: 'answered', agent: 'alice' });
    await isRecorded(t, second, record.recording?.file, two);
    await second.agentIs('alice', 'idle');
  });

  await t.test('a phone whose node has no daemon is rung all the same', async (t) => {
    alice.forget();
    const call = await second.dial(numbers.desk);
    const leg = await alice.rings();
    await talk(call, leg, two);
    t.equal(heardMs(leg, hertz.music), 0, 'the music is the caller’s');
    t.equal(benoit.rang.length, 1, 'who talks to a caller of the dead daemon is not rung');
    await call.hangUp();
    await leg.ended;
    t.match(await second.record(call), { outcome: 'answered', agent: 'alice' });
    await second.agentIs('alice', 'idle');
  });

  await t.test('nobody comes in with the address alone, nor with the password alone', async (t) => {
    benoit.onRing = (leg) => leg.refuse('486 Busy Here');
    alice.onRing = (leg) => leg.refuse('486 Busy Here');
    const before = [alice.rang.length, benoit.rang.length];
    const wrong = { ...peerAccount, password: 'guessed' };
    for (const [from, to, user] of [
      [first.pbx, second.pbx, agents.benoit],
      [second.pbx, first.pbx, agents.alice],
    ] as const) {
      const asks = async (address: string, account?: typeof wrong) => await knock({ from: address, to, user, ...(account && { account }) });
      t.equal(await asks(from.peerHost, peerAccount), 486, `${to.kind}: both, and the phone rings`);
      t.match(String(await asks(from.peerHost)), /40[137]/, 'no password');
      t.match(String(await asks(from.peerHost, wrong)), /40[137]/, 'a wrong one');
      t.match(String(await asks('127.0.0.4', peerAccount)), /40[137]/, 'a strange address');
    }
    t.same(
      [alice.rang.length, benoit.rang.length],
      before.map((rang) => rang + 1),
    );
    for (const phone of [alice, benoit]) phone.onRing = () => undefined;
  });

  await t.test('the caller of the dead daemon is hung up with the agent, and all is settled when it is back', async (t) => {
    await firstLeg.hangUp();
    t.match(await firstCall.ended, { by: 'them' }, 'the caller is not left in silence');
    t.match(await second.agentStates(), { benoit: 'connected' }, 'for all that is known he may talk to him');
    await first.daemon.start();
    const record = await first.record(firstCall);
    t.match(record, { outcome: 'answered', agent: 'benoit', offers: [{ agent: 'benoit', outcome: 'answered' }] });
    await isRecorded(t, first, record.recording?.file, one);
    await first.allIdle(['alice', 'benoit']);
    const rungBefore = [alice, benoit].map(({ rang }) => rang.length);
    const call = await second.dial(numbers.desk);
    const leg = await until('a phone that rings', async () => alice.rang[rungBefore[0] ?? 0] ?? benoit.rang[rungBefore[1] ?? 0]);
    t.equal(leg.callerNumber, call.from, 'the next caller is served');
    await call.hangUp();
    await leg.ended;
    t.match(await second.record(call), { outcome: 'abandoned' });
    for (const site of [first, second]) await site.quiet();
    t.equal((await first.records()).length + (await second.records()).length, 6, 'one record a call');
  });

  await t.test('a daemon that reaches the node of one that dies takes it over, with talks and who waits', async (t) => {
    await second.reachOther();
    await first.signOut('alice', alice);
    benoit.forget();
    const talking = await first.dial(numbers.desk);
    const leg = await benoit.rings();
    await talk(talking, leg, one);
    const waiting = await first.dial(numbers.desk);
    const waits = await first.reaches(waiting, 'waiting');
    const { enqueuedAt } = waits;
    await first.guarded(waits);
    await first.reaches(talking, 'connected');
    const gaps = [talking, leg].map(watchGaps);
    await first.daemon.kill();
    t.match(await second.reaches(waiting, 'waiting'), { enqueuedAt }, 'he keeps his place');
    await second.reaches(talking, 'connected');
    await hearEachOther(talking, leg, one, 500);
    for (const gap of gaps) t.ok(gap() < 1_000, `no gap in the talk: ${Math.round(gap())} ms`);
    t.equal(waiting.end, undefined, 'nobody fell into the fallback');

    await leg.hangUp();
    t.match(await talking.ended, { by: 'them' });
    t.match(await second.record(talking), { outcome: 'answered', agent: 'benoit', offers: [{ agent: 'benoit', outcome: 'answered' }] });
    const next = await benoit.rings();
    t.equal(next.callerNumber, waiting.from);
    await talk(waiting, next, two);
    await waiting.hangUp();
    await next.ended;
    t.match(await second.record(waiting), { outcome: 'answered', agent: 'benoit' });
    await second.quiet();
  });
});
