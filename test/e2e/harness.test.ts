/** The laboratory itself on the real FreeSWITCH: our configuration and dialplan with no daemon, SIPp, and our ears. */
import { readdir, readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { isTone, loudness, readWav, tone, toneDuration } from '../../src/lab/audio.js';
import { type Caller, type CallerOptions, placeCall } from '../../src/lab/caller.js';
import { until } from '../../src/lab/child.js';
import type { Freeswitch } from '../../src/lab/freeswitch.js';
import { type PhoneOptions, startPhone } from '../../src/lab/phone.js';
import { register, startAgent, startCallers } from '../../src/lab/sipp.js';
import { freeswitchFor, withoutFreeswitch } from '../support/freeswitch.js';

const NUMBER = '+33123456789';
/** What freeswitch-conf/vars.xml plays in the fallback. */
const FALLBACK_HERTZ = [950, 1_400, 1_800];

/** Answers a parked call as a daemon would. */
async function takeCall(freeswitch: Freeswitch): Promise<string> {
  const leg = await until('a parked call', async () => {
    const { rows = [] } = JSON.parse(await freeswitch.api('show channels as json')) as { rows?: { uuid: string; application: string }[] };
    return rows.find(({ application }) => application === 'park')?.uuid;
  });
  await freeswitch.api(`sched_del ${leg}`);
  await freeswitch.api(`uuid_answer ${leg}`);
  return leg;
}

async function noChannels(freeswitch: Freeswitch): Promise<void> {
  await until('the end of all channels', async () => (/^0 total/m.test(await freeswitch.api('show channels count')) ? true : undefined));
}

t.test('the laboratory', { skip: withoutFreeswitch }, async (t) => {
  const freeswitch = await freeswitchFor(t);
  await freeswitch.allowPhones({ '1001': 'right', '1002': 'right too' });

  const call = async (test: Test, options: Omit<CallerOptions, 'port' | 'number'> & { readonly number?: string } = {}): Promise<Caller> => {
    const caller = await placeCall({ port: freeswitch.trunkPort, number: NUMBER, ...options });
    test.teardown(() => caller.close());
    return caller;
  };
  const phone = async (test: Test, options: Omit<PhoneOptions, 'port' | 'domain' | 'password'>) => {
    const started = await startPhone({ port: freeswitch.phonePort, domain: freeswitch.domain, password: 'right', ...options });
    test.teardown(() => started.close());
    return started;
  };

  t.test('FreeSWITCH starts without a complaint', async (t) => {
    const log = await readFile(freeswitch.logFile, 'utf8');
    const complaints = log.split('\n').filter((line) => /\[(ERR|CRIT|ALERT)\]/.test(line));
    t.same(complaints, []);
    t.equal((await freeswitch.api('eval ${api-expansion}')).includes('true'), false);
  });

  t.test('with no daemon a caller hears ringing, then the fallback within 5.5 s, which ends the call', async (t) => {
    const started = performance.now();
    const caller = await call(t);
    await caller.media.hears((pcm) => isTone(pcm, FALLBACK_HERTZ[0]!));
    // SIPp itself starts, and 300 ms of silence precede the announcement; `answerMs` is the caller's own clock.
    t.ok(performance.now() - started < 6_500);
    const result = await caller.finished;
    t.ok(result.ok, result.unexpected);
    t.ok(result.answerMs[0]! < 5_500 && result.answerMs[0]! > 3_500, `answered after ${result.answerMs[0]} ms`);
    for (const hertz of FALLBACK_HERTZ) t.ok(Math.abs(toneDuration(caller.media.heard.pcm(), hertz) - 660) <= 80, `${hertz} Hz twice`);
  });

  t.test('a caller may leave at any time before and in the fallback', async (t) => {
    const leave = async (scenario: 'caller-cancels' | 'caller-hears-and-hangs-up', ms: number) => {
      const sipp = await startCallers({
        scenario,
        port: freeswitch.trunkPort,
        calls: [{ number: NUMBER, ms }],
        receiveTimeoutMs: Math.max(ms, 20),
      });
      return await sipp.finished;
    };
    const results = await Promise.all([
      leave('caller-cancels', 20),
      leave('caller-cancels', 1_000),
      leave('caller-cancels', 3_000),
      ...[0, 100, 1_500].map(async (ms) => {
        const sipp = await startCallers({
          scenario: 'caller-hears-and-hangs-up',
          port: freeswitch.trunkPort,
          calls: [{ number: NUMBER, ms }],
        });
        return await sipp.finished;
      }),
    ]);
    for (const result of results) t.ok(result.ok, result.unexpected);
    await noChannels(freeswitch);
  });

  t.test('what is no number is refused with 404, and so are our internal extensions', async (t) => {
    const calls = ['reception', 'fallback', 'handover', 'after-bridge', '12', '+331234567890123456'].map((number) => ({ number }));
    const result = await (await startCallers({ scenario: 'caller-refused-404', port: freeswitch.trunkPort, calls })).finished;
    t.ok(result.ok, result.unexpected);
    t.equal(result.successful, calls.length);
  });

  t.test('a result is not ok when a call goes another way than its scenario', async (t) => {
    const result = await (await startCallers({ scenario: 'caller-refused-404', port: freeswitch.trunkPort, calls: [{ number: NUMBER }] }))
      .finished;
    t.equal(result.ok, false);
    t.equal(result.failed, 1);
    t.match(result.unexpected, /unexpected message[\s\S]*200 OK/);
  });

  t.test('a phone registers with digest authentication; a wrong password and an unknown user are refused', async (t) => {
    const { user, sipp, unregister } = await phone(t, { user: '1001' });
    t.equal((await freeswitch.api(`sofia_contact ${user}@${freeswitch.domain}`)).trim(), `sofia/internal/sip:1001@127.0.0.1:${sipp.port}`);
    await unregister();
    t.equal((await freeswitch.api(`sofia_contact ${user}@${freeswitch.domain}`)).trim(), 'error/user_not_registered');
    const refused = await register({
      scenario: 'agent-register-refused',
      port: freeswitch.phonePort,
      domain: freeswitch.domain,
      phones: [
        { user: '1001', password: 'wrong', phonePort: sipp.port },
        { user: '1003', password: 'right', phonePort: sipp.port },
      ],
    });
    t.ok(refused.ok, refused.unexpected);
    await t.rejects(phone(t, { user: '1001', password: 'wrong' } as Parameters<typeof phone>[1]), /phone 1001 was not registered/);
  });

  t.test('calls to the phones’ profile without a password are challenged, phones cannot register at the trunk’s', async (t) => {
    const calls = await (await startCallers({ scenario: 'caller-refused-404', port: freeswitch.phonePort, calls: [{ number: NUMBER }] }))
      .finished;
    t.match(calls.unexpected, /407 Proxy Authentication Required/);
    const phones = [{ user: '1001', password: 'right', phonePort: 9 }];
    t.notOk((await register({ port: freeswitch.trunkPort, domain: freeswitch.domain, phones })).ok);
  });

  t.test('two people hear each other, digits pass, and a stereo recording tells who is who', async (t) => {
    const agent = await phone(t, { user: '1001' });
    const caller = await call(t, { scenario: 'caller-hears-and-hangs-up', ms: 6_000 });
    const leg = await takeCall(freeswitch);
    const file = `${freeswitch.recordingsDir}/talk.wav`;
    await freeswitch.api(`uuid_setvar ${leg} RECORD_STEREO true`);
    await freeswitch.api(`uuid_record ${leg} start ${file}`);
    const [, other] = (await freeswitch.api(`originate sofia/internal/sip:1001@127.0.0.1:${agent.sipp.port} &park()`)).trim().split(' ');
    await freeswitch.api(`uuid_bridge ${leg} ${other}`);
    caller.media.say(tone(440, 1_000), true);
    agent.media.say(tone(1_000, 1_000), true);
    await caller.media.hears((pcm) => isTone(pcm, 1_000));
    await agent.media.hears((pcm) => isTone(pcm, 440));
    await caller.media.dial('12#');
    await until('the digits', async () => (agent.media.digits === '12#' ? true : undefined));
    const result = await caller.finished;
    t.ok(result.ok, result.unexpected);
    await noChannels(freeswitch);
    const [left, right] = readWav(await readFile(file)).channels;
    t.ok(toneDuration(left!, 440) > 1_000, 'the caller is on the left');
    t.ok(toneDuration(right!, 1_000) > 1_000, 'the agent is on the right');
    t.equal(toneDuration(left!, 1_000), 0);
    t.equal(toneDuration(right!, 440), 0);
  });

  t.test('SIPp’s own digits reach the switch', async (t) => {
    const sipp = await startCallers({
      scenario: 'caller-dials-digits',
      port: freeswitch.trunkPort,
      calls: [{ number: NUMBER, ms: 200, digits: '12#' }],
    });
    const leg = await takeCall(freeswitch);
    const collected = freeswitch.api(
      `uuid_broadcast ${leg} play_and_get_digits::3\\s3\\s1\\s3000\\s#\\ssilence_stream://200\\ssilence_stream://20\\styped\\s\\\\d+ aleg`,
    );
    await collected;
    const typed = await until('the digits', async () => /^\d+$/.exec((await freeswitch.api(`uuid_getvar ${leg} typed`)).trim())?.[0]);
    t.equal(typed, '12');
    await freeswitch.api(`uuid_kill ${leg}`);
    const result = await sipp.finished;
    t.ok(result.ok, result.unexpected);
  });

  t.test('phones that are busy, never answer, or hang up', async (t) => {
    const ring = async (scenario: 'agent-busy-486' | 'agent-never-answers' | 'agent-hangs-up') => {
      const agent = await startAgent({ scenario, ringMs: 100, talkMs: 200 });
      const address = `sofia/internal/sip:1001@127.0.0.1:${agent.port}`;
      const answer = (await freeswitch.api(`originate {originate_timeout=2}${address} &park()`)).trim();
      if (answer.startsWith('+OK')) await noChannels(freeswitch);
      const result = await agent.stop();
      t.ok(result.ok, result.unexpected);
      t.equal(result.successful, 1);
      return answer;
    };
    t.equal(await ring('agent-busy-486'), '-ERR USER_BUSY');
    t.equal(await ring('agent-never-answers'), '-ERR NO_ANSWER');
    t.match(await ring('agent-hangs-up'), /^\+OK /);
  });

  t.test('hold music is there as shipped', async (t) => {
    const caller = await call(t, { scenario: 'caller-hears-and-hangs-up', ms: 3_000 });
    const leg = await takeCall(freeswitch);
    await freeswitch.api(`uuid_broadcast ${leg} local_stream://moh aleg`);
    await caller.media.hears((pcm) => loudness(pcm) > -40, { windowMs: 500 });
    t.ok((await caller.finished).ok);
  });

  t.test('a hundred calls at twenty a second all end well', async (t) => {
    const sipp = await startCallers({
      scenario: 'caller-expects-bye',
      port: freeswitch.trunkPort,
      calls: [{ number: NUMBER }],
      count: 100,
      rate: 20,
      receiveTimeoutMs: 15_000,
    });
    const result = await sipp.finished;
    t.ok(result.ok, result.unexpected);
    t.equal(result.successful, 100);
    t.equal(result.answerMs.length, 100);
    t.ok(Math.max(...result.answerMs) < 5_500, `the last was answered after ${Math.max(...result.answerMs)} ms`);
    await noChannels(freeswitch);
  });
});

t.test('a FreeSWITCH that was killed comes back on the same ports', { skip: withoutFreeswitch }, async (t) => {
  const freeswitch = await freeswitchFor(t);
  const { pid, trunkPort, eslPort } = freeswitch;
  await freeswitch.kill();
  t.equal(freeswitch.running, false);
  await t.rejects(freeswitch.api('status'), /ECONNREFUSED/);
  await freeswitch.restart();
  t.not(freeswitch.pid, pid);
  t.same([freeswitch.trunkPort, freeswitch.eslPort], [trunkPort, eslPort]);
  t.match(await freeswitch.api('status'), /is ready/);
});

t.test('a mailbox, where one is set, takes a message in the fallback', { skip: withoutFreeswitch }, async (t) => {
  const freeswitch = await freeswitchFor(t, {
    settings: { tcore_fallback_voicemail: 'reception', tcore_fallback_sound: 'tone_stream://%(300,0,700)' },
    files: { 'directory/mailboxes.xml': '<include>\n  <user id="reception"/>\n</include>\n' },
  });
  const caller = await placeCall({ port: freeswitch.trunkPort, number: NUMBER, scenario: 'caller-hears-and-hangs-up', ms: 5_000 });
  t.teardown(() => caller.close());
  await caller.media.hears((pcm) => isTone(pcm, 640));
  caller.media.say(tone(440, 1_000), true);
  t.ok((await caller.finished).ok);
  const message = await until('the message', async () => {
    const files = await readdir(`${freeswitch.dir}/storage`, { recursive: true });
    return files.find((file) => file.endsWith('.wav'));
  });
  await noChannels(freeswitch);
  const [heard] = readWav(await readFile(`${freeswitch.dir}/storage/${message}`)).channels;
  t.ok(toneDuration(heard!, 440) > 1_500);
});
