/** A code on the desk phone, from the answer to the hang-up. */
import fc from 'fast-check';
import t from 'tap';
import { type Desk, type FeatureText, plainDesk } from '../../../../src/core/feature/desk.js';
import {
  beginFeature,
  type FeatureEffect,
  type FeatureEvent,
  type FeatureSession,
  featureLimits,
  featureTransition,
} from '../../../../src/core/feature/session.js';
import { type AgentId, id, type LegId, type NodeId, type PlayId, type SupervisorId } from '../../../../src/core/ids.js';
import { prompt } from '../../../support/tenants.js';

const leg = id<LegId>('leg');
const alice = id<AgentId>('alice');
/** Says each text by a file of its name. */
const texts = new Proxy({}, { get: (_, name) => prompt(String(name)) }) as NonNullable<Desk['texts']>;
const desk: Desk = {
  ...plainDesk,
  codes: new Map([
    ['*11', 'signIn'],
    ['*13', 'pause'],
  ]),
  texts,
  pauseReasons: [
    { id: 'lunch', digit: '1', spoken: prompt('lunch') },
    { id: 'training', digit: '2', spoken: prompt('training') },
  ],
  askReason: prompt('askReason'),
};
const said = (text: FeatureText | 'askReason') => `/prompts/${text}.wav`;

class Dialled {
  session: FeatureSession;
  last: readonly FeatureEffect[];
  now = 1_000_000;

  constructor(
    dialled: string,
    agent: AgentId | 'nobody' = alice,
    readonly on: Desk = desk,
    supervisor: SupervisorId | undefined = undefined,
  ) {
    const step = beginFeature(
      { leg, node: id<NodeId>('n1'), user: '1001', dialled },
      { agent: agent === 'nobody' ? undefined : agent, supervisor },
      { desk: on, now: this.now },
    );
    this.session = step.session;
    this.last = step.effects;
  }

  happen(event: FeatureEvent): this {
    const step = featureTransition(this.session, event, { desk: this.on, now: this.now });
    this.session = step.session;
    this.last = step.effects;
    return this;
  }

  answered(): this {
    return this.happen({ type: 'answered', leg });
  }

  press(digits: string): this {
    return this.happen({ type: 'collected', leg, play: this.play, digits });
  }

  played(): this {
    return this.happen({ type: 'played', leg, play: this.play, failed: false });
  }

  get play(): PlayId {
    const { state } = this.session;
    return 'play' in state ? state.play : id<PlayId>('none');
  }

  /** What is heard because of the last event. */
  get heard(): readonly string[] {
    return this.last.flatMap((effect) => ('prompt' in effect ? effect.prompt.files : []));
  }
}

t.test('answered, done, confirmed, hung up', async (t) => {
  const call = new Dialled('*11');
  t.same(call.last, [{ do: 'answer' }]);
  call.answered();
  t.match(call.last, [{ do: 'act', request: { agent: alice, verb: 'signIn', digits: [], leg } }]);
  call.happen({ type: 'acted', say: prompt('signedIn') });
  t.same(call.heard, [said('signedIn')]);
  call.played();
  t.same(call.last, [{ do: 'hangup' }]);
  t.equal(call.session.state.at, 'ended');
});

t.test('a question is asked before the act, or answered behind the code', async (t) => {
  const asked = new Dialled('*13').answered();
  t.match(asked.last, [{ do: 'collect', most: 1 }]);
  t.same(asked.heard, [said('askReason')]);
  asked.press('2');
  t.match(asked.last, [{ do: 'act', request: { verb: 'pause', digits: ['2'] } }]);
  t.same(asked.session.digits, [], 'what was pressed is forgotten');
  t.match(new Dialled('*132').answered().last, [{ do: 'act', request: { verb: 'pause', digits: ['2'] } }]);
});

t.test('a wrong key is asked for again, three times in all', async (t) => {
  const call = new Dialled('*137').answered();
  t.same(call.heard, [said('unknownReason'), said('askReason')], 'also when it was dialled behind the code');
  call.press('');
  t.same(call.heard, [said('unknownReason'), said('askReason')]);
  call.press('9');
  t.same(call.heard, [said('nothingDone')]);
  call.played();
  t.same(call.last, [{ do: 'hangup' }]);
});

