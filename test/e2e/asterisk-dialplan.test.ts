/** What Asterisk does with our configuration and no daemon: phones register, callers hear the fallback, nothing leaves it. */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { asteriskFor, withoutAsterisk } from '../support/asterisk.js';
import { hears } from './hearing.js';
import { Phone } from './sip/phone.js';

t.setTimeout(120_000);
/** The first of the three tones of dialplan/asterisk: «cannot be completed» (ITU-T E.180). */
const fallback = 950;

t.test('Asterisk without a daemon', { skip: withoutAsterisk }, async (t) => {
  const asterisk = await asteriskFor(t);
  await asterisk.allowPhones({ 1001: 'secret-1' });
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

  t.test('a caller waits for a daemon, ringing and unanswered, then hears the fallback', async (t) => {
    const calledAt = performance.now();
    const call = await phone.dial({ port: asterisk.trunkPort, number: '0123456789' });
    t.teardown(() => call.hangUp());
    const heardAt = await hears(call, fallback);
    t.ok(heardAt - calledAt > 3_900 && heardAt - calledAt < 5_500, `the fallback is heard after ${Math.round(heardAt - calledAt)} ms`);
    await call.ended;
    t.match(await asterisk.cli('core show channels'), /^0 active channels/m);
  });

  for (const number of ['fallback', 'T', 'h', 's', 'i', 'telephony-core'])
    t.test(`nobody dials ${number} from outside`, async (t) => {
      const call = await phone.dial({ port: asterisk.trunkPort, number });
      t.teardown(() => call.hangUp());
      t.ok((await call.ended).status >= 400);
    });
});
