/** Called back instead of waiting, on both switches: the number read and confirmed, the place kept, both phones, sound both ways. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readWav, tone, toneDuration } from '../../src/lab/audio.js';
import { until } from '../../src/lab/child.js';
import { heardMs, hears } from './hearing.js';
import type { Call } from './sip/call.js';
import { Phone } from './sip/phone.js';
import { type Backend, backends, type PlacedCall, Site } from './site.js';
import { desk, hertz, numbers, prompt } from './tenants.js';

t.setTimeout(240_000);

const speak = (call: Call, frequency: number): void => call.media.say(tone(frequency, 1_000), true);
const e164 = (call: PlacedCall): string => `+33${call.from.slice(1)}`;

const prompts = {
  numberIs: prompt('durandOpen'),
  confirm: prompt('martinMenu'),
  typeNumber: prompt('martinInvalid'),
  agreed: prompt('martinPlayed'),
  whisper: prompt('martinWhisper'),
  greeting: prompt('martinGreeting'),
};
const line = '+33199000021';
/** Between two tries: 6 s. */
const retryMinutes = 0.1;
/** The desk's callers can choose: 1 waits, 2 is called back. */
const choice = {
  ...desk,
  id: 'choice',
  numbers: [line],
  allowedPrefixes: ['+336'],
  flow: { open: { menu: 'choice' } },
  menus: { choice: { prompt: prompt('durandClosed'), keys: { 1: 'queue', 2: 'callback' }, noInputSeconds: 30 } },
  queue: { ...desk.queue, callback: { retryMinutes, maxAgentsPercent: 100, ringSeconds: 10, prompts } },
};

for (const { on, skip } of backends) t.test(`callbacks, on ${on}`, { skip }, (t) => callbacks(t, on));

