/** Calls that leave for an outside number, from a menu or by an agent's transfer key; and those that must not. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { check } from '../../src/cli/check.js';
import { tone } from '../../src/lab/audio.js';
import { until } from '../../src/lab/child.js';
import { attendedTransferStatus } from '../contract/differences.js';
import { memoryIo } from '../unit/cli/io.js';
import { AtOnce } from './at-once.js';
import { fallsSilent, heardMs, hears } from './hearing.js';
import type { Call, IncomingCall } from './sip/call.js';
import { Phone } from './sip/phone.js';
import { agents, type Backend, backends, type PlacedCall, Site } from './site.js';
import { desk, hertz, martin, numbers, prompt, yaml } from './tenants.js';

t.setTimeout(180_000);
const beep = 1_000;
/** The menu's key → where it leads. */
const mobileOf = (key: number): string => `+3361234500${key}`;
const [office, guarded] = ['+33199000007', '+33199000009'];
const premium = '+33899123456';

/** Its menu puts callers through. */
const menuWith = (keys: Readonly<Record<string, unknown>>) => ({ accueil: { ...martin.menus.accueil, keys, noInputSeconds: 20 } });
const reception = {
  ...martin,
  id: 'reception',
  numbers: [office],
  allowedPrefixes: ['+336'],
  menus: menuWith(Object.fromEntries([2, 3, 4, 5, 6, 7, 8, 9].map((key) => [key, { transfer: mobileOf(key) }]))),
};
/** Another like it, whose rules change. */
const changing = { ...reception, id: 'changing', numbers: [guarded], menus: menuWith({ 1: 'queue' }) };
/** Its agents put callers through. */
const switchboard = { ...desk, allowedPrefixes: ['+336'], queue: { ...desk.queue, wrapUpSeconds: 2 } };

const speak = (call: Call, frequency: number): void => call.media.say(tone(frequency, 1_000), true);

for (const { on, skip } of backends) t.test(`transfers to the outside, on ${on}`, { skip }, (t) => transfers(t, on));

