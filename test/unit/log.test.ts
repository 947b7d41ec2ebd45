import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { createLog } from '../../src/log.js';
import { silent } from '../../src/ports/log.js';

function capture(level = 'debug') {
  const lines: string[] = [];
  const log = createLog({ level, destination: { write: (line) => lines.push(line) } });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

t.test('a line has its fields, an ISO time, its level by name and a static message', async (t) => {
  const { log, last } = capture();
  log.info({ call: 'c1' }, 'call taken');
  t.match(last(), { level: 'info', time: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/, call: 'c1', msg: 'call taken' });
});

t.test('numbers, names, digits and secrets are in no line, however they are nested', async (t) => {
  const { log, lines } = capture();
  const secret = '33612345678';
  log.info({ caller: { number: secret, name: secret }, number: secret, dialled: secret, digits: [secret], typed: secret }, 'm');
  log.warn({ event: { callerNumber: secret, record: { digits: secret } }, password: secret, headers: { authorization: secret } }, 'm');
  log.child({ caller: secret, call: 'c1' }).error({ transferredTo: secret }, 'm');
  t.equal(lines.length, 3);
  t.notMatch(lines.join(''), secret);
  t.match(lines.join(''), /\[redacted\]/);
});

t.test('an error is written with its stack', async (t) => {
  const { log, last } = capture();
  log.error({ err: new Error('refused') }, 'command failed');
  t.match(last(), { err: { type: 'Error', message: 'refused', stack: /log\.test/ } });
});

t.test('what is below the level is not written', async (t) => {
  const { log, lines } = capture('warn');
  log.debug({}, 'm');
  log.info({}, 'm');
  t.same(lines, []);
});

t.test('the silent log and its children take everything', async (t) => {
  for (const log of [silent, silent.child({ call: 'c1' })]) {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) t.doesNotThrow(() => log[level]({}, 'm'));
  }
});

/** A process that logs to its standard output. */
function logging(t: Test, code: string): Readable {
  const module = JSON.stringify(new URL('../../src/log.js', import.meta.url).href);
  const source = `import { createLog } from ${module};\nconst log = createLog({ level: 'info' });\n${code}`;
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', source]);
  t.teardown(() => child.kill('SIGKILL'));
  return child.stdout.setEncoding('utf8');
}

t.test('on standard output lines of the same moment leave together, and none is lost at the exit', async (t) => {
  const chunks: string[] = await logging(t, "for (let i = 0; i < 50; i++) log.info({ i }, 'm');\nprocess.exit();").toArray();
  t.equal(chunks[0]?.trim().split('\n').length, 50);
  t.equal(chunks.length, 1);
});

t.test('what comes while a write is under way follows it', async (t) => {
  const output = logging(t, "log.warn({}, 'first');\nlog.warn({}, 'second');\nsetInterval(() => {}, 60_000);");
  let said = '';
  for await (const chunk of output) {
    said += chunk;
    if (said.includes('second')) break;
  }
  t.match(said, /first.*\n.*second/);
});

t.test('a warning does not wait for the event loop, and takes with it what was said before', async (t) => {
  const output = logging(
    t,
    "log.info({}, 'before');\nlog.warn({}, 'alarm');\nAtomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
  );
  const [said] = (await once(output, 'data')) as [string];
  t.match(said, /before.*\n.*alarm/);
});
