/** The caller hangs up, at every instant that a call has: nothing is left, nobody's phone goes on ringing, one record is written. */
import t from 'tap';
import { tone } from '../../src/lab/audio.js';
import { fallsSilent, hears } from './hearing.js';
import type { IncomingCall } from './sip/call.js';
import type { Phone } from './sip/phone.js';
import { backends, type PlacedCall, Site } from './site.js';
import { desk, durand, hasty, hertz, martin, numbers } from './tenants.js';

t.setTimeout(300_000);

interface Instant {
  readonly when: string;
  readonly number: string;
  /** Resolves when the caller hangs up. */
  readonly arrive: (call: PlacedCall, alice: Phone) => Promise<unknown>;
  readonly outcome: string | RegExp;
  /** Where it is certain. */
  readonly agent?: 'rang' | 'did not ring';
}

const { martin: menuNumber, durand: closedNumber, desk: queueNumber } = numbers;
const abandoned = 'abandoned';

/** The caller's wait is part of what is tried here, not a wait for something to happen. */
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function press(call: PlacedCall, keys: string): Promise<void> {
  await hears(call, hertz.martinMenu);
  await call.media.dial(keys);
}

async function answered(alice: Phone): Promise<IncomingCall> {
  const leg = await alice.rings();
  leg.answer();
  return leg;
}

async function talking(call: PlacedCall, alice: Phone): Promise<IncomingCall> {
  const leg = await answered(alice);
  leg.media.say(tone(hertz.agent, 1_000), true);
  await hears(call, hertz.agent);
  return leg;
}

async function beep(call: PlacedCall): Promise<void> {
  await hears(call, hertz.durandVoicemail);
  await hears(call, 1_000, { forMs: 60 });
}

const rang = 'rang' as const;
const instants: readonly Instant[] = [
  { when: 'before the answer', number: menuNumber, arrive: async () => undefined, outcome: /abandoned|none/ },
  { when: 'at the answer', number: menuNumber, arrive: (call) => call.answered, outcome: abandoned },
  {
    when: 'as the greeting begins',
    number: menuNumber,
    arrive: (call) => hears(call, hertz.martinGreeting, { forMs: 20 }),
    outcome: abandoned,
  },
  { when: 'in the greeting', number: menuNumber, arrive: (call) => hears(call, hertz.martinGreeting, { forMs: 300 }), outcome: abandoned },
  { when: 'between greeting and menu', number: menuNumber, arrive: () => later(600), outcome: abandoned },
  { when: 'in the menu’s prompt', number: menuNumber, arrive: (call) => hears(call, hertz.martinMenu, { forMs: 300 }), outcome: abandoned },
  {
    when: 'while a key is awaited',
    number: menuNumber,
    arrive: (call) => hears(call, hertz.martinMenu).then(() => fallsSilent(call)),
    outcome: abandoned,
  },
  {
    when: 'while a second key is awaited',
    number: menuNumber,
    arrive: (call) => press(call, '4').then(() => fallsSilent(call, 60)),
    outcome: abandoned,
  },
  {
    when: 'in the prompt after a wrong key',
    number: menuNumber,
    arrive: (call) => press(call, '9').then(() => hears(call, hertz.martinInvalid)),
    outcome: abandoned,
  },
  { when: 'right after the last key', number: menuNumber, arrive: (call) => press(call, '1'), outcome: abandoned },
  {
    when: 'in an announcement',
    number: menuNumber,
    arrive: (call) => press(call, '3').then(() => hears(call, hertz.martinPlayed, { forMs: 60 })),
    outcome: abandoned,
  },
  {
    when: 'in a greeting that the queue follows',
    number: numbers.hasty,
    arrive: (call) => hears(call, hertz.durandOpen),
    outcome: abandoned,
    agent: 'did not ring',
  },
  ...[0, 10, 25, 60].map((ms) => ({
    when: `${ms} ms after the answer, as the agent is being rung`,
    number: queueNumber,
    arrive: (call: PlacedCall) => call.answered.then(() => later(ms)),
    outcome: abandoned,
  })),
  {
    when: 'as the agent’s phone begins to ring',
    number: queueNumber,
    arrive: (_, alice) => alice.rings(),
    outcome: abandoned,
    agent: rang,
  },
  {
    when: 'while it rings',
    number: queueNumber,
    arrive: (call, alice) => alice.rings().then(() => hears(call, hertz.music, { forMs: 700 })),
    outcome: abandoned,
    agent: rang,
  },
  { when: 'as the agent answers', number: queueNumber, arrive: (_, alice) => answered(alice), outcome: abandoned, agent: rang },
  {
    when: 'as the whisper begins',
    number: queueNumber,
    arrive: (_, alice) => answered(alice).then((leg) => hears(leg, hertz.deskWhisper, { forMs: 20 })),
    outcome: abandoned,
    agent: rang,
  },
  {
    when: 'at the whisper’s end',
    number: queueNumber,
    arrive: (_, alice) => answered(alice).then((leg) => hears(leg, hertz.deskWhisper, { forMs: 460 })),
    outcome: /abandoned|answered/,
    agent: rang,
  },
  { when: 'as they are bridged', number: queueNumber, arrive: (call, alice) => talking(call, alice), outcome: 'answered', agent: rang },
  {
    when: 'in the talk',
    number: queueNumber,
    arrive: (call, alice) => talking(call, alice).then(() => hears(call, hertz.agent, { forMs: 700 })),
    outcome: 'answered',
    agent: rang,
  },
  {
    when: 'at the same time as the agent',
    number: queueNumber,
    arrive: (call, alice) => talking(call, alice).then((leg) => void leg.hangUp()),
    outcome: 'answered',
    agent: rang,
  },
  { when: 'in the greeting of closed hours', number: closedNumber, arrive: (call) => hears(call, hertz.durandClosed), outcome: abandoned },
  { when: 'in the voicemail greeting', number: closedNumber, arrive: (call) => hears(call, hertz.durandVoicemail), outcome: abandoned },
  { when: 'at the beep', number: closedNumber, arrive: beep, outcome: abandoned },
  { when: 'after a word of a message', number: closedNumber, arrive: (call) => beep(call).then(() => later(1_200)), outcome: 'voicemail' },
];

