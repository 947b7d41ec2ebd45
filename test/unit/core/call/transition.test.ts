import t from 'tap';
import { agentA, agentB, mainMenu, menu, prompt, queue, tenant } from '../../../support/tenants.js';
import { callerLeg, Journey } from './journey.js';

t.test('a caller hears the greeting, chooses in the menu, waits, and talks to an agent', async (t) => {
  const journey = new Journey();
  t.match(journey.last, [{ do: 'answer', leg: callerLeg }]);
  journey.answered();
  t.match(journey.last, [{ do: 'play', prompt: prompt('open') }]);
  journey.played();
  t.match(journey.last, [{ do: 'play', prompt: prompt('menu') }]);
  journey.played();
  t.equal(journey.call.timers.noInput, journey.now + 5_000);
  journey.press('1');
  t.equal(journey.call.timers.interDigit, journey.now + 1_500, 'since 12 is a key too');
  journey.fire();
  t.match(journey.last, [{ do: 'music' }, { do: 'enqueue', enqueuedAt: journey.now }]);
  journey.happen({ type: 'enqueued' }).offer(agentA, 't1');
  t.match(journey.last, [
    { do: 'originate', target: { agent: agentA }, callerName: "Martin Éloïse d'Été", callerNumber: '0612345678', ringMs: 15_000 },
  ]);
  journey.happen({ type: 'ready', leg: journey.other() });
  t.match(journey.last, [{ do: 'acceptOffer' }, { do: 'play', leg: journey.other(), prompt: prompt('whisper') }]);
  journey.played();
  t.match(journey.last, [{ do: 'bridge', leg: callerLeg, other: journey.other() }]);
  journey.now += 20;
  journey.happen({ type: 'bridged', leg: callerLeg, other: journey.other() });
  t.match(journey.last, [{ do: 'record', leg: callerLeg, file: 'martin/2023-11-14/c0ffee.wav' }]);
  t.equal(journey.call.state.at, 'connected');
  journey.now += 60_000;
  journey.happen({ type: 'recorded', leg: callerLeg, file: 'martin/2023-11-14/c0ffee.wav', ms: 59_980, bytes: 1_919_404 });
  journey.happen({ type: 'hungup', leg: callerLeg, cause: 'NORMAL_CLEARING' });
  t.match(journey.last, [
    { do: 'releaseAgent', wrapUpMs: 10_000 },
    {
      do: 'writeRecord',
      record: {
        outcome: 'answered',
        agent: agentA,
        talkMs: 60_000,
        waitMs: 20,
        digits: ['1'],
        caller: { name: "Éloïse d'Été" },
        recording: { ms: 59_980 },
      },
    },
  ]);
  t.same(journey.call.timers, {});
});

t.test('without a whisper the caller is put through as soon as the agent answers', async (t) => {
  const journey = new Journey(tenant({ whisper: { files: [] }, flow: { ...tenant().flow, open: { do: 'queue' } } }));
  journey.answered().played().happen({ type: 'enqueued' }).offer(agentA, 't1');
  const leg = journey.other();
  journey.happen({ type: 'ready', leg });
  t.match(journey.last, [{ do: 'acceptOffer' }, { do: 'bridge', leg: callerLeg, other: leg }]);
  journey.happen({ type: 'bridged', leg: callerLeg, other: leg });
  t.equal(journey.call.state.at, 'connected');
});

t.test('barge-in: a key during the greeting or the menu cuts the prompt and counts', async (t) => {
  const greeted = new Journey().answered().press('2');
  t.match(greeted.last, [{ do: 'stopPlay' }, { do: 'play', prompt: prompt('voicemail') }]);
  const inMenu = new Journey().answered().played().press('2');
  t.match(inMenu.last, [{ do: 'stopPlay' }, { do: 'play', prompt: prompt('voicemail') }]);
});

t.test('a longer key is waited for, and wins', async (t) => {
  const journey = new Journey().answered().played().played().press('12');
  t.match(journey.last, [{ do: 'hangup', cause: 'normal' }]);
  t.same(journey.call.digits, ['12']);
});

t.test('no key: the menu is played again as often as configured, then the way out', async (t) => {
  const journey = new Journey().answered().played().played();
  for (let attempt = 1; attempt <= 2; attempt++) {
    journey.fire();
    t.match(journey.last, [{ do: 'play', prompt: prompt('menu') }]);
    journey.played();
  }
  journey.fire();
  t.match(journey.last, [{ do: 'music' }, { do: 'enqueue' }]);
});

