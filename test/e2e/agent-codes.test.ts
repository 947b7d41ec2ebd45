/** Codes dialled on desk phones: who is meant, what is heard, what the routing makes of it; and the breather of who worked much. */
import { join } from 'node:path';
import t from 'tap';
import { toneDuration } from '../../src/lab/audio.js';
import { dialFromPhone } from '../../src/lab/sipp.js';
import { AtOnce } from './at-once.js';
import { hears, soundSince } from './hearing.js';
import type { OutgoingCall } from './sip/call.js';
import { Phone } from './sip/phone.js';
import { agents, backends, phones, Site } from './site.js';
import { hertz, numberOnlyFor, only, prompt } from './tenants.js';

t.setTimeout(180_000);

/** Every text is a tone: what is done sounds otherwise than what is refused. */
const names = ['alice', 'benoit', 'chloe', 'david'] as const;
const secrets = t.testdir({ phone: 'the-password-of-1900' });
const settings = {
  skills: names,
  // Her phone has an account, and she is no agent.
  supervisors: [{ id: 'claire', name: 'Claire', device: { phone: { user: '1900', password: { file: join(secrets, 'phone') } } } }],
  desk: {
    breather: { maxOccupancyPercent: 50, windowMinutes: 0.2, seconds: 8 },
    wrapUpExtension: { seconds: 60 },
    codes: { signIn: '*11', signOut: '*12', pause: '*13', ready: '*14', extendWrapUp: '*15' },
    pauseReasons: [
      { id: 'lunch', name: 'déjeuner', key: '1' },
      { id: 'training', name: 'formation', key: '2' },
    ],
    texts: {
      signedIn: prompt('deskDone'),
      signedOut: prompt('deskDone'),
      paused: prompt('deskDone'),
      ready: prompt('deskDone'),
      unknownCode: prompt('deskOther'),
      nobodysPhone: prompt('deskOther'),
      alreadySignedOut: prompt('deskOther'),
      reasonKey: prompt('deskAsk'),
      extended: prompt('deskDone'),
    },
  },
};

/** What was said, in ms of its tone, when the daemon has hung up. */
async function told(call: OutgoingCall, frequency: number): Promise<number> {
  await hears(call, frequency);
  t.match(await call.ended, { by: 'them' }, 'it hangs up by itself');
  return toneDuration(soundSince(call, call.answeredAt ?? 0), frequency);
}

