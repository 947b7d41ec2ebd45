/** A supervisor at a talk: who is rung, who hears, and what of it is kept. */
import t from 'tap';
import type { SupervisionMode } from '../../../../src/core/call/supervised.js';
import { id, type LegId, type SupervisorId } from '../../../../src/core/ids.js';
import { agentA } from '../../../support/tenants.js';
import { callerLeg, Journey } from './journey.js';

const claire = id<SupervisorId>('claire');
const paul = id<SupervisorId>('paul');
const ask = (mode: SupervisionMode, supervisor = claire) => ({ type: 'supervise', supervisor, mode, via: 'api' }) as const;

/** In a talk, and where the agent's leg is. */
function talk(): { readonly journey: Journey; readonly agent: LegId } {
  const journey = new Journey().toAgent(agentA);
  return { journey, agent: journey.other() };
}

function record(journey: Journey) {
  const effect = journey.effects.find((one) => one.do === 'writeRecord');
  return effect?.do === 'writeRecord' ? effect.record : undefined;
}

t.test('his phone rings, then he hears the agent’s leg', async (t) => {
  const { journey, agent } = talk();
  journey.happen(ask('listen'));
  t.match(journey.last, [{ do: 'originate', target: { supervisor: claire }, callerNumber: '+33123456701' }]);
  const leg = journey.other();
  t.equal(journey.call.supervised, undefined, 'he hears nothing yet');
  const asked = journey.now;
  journey.now += 4_000;
  journey.happen({ type: 'ready', leg });
  t.same(journey.last, [{ do: 'attend', leg, agent, mode: 'listen' }]);
  journey.now += 10_000;
  journey.happen({ type: 'hungup', leg, cause: 'NORMAL_CLEARING' });
  t.equal(journey.call.state.at, 'connected', 'the talk goes on');
  t.equal(journey.call.supervision, undefined);
  t.same(journey.call.supervised, [{ supervisor: claire, mode: 'listen', via: 'api', from: asked + 4_000, to: asked + 14_000 }]);
  journey.happen({ type: 'hungup', leg: callerLeg, cause: 'NORMAL_CLEARING' });
  t.same(record(journey)?.supervised, journey.call.supervised, 'it is in the record');
});

t.test('another mode is another entry', async (t) => {
  const { journey, agent } = talk();
  journey.happen(ask('listen')).happen({ type: 'ready', leg: journey.other() });
  const leg = journey.other();
  journey.now += 1_000;
  t.same(journey.happen(ask('whisper')).last, [{ do: 'attend', leg, agent, mode: 'whisper' }]);
  t.same(journey.happen(ask('whisper')).last, [], 'the same again does nothing');
  journey.now += 1_000;
  journey.happen(ask('barge'));
  t.same(
    journey.call.supervised?.map(({ mode, from, to }) => [mode, to === null ? 'open' : to - from]),
    [
      ['listen', 1_000],
      ['whisper', 1_000],
      ['barge', 'open'],
    ],
  );
});

t.test('a mode that is asked for while his phone rings is the one that he begins with', async (t) => {
  const { journey } = talk();
  journey.happen(ask('listen')).happen(ask('barge'));
  t.match(journey.happen({ type: 'ready', leg: journey.other() }).last, [{ do: 'attend', mode: 'barge' }]);
  t.match(journey.call.supervised, [{ mode: 'barge' }]);
});

t.test('whatever ends the talk ends his leg too, and the entry', async (t) => {
  const ends = {
    'the agent hangs up': { type: 'parked', leg: callerLeg },
    'the caller hangs up': { type: 'hungup', leg: callerLeg, cause: 'NORMAL_CLEARING' },
    'the agent transfers': { type: 'referred', leg: callerLeg, target: '+33612121212' },
    'nothing is known of the caller': { type: 'vanished' },
  } as const;
  for (const [name, event] of Object.entries(ends)) {
    const { journey } = talk();
    journey.happen(ask('listen')).happen({ type: 'ready', leg: journey.other() });
    const leg = journey.other();
    journey.happen(event);
    t.ok(
      journey.last.some((effect) => effect.do === 'hangup' && effect.leg === leg),
      name,
    );
    t.equal(journey.call.supervision, undefined, name);
    t.equal(
      journey.call.supervised?.some(({ to }) => to === null),
      false,
      name,
    );
  }
});

t.test('another daemon, or this one after a while without the node, lets him go', async (t) => {
  const { journey, agent } = talk();
  journey.happen(ask('listen')).happen({ type: 'ready', leg: journey.other() });
  const leg = journey.other();
  journey.happen({ type: 'bridged', leg: callerLeg, other: agent });
  t.same(journey.last, [{ do: 'hangup', leg, cause: 'normal' }]);
  t.equal(journey.call.state.at, 'connected');
});

t.test('nobody picks up', async (t) => {
  const failed = talk().journey.happen(ask('listen'));
  failed.happen({ type: 'failed', leg: failed.other(), reason: 'unreachable', cause: 'USER_NOT_REGISTERED' });
  t.match(failed.call.supervised, [{ supervisor: claire, refused: 'unreachable' }]);
  const silent = talk().journey.happen(ask('listen'));
  t.same(silent.fire().last, [{ do: 'hangup', leg: silent.other(), cause: 'cancel' }], 'also when the PBX tells nothing');
  t.match(silent.call.supervised, [{ refused: 'noAnswer' }]);
  t.equal(silent.call.state.at, 'connected');
});

t.test('from his own phone he hears at once; another phone of his takes its place', async (t) => {
  const { journey, agent } = talk();
  journey.happen(ask('listen')).happen({ type: 'ready', leg: journey.other() });
  const former = journey.other();
  const leg = id<LegId>('desk');
  journey.happen({ ...ask('barge'), via: 'phone', leg });
  t.same(journey.last, [
    { do: 'hangup', leg: former, cause: 'normal' },
    { do: 'attend', leg, agent, mode: 'barge' },
  ]);
  t.match(journey.call.supervised, [
    { mode: 'listen', via: 'api' },
    { mode: 'barge', via: 'phone', to: null },
  ]);
});

t.test('nothing begins without a talk, or beside another supervisor', async (t) => {
  t.same(new Journey().answered().happen(ask('listen')).last, []);
  const { journey } = talk();
  journey.happen(ask('listen'));
  t.same(journey.happen(ask('listen', paul)).last, []);
  t.equal(journey.call.supervision?.supervisor, claire);
});

t.test('tries in vain are kept, but not without end', async (t) => {
  const { journey } = talk();
  for (let tries = 0; tries < 80; tries++) journey.happen({ ...ask('listen'), type: 'superviseRefused', via: 'phone', reason: 'wrongPin' });
  t.equal(journey.call.supervised?.length, 50);
  t.match(journey.call.supervised?.[0], { supervisor: claire, via: 'phone', refused: 'wrongPin', from: journey.now, to: journey.now });
  journey.happen(ask('listen')).happen({ type: 'ready', leg: journey.other() });
  t.match(journey.call.supervised?.at(-1), { to: null }, 'a use is always kept');
});

t.test('a call that nobody attended says nothing of it', async (t) => {
  const { journey } = talk();
  journey.happen({ type: 'hungup', leg: callerLeg, cause: 'NORMAL_CLEARING' });
  t.notOk(Object.hasOwn(record(journey) ?? {}, 'supervised'));
});
