/** Phones and callers when the daemon is there, and when it is not: registration, the fallback, the guards. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readWav } from '../../src/lab/audio.js';
import { until } from '../../src/lab/child.js';
import { freePort } from '../../src/lab/free-port.js';
import { register } from '../../src/lab/sipp.js';
import { unknownPhone, wrongPassword } from '../contract/differences.js';
import { fallsSilent, heardMs, hears, watchGaps } from './hearing.js';
import { Phone } from './sip/phone.js';
import { type Backend, backends, Site } from './site.js';
import { talkOn } from './talk.js';
import { desk, durand, hertz, martin, numbers } from './tenants.js';

t.setTimeout(180_000);
/** The first of the three tones of both dialplans: «cannot be completed» (ITU-T E.180). */
const fallback = 950;

for (const { on, skip } of backends) t.test(`phones and the dialplan, on ${on}`, { skip }, (t) => withoutDaemon(t, on));

async function withoutDaemon(t: Test, on: Backend): Promise<void> {
  const refused = wrongPassword[on];
  const site = await Site.start(t, { on, tenants: [martin, desk, durand] });

  t.test('a phone registers with the password of the configuration, by digest', async (t) => {
    const alice = await site.signIn('alice');
    t.strictSame((await site.agentStates())['alice'], 'idle');
    await site.signOut('alice', alice);
    const { port, domain, user, password } = site.account('benoit');
    const phonePort = await freePort();
    const account = { port, domain, phones: [{ user, password, phonePort }], localPort: phonePort };
    t.ok((await register(account)).ok, 'SIPp’s digest too');
    t.ok((await register({ ...account, expires: 0 })).ok);
  });

  t.test('a wrong password, and a user of nobody’s, are refused', async (t) => {
    const phone = await Phone.open();
    t.teardown(() => phone.close());
    t.equal(await phone.register({ ...site.account('alice'), password: 'wrong' }), refused);
    t.equal(await phone.register({ ...site.account('alice'), user: '9999' }), unknownPhone[on]);
    t.equal(await phone.register({ ...site.account('alice'), password: site.account('benoit').password }), refused, 'another’s password');
    t.equal((await site.agentStates())['alice'], 'unreachable');
  });

  t.test('killed with callers in every place: those in the talk go on, the others hear the fallback in time', async (t) => {
    const alice = await site.signIn('alice');
    const { call: talk, leg } = await talkOn(site, alice);

    const queued = await site.dial(numbers.desk);
    await site.reaches(queued, 'waiting');
    await hears(queued, hertz.music);
    const inMenu = await site.dial(numbers.martin);
    await hears(inMenu, hertz.martinMenu);

    const gaps = [watchGaps(talk), watchGaps(leg)];
    const killedAt = performance.now();
    await site.daemon.kill();
    const atMenu = await hears(inMenu, fallback, { timeoutMs: 10_000 });
    const atQueue = await hears(queued, fallback, { timeoutMs: 10_000 });
    for (const [who, at] of [
      ['menu', atMenu],
      ['queue', atQueue],
    ] as const) {
      // A guard of 8 s renewed as the daemon died, half a second until FreeSWITCH looks at it (switch_scheduler.c), the fallback's answer.
      t.ok(at - killedAt < 9_500, `${who}: ${Math.round(at - killedAt)} ms after the kill`);
    }
    t.match([(await queued.ended).by, (await inMenu.ended).by], ['them', 'them'], 'the fallback ends the call');
    t.ok(heardMs(talk, hertz.agent, killedAt) > 6_000, 'the talk goes on');
    for (const gap of gaps) t.ok(gap() < 400, `no gap in the talk: ${Math.round(gap())} ms`);

    await leg.hangUp();
    t.match(await talk.ended, { by: 'them' });
    const { at } = await talk.ended;
    t.ok(at - (leg.end?.at ?? 0) < 6_000, 'who was served is hung up, not sent to the fallback');
    t.equal(heardMs(talk, fallback), 0);
    alice.close();
  });

  t.test('no daemon: a new caller hears the fallback within 5.5 s', async (t) => {
    const dialledAt = performance.now();
    const call = await site.dial(numbers.martin);
    const heardAt = await hears(call, fallback, { forMs: 40, timeoutMs: 8_000 });
    t.ok(heardAt - dialledAt < 5_500, `${Math.round(heardAt - dialledAt)} ms`);
    t.ok(call.progress.includes(180), 'ringing meanwhile');
    t.match(await call.ended, { by: 'them', status: 200 });
  });

  t.test('no daemon: phones still register, wrong passwords are still refused', async (t) => {
    const phone = await Phone.open();
    t.teardown(() => phone.close());
    t.equal(await phone.register(site.account('chloe')), 200);
    t.equal(await phone.register({ ...site.account('chloe'), password: 'wrong' }), refused);
  });

  t.test('the daemon is back: who registered meanwhile is known, and the talk of before is in the records', async (t) => {
    await site.daemon.start();
    await site.agentIs('chloe', 'idle');
    const call = await site.dial(numbers.durand);
    await hears(call, hertz.durandClosed);
    await fallsSilent(call).catch(() => undefined);
    await call.hangUp();
    const record = await site.record(call);
    t.equal(record.tenant, 'durand');
    const talks = (await site.records()).filter(({ agent }) => agent === 'alice');
    t.equal(talks.length, 1, 'the talk that ended without a daemon');
    t.match(talks[0], { outcome: 'answered' });
    const recording = join(site.pbx.recordingsDir, talks[0]?.recording?.file ?? '');
    const samples = async () => readWav(await readFile(recording)).channels[0]?.length;
    t.ok((await until('its recording', () => samples().catch(() => undefined))) > 6_000 * 8, 'its recording is whole');
    const all = await site.records();
    t.equal(new Set(all.map(({ call: id }) => id)).size, all.length, 'one record a call');
    t.equal(all.length, 4, 'also of those who heard the fallback while it was known of them');
    await site.quiet();
  });
}