for (const { on, skip } of backends)
  t.test(`the caller hangs up on ${on}`, { skip }, async (t) => {
    const site = await Site.start(t, { on, tenants: [martin, durand, desk, hasty] });
    const alice = await site.signIn('alice');
    alice.onRing = () => undefined;

    for (const { when, number, arrive, outcome, agent } of instants) {
      t.test(when, async (t) => {
        const before = alice.rang.length;
        alice.forget();
        const call = await site.dial(number);
        call.media.say(tone(hertz.caller, 1_000), true);
        await arrive(call, alice);
        await call.hangUp();
        await site.quiet();
        const legs = alice.rang.slice(before);
        if (agent !== undefined) t.equal(legs.length, agent === 'rang' ? 1 : 0, `the agent’s phone ${agent}`);
        // A BYE may still be on its way when the switch has forgotten the channel.
        for (const leg of legs) t.ok((await leg.ended).by === 'them' || leg.answeredAt !== undefined, 'the agent’s call is over');
        const records = await site.recordsOf(call);
        // Cancelled before the daemon took it, a call is nobody's.
        if (outcome instanceof RegExp && outcome.test('none') && records.length === 0) return;
        t.equal(records.length, 1, 'one record');
        t.match(records[0], { outcome });
      });
    }

    t.test('while the second agent’s phone rings', async (t) => {
      const benoit = await site.signIn('benoit');
      alice.onRing = (leg) => leg.refuse();
      benoit.onRing = () => undefined;
      // The longest idle comes first.
      const call = await site.dial(numbers.desk);
      const leg = await benoit.rings();
      await call.hangUp();
      t.match(await leg.ended, { by: 'them', status: 487 });
      t.equal((await site.record(call)).outcome, 'abandoned');
      await site.agentIs('benoit', 'idle', 1_000);
      await site.signOut('benoit', benoit);
      await site.quiet();
    });

    t.test('in all: one record a call, and an agent who can be rung again', async (t) => {
      const records = await site.records();
      t.equal(new Set(records.map(({ call }) => call)).size, records.length);
      alice.onRing = (leg) => leg.answer();
      const call = await site.dial(numbers.desk);
      await hears(call, hertz.music);
      await site.reaches(call, 'connected');
      await call.hangUp();
      await site.quiet();
    });
  });
