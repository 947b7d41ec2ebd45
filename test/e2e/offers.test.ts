/** What comes of an offer that is not taken, by what happened; and agents at a number outside. Each agent has a tenant of his own: all at once. */
import t from 'tap';
import { tone } from '../../src/lab/audio.js';
import { AtOnce } from './at-once.js';
import { heardMs, hears } from './hearing.js';
import type { Call, IncomingCall } from './sip/call.js';
import { Phone } from './sip/phone.js';
import { type AgentName, backends, type PlacedCall, phones, Site } from './site.js';
import { desk, hertz, prompt } from './tenants.js';

t.setTimeout(120_000);
const speak = (call: Call, frequency: number): void => call.media.say(tone(frequency, 1_000), true);

const inARow = { times: 0 };
/** So different that a busy machine takes none for another. */
const missed = { noAnswer: 60, busy: 2, rejected: 30, unreachable: 120, inARow };
const atDesks = ['alice', 'benoit', 'chloe', 'david', 'emma', 'fanny', 'gilles'] as const;
/** Agents at a number outside: whoever rings them needs no account. */
const mobiles = { hugo: '+33712345001', ines: '+33712345002', jules: '+33712345003' } as const;
type Name = (typeof atDesks)[number] | keyof typeof mobiles;
const everybody: readonly Name[] = [...atDesks, 'hugo', 'ines', 'jules'];

const numberOf = (name: Name): string => `+331990001${String(everybody.indexOf(name)).padStart(2, '0')}`;
const tenants = everybody.map((name) => ({
  ...desk,
  id: `for-${name}`,
  numbers: [numberOf(name)],
  recording: false,
  queue: {
    ...desk.queue,
    requires: { [name]: 1 },
    missed,
    ...(name in mobiles ? { ringSeconds: 10 } : {}),
  },
}));
const skills = (name: string) => ({ [name]: 100 });

