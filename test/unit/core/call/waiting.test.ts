/** What a waiting caller hears, what he may do meanwhile, and when he waits no longer. */
import t from 'tap';
import type { Outlook } from '../../../../src/core/queue/wait-estimate.js';
import type { Announce, Queue, Tenant } from '../../../../src/core/tenant.js';
import { agentA, mainMenu, prompt, queue, tenant } from '../../../support/tenants.js';
import { callerLeg, Journey } from './journey.js';

const figures: Announce = {
  firstMs: 20_000,
  everyMs: 30_000,
  position: { places: [prompt('next'), prompt('second')], beyond: prompt('many') },
  wait: {
    spans: [
      { upToMs: 60_000, prompt: prompt('soon') },
      { upToMs: 120_000, prompt: prompt('two-minutes') },
    ],
    beyond: prompt('later'),
  },
  messages: [],
  hints: [],
};

const outlook = (position: number, handlingMs: number | undefined = 50_000): Outlook => ({
  position,
  ahead: position - 1,
  agents: { idle: 0, busy: 1, paused: 0 },
  handlingMs,
  leavesPerMs: 0,
});

const straight = (change: Partial<Queue>, more: Partial<Tenant> = {}) =>
  tenant({
    greetings: { open: undefined, closed: undefined, holiday: undefined },
    flow: { open: { do: 'queue' }, closed: { do: 'queue' }, holiday: { do: 'queue' } },
    queue: queue(change),
    ...more,
  });

/** A caller who waits, known to the store, with agents at work. */
const waiting = (change: Partial<Queue>, more: Partial<Tenant> = {}) =>
  new Journey(straight(change, more)).answered().happen({ type: 'enqueued' });

t.test('who hears nothing before the queue is in it while he is being answered', async (t) => {
  const journey = new Journey(straight({}));
  t.match(journey.last, [{ do: 'answer' }, { do: 'music' }, { do: 'enqueue', enqueuedAt: journey.now }]);
  journey.offer(agentA, 'token-1');
  t.match(journey.last, [{ do: 'originate' }], 'an agent’s phone rings meanwhile');
  t.match(journey.answered().call.state, { at: 'offered' });
  t.notOk(journey.call.unanswered);
});

t.test('an agent who picks up before the caller is answered waits for that', async (t) => {
  const journey = new Journey(straight({})).offer(agentA, 'token-1');
  journey.happen({ type: 'ready', leg: journey.other() }).played();
  t.match(journey.last.at(-1), { do: 'answer' }, 'the first may have been refused');
  t.notMatch(journey.effects, [{ do: 'bridge' }]);
  t.match(journey.answered().last, [{ do: 'bridge', leg: callerLeg }]);
});

t.test('what the store refuses while the caller is being answered waits for the answer', async (t) => {
  const away = { do: 'transfer', number: '+33123456799' } as const;
  for (const [type, change] of [
    ['noAgent', { noAgent: away }],
    ['full', { full: away, maxLength: 1 }],
  ] as const) {
    const journey = new Journey(straight(change)).happen({ type });
    t.same(journey.last, [], `${type}: nothing breaks the answer off`);
    t.match(journey.answered().last[0], { do: 'dequeue' }, type);
    t.not(journey.call.state.at, 'waiting');
  }
  const late = new Journey(straight({ noAgent: away })).happen({ type: 'noAgent' }).happen({ type: 'enqueued' }).answered();
  t.equal(late.call.state.at, 'waiting', 'an agent has come since');
});

t.test('an answer that never comes: the caller is the dialplan’s', async (t) => {
  const journey = new Journey(straight({}));
  journey.now += 5_000;
  journey.happen({ type: 'timer', name: 'step' });
  t.match(journey.last, [
    { do: 'fallback' },
    { do: 'dequeue' },
    { do: 'writeRecord', record: { outcome: 'lost', cause: 'NO_ANSWER_EVENT' } },
  ]);
  t.ok(waiting({}).call.timers.step === undefined, 'answered in time: nothing ends the wait');
});

