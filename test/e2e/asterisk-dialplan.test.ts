/** What Asterisk does with our configuration and no daemon: phones register, callers hear the fallback, nothing leaves it. */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { Ami } from '../../src/asterisk/ami.js';
import { systemClock } from '../../src/clock.js';
import { until } from '../../src/lab/child.js';
import { silent } from '../../src/ports/log.js';
import { asteriskFor, withoutAsterisk } from '../support/asterisk.js';
import { hears } from './hearing.js';
import { Phone } from './sip/phone.js';

t.setTimeout(120_000);
/** The first of the three tones of dialplan/asterisk: «cannot be completed» (ITU-T E.180). */
const fallback = 950;

t.test('Asterisk without a daemon', { skip: withoutAsterisk }, async (t) => {
  const asterisk = await asteriskFor(t);
  await asterisk.allowPhones({ 1001: 'secret-1', 1002: 'secret-2' });
  const phone = await Phone.open();
  t.teardown(() => phone.close());
  const account = { port: asterisk.phonePort, domain: '127.0.0.1', user: '1001', password: 'secret-1' };

  t.test('it starts without a complaint', async (t) => {
    const complaints = (await readFile(asterisk.logFile, 'utf8')).split('\n').filter((line) => /WARNING|ERROR/.test(line));
    t.strictSame(complaints, []);
  });

  t.test('a phone registers by digest; a wrong password and a user of nobody’s are refused', async (t) => {
    t.equal(await phone.register(account), 200);
    t.match(await asterisk.cli('pjsip show contacts'), new RegExp(`sip:1001@127\\.0\\.0\\.1:${phone.port}`));
    t.equal(await phone.register({ ...account, password: 'wrong' }), 401);
    t.ok((await phone.register({ ...account, user: '9999' })) >= 400);
  });

  t.test('a phone is called where it registered from, whatever it names', async (t) => {
    const [carrier, thief] = [await Phone.open(), await Phone.open()];
    for (const one of [carrier, thief]) t.teardown(() => one.close());
    const named = `sip:+33899123456@127.0.0.1:${carrier.port}`;
    t.equal(await thief.register({ ...account, contact: named }), 200);
    const other = { ...account, user: '1002', password: 'secret-2' };
    const call = await phone.dial({ port: asterisk.phonePort, number: '1001', callerNumber: '1002', account: other });
    (await thief.rings()).refuse('486 Busy Here');
    t.ok((await call.ended).status >= 400);
    t.equal(carrier.rang.length, 0, 'nobody else is called');
    t.equal(await thief.register({ ...account, contact: named }, 0), 200);
  });

  t.test('whom a daemon took up again is not served yet: the fallback speaks to him', async (t) => {
    const call = await phone.dial({ port: asterisk.trunkPort, number: '0123456789' });
    t.teardown(() => call.hangUp());
    const name = await until('his channel', async () => /PJSIP\/trunk-\w+/.exec(await asterisk.cli('core show channels concise'))?.[0]);
    // As an agent’s end leaves it without a daemon (tcore-left).
    await asterisk.cli(`dialplan set chanvar ${name} TCORE_LEFT 1`);
    const ami = new Ami({ ...asterisk, port: asterisk.amiPort, clock: systemClock, log: silent });
    ami.start();
    t.teardown(() => ami.close());
    await until('AMI', async () => ami.up || undefined);
    t.ok(await ami.do('Redirect', { Channel: name, Context: 'tcore-handover', Exten: 'handover', Priority: '1' }));
    await hears(call, fallback);
    await call.ended;
  });

  t.test('a caller waits for a daemon, ringing and unanswered, then hears the fallback', async (t) => {
    const calledAt = performance.now();
    const call = await phone.dial({ port: asterisk.trunkPort, number: '0123456789' });
    t.teardown(() => call.hangUp());
    const heardAt = await hears(call, fallback);
    t.ok(heardAt - calledAt > 3_900 && heardAt - calledAt < 5_500, `the fallback is heard after ${Math.round(heardAt - calledAt)} ms`);
    await call.ended;
    t.match(await asterisk.cli('core show channels'), /^0 active channels/m);
  });

  for (const number of ['fallback', 'T', 'h', 's', 'i', 'telephony-core', '0123456789,1', '+3312345678a'])
    t.test(`nobody dials ${number} from outside`, async (t) => {
      const call = await phone.dial({ port: asterisk.trunkPort, number });
      t.teardown(() => call.hangUp());
      t.ok((await call.ended).status >= 400);
    });
});
