import t from 'tap';
import { MachineWatch, noiseOf, outsiders, stolenMs, tooNoisy, worst } from '../../../bench/machine.js';
import { parseStat } from '../../../src/lab/process-stat.js';

t.test('a line of /proc/PID/stat, whatever the program is called', async (t) => {
  const line = (policy: number) =>
    `4242 (free) switch) S 77 4242 4242 0 -1 4194304 9 0 0 0 150 25 7 3 20 0 30 0 12345 1000 200 0 1 1 0 0 0 0 0 0 0 0 0 0 17 1 10 ${policy} 0 0 0`;
  t.strictSame(parseStat(line(1)), { pid: 4242, parent: 77, cpuMs: 1_750, endedChildrenMs: 100, realTime: true });
  t.notOk(parseStat(line(0)).realTime);
});

t.test('the first line of /proc/stat: what the host took', async (t) => {
  t.equal(stolenMs('cpu  100 20 30 9999 5 6 7 8 0 0\ncpu0 1 2 3'), 80);
});

t.test('what is noise', async (t) => {
  t.strictSame(noiseOf(1_000, 20, 10, 2), []);
  t.match(noiseOf(1_000, 600, 0, 2), [{ why: /other programs took 30 %/, percent: 30 }]);
  t.match(noiseOf(1_000, 0, 100, 2), [{ why: /took 5 % of the machine away/, percent: 5 }]);
});

t.test('whoever we did not start is an outsider, but for the kernel', async (t) => {
  const stat = (pid: number, parent: number) => ({ pid, parent, cpuMs: 0, endedChildrenMs: 0, realTime: false });
  // A grandchild with a smaller number than its parent, a stranger, and kthreadd with a child of its own.
  const all = [stat(1, 0), stat(2, 0), stat(3, 2), stat(40, 70), stat(50, 1), stat(60, 50), stat(70, 50), stat(80, 1)];
  t.strictSame(
    outsiders(all, 50).map(({ pid }) => pid),
    [1, 80],
  );
});

t.test('the worst of many runs, and from when on nothing can be compared', async (t) => {
  const noise = [6, 9, 7, 8, 9].map((percent) => ({ why: `${percent} %`, percent }));
  t.strictSame(
    worst(noise).map(({ percent }) => percent),
    [9, 8, 7],
  );
  t.notOk(tooNoisy(noise));
  t.ok(tooNoisy([...noise, { why: '10 %', percent: 10 }]));
  t.notOk(tooNoisy([]));
});

t.test('the CPU of this process is seen', async (t) => {
  const watch = await MachineWatch.start({ self: process.pid });
  // CPU, not time: others may have the processor.
  const from = process.cpuUsage().user;
  while (process.cpuUsage().user - from < 60_000);
  const { cpuMs, wallMs } = await watch.stop();
  t.ok(cpuMs.self >= 30, `${cpuMs.self} ms`);
  t.ok(wallMs >= 60);
});