t.test('a daemon that takes him over before he was answered answers him', async (t) => {
  const journey = new Journey(straight({})).happen({ type: 'parked', leg: callerLeg });
  t.match(journey.last, [{ do: 'answer' }, { do: 'music' }, { do: 'enqueue' }]);
  t.match(waiting({}).happen({ type: 'parked', leg: callerLeg }).last[0], { do: 'music' }, 'once is enough');
});

t.test('who talks was answered, whatever the daemon before could save', async (t) => {
  const journey = new Journey(straight({})).offer(agentA, 'token-1');
  const agent = journey.other();
  journey.happen({ type: 'ready', leg: agent }).played();
  journey.happen({ type: 'bridged', leg: callerLeg, other: agent });
  t.match(journey.call.state, { at: 'connected' });
  t.equal(journey.call.unanswered, undefined);
});

/** Time passes until that timer fires; others are left alone. */
function due(journey: Journey, name: 'announce' | 'enqueue' | 'closing'): Journey {
  const at = journey.call.timers[name];
  if (at === undefined) throw new Error(`no timer ${name}`);
  journey.now = Math.max(journey.now, at);
  return journey.happen({ type: 'timer', name });
}

t.test('why it waits is kept with the call and its record, once for each change', async (t) => {
  const journey = new Journey(straight({})).answered().happen({ type: 'enqueued', held: 'busy' });
  const first = journey.now;
  due(journey, 'enqueue').happen({ type: 'enqueued', held: 'busy' });
  t.same(journey.call.held, [{ at: first, by: 'busy' }]);
  due(journey, 'enqueue').happen({ type: 'enqueued', held: 'cap' });
  const capped = journey.now;
  journey.offer(agentA, 't1').happen({ type: 'enqueued', held: 'busy' });
  t.equal(journey.call.held?.length, 2, 'an answer that comes late, to a call that does not wait');
  journey.happen({ type: 'failed', leg: journey.other(), reason: 'busy', cause: 'USER_BUSY' });
  journey.now += 1_000;
  journey.happen({ type: 'enqueued', held: 'cap' });
  t.same(
    journey.call.held?.map(({ by }) => by),
    ['busy', 'cap', 'cap'],
    'after an offer it is told again',
  );
  journey.happen({ type: 'hungup', leg: callerLeg, cause: 'NORMAL_CLEARING' });
  const written = journey.last.find((one) => one.do === 'writeRecord');
  t.match(written, { record: { outcome: 'abandoned', held: [{ at: first, by: 'busy' }, { at: capped, by: 'cap' }, { by: 'cap' }] } });
});

t.test('place and wait are told at intervals, counted from the entry into the queue', async (t) => {
  const journey = waiting({ announce: figures });
  const entered = journey.call.enqueuedAt ?? 0;
  t.equal(journey.call.timers.announce, entered + 20_000);
  due(journey, 'announce');
  t.match(journey.last, [{ do: 'askOutlook' }], 'asked only when it is to be told');
  t.equal(journey.call.timers.announce, entered + 50_000);
  journey.happen({ type: 'outlook', outlook: outlook(2) });
  t.match(journey.last, [{ do: 'play', leg: callerLeg, prompt: { files: ['/prompts/second.wav', '/prompts/two-minutes.wav'] } }]);
  journey.played();
  t.notOk(journey.did('music'), 'the music goes on by itself');
  due(journey, 'announce').happen({ type: 'outlook', outlook: outlook(1) });
  t.match(journey.last, [{ do: 'play', prompt: { files: ['/prompts/next.wav', '/prompts/soon.wav'] } }]);
  t.same(journey.call.told, [
    { at: entered + 20_000, position: 2, waitMs: 100_000 },
    { at: entered + 50_000, position: 1, waitMs: 50_000 },
  ]);
});