async function transfers(t: Test, on: Backend): Promise<void> {
  const carrier = await Phone.open();
  t.teardown(() => carrier.close());
  const site = await Site.start(t, { on, tenants: [reception, changing, switchboard], carrier: carrier.port });
  const atOnce = new AtOnce(t);

  async function press(key: number, number = office): Promise<PlacedCall> {
    const call = await site.dial(number);
    await hears(call, hertz.martinMenu);
    await call.media.dial(String(key));
    return call;
  }

  /** Caller and outside number talk. */
  async function joined(call: PlacedCall, outside: IncomingCall): Promise<void> {
    outside.answer();
    speak(call, hertz.caller);
    speak(outside, hertz.other);
    await hears(call, hertz.other);
    const since = await hears(outside, hertz.caller);
    await hears(call, hertz.other, { forMs: 1_000 });
    await hears(outside, hertz.caller, { forMs: 1_000 });
    for (const strange of ['music', 'martinWhisper', 'deskWhisper'] as const)
      t.equal(heardMs(outside, hertz[strange]), 0, `the outside does not hear ${strange}`);
    t.equal(heardMs(call, hertz.music, since + 200), 0, 'no music in the talk');
    await site.reaches(call, 'transferring');
  }

  async function leavesNoMessage(call: PlacedCall): Promise<void> {
    await hears(call, hertz.martinVoicemail);
    await call.hangUp();
    t.match(await site.record(call), { outcome: 'abandoned', transferredTo: null });
  }

  atOnce.begin('nobody answers: voicemail, after music', async () => {
    const call = await press(9);
    const outside = await carrier.line(mobileOf(9)).rings();
    t.match(await outside.ended, { by: 'them', status: 487 });
    t.ok((outside.end?.at ?? 0) - outside.rangAt > 40_000, 'it had time');
    await leavesNoMessage(call);
    t.ok(heardMs(call, hertz.music) > 35_000, `he was not left in silence: ${heardMs(call, hertz.music)} ms`);
  });

  atOnce.begin('a menu key: they hear each other; the outside hangs up, the caller gets a BYE', async () => {
    const call = await press(2);
    const outside = await carrier.line(mobileOf(2)).rings();
    t.equal(outside.callerNumber, office, 'the number that was called');
    await hears(call, hertz.music);
    await joined(call, outside);
    await outside.hangUp();
    t.match(await call.ended, { by: 'them' });
    t.match(await site.record(call), { outcome: 'transferred', transferredTo: mobileOf(2), agent: null, digits: ['2'] });
  });

  atOnce.begin('the caller hangs up: the outside gets a BYE', async () => {
    const call = await press(3);
    const outside = await carrier.line(mobileOf(3)).rings();
    await joined(call, outside);
    await call.hangUp();
    t.match(await outside.ended, { by: 'them', status: 200 });
    t.match(await site.record(call), { outcome: 'transferred', transferredTo: mobileOf(3) });
  });

  atOnce.begin('the caller hangs up while it rings: nobody pays for a call to a mailbox', async () => {
    const call = await press(4);
    const outside = await carrier.line(mobileOf(4)).rings();
    await call.hangUp();
    t.match(await outside.ended, { by: 'them', status: 487 });
    t.match(await site.record(call), { outcome: 'abandoned' });
  });

  atOnce.begin('busy: voicemail', async () => {
    carrier.line(mobileOf(5)).onRing = (leg) => leg.refuse('486 Busy Here');
    const call = await press(5);
    await hears(call, hertz.martinVoicemail);
    await hears(call, beep);
    await fallsSilent(call);
    call.media.say(tone(hertz.caller, 1_500));
    t.match(await call.ended, { by: 'them' });
    t.match(await site.record(call), { outcome: 'voicemail', transferredTo: null });
  });

  for (const [key, status] of [
    [6, '480 Temporarily Unavailable'],
    [7, '503 Service Unavailable'],
    [8, '404 Not Found'],
  ] as const) {
    atOnce.begin(`${status}: voicemail`, async () => {
      carrier.line(mobileOf(key)).onRing = (leg) => leg.refuse(status);
      await leavesNoMessage(await press(key));
    });
  }

  atOnce.begin('toll fraud', async () => {
    await atOnce.step('a number outside allowedPrefixes is refused, by check and by a reload', async () => {
      const { daemon } = site;
      const written = JSON.parse(await readFile(join(daemon.configDir, 'telephony.yaml'), 'utf8')) as {
        agents: readonly { device: { phone: { password: { env: string } } } }[];
      };
      const secrets = Object.fromEntries(written.agents.map(({ device }) => [device.phone.password.env, 'some-secret']));
      const io = () => memoryIo({ ...secrets, TCORE_PBX_PASSWORD: 'some-secret', TCORE_ADMIN_TOKEN: daemon.adminToken });
      const before = io();
      t.equal(await check([daemon.configDir], before), 0, before.said.join('\n'));
      await daemon.writeTenant('changing', yaml({ ...changing, menus: menuWith({ 1: 'queue', 3: { transfer: premium } }) }));
      const after = io();
      t.not(await check([daemon.configDir], after), 0);
      t.match(after.said.join('\n'), /changing\.yaml:\d+.*menus\.accueil\.keys\.3.*\+33899123456.*allowedPrefixes/);
      t.equal((await daemon.api('/v1/reload', 'POST')).status, 422);
      const call = await press(3, guarded);
      await hears(call, hertz.martinInvalid);
      await call.hangUp();
      await daemon.writeTenant('changing', yaml(changing));
    });

    await atOnce.step('allowed when the call came, but no more after a reload: not dialled', async () => {
      const { daemon } = site;
      // The caller hears this for 8 s, and what follows is in his call's state already.
      // biome-ignore lint/suspicious/noThenProperty: a step of a flow, not a promise
      const last = { play: prompt('music'), then: { transfer: premium } };
      // biome-ignore lint/suspicious/noThenProperty: as above
      const later = { play: prompt('music'), then: last };
      await daemon.writeTenant('changing', yaml({ ...changing, allowedPrefixes: ['+338'], menus: menuWith({ 3: later }) }));
      t.equal((await daemon.api('/v1/reload', 'POST')).status, 200);
      const call = await press(3, guarded);
      await site.reaches(call, 'playing');
      await daemon.writeTenant('changing', yaml({ ...changing, allowedPrefixes: ['+331'] }));
      t.equal((await daemon.api('/v1/reload', 'POST')).status, 200);
      await site.reaches(call, 'playing');
      await leavesNoMessage(call);
    });
  });

  atOnce.begin('an agent’s transfer key', async () => {
    const alice = await site.signIn('alice');

    /** She talks to whoever rings her. */
    async function talks(call: PlacedCall): Promise<IncomingCall> {
      const leg = await alice.rings();
      t.equal(leg.callerNumber, call.from);
      leg.answer();
      speak(leg, hertz.agent);
      speak(call, hertz.caller);
      await hears(leg, hertz.caller);
      await hears(call, hertz.agent);
      await site.reaches(call, 'connected');
      return leg;
    }

    async function refers(leg: IncomingCall, uri: string): Promise<void> {
      t.equal(await leg.refer(uri), 202);
      t.match(await leg.ended, { by: 'them' }, 'her phone is free');
    }
    const onSwitch = (user: string): string => `sip:${user}@127.0.0.1:${site.pbx.phonePort}`;

    for (const number of ['0612345111', '+33612345111', '0033612345111']) {
      await atOnce.step(`${number}: the caller is put through, she is free`, async () => {
        const call = await site.dial(numbers.desk);
        const leg = await talks(call);
        await refers(leg, onSwitch(number));
        const told = leg.transfers.filter((status) => status >= 200);
        t.strictSame(told, [200], 'her phone is told');
        const outside = await carrier.line('+33612345111').rings();
        t.equal(outside.callerNumber, numbers.desk);
        await site.agentIs('alice', 'wrapUp');
        await hears(call, hertz.music);
        await joined(call, outside);
        await site.agentIs('alice', 'idle');
        await outside.hangUp();
        t.match(await call.ended, { by: 'them' });
        t.match(await site.record(call), { outcome: 'transferred', transferredTo: '+33612345111', agent: 'alice' });
      });
    }

    await atOnce.step('to a number that is not allowed, or to no number: the caller is back at his old place', async () => {
      const call = await site.dial(numbers.desk);
      let leg = await talks(call);
      const behind = await site.dial(numbers.desk);
      await site.reaches(behind, 'waiting');
      const place = (await site.calls()).find(({ caller }) => caller.number === call.from)?.enqueuedAt;
      for (const target of ['0899123456', premium, '15', 'fallback', 'after-bridge', 'handover', 'sales']) {
        const referredAt = performance.now();
        await refers(leg, onSwitch(target));
        await site.agentIs('alice', 'wrapUp');
        t.match(await site.reaches(call, 'waiting'), { enqueuedAt: place }, `${target}: in the queue, at his old place`);
        await until('music', async () => (heardMs(call, hertz.music, referredAt) > 300 ? true : undefined));
        leg = await talks(call);
      }
      await leg.hangUp();
      t.match(await call.ended, { by: 'them' });
      t.match(await site.record(call), { outcome: 'answered', agent: 'alice', transferredTo: null });
      const next = await talks(behind);
      await next.hangUp();
      await behind.ended;
    });

    await atOnce.step('a REFER that pretends to complete a call elsewhere dials nothing past the daemon', async () => {
      const call = await site.dial(numbers.desk);
      const leg = await talks(call);
      const replaces = encodeURIComponent('no-such-call;to-tag=a;from-tag=b');
      await leg.refer(`sip:${premium}@127.0.0.1:${carrier.port}?Replaces=${replaces}`);
      await until('the verdict', async () => (leg.transfers.some((status) => status >= 200) ? true : undefined), {
        timeoutMs: 5_000,
      }).catch(() => undefined);
      t.strictSame(
        leg.transfers.filter((status) => status >= 200),
        [attendedTransferStatus[on]],
      );
      await hears(leg, hertz.caller, { forMs: 300 });
      await hears(call, hertz.agent, { forMs: 300 });
      await leg.hangUp();
      await call.ended;
      t.match(await site.record(call), { outcome: 'answered', transferredTo: null });
    });

    await atOnce.step('an attended transfer, with a colleague whom she rang meanwhile, is refused: both her talks go on', async () => {
      const call = await site.dial(numbers.desk);
      const leg = await talks(call);
      const benoit = await site.signIn('benoit');
      const own = await site.dialFrom('alice', alice, agents.benoit);
      const colleague = await benoit.rings();
      colleague.answer();
      await own.answered;
      speak(colleague, hertz.other);
      await hears(own, hertz.other);
      // From either of her calls; what the one from her own does on Asterisk is not for its `ari-only` to say.
      for (const [from, to] of on === 'freeswitch' ? [[leg, own] as const, [own, leg] as const] : [[leg, own] as const]) {
        await from.refer(`${onSwitch(agents.benoit)}?${to.replaces}`);
        await until('the verdict', async () => from.transfers.find((status) => status >= 200), { timeoutMs: 5_000 });
        t.equal(from.transfers.at(-1), attendedTransferStatus[on]);
        await hears(leg, hertz.caller, { forMs: 300 });
        await hears(call, hertz.agent, { forMs: 300 });
        await hears(own, hertz.other, { forMs: 300 });
      }
      await own.hangUp();
      await colleague.ended;
      await site.signOut('benoit', benoit);
      await leg.hangUp();
      await call.ended;
      t.match(await site.record(call), { outcome: 'answered', agent: 'alice', transferredTo: null });
    });

    await atOnce.step('a phone that forwards its calls (302) does not have them dialled elsewhere', async () => {
      alice.onRing = (leg) => leg.refuse('302 Moved Temporarily', `sip:${premium}@127.0.0.1:${carrier.port}`);
      const call = await site.dial(numbers.desk);
      await alice.rings();
      await until('a verdict', async () => ((await site.agentStates())['alice'] === 'offered' ? undefined : true));
      await hears(call, hertz.music);
      t.match(await site.reaches(call, 'waiting'), { state: 'waiting' });
      alice.onRing = () => undefined;
      await call.hangUp();
      t.match(await site.record(call), { outcome: 'abandoned', agent: null, offers: [{ agent: 'alice', outcome: 'unreachable' }] });
    });

    await atOnce.step('nor to a colleague, whom nobody asked', async () => {
      const benoit = await site.signIn('benoit');
      t.equal((await site.daemon.api('/v1/agents/benoit/signout', 'POST')).status, 200);
      await site.agentIs('benoit', 'signedOut');
      await site.agentIs('alice', 'idle');
      alice.onRing = (leg) => leg.refuse('302 Moved Temporarily', onSwitch(agents.benoit));
      const call = await site.dial(numbers.desk);
      await alice.rings();
      await until('a verdict', async () => ((await site.agentStates())['alice'] === 'offered' ? undefined : true));
      t.match(await site.reaches(call, 'waiting'), { state: 'waiting' });
      // An INVITE to him would have come by now.
      await hears(call, hertz.music, { forMs: 1_000 });
      t.equal(benoit.rang.length, 0, 'his phone does not ring');
      alice.onRing = () => undefined;
      await call.hangUp();
      t.match(await site.record(call), { outcome: 'abandoned', agent: null });
      await benoit.register(site.account('benoit'), 0);
      benoit.close();
    });

    await site.signOut('alice', alice);
  });

  await atOnce.over();
  t.test('nothing else was dialled', async (t) => {
    await site.quiet();
    const allowed = [2, 3, 4, 5, 6, 7, 8, 9].map(mobileOf);
    t.strictSame(
      carrier.rang.map(({ dialled }) => dialled).sort(),
      [...allowed, ...Array(3).fill('+33612345111')].sort(),
      'each of them once',
    );
    t.ok(
      (await site.records()).every(({ call }, index, all) => all.findIndex((one) => one.call === call) === index),
      'one record a call',
    );
  });
}