async function callbacks(t: Test, on: Backend): Promise<void> {
  const carrier = await Phone.open();
  t.teardown(() => carrier.close());
  const site = await Site.start(t, { on, tenants: [choice, desk], carrier: carrier.port });
  t.afterEach(async () => {
    carrier.onRing = () => undefined;
    await site.quiet(20_000);
    carrier.forget();
  });

  /** He asks to be called back and confirms the number, be it while it is read to him. */
  async function asks({ hearsItOut = false } = {}): Promise<PlacedCall> {
    const call = await site.dial(line);
    await hears(call, hertz.durandClosed);
    await call.media.dial('2');
    await hears(call, hertz.durandOpen);
    if (hearsItOut) await hears(call, hertz.martinMenu, { timeoutMs: 20_000 });
    await call.media.dial('1');
    await hears(call, hertz.martinPlayed);
    await call.ended;
    await site.reaches(call, 'callback');
    return call;
  }

  async function talks(call: Call, agent: Call): Promise<void> {
    speak(call, hertz.caller);
    speak(agent, hertz.agent);
    await hears(call, hertz.agent, { forMs: 500 });
    await hears(agent, hertz.caller, { forMs: 500 });
  }

  t.test('his turn comes before one who came later; the daemon is killed in between', async (t) => {
    const first = await asks({ hearsItOut: true });
    await site.daemon.kill();
    await site.daemon.start();
    await site.reaches(first, 'callback');
    const later = await site.dial(numbers.desk);
    await site.reaches(later, 'waiting');
    const alice = await site.signInWhileBusy('alice');
    const leg = await alice.rings();
    t.equal(leg.callerNumber, e164(first), 'the callback comes first');
    leg.answer();
    await hears(leg, hertz.martinWhisper);
    await hears(leg, hertz.deskWhisper);
    const outside = await carrier.rings();
    t.equal(outside.dialled, e164(first));
    t.equal(outside.callerNumber, line, 'the number that he had dialled');
    await hears(leg, hertz.music);
    outside.answer();
    await hears(outside, hertz.martinGreeting);
    await outside.media.dial('1');
    await talks(outside, leg);
    t.equal(heardMs(outside, hertz.deskWhisper), 0, 'he hears no whisper');
    t.equal(heardMs(leg, hertz.martinGreeting), 0, 'the agent does not hear what he is asked');
    await hears(outside, hertz.agent, { forMs: 1_500 });
    await leg.hangUp();
    t.match(await outside.ended, { by: 'them' });
    const record = await site.record(first);
    t.match(record, { outcome: 'answered', agent: 'alice', callback: { number: e164(first), tries: [{ outcome: 'reached' }] } });
    const { channels } = readWav(await readFile(join(site.pbx.recordingsDir, record.recording?.file ?? 'none')));
    const spoke = (channel: number, frequency: number) => toneDuration(channels[channel] ?? new Int16Array(), frequency);
    t.ok(spoke(0, hertz.caller) >= 500, `recorded: the caller on the left, ${spoke(0, hertz.caller)} ms of ${record.recording?.ms}`);
    t.ok(spoke(1, hertz.agent) >= 500, `the agent on the right: ${spoke(1, hertz.agent)} ms`);
    const next = await alice.rings();
    t.equal(next.callerNumber, later.from);
    next.answer();
    await talks(later, next);
    await later.hangUp();
    await site.signOut('alice', alice);
  });

  t.test('no answer: the agent is free, the next try follows; he hangs up after the talk', async (t) => {
    const call = await asks();
    const alice = await site.signInWhileBusy('alice');
    const leg = await alice.rings();
    leg.answer();
    const busy = await carrier.rings();
    const refusedAt = Date.now();
    busy.refuse('486 Busy Here');
    t.match(await leg.ended, { by: 'them' }, 'the agent is let go');
    await site.agentIs('alice', 'idle', 2_000);
    await site.reaches(call, 'callback');
    const again = await alice.rings(30_000);
    const pause = Date.now() - refusedAt;
    t.ok(pause > retryMinutes * 60_000 - 2_000, `not before the next try is due: ${pause} ms`);
    again.answer();
    const outside = await carrier.rings();
    outside.answer();
    await hears(outside, hertz.martinGreeting);
    await outside.media.dial('1');
    await talks(outside, again);
    await outside.hangUp();
    t.match(await again.ended, { by: 'them' });
    t.match(await site.record(call), { outcome: 'answered', callback: { tries: [{ outcome: 'busy' }, { outcome: 'reached' }] } });
    await site.signOut('alice', alice);
  });

  t.test('killed while his phone rings: it stops, and he is called again', async (t) => {
    await asks();
    const alice = await site.signInWhileBusy('alice');
    (await alice.rings()).answer();
    const ringing = await carrier.rings();
    await site.daemon.kill();
    await site.daemon.start();
    t.match(await ringing.ended, { by: 'them', status: 487 });
    const again = await alice.rings(30_000);
    again.answer();
    const outside = await carrier.rings();
    outside.answer();
    await hears(outside, hertz.martinGreeting);
    await outside.media.dial('1');
    await talks(outside, again);
    await again.hangUp();
    await outside.ended;
    await site.signOut('alice', alice);
  });

  t.test('another number is typed; who calls again has his place; an operator cancels', async (t) => {
    const call = await site.dial(line);
    await hears(call, hertz.durandClosed);
    await call.media.dial('2');
    await hears(call, hertz.durandOpen);
    await call.media.dial('2');
    await hears(call, hertz.martinInvalid);
    await call.media.dial('0612999888#');
    await hears(call, hertz.durandOpen);
    await call.media.dial('1');
    await hears(call, hertz.martinPlayed);
    await call.ended;
    const { callbacks } = (await (await site.daemon.api('/v1/callbacks')).json()) as { callbacks: { call: string; number: string }[] };
    t.match(callbacks, [{ number: '**********88' }]);
    const { enqueuedAt } = await site.reaches(call, 'callback');
    const again = await site.dial(line, { callerNumber: '0612999888' });
    await hears(again, hertz.durandClosed);
    await again.media.dial('1');
    await until('his place', async () =>
      (await site.calls()).find(({ caller }) => caller.number === again.from)?.enqueuedAt === enqueuedAt ? true : undefined,
    );
    t.match(await site.record(call), { outcome: 'cancelled', cause: 'CALLED_AGAIN' });
    await again.hangUp();

    const other = await asks();
    const { call: id } = await site.reaches(other, 'callback');
    const answer = await site.daemon.api(`/v1/callbacks/${id}/cancel`, 'POST');
    t.equal(answer.status, 200);
    t.match(await site.record(other), { outcome: 'cancelled', cause: 'CANCELLED' });
  });
}
