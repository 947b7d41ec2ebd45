import t from 'tap';
import { run } from '../../../src/media/program.js';

t.test('what it says on standard error is told, shortened', async (t) => {
  await t.rejects(run('/bin/sh', ['-c', 'echo no  space >&2; exit 3'], { timeoutMs: 5000 }), { message: '/bin/sh ended with 3: no space' });
  await t.rejects(run('/bin/sh', ['-c', 'head -c 1000000 /dev/zero | tr "\\0" x >&2; exit 1'], { timeoutMs: 5000 }), {
    message: /^\/bin\/sh ended with 1: x{2000}$/,
  });
});

t.test('a program that takes too long is killed', { timeout: 10_000 }, async (t) => {
  await t.rejects(run('/bin/sleep', ['60'], { timeoutMs: 50 }), { message: '/bin/sleep took longer than 50 ms' });
});

t.test('one that does not read its input cannot break us', async (t) => {
  await t.resolves(run('/bin/true', [], { input: 'x'.repeat(1_000_000), timeoutMs: 5000 }));
});

t.test('one that is killed from outside', async (t) => {
  await t.rejects(run('/bin/sh', ['-c', 'kill -9 $$'], { timeoutMs: 5000 }), { message: '/bin/sh was stopped by SIGKILL' });
});