t.test('wrong key: the caller is told, then the way out for wrong keys', async (t) => {
  const journey = new Journey().answered().played().played();
  for (let attempt = 1; attempt <= 2; attempt++) {
    journey.press('9');
    t.match(journey.last, [{ do: 'play', prompt: { files: ['/prompts/invalid.wav', '/prompts/menu.wav'] } }]);
    journey.played();
  }
  journey.press('9');
  t.match(journey.last, [{ do: 'play', prompt: prompt('voicemail') }]);
});

t.test('closed and holidays have their own greeting and flow', async (t) => {
  const closed = new Journey(tenant(), 'closed').answered();
  t.match(closed.last, [{ do: 'play', prompt: prompt('closed') }]);
  t.match(closed.played().last, [{ do: 'play', prompt: prompt('voicemail') }]);
  t.match(new Journey(tenant(), 'holiday').answered().last, [{ do: 'hangup', cause: 'normal' }], 'no greeting: the flow at once');
});

t.test('an agent who does not answer is left alone; the caller keeps his place and his music', async (t) => {
  for (const [reason, outcome] of [
    ['no-answer', 'no-answer'],
    ['busy', 'busy'],
    ['rejected', 'rejected'],
    ['unreachable', 'unreachable'],
  ] as const) {
    const journey = new Journey(tenant({ flow: { open: { do: 'queue' }, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } }))
      .answered()
      .played();
    const place = journey.call.enqueuedAt;
    journey.offer(agentA, 't1');
    journey.now += 15_000;
    journey.happen({ type: 'failed', leg: journey.other(), reason, cause: 'X' });
    t.match(journey.last, [
      { do: 'hangup' },
      { do: 'rejectOffer', missed: { reason, follows: { pauseMs: 10_000 } } },
      { do: 'enqueue', enqueuedAt: place },
    ]);
    t.notOk(journey.did('music'), 'it never stopped');
    journey.offer(agentB, 't2');
    t.match(journey.call.offers, [
      { agent: agentA, outcome },
      { agent: agentB, outcome: 'pending' },
    ]);
  }
});

t.test('an agent who leaves during the bridge costs the caller nothing but music', async (t) => {
  const journey = new Journey(tenant({ flow: { open: { do: 'queue' }, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } }))
    .answered()
    .played();
  journey.offer(agentA, 't1').happen({ type: 'ready', leg: journey.other() }).played();
  journey.happen({ type: 'hungup', leg: journey.other(), cause: 'NORMAL_CLEARING' });
  t.equal(journey.call.state.at, 'offered', 'the PBX brings the caller back');
  journey.happen({ type: 'parked', leg: callerLeg });
  t.match(journey.last, [{ do: 'hangup' }, { do: 'rejectOffer' }, { do: 'music' }, { do: 'enqueue' }]);
});

t.test('the wait is limited: overflow, also when the limit passed while an agent was asked', async (t) => {
  const journey = new Journey(tenant({ flow: { open: { do: 'queue' }, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } }))
    .answered()
    .played();
  journey.happen({ type: 'enqueued' });
  journey.offer(agentA, 't1');
  journey.now += 120_000;
  journey.happen({ type: 'failed', leg: journey.other(), reason: 'no-answer', cause: 'NO_ANSWER' });
  t.match(journey.last.slice(-3), [{ do: 'dequeue' }, { do: 'stopPlay' }, { do: 'play', prompt: prompt('voicemail') }]);
});

t.test('nobody signed in: what the tenant wants', async (t) => {
  const flow = { open: { do: 'queue' }, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } as const;
  const patient = new Journey(tenant({ flow })).answered().played().happen({ type: 'noAgent' });
  t.equal(patient.call.state.at, 'waiting');
  const other = new Journey(tenant({ flow, queue: queue({ noAgent: { do: 'voicemail' } }) }))
    .answered()
    .played()
    .happen({ type: 'noAgent' });
  t.match(other.last, [{ do: 'dequeue' }, { do: 'stopPlay' }, { do: 'play', prompt: prompt('voicemail') }]);
});

t.test('voicemail: greeting, message, record', async (t) => {
  const journey = new Journey(tenant(), 'closed').answered().played().played();
  t.match(journey.last, [{ do: 'takeMessage', file: /^martin\/2023-11-14\/c0ffee-message-\d+\.wav$/, maxMs: 120_000, silenceMs: 5_000 }]);
  journey.happen({ type: 'message', leg: callerLeg, play: journey.playing(), file: 'f.wav', ms: 4_000 });
  t.match(journey.last, [{ do: 'hangup' }]);
  journey.happen({ type: 'hungup', leg: callerLeg, cause: 'NORMAL_CLEARING' });
  t.match(journey.last, [{ do: 'writeRecord', record: { outcome: 'voicemail', message: { file: 'f.wav', ms: 4_000 } } }]);
});