t.test('beyond what can be told it says so; what nobody knows is not told', async (t) => {
  const told = (known: Outlook | undefined, change: Partial<Announce> = {}) => {
    const journey = waiting({ announce: { ...figures, ...change } });
    due(journey, 'announce').happen({ type: 'outlook', outlook: known });
    return journey.last.flatMap((effect) => (effect.do === 'play' ? effect.prompt.files : []));
  };
  t.same(told(outlook(9)), ['/prompts/many.wav', '/prompts/later.wav']);
  t.same(told({ ...outlook(1), handlingMs: undefined }), ['/prompts/next.wav'], 'no call has ended yet');
  t.same(told(undefined), [], 'the store is away');
  t.same(told(undefined, { hints: [prompt('key')] }), ['/prompts/key.wav']);
  t.same(told(outlook(1), { wait: undefined }), ['/prompts/next.wav']);
  t.same(told(outlook(2), { position: undefined, hints: [prompt('key')] }), ['/prompts/two-minutes.wav', '/prompts/key.wav']);
});

t.test('the tenant’s own messages and the figures take turns', async (t) => {
  const announce: Announce = { ...figures, messages: [prompt('web'), prompt('hours')], hints: [prompt('key')] };
  const journey = waiting({ announce });
  const heard: string[] = [];
  for (let turn = 0; turn < 5; turn++) {
    due(journey, 'announce');
    if (journey.did('askOutlook')) journey.happen({ type: 'outlook', outlook: outlook(1) });
    heard.push(journey.last.flatMap((effect) => (effect.do === 'play' ? effect.prompt.files : []))[0] ?? '');
    journey.played();
    journey.call = { ...journey.call, timers: { ...journey.call.timers, maxWait: journey.now + 99_000 } };
  }
  t.same(heard, ['/prompts/next.wav', '/prompts/web.wav', '/prompts/next.wav', '/prompts/hours.wav', '/prompts/next.wav']);
  const only = waiting({ announce: { ...announce, position: undefined, wait: undefined } });
  due(only, 'announce');
  t.match(only.last, [{ do: 'play', prompt: { files: ['/prompts/web.wav', '/prompts/key.wav'] } }]);
});

t.test('an announcement never comes between the caller and an agent', async (t) => {
  const asked = waiting({ announce: figures });
  due(asked, 'announce')
    .offer(agentA, 't1')
    .happen({ type: 'outlook', outlook: outlook(1) });
  t.notOk(asked.did('play'), 'an agent’s phone rings by now');
  const playing = waiting({ announce: figures });
  due(playing, 'announce')
    .happen({ type: 'outlook', outlook: outlook(1) })
    .offer(agentA, 't1');
  t.notOk(playing.did('stopPlay'), 'he hears the end of it while the phone rings');
  t.equal(playing.call.timers.announce, undefined);
  const announced = playing.playing();
  playing.happen({ type: 'ready', leg: playing.other() });
  playing.happen({ type: 'played', leg: callerLeg, play: announced, failed: false });
  t.match(playing.call.state, { at: 'offered', phase: 'whispering' }, 'its end is not that of the whisper');
});

t.test('the rhythm goes on after an agent who did not answer, and after a takeover', async (t) => {
  const journey = waiting({ announce: figures });
  const entered = journey.call.enqueuedAt ?? 0;
  journey.now = entered + 15_000;
  journey.offer(agentA, 't1');
  journey.now = entered + 40_000;
  journey.happen({ type: 'failed', leg: journey.other(), reason: 'no-answer', cause: 'NO_ANSWER' });
  t.equal(journey.call.timers.announce, entered + 50_000);
  journey.now = entered + 55_000;
  journey.happen({ type: 'parked', leg: callerLeg });
  t.match(journey.last, [{ do: 'music' }, { do: 'enqueue' }]);
  t.equal(journey.call.timers.announce, entered + 80_000);
});

t.test('an announcement that fails leaves the caller with his music; the next one is tried', async (t) => {
  const journey = waiting({ announce: figures });
  due(journey, 'announce').happen({ type: 'outlook', outlook: outlook(1) });
  journey.happen({ type: 'played', leg: callerLeg, play: journey.playing(), failed: true });
  t.same(journey.call.state, { at: 'waiting' });
  t.same(journey.last, []);
  due(journey, 'announce').happen({ type: 'outlook', outlook: outlook(1) });
  t.ok(journey.did('play'));
});

