import t from 'tap';
import { Gate } from '../../../src/switch/gate.js';
import { FakeClock, settle } from '../../support/fake-clock.js';

function world() {
  const clock = new FakeClock();
  const state = { sure: true, likely: true };
  const sent: string[] = [];
  const answers: string[] = [];
  const gate = new Gate({ clock, sure: () => state.sure, likely: () => state.likely });
  const pass = (name: string) => {
    gate
      .pass(() => ({ name: sent.push(name) }))
      .then((result) => answers.push(`${name} ${result === undefined ? 'not sent' : 'sent'}`), t.fail);
  };
  return { clock, state, sent, answers, gate, pass };
}

t.test('sure: at once', async (t) => {
  const { sent, pass, clock } = world();
  pass('a');
  t.same(sent, ['a'], 'before anything else can happen');
  t.equal(clock.pending, 0);
});

t.test('not ours: never', async (t) => {
  const { sent, answers, pass, state } = world();
  Object.assign(state, { sure: false, likely: false });
  pass('a');
  await settle();
  t.same([sent, answers], [[], ['a not sent']]);
});

t.test('in doubt: in order at the confirmation, and before what comes right after it', async (t) => {
  const { sent, answers, gate, pass, state, clock } = world();
  state.sure = false;
  pass('a');
  pass('b');
  gate.open();
  t.same(sent, [], 'a confirmation that is itself too old opens nothing');
  state.sure = true;
  pass('c');
  t.same(sent, [], 'nobody overtakes');
  gate.open();
  pass('d');
  t.same(sent, ['a', 'b', 'c', 'd']);
  await settle();
  t.same(answers.sort(), ['a sent', 'b sent', 'c sent', 'd sent']);
  t.equal(clock.pending, 0);
});

t.test('in doubt, then lost', async (t) => {
  const { sent, answers, gate, pass, state, clock } = world();
  state.sure = false;
  pass('a');
  gate.shut();
  await settle();
  t.same([sent, answers], [[], ['a not sent']]);
  t.equal(clock.pending, 0);
});

t.test('in doubt for long: all together are refused, the next one waits anew', async (t) => {
  const { sent, answers, gate, pass, state, clock } = world();
  state.sure = false;
  pass('a');
  await clock.advance(1_000);
  pass('b');
  await clock.advance(499);
  t.same(answers, []);
  await clock.advance(1);
  t.same(answers, ['a not sent', 'b not sent']);
  pass('c');
  await clock.advance(1_400);
  state.sure = true;
  gate.open();
  t.same(sent, ['c']);
});