for (const { on, skip } of backends)
  t.test(`codes of the desk phones on ${on}`, { skip }, async (t) => {
    const site = await Site.start(t, {
      on,
      tenants: names.map((name) => only(name, name === 'chloe' ? { wrapUpSeconds: 30 } : {})),
      agents: phones(...names).map((agent) => ({ ...agent, skills: { [agent.id]: 100 } })),
      settings,
    });
    const atOnce = new AtOnce(t);

    atOnce.begin('sign out and in again, with a spoken confirmation', async () => {
      const alice = await site.signIn('alice');
      const out = await site.dialFrom('alice', alice, '*12');
      t.ok((await told(out, hertz.deskDone)) >= 400, 'the confirmation is heard to its end');
      await site.agentIs('alice', 'signedOut');
      const into = await site.dialFrom('alice', alice, '*11');
      t.ok((await told(into, hertz.deskDone)) >= 400);
      await site.agentIs('alice', 'idle');
      await site.signOut('alice', alice);
    });

    atOnce.begin('a code that does not exist; one from a phone that is no agent’s', async () => {
      const david = await site.signIn('david');
      t.ok((await told(await site.dialFrom('david', david, '*99'), hertz.deskOther)) >= 400);
      await site.signOut('david', david);
      const { phonePort: port, domain } = site.pbx;
      const account = { port, domain, user: '1900', password: 'the-password-of-1900' };
      const claire = await Phone.open();
      t.teardown(() => claire.close());
      t.equal(await claire.register(account), 200);
      const call = await claire.dial({ port, number: '*11', callerNumber: site.ownNumber(account), account });
      t.ok((await told(call, hertz.deskOther)) >= 400, 'she is told so');
    });

    atOnce.begin('after two calls back to back a breather, then the next', async () => {
      const callers = [];
      for (let count = 0; count < 3; count++) {
        const call = await site.dial(numberOnlyFor('benoit'));
        await site.reaches(call, 'waiting');
        callers.push(call);
      }
      const benoit = await site.signInWhileBusy('benoit');
      for (let count = 0; count < 2; count++) {
        const leg = await benoit.rings();
        leg.answer();
        // Long enough for half of the window to pass with two of them.
        await hears(leg, hertz.deskWhisper);
        await new Promise((resolve) => setTimeout(resolve, 4_000));
        await leg.hangUp();
      }
      await site.agentIs('benoit', 'paused');
      const { rest, until: ends } = await site.agent('benoit');
      t.equal(rest, 'breather');
      const next = await benoit.rings(20_000);
      t.ok(Date.now() >= Number(ends) - 100, `${Number(ends) - Date.now()} ms before its end`);
      t.equal(next.callerNumber, callers[2]?.from);
      await callers[2]?.hangUp();
      await site.agentIs('benoit', 'idle');
      await site.signOut('benoit', benoit);
    });

    atOnce.begin('more time for the after-call work', async () => {
      const chloe = await site.signIn('chloe');
      const call = await site.dial(numberOnlyFor('chloe'));
      const leg = await chloe.rings();
      leg.answer();
      await site.reaches(call, 'connected');
      await call.hangUp();
      await site.agentIs('chloe', 'wrapUp');
      const before = Number((await site.agent('chloe'))['until']);
      t.ok((await told(await site.dialFrom('chloe', chloe, '*15'), hertz.deskDone)) >= 400);
      t.match(await site.agent('chloe'), { status: 'wrapUp', until: before + 60_000 });
      await told(await site.dialFrom('chloe', chloe, '*14'), hertz.deskDone);
      await site.agentIs('chloe', 'idle');
      await site.signOut('chloe', chloe);
    });

    await atOnce.over();

    t.test('a SIPp phone signs its agent out and in', async (t) => {
      const chloe = await site.signIn('chloe');
      for (const [number, status] of [
        ['*12', 'signedOut'],
        ['*11', 'idle'],
      ] as const) {
        const result = await dialFromPhone({ scenario: 'phone-expects-bye', ...site.account('chloe'), number });
        t.ok(result.ok, result.unexpected);
        await site.agentIs('chloe', status);
      }
      await site.signOut('chloe', chloe);
    });

    t.test('another’s account behind a code does not make it his', async (t) => {
      const [alice, benoit] = [await site.signIn('alice'), await site.signIn('benoit')];
      for (const comma of [',', '%2C']) {
        const call = await site.dialFrom('alice', alice, `*12${comma}${agents.benoit}`);
        t.match(await call.ended, { by: 'them' });
        // Until its end is heard of it counts as a call of her own.
        await site.agentIs('alice', 'idle');
        t.match(await site.agentStates(), { alice: 'idle', benoit: 'idle' }, `*12${comma}${agents.benoit}`);
      }
      await site.signOut('alice', alice);
      await site.signOut('benoit', benoit);
    });

    t.test(
      'a pause with its reason, asked for in sound; it survives the daemon, without which codes are refused; ready ends it',
      async (t) => {
        const alice = await site.signIn('alice');
        const call = await site.dialFrom('alice', alice, '*13');
        await hears(call, hertz.deskAsk);
        await call.media.dial('2');
        t.ok((await told(call, hertz.deskDone)) >= 400);
        await site.agentIs('alice', 'paused');
        t.match(await site.agent('alice'), { pause: { reason: 'training' } });
        await site.daemon.kill();
        const inVain = await site.dialFrom('alice', alice, '*14');
        const { status } = await inVain.ended;
        t.equal(status, 503, 'service unavailable, which her phone shows');
        t.ok(inVain.progress.includes(180), 'after some ringing');
        await site.daemon.start();
        await site.agentIs('alice', 'paused');
        const caller = await site.dial(numberOnlyFor('alice'));
        await site.reaches(caller, 'waiting');
        await told(await site.dialFrom('alice', alice, '*14'), hertz.deskDone);
        (await alice.rings()).answer();
        await site.reaches(caller, 'connected');
        await caller.hangUp();
        await site.agentIs('alice', 'wrapUp');
        await site.signOut('alice', alice);
        await site.quiet();
      },
    );
  });