for (const { on, skip } of backends)
  t.test(`offers on ${on}`, { skip }, async (t) => {
    const carrier = await Phone.open();
    t.teardown(() => carrier.close());
    const site = await Site.start(t, {
      on,
      tenants,
      agents: [
        ...phones(...atDesks).map((agent) => ({ ...agent, skills: skills(agent.id) })),
        ...Object.entries(mobiles).map(([id, number]) => ({ id, name: id, phone: { number }, skills: skills(id) })),
      ],
      settings: { skills: everybody, remoteAgents: { allowedPrefixes: ['+337'], confirm: prompt('durandOpen') } },
      carrier: carrier.port,
    });
    await site.allIdle(Object.keys(mobiles));
    const dial = (name: Name): Promise<PlacedCall> => site.dial(numberOf(name));

    /** How much is left of his pause, s. */
    async function pauseOf(name: Name): Promise<number> {
      await site.agentIs(name, 'paused');
      return (Number((await site.agent(name))['until']) - Date.now()) / 1_000;
    }

    const atOnce = new AtOnce(t);

    const cases: readonly (readonly [AgentName, string, string, number, (leg: IncomingCall) => void])[] = [
      ['alice', 'no answer', 'no-answer', missed.noAnswer, () => undefined],
      ['benoit', '486', 'busy', missed.busy, (leg) => leg.refuse('486 Busy Here')],
      ['chloe', '603', 'rejected', missed.rejected, (leg) => leg.refuse('603 Decline')],
      ['david', '480', 'no-answer', missed.noAnswer, (leg) => leg.refuse('480 Temporarily Unavailable')],
      ['emma', '503', 'unreachable', missed.unreachable, (leg) => leg.refuse('503 Service Unavailable')],
    ];
    for (const [name, what, outcome, seconds, onRing] of cases) {
      atOnce.begin(`${what} is ${outcome}`, async () => {
        const phone = await site.signIn(name);
        phone.onRing = onRing;
        const call = await dial(name);
        await phone.rings();
        const paused = await pauseOf(name);
        t.ok(paused <= seconds && paused > Math.max(0, seconds - 15), `paused for ${paused} s more, of ${seconds} s`);
        // He leaves before the pause ends, so that it is not followed by another offer.
        await call.hangUp();
        const { offers } = await site.record(call);
        t.match(offers[0], { agent: name, outcome });
        if (seconds === missed.busy) await site.agentIs(name, 'idle');
        else t.strictSame([offers.length, phone.rang.length], [1, 1]);
        await site.signOut(name, phone);
      });
    }

    atOnce.begin('a phone that is gone but still registered is unreachable', async () => {
      const phone = await site.signIn('fanny');
      phone.close();
      const call = await dial('fanny');
      await site.agentIs('fanny', 'paused', 40_000);
      await call.hangUp();
      t.match(await site.record(call), { offers: [{ agent: 'fanny', outcome: /^(unreachable|no-answer)$/ }] });
    });

    atOnce.begin('a phone that has unregistered is never rung; its agent is signed out, not paused', async () => {
      const phone = await site.signIn('gilles');
      await phone.register(site.account('gilles'), 0);
      await site.agentIs('gilles', 'unreachable');
      const call = await dial('gilles');
      await hears(call, hertz.music, { forMs: 1_000 });
      t.equal(phone.rang.length, 0);
      await call.hangUp();
      t.match(await site.record(call), { outcome: 'abandoned', offers: [] });
      phone.close();
    });

    atOnce.begin('a number outside: 1 puts the caller through, and nothing before', async () => {
      const call = await dial('hugo');
      const leg = await carrier.line(mobiles.hugo).rings();
      t.equal(leg.callerNumber, numberOf('hugo'), 'the carrier is shown our own number');
      leg.answer();
      speak(call, hertz.caller);
      speak(leg, hertz.agent);
      // Longer than any guard, which is renewed while he is asked over and over.
      for (let times = 0; times < 9; times++) {
        await hears(leg, hertz.deskWhisper);
        await hears(leg, hertz.durandOpen);
      }
      t.equal(heardMs(leg, hertz.caller), 0, 'he hears nothing of the caller');
      t.equal(heardMs(call, hertz.agent), 0);
      await hears(call, hertz.music);
      await leg.media.dial('1');
      await hears(leg, hertz.caller);
      await hears(call, hertz.agent);
      await site.agentIs('hugo', 'connected');
      await leg.hangUp();
      t.match(await call.ended, { by: 'them' });
      t.match(await site.record(call), { outcome: 'answered', agent: 'hugo', offers: [{ agent: 'hugo', outcome: 'answered' }] });
    });

    atOnce.begin('a voicemail that answers gets neither the caller nor the call', async () => {
      const call = await dial('ines');
      const leg = await carrier.line(mobiles.ines).rings();
      leg.answer();
      const answered = performance.now();
      speak(call, hertz.caller);
      // Its greeting.
      speak(leg, hertz.other);
      t.match(await leg.ended, { by: 'them' });
      const asked = performance.now() - answered;
      t.ok(asked > 18_000, `it had time for a key: ${Math.round(asked)} ms`);
      await site.agentIs('ines', 'paused');
      await call.hangUp();
      t.equal(heardMs(leg, hertz.caller), 0, 'the voicemail heard nothing of the caller');
      t.equal(heardMs(call, hertz.other), 0, 'nor the caller the voicemail');
      t.match(await site.record(call), { outcome: 'abandoned', offers: [{ agent: 'ines', outcome: 'no-answer' }] });
    });

    atOnce.begin('another key than 1: not taken', async () => {
      const call = await dial('jules');
      const leg = await carrier.line(mobiles.jules).rings();
      leg.answer();
      await hears(leg, hertz.durandOpen);
      await leg.media.dial('5');
      t.match(await leg.ended, { by: 'them' });
      await site.agentIs('jules', 'paused');
      await call.hangUp();
      t.match(await site.record(call), { offers: [{ agent: 'jules', outcome: 'no-answer' }] });
    });

    await atOnce.over();
    t.test('nothing is left of all that', () => site.quiet(12_000, { resting: true }));
  });
