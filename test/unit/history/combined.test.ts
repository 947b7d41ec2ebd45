import t from 'tap';
import type { CallRecord } from '../../../src/core/call/record.js';
import { CombinedHistory } from '../../../src/history/combined.js';
import { MemoryHistory } from '../../../src/memory/history.js';
import type { Clock } from '../../../src/ports/clock.js';
import { record } from '../../support/records.js';

class AwayHistory extends MemoryHistory {
  away = true;
  attempts = 0;

  override async append(record: CallRecord): Promise<void> {
    this.attempts++;
    if (this.away) throw new Error('away');
    await super.append(record);
  }
}

/** Timers that run when the test says so. */
function manualClock() {
  const tasks = new Set<() => void>();
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    after: (_, task) => {
      tasks.add(task);
      return () => tasks.delete(task);
    },
  };
  const run = () => {
    for (const task of [...tasks]) {
      tasks.delete(task);
      task();
    }
  };
  return { clock, run, tasks };
}

const written = (history: MemoryHistory) => history.records.map(({ call }) => call);
const turn = () => new Promise((resolve) => setImmediate(resolve));

t.test('a record is safe as soon as one history has it; the other catches up, in order', async (t) => {
  const file = new MemoryHistory();
  const redis = new AwayHistory();
  const { clock, run, tasks } = manualClock();
  const history = new CombinedHistory([file, redis], { clock });
  for (const name of ['c1', 'c2', 'c3']) await history.append(record(name));
  await turn();
  t.same(written(file), ['c1', 'c2', 'c3']);
  t.equal(history.waiting, 3);
  t.equal(redis.attempts, 1, 'no storm while it is away');
  run();
  await turn();
  t.equal(redis.attempts, 2);
  redis.away = false;
  run();
  await turn();
  t.same(written(redis), ['c1', 'c2', 'c3']);
  t.equal(history.waiting, 0);
  t.equal(tasks.size, 0);
});

t.test('with every history away the record waits', async (t) => {
  const redis = new AwayHistory();
  const { clock } = manualClock();
  const history = new CombinedHistory([redis], { clock });
  const safe = Promise.all([history.append(record('c1')), history.append(record('c1'))]);
  await turn();
  redis.away = false;
  history.flush();
  await safe;
  t.same(written(redis), ['c1']);
});

t.test('when too many wait, the oldest is given up and its writer told', async (t) => {
  const redis = new AwayHistory();
  const { clock } = manualClock();
  const failures: unknown[] = [];
  const history = new CombinedHistory([redis], { clock, limit: 2, onFailure: (error) => failures.push(error) });
  const first = t.rejects(history.append(record('c1')));
  const others = [history.append(record('c2')), history.append(record('c3'))];
  await first;
  t.match(failures, [{ message: /c1 was given up/ }]);
  redis.away = false;
  await turn();
  history.flush();
  await Promise.all(others);
  t.same(written(redis), ['c2', 'c3']);
});

t.test('closed, it tries no more by itself', async (t) => {
  const redis = new AwayHistory();
  const { clock, tasks } = manualClock();
  const history = new CombinedHistory([redis, new MemoryHistory()], { clock });
  await history.append(record('c1'));
  await turn();
  history.close();
  t.equal(tasks.size, 0);
});
