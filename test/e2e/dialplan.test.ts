/** dialplan/freeswitch/telephony-core.xml with no daemon alive: where each leg goes, and what ends it. */
import t, { type Test } from 'tap';
import { isTone } from '../../src/lab/audio.js';
import { type Caller, placeCall } from '../../src/lab/caller.js';
import { until } from '../../src/lab/child.js';
import { type CallerScenario, dialFromPhone, startAgent } from '../../src/lab/sipp.js';
import { freeswitchFor, withoutFreeswitch } from '../support/freeswitch.js';

const NUMBER = '0123456789';
const FALLBACK_HERTZ = 700;
let lastCaller = 600_000_000;

t.test('the dialplan', { skip: withoutFreeswitch }, async (t) => {
  const freeswitch = await freeswitchFor(t, { settings: { tcore_fallback_sound: `tone_stream://%(1000,0,${FALLBACK_HERTZ})` } });

  const variable = async (leg: string, name: string): Promise<string> => (await freeswitch.api(`uuid_getvar ${leg} ${name}`)).trim();
  const dump = async (leg: string): Promise<Record<string, string>> =>
    JSON.parse(await freeswitch.api(`uuid_dump ${leg} json`).then((body) => (body.startsWith('{') ? body : '{}'))) as Record<
      string,
      string
    >;
  /** Waits until the leg is parked again with that entry. */
  const entry = (leg: string, expected: string): Promise<Record<string, string>> =>
    until(`entry ${expected}`, async () => {
      const state = await dump(leg);
      return state['variable_tcore_entry'] === expected && state['variable_current_application'] === 'park' ? state : undefined;
    });
  const noChannels = (): Promise<true> =>
    until('the end of all channels', async () => (/^0 total/m.test(await freeswitch.api('show channels count')) ? true : undefined));

  /** A caller in the guarded park, taken out of the dialplan's own guard as a daemon does. */
  const caller = async (test: Test, ms?: number, scenario?: CallerScenario): Promise<{ call: Caller; leg: string }> => {
    // A number of his own: ended calls stay in the list for a while.
    const number = String(++lastCaller);
    const call = await placeCall({
      port: freeswitch.trunkPort,
      number: NUMBER,
      caller: number,
      scenario: scenario ?? (ms === undefined ? 'caller-expects-bye' : 'caller-hears-and-hangs-up'),
      ...(ms === undefined ? {} : { ms }),
      receiveTimeoutMs: 20_000,
    });
    test.teardown(() => call.close());
    const leg = await until('a parked call', async () => {
      const { rows = [] } = JSON.parse(await freeswitch.api('show channels as json')) as { rows?: { uuid: string; cid_num: string }[] };
      const found = rows.find(({ cid_num }) => cid_num === number)?.uuid;
      return found !== undefined && (await dump(found))['variable_last_sched_id'] !== undefined ? found : undefined;
    });
    await freeswitch.api(`sched_del ${leg}`);
    await freeswitch.api(`uuid_answer ${leg}`);
    return { call, leg };
  };

  t.test('a call tells what was dialled, and that REFER leads into the restricted context', async (t) => {
    const { call, leg } = await caller(t, 500);
    t.match(await dump(leg), {
      variable_tcore_entry: 'call',
      variable_tcore_dialled: NUMBER,
      variable_force_transfer_context: 'tcore-phones',
      'Caller-Context': 'tcore',
    });
    t.match(await variable(leg, 'last_sched_id'), /^\d+$/);
    t.ok((await call.finished).ok);
  });

  t.test('a caller who is handed over reaches the fallback', async (t) => {
    const { call, leg } = await caller(t);
    await freeswitch.api(`uuid_transfer ${leg} handover XML tcore`);
    await entry(leg, 'handover');
    await call.media.hears((pcm) => isTone(pcm, FALLBACK_HERTZ), { timeoutMs: 6_000 });
    t.ok((await call.finished).ok, 'and the fallback ends the call');
  });

  t.test('after his talk a caller is hung up, unless he was to come back', async (t) => {
    const served = await caller(t);
    // As the daemon does once they talk.
    await freeswitch.api(`uuid_setvar ${served.leg} tcore_return`);
    await freeswitch.api(`uuid_transfer ${served.leg} after-bridge XML tcore`);
    await entry(served.leg, 'after-bridge');
    const waiting = served.call.finished;
    const returning = await caller(t);
    await freeswitch.api(`uuid_transfer ${returning.leg} after-bridge XML tcore`);
    await entry(returning.leg, 'after-bridge');
    await returning.call.media.hears((pcm) => isTone(pcm, FALLBACK_HERTZ), { timeoutMs: 6_000 });
    t.ok((await returning.call.finished).ok);
    const result = await waiting;
    t.ok(result.ok, result.unexpected);
    t.equal(served.call.media.heard.ms, 0, 'he heard no announcement');
  });

  t.test('an agent’s leg that is alone is hung up, never announced to', async (t) => {
    const agent = await startAgent({ scenario: 'agent-answers', ringMs: 0 });
    t.teardown(() => agent.stop(500));
    for (const extension of ['handover', 'after-bridge', 'fallback']) {
      const answer = await freeswitch.api(`originate sofia/internal/sip:1001@127.0.0.1:${agent.port} ${extension} XML tcore`);
      const leg = answer.trim().split(' ')[1]!;
      if (extension !== 'fallback') t.equal((await entry(leg, extension))['variable_current_application'], 'park');
    }
    await noChannels();
    const result = await agent.stop();
    t.ok(result.ok, result.unexpected);
  });

  t.test('a transfer by an agent’s phone: wherever to, it is the daemon’s to judge', async (t) => {
    // switch_ivr_session_transfer without a context, which is what a REFER does (sofia.c, sofia_handle_sip_i_refer).
    const refer = (leg: string, target: string): Promise<string> => freeswitch.api(`uuid_transfer ${leg} ${target}`);
    for (const target of ['0611223344', 'fallback', 'after-bridge', 'sales']) {
      const { call, leg } = await caller(t);
      await refer(leg, target);
      const state = await entry(leg, 'refer');
      t.equal(state['Caller-Destination-Number'], target);
      t.equal(state['Caller-Context'], 'tcore-phones');
      await freeswitch.api(`uuid_kill ${leg}`);
      t.ok((await call.finished).ok);
    }
    const { call, leg } = await caller(t);
    await refer(leg, '0611223344');
    await call.media.hears((pcm) => isTone(pcm, FALLBACK_HERTZ), { timeoutMs: 6_000 });
    t.ok((await call.finished).ok, 'with no daemon he hears the fallback');
  });

  t.test('a guard that is taken away leaves the caller alone', async (t) => {
    const { call, leg } = await caller(t, 7_000);
    t.equal(await variable(leg, 'tcore_entry'), 'call');
    const result = await call.finished;
    t.ok(result.ok, result.unexpected);
    t.equal(call.media.heard.ms, 0, 'seven seconds later he is still parked');
  });

  t.test('calls survive a crash of FreeSWITCH: same leg, same variables, guarded again', async (t) => {
    const { call, leg } = await caller(t, undefined, 'caller-is-recovered');
    await freeswitch.api(`uuid_setvar ${leg} tcore_note kept`);
    // Tracked calls are written by a queue of its own, and nothing tells when: give it a second.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await freeswitch.kill();
    await freeswitch.restart();
    await freeswitch.api('sofia recover');
    const state = await until('the recovered leg', async () => {
      const found = await dump(leg);
      return found['variable_current_application'] === 'park' ? found : undefined;
    });
    t.match(state, {
      variable_recovered: 'true',
      variable_tcore_entry: 'call',
      variable_tcore_dialled: NUMBER,
      variable_tcore_note: 'kept',
    });
    await call.media.hears((pcm) => isTone(pcm, FALLBACK_HERTZ), { timeoutMs: 6_000 });
    const result = await call.finished;
    t.ok(result.ok, result.unexpected);
  });
});

t.test('phones', { skip: withoutFreeswitch }, async (t) => {
  const freeswitch = await freeswitchFor(t);
  const { domain, phonePort } = freeswitch;
  await freeswitch.allowPhones({ '1001': 'right' });
  t.test('a phone reaches registered phones and nothing else: 480 at once', async (t) => {
    const dial = (number: string) =>
      dialFromPhone({ scenario: 'phone-refused-480', port: phonePort, domain, user: '1001', password: 'right', number });
    const [outside, name] = await Promise.all([dial('0033123456789'), dial('fallback')]);
    for (const refused of [outside, name]) {
      t.ok(refused.ok, refused.unexpected);
      t.ok(refused.answerMs[0]! < 1_000, 'long before any guard');
    }
  });
});
