import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import t from 'tap';
import { Child, portOpen, until } from '../../../src/lab/child.js';
import { freePort, reservePorts } from '../../../src/lab/free-port.js';
import { createScratch } from '../../../src/lab/scratch.js';

const node = (script: string): Promise<Child> => Child.start({ command: process.execPath, args: ['-e', script] });
const alive = (pid: number): boolean => existsSync(`/proc/${pid}`);

t.test('is ready when its output says so', async (t) => {
  const child = await node('console.log("starting"); setTimeout(() => console.log("ready on port 42"), 50); setTimeout(() => 0, 60_000)');
  const [, port] = await child.outputMatches(/ready on port (\d+)/);
  t.equal(port, '42');
  t.same(await child.stop(), { code: null, signal: 'SIGTERM' });
  t.same(await child.stop(), child.exit, 'stopping again changes nothing');
});

t.test('one that ends instead, or is not ready in time, says why', async (t) => {
  const ends = await node('console.error("no such file"); process.exit(3)');
  await t.rejects(ends.outputMatches(/ready/), /exit code 3[\s\S]*no such file/);
  const hangs = await node('setTimeout(() => 0, 60_000)');
  await t.rejects(hangs.outputMatches(/ready/, 50), /did not write .ready. in 50 ms/);
  await hangs.kill();
  await t.rejects(
    Child.start({ command: '/nowhere/nothing', args: [] }).then(async (child) => {
      const { code } = await child.exited;
      throw new Error(`exit code ${code}`);
    }),
  );
});

t.test('one that ignores SIGTERM is killed', async (t) => {
  const child = await node('process.on("SIGTERM", () => 0); console.log("ready"); setInterval(() => 0, 1_000)');
  await child.outputMatches(/ready/);
  t.same(await child.stop(100), { code: null, signal: 'SIGKILL' });
});

t.test(
  'it dies with the process that started it, even by kill -9',
  { skip: existsSync('/usr/bin/setpriv') ? false : 'setpriv is missing' },
  async (t) => {
    const parent = await Child.start({
      command: process.execPath,
      args: [
        '--import=tsx',
        '--input-type=module',
        '-e',
        `import { Child } from ${JSON.stringify(new URL('../../../src/lab/child.ts', import.meta.url).href)};
       const child = await Child.start({ command: 'sleep', args: ['60'] });
       console.log('pid ' + child.pid);`,
      ],
    });
    const [, pid] = await parent.outputMatches(/pid (\d+)/);
    t.ok(alive(Number(pid)));
    await parent.kill();
    await until('the end of the orphan', async () => (alive(Number(pid)) ? undefined : true));
  },
);

t.test('until gives what the probe found, gives up when told, and ends', async (t) => {
  let calls = 0;
  t.equal(await until('third', async () => (++calls === 3 ? calls : undefined), { everyMs: 1 }), 3);
  await t.rejects(
    until('never', async () => undefined, { timeoutMs: 20, everyMs: 1 }),
    /never: not within 20 ms/,
  );
  await t.rejects(
    until('never', async () => undefined, { giveUp: () => new Error('it is gone') }),
    /it is gone/,
  );
});

t.test('ports are free, and blocks of them are reserved', async (t) => {
  const port = await freePort();
  t.equal(await portOpen(port), undefined);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.equal(await portOpen(port), true);
  server.close();
  const [a, b] = [await reservePorts(100), await reservePorts(100)];
  t.equal(a.last - a.first, 99);
  t.equal(a.first % 2, 0);
  t.ok(a.last < b.first || b.last < a.first, 'they do not overlap');
  await a.release();
  await b.release();
});

t.test('a scratch folder is written to, removed, and swept when its owner died', async (t) => {
  const dead = await node('');
  await dead.exited;
  const scratch = await createScratch('mine');
  const file = await scratch.write('deep/er/file.txt', 'hello');
  t.equal(await readFile(file, 'utf8'), 'hello');

  const orphan = scratch.dir.replace(/tcore-lab-\d+-/, `tcore-lab-${dead.pid}-`);
  await mkdir(orphan);
  const other = await createScratch('other');
  t.notOk(existsSync(orphan));
  t.ok(existsSync(scratch.dir), 'that of a living process stays');
  for (const each of [scratch, other, other]) await each.remove();
  t.notOk(existsSync(scratch.dir));
});