t.test('one that is longer than the interval is not talked into; one whose end was lost does not end them all', async (t) => {
  const journey = waiting({ announce: figures });
  due(journey, 'announce').happen({ type: 'outlook', outlook: outlook(1) });
  due(journey, 'announce');
  t.same(journey.last, []);
  due(journey, 'announce');
  t.match(journey.last, [{ do: 'askOutlook' }]);
});

t.test('a reload that takes the announcements away, or brings them', async (t) => {
  const journey = waiting({ announce: figures });
  journey.tenant = straight({});
  due(journey, 'announce');
  t.same(journey.last, []);
  t.equal(journey.call.timers.announce, undefined);
  t.equal(journey.call.state.at, 'waiting');
  journey.tenant = straight({ announce: figures });
  due(journey, 'enqueue').happen({ type: 'enqueued' });
  t.equal(journey.call.timers.announce, (journey.call.enqueuedAt ?? 0) + 50_000);
  due(journey, 'announce');
  journey.tenant = straight({});
  journey.happen({ type: 'outlook', outlook: outlook(1) });
  t.same(journey.last, [], 'gone while the store was asked');
});

t.test('a key leaves the queue, also in the middle of an announcement or while an agent’s phone rings', async (t) => {
  const keys = { '1': { do: 'voicemail' }, '2': { do: 'menu', menu: mainMenu } } as const;
  const leave = [{ do: 'dequeue' }, { do: 'stopPlay', leg: callerLeg }, { do: 'play', prompt: prompt('voicemail') }];
  const journey = waiting({ announce: figures, keys });
  due(journey, 'announce')
    .happen({ type: 'outlook', outlook: outlook(1) })
    .press('1');
  t.match(journey.last, leave);
  t.same(journey.call.digits, ['1']);

  const ringing = waiting({ keys }).offer(agentA, 't1').press('1');
  t.match(ringing.last, [
    { do: 'hangup', leg: ringing.other(), cause: 'cancel' },
    { do: 'dequeue' },
    { do: 'releaseAgent' },
    ...leave.slice(1),
  ]);
  t.match(ringing.call.offers, [{ outcome: 'withdrawn' }]);

  const answered = waiting({ keys }).offer(agentA, 't1');
  answered.happen({ type: 'ready', leg: answered.other() }).press('1');
  t.same(answered.last, [], 'the agent is there: too late for the machine');

  t.same(waiting({ keys }).press('7').last, [], 'no such key');
  const back = waiting({ keys });
  const place = back.call.enqueuedAt;
  back.press('2');
  back.now += 9_000;
  back.press('1');
  if (back.call.timers.interDigit !== undefined) back.fire();
  t.match(back.last, [{ do: 'music' }, { do: 'enqueue', enqueuedAt: place }], 'who comes back has his old place');
});

t.test('a full queue turns away who has no place yet, and nobody else', async (t) => {
  const change = { maxLength: 3, full: { do: 'hangup' } } as const;
  const journey = new Journey(straight(change));
  t.match(journey.last, [{ do: 'answer' }, { do: 'music' }, { do: 'enqueue', atMost: 3 }]);
  journey.answered();
  journey.happen({ type: 'full' });
  t.match([journey.last[0], journey.last.at(-1)], [{ do: 'dequeue' }, { do: 'hangup', cause: 'normal' }]);

  const admitted = waiting(change);
  due(admitted, 'enqueue');
  t.notOk('atMost' in (admitted.last[0] ?? {}), 'he has his place');
  t.same(admitted.happen({ type: 'full' }).last, []);

  const asks = { class: 0, requires: {}, boostMs: 0 } as const;
  const emergency = new Journey(
    straight(change, { flow: { open: { do: 'queue', asks }, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } }),
  );
  t.notOk('atMost' in (emergency.answered().last[1] ?? {}), 'an emergency always comes in');
});

