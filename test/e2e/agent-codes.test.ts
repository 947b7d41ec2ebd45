/** Codes dialled on desk phones: who is meant, what is heard, what the routing makes of it. */
import t from 'tap';
import { toneDuration } from '../../src/lab/audio.js';
import { hears, soundSince } from './hearing.js';
import type { OutgoingCall } from './sip/call.js';
import { backends, Site } from './site.js';
import { desk, hertz, numbers, prompt } from './tenants.js';

t.setTimeout(180_000);

/** Every text is a tone: what is done sounds otherwise than what is refused. */
const settings = {
  desk: {
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
    const site = await Site.start(t, { on, tenants: [desk], settings });
    t.afterEach(() => site.quiet());

    t.test('sign out and in again, with a spoken confirmation', async (t) => {
      const alice = await site.signIn('alice');
      const out = await site.dialFrom('alice', alice, '*12');
      t.ok((await told(out, hertz.deskDone)) >= 400, 'the confirmation is heard to its end');
      await site.agentIs('alice', 'signedOut');
      const into = await site.dialFrom('alice', alice, '*11');
      t.ok((await told(into, hertz.deskDone)) >= 400);
      await site.agentIs('alice', 'idle');
      await site.signOut('alice', alice);
    });

    t.test('a pause with its reason, asked for in sound; it survives the daemon; ready ends it', async (t) => {
      const alice = await site.signIn('alice');
      const call = await site.dialFrom('alice', alice, '*13');
      await hears(call, hertz.deskAsk);
      await call.media.dial('2');
      t.ok((await told(call, hertz.deskDone)) >= 400);
      await site.agentIs('alice', 'paused');
      t.match(await site.agent('alice'), { pause: { reason: 'training' } });
      await site.daemon.kill();
      await site.daemon.start();
      await site.agentIs('alice', 'paused');
      const caller = await site.dial(numbers.desk);
      await site.reaches(caller, 'waiting');
      await told(await site.dialFrom('alice', alice, '*14'), hertz.deskDone);
      (await alice.rings()).answer();
      await site.reaches(caller, 'connected');
      await caller.hangUp();
      await site.agentIs('alice', 'wrapUp');
      await site.signOut('alice', alice);
    });

    t.test('a code that does not exist', async (t) => {
      const alice = await site.signIn('alice');
      t.ok((await told(await site.dialFrom('alice', alice, '*99'), hertz.deskOther)) >= 400);
      await site.signOut('alice', alice);
    });
  });
