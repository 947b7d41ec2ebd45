/** A process that was suspended hears what happened before it acts on timers that were due meanwhile. */
import t from 'tap';
import { begin } from '../../../src/core/call/transition.js';
import { id, type LegId, type NodeId } from '../../../src/core/ids.js';
import { CallRunner } from '../../../src/engine/runner.js';
import { tenant } from '../../support/tenants.js';

function runner() {
  const world = { now: 1_000_000, due: [] as { at: number; task: () => void }[], performed: [] as string[] };
  const context = { now: world.now, tenant: tenant() };
  const arrival = { leg: id<LegId>('leg'), node: id<NodeId>('n1'), caller: { number: '06', name: '' }, dialled: '01' };
  const one = new CallRunner(begin(arrival, '+331', 'open', context).call, {
    clock: {
      now: () => world.now,
      monotonic: () => world.now,
      after: (ms, task) => {
        const timer = { at: world.now + ms, task };
        world.due.push(timer);
        return () => world.due.splice(world.due.indexOf(timer), world.due.includes(timer) ? 1 : 0);
      },
    },
    tenant: () => context.tenant,
    perform: (_, effect) => world.performed.push(effect.do),
    changed: () => undefined,
  });
  one.begin([]);
  const fire = () => world.due.shift()?.task();
  return { world, one, fire };
}

t.test('a timer in time is acted on at once', async (t) => {
  const { world, fire } = runner();
  world.now += 5_000;
  fire();
  t.same(world.performed, ['fallback', 'writeRecord'], 'the answer never came');
});

t.test('a timer that was held up waits for what is in the sockets', async (t) => {
  const { world, one, fire } = runner();
  world.now += 60_000;
  fire();
  t.same(world.performed, [], 'not yet');
  one.dispatch({ type: 'answered', leg: one.call.leg });
  t.same(world.performed, ['play'], 'the answer had come meanwhile');
  t.equal(one.call.state.at, 'greeting');
});

t.test('but not for ever', async (t) => {
  const { world, fire } = runner();
  world.now += 60_000;
  fire();
  world.now += 500;
  fire();
  t.same(world.performed, ['fallback', 'writeRecord']);
});