t.test('a transfer is dialled only where the tenant may dial', async (t) => {
  const journey = new Journey().answered().played().press('3');
  t.match(journey.last, [{ do: 'stopPlay' }, { do: 'music' }, { do: 'originate', target: { number: '+33612345678' } }]);
  journey.happen({ type: 'ready', leg: journey.other() }).happen({ type: 'bridged', leg: callerLeg, other: journey.other() });
  journey.happen({ type: 'hungup', leg: callerLeg, cause: 'NORMAL_CLEARING' });
  t.match(journey.last.at(-1), { do: 'writeRecord', record: { outcome: 'transferred', transferredTo: '+33612345678' } });

  const forbidden = new Journey(tenant({ allowedPrefixes: ['+331'] })).answered().played().press('3');
  t.notOk(forbidden.did('originate'));
  t.match(forbidden.last.at(-1), { do: 'play', prompt: prompt('voicemail') });
});

t.test('an agent’s REFER goes outside only where the tenant may dial, else back to the queue', async (t) => {
  const allowed = new Journey().toAgent(agentA).happen({ type: 'referred', leg: callerLeg, target: '+33611111111' });
  t.match(allowed.last, [{ do: 'releaseAgent' }, { do: 'music' }, { do: 'originate', target: { number: '+33611111111' } }]);
  const premium = new Journey().toAgent(agentA).happen({ type: 'referred', leg: callerLeg, target: '+33899123456' });
  t.notOk(premium.did('originate'));
  const inside = new Journey().toAgent(agentA).happen({ type: 'referred', leg: callerLeg, target: 'fallback' });
  t.match(inside.last, [{ do: 'releaseAgent' }, { do: 'music' }, { do: 'enqueue', enqueuedAt: inside.call.enqueuedAt }]);
});

t.test('taken over: each step begins again where it stood', async (t) => {
  const parked = { type: 'parked', leg: callerLeg } as const;
  t.match(new Journey().happen(parked).last, [{ do: 'answer' }, { do: 'play' }], 'perhaps he was not answered yet');
  const inMenu = new Journey().answered().played().played().press('9').happen(parked);
  t.match(inMenu.last, [{ do: 'play', prompt: prompt('menu') }]);
  t.match(inMenu.call.state, { at: 'menu', failures: 1 }, 'failures are kept');
  const waiting = new Journey(tenant({ flow: { open: { do: 'queue' }, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } }))
    .answered()
    .played();
  const place = waiting.call.enqueuedAt;
  waiting.now += 30_000;
  t.match(waiting.happen(parked).last, [{ do: 'music' }, { do: 'enqueue', enqueuedAt: place }]);
  t.match(new Journey(tenant(), 'closed').answered().happen(parked).last, [{ do: 'play', prompt: prompt('closed') }]);
});

t.test('an agent reserved for someone who no longer waits is given back', async (t) => {
  const journey = new Journey().answered().offer(agentA, 'late');
  t.match(journey.last, [{ do: 'dequeue' }]);
});

t.test('a store that took the agent back: he is not bridged', async (t) => {
  const journey = new Journey(tenant({ flow: { open: { do: 'queue' }, closed: { do: 'hangup' }, holiday: { do: 'hangup' } } }))
    .answered()
    .played();
  journey.offer(agentA, 't1').happen({ type: 'ready', leg: journey.other() });
  const { state } = journey.call;
  if (state.at !== 'offered') throw new Error(state.at);
  journey.happen({ type: 'offerExpired', offer: state.offer });
  t.match(journey.last, [{ do: 'hangup', cause: 'cancel' }, { do: 'enqueue' }]);
});

t.test('a menu that a reload removed leads to a receptionist', async (t) => {
  const journey = new Journey().answered().played();
  journey.tenant = tenant({ menus: {} });
  journey.press('1');
  t.equal(journey.call.state.at, 'menu');
  journey.played().fire();
  t.match(journey.last, [{ do: 'music' }, { do: 'enqueue' }]);
});

t.test('a key that names a property of every object is a wrong key', async (t) => {
  const journey = new Journey(tenant({ menus: { [mainMenu]: menu({ retries: 0 }) } })).answered().played();
  t.match(journey.press('*').last.at(-1), { do: 'play', prompt: prompt('voicemail') });
});