t.test('nobody meets silence', async (t) => {
  t.same(new Dialled('*99').answered().heard, [said('unknownCode')]);
  t.same(new Dialled('*115').answered().heard, [said('unknownCode')], 'keys behind a code that asks nothing');
  const nobody = beginFeature(
    { leg, node: id<NodeId>('n1'), user: '1009', dialled: '*11' },
    { agent: undefined, supervisor: undefined },
    { desk, now: 0 },
  );
  const told = featureTransition(nobody.session, { type: 'answered', leg }, { desk, now: 0 });
  t.match(told.effects, [{ do: 'play', prompt: { files: [said('nobodysPhone')] } }]);
  t.same(new Dialled('*11').answered().happen({ type: 'timer' }).heard, [said('unavailable')], 'the act takes too long');
  t.same(new Dialled('*11').happen({ type: 'timer' }).last, [{ do: 'hangup' }], 'it was never answered');
});

t.test('a leg that another part serves is left to it', async (t) => {
  const call = new Dialled('*11').answered().happen({ type: 'acted', say: undefined });
  t.same(call.last, []);
  t.match(call.session, { state: { at: 'served' }, due: undefined });
  call.happen({ type: 'timer' });
  t.same(call.last, []);
  t.equal(call.happen({ type: 'hungup', leg, cause: 'NORMAL_CLEARING' }).session.state.at, 'ended');
});

t.test('whatever happens: it ends, once, and until then it has a due time', async () => {
  const event: fc.Arbitrary<(call: Dialled) => FeatureEvent> = fc.oneof(
    fc.constant(() => ({ type: 'answered', leg }) as const),
    fc.constantFrom('', '1', '2', '7').map((digits) => (call: Dialled) => ({ type: 'collected', leg, play: call.play, digits }) as const),
    fc.constant((call: Dialled) => ({ type: 'played', leg, play: call.play, failed: false }) as const),
    fc.constant(() => ({ type: 'acted', say: prompt('signedIn') }) as const),
    fc.constant(() => ({ type: 'timer' }) as const),
    fc.constant(() => ({ type: 'digit', leg, digit: '1' }) as const),
  );
  fc.assert(
    fc.property(fc.constantFrom('*11', '*13', '*131', '*99'), fc.array(event, { maxLength: 12 }), (dialled, events) => {
      const call = new Dialled(dialled);
      let acts = 0;
      let hangups = 0;
      const step = (what: FeatureEvent) => {
        call.happen(what);
        acts += call.last.filter((effect) => effect.do === 'act').length;
        hangups += call.last.filter((effect) => effect.do === 'hangup').length;
        if (call.session.state.at === 'ended') return call.session.due === undefined;
        const { due } = call.session;
        return due !== undefined && due - call.now <= Math.max(featureLimits.ask, featureLimits.tell);
      };
      const held = events.every((make) => step(make(call)));
      for (let i = 0; i < 3; i++) step({ type: 'timer' });
      return held && call.session.state.at === 'ended' && acts <= 1 && hangups === 1;
    }),
  );
});

t.test('a supervisor’s code asks whose talk and who he is; his PIN goes to whoever acts on it, and nowhere else', async (t) => {
  const claire = id<SupervisorId>('claire');
  const on: Desk = { ...desk, codes: new Map([...desk.codes, ['*71', 'listen']]) };
  const dial = (dialled: string, agent: AgentId | 'nobody', supervisor: SupervisorId | undefined) =>
    new Dialled(dialled, agent, on, supervisor).answered();
  const whole = dial('*71', 'nobody', claire);
  t.same(whole.heard, [said('askAgent')]);
  t.same(whole.press('1').heard, [said('unknownAgent'), said('askAgent')], 'no phone has a number of one digit');
  t.same(whole.press('1001').heard, [said('askPin')]);
  t.match(whole.press('4711').last, [
    { do: 'act', request: { leg, node: 'n1', supervisor: claire, verb: 'listen', digits: ['1001', '4711'] } },
  ]);
  t.notMatch(JSON.stringify(whole.session), '4711', 'it is forgotten at once');
  t.equal(whole.happen({ type: 'acted', say: undefined }).session.state.at, 'served');

  t.same(dial('*711001', alice, claire).heard, [said('askPin')], 'the phone may be dialled behind the code');
  t.same(dial('*711001', alice, undefined).heard, [said('notAllowed')], 'nobody else’s PIN is asked for');
  t.same(dial('*11', 'nobody', claire).heard, [said('nobodysPhone')], 'a supervisor who is no agent signs nobody in');
});