t.test('when the last agent has left for long enough, nobody waits for nobody', async (t) => {
  const agentsLeft = { graceMs: 20_000, action: { do: 'voicemail' } } as const;
  const journey = waiting({ agentsLeft });
  due(journey, 'enqueue');
  t.match(journey.last, [{ do: 'enqueue' }], 'the store is asked every few seconds');
  journey.happen({ type: 'noAgent' });
  t.same(journey.last, [], 'phones may register anew');
  due(journey, 'enqueue').happen({ type: 'enqueued' });
  due(journey, 'enqueue').happen({ type: 'noAgent' });
  const since = journey.now;
  due(journey, 'enqueue').happen({ type: 'noAgent' });
  t.equal(journey.now, since + 15_000);
  t.same(journey.last, []);
  due(journey, 'enqueue').happen({ type: 'noAgent' });
  t.equal(journey.now, since + 20_000);
  t.match(journey.last, [{ do: 'dequeue' }, { do: 'stopPlay' }, { do: 'play', prompt: prompt('voicemail') }]);
});

t.test('who came when nobody was there, and was let wait, waits on', async (t) => {
  const journey = new Journey(straight({ agentsLeft: { graceMs: 0, action: { do: 'hangup' } } })).answered();
  journey.happen({ type: 'noAgent' });
  due(journey, 'enqueue').happen({ type: 'noAgent' });
  t.equal(journey.call.state.at, 'waiting');
  const patient = waiting({});
  due(patient, 'enqueue').happen({ type: 'noAgent' });
  t.equal(patient.call.state.at, 'waiting', 'not configured');
});

t.test('closing time while waiting', async (t) => {
  // The journey begins at 23:13:20 in Paris, on a Tuesday.
  const until = (to: number, change: Partial<Tenant['schedule']> = {}) => ({
    schedule: {
      timezone: 'Europe/Paris',
      week: [[], [], [{ from: 0, to }], [{ from: 0, to: 600 }], [], [], []],
      closures: [],
      holidays: new Set<string>(),
      ...change,
    },
  });
  // biome-ignore lint/suspicious/noThenProperty: a step, not a promise: its `then` is no function
  const atClosing = { do: 'play', prompt: prompt('closed-now'), then: { do: 'voicemail' } } as const;
  const journey = waiting({ atClosing }, until(23 * 60 + 15));
  t.equal(journey.call.timers.closing, journey.now + 100_000);
  due(journey, 'closing');
  t.match(journey.last, [{ do: 'dequeue' }, { do: 'stopPlay' }, { do: 'play', prompt: prompt('closed-now') }]);
  t.match(journey.played().last, [{ do: 'play', prompt: prompt('voicemail') }]);

  const early = waiting({ atClosing }, until(1440));
  early.tenant = straight({ atClosing }, until(23 * 60));
  due(early, 'enqueue').happen({ type: 'enqueued' });
  t.match(early.last.at(-1), { do: 'play', prompt: prompt('closed-now') }, 'a reload: closed early today');

  const night = waiting({ atClosing, maxWaitMs: 7_200_000 }, until(1440));
  due(night, 'closing');
  t.equal(night.call.state.at, 'waiting', 'the next day opens at midnight');
  t.equal(night.call.timers.closing, night.now + 600 * 60_000);

  const ringing = waiting({ atClosing }, until(23 * 60 + 15)).offer(agentA, 't1');
  ringing.now += 110_000;
  ringing.happen({ type: 'failed', leg: ringing.other(), reason: 'no-answer', cause: 'NO_ANSWER' });
  t.match(ringing.last.slice(-3), [{ do: 'dequeue' }, { do: 'stopPlay' }, { do: 'play', prompt: prompt('closed-now') }]);

  const after = new Journey(straight({ atClosing }, until(0)), 'closed').answered();
  t.equal(after.call.state.at, 'waiting', 'who came while it was closed waits for the emergency line');
  t.equal(waiting({}, until(23 * 60 + 15)).call.timers.closing, undefined, 'atClosing: wait');
});

t.test('what he was told is in the record', async (t) => {
  const journey = waiting({ announce: figures });
  due(journey, 'announce').happen({ type: 'outlook', outlook: outlook(2) });
  journey.happen({ type: 'hungup', leg: callerLeg, cause: 'NORMAL_CLEARING' });
  t.match(journey.last.at(-1), { do: 'writeRecord', record: { told: [{ position: 2, waitMs: 100_000 }], outcome: 'abandoned' } });
});
