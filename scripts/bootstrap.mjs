/**
 * `npm run demo` and `npm test`: install what is missing, then run. Plain Node without packages, because on a fresh clone
 * there are none.
 *
 *   node scripts/bootstrap.mjs install
 *   node scripts/bootstrap.mjs demo [options of the demo]
 *   node scripts/bootstrap.mjs test [test files]      the last line says: N passed, N failed, N skipped
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { installMissing } from './packages.mjs';
import { TapResults } from './tap-results.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [command, ...args] = process.argv.slice(2);
const say = (text) => console.error(text);

switch (command) {
  case 'install':
    process.exitCode = installMissing(root, say) ? 0 : 1;
    break;
  case 'demo':
    process.exitCode = installMissing(root, say) ? await demo() : 1;
    break;
  case 'test':
    process.exitCode = installMissing(root, say) ? await test() : 1;
    break;
  default:
    say('usage: node scripts/bootstrap.mjs install | demo [options] | test [files]');
    process.exitCode = 2;
}

async function demo() {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', 'demo', ...args], { cwd: root, stdio: 'inherit' });
  return await exitCode(child);
}

/** Whoever ends us ends what we started. Ctrl-C reaches the child from the terminal as well: it must not hear it twice. */
async function exitCode(child) {
  const terminate = () => child.kill('SIGTERM');
  const wait = () => undefined;
  process.on('SIGTERM', terminate).on('SIGINT', wait);
  return await new Promise((resolve) => {
    child.once('error', (error) => {
      say(error.message);
      resolve(1);
    });
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function test() {
  const results = new TapResults();
  if (args.length > 0) await runTap(results, args, { jobs: 1, timeoutSeconds: 900 });
  else {
    const files = testFiles();
    // Those that boot a switch mostly wait. Those that .taprc lets run alone come last, so that nothing waits for them.
    const switches = files.filter((file) => /^test\/(e2e\/|contract\/(freeswitch|asterisk))/.test(file));
    const alone = switches.filter((file) => /^test\/e2e\/(chaos-|harness|injection)/.test(file));
    await runTap(
      results,
      files.filter((file) => !switches.includes(file)),
      { jobs: 2, timeoutSeconds: 120 },
    );
    await runTap(results, [...switches.filter((file) => !alone.includes(file)), ...alone], { jobs: 2, timeoutSeconds: 900 });
  }
  for (const { name, reason } of results.skipped) console.log(`skipped: ${name} (${reason})`);
  for (const name of results.failed) console.log(`failed: ${name}`);
  console.log(results.summary);
  return results.failed.length === 0 ? 0 : 1;
}

function testFiles() {
  return readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

async function runTap(total, files, { jobs, timeoutSeconds }) {
  if (files.length === 0) return;
  const results = new TapResults();
  const tap = join(root, 'node_modules', '.bin', 'tap');
  const options = ['--reporter=tap', `--jobs=${jobs}`, `--timeout=${timeoutSeconds}`];
  const child = spawn(tap, [...options, ...files], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = exitCode(child);
  let output = [];
  let file;
  // A file's details follow its own line, up to the next file's first one.
  const report = () => {
    if (file !== undefined)
      console.log(`${file.ok ? 'ok  ' : 'FAIL'} ${file.file}${file.ms === undefined ? '' : ` ${(file.ms / 1_000).toFixed(1)} s`}`);
    if (file?.ok === false) console.log(diagnostics(output));
    file = undefined;
    output = [];
  };
  for await (const line of createInterface({ input: child.stdout })) {
    if (file !== undefined && line.startsWith('# Subtest: ')) report();
    output.push(line);
    file = results.line(line) ?? file;
  }
  report();
  const code = await ended;
  if (code !== 0 && results.failed.length === 0) results.failed.push(`tap ended with exit code ${code}`);
  total.add(results);
}

/** What TAP says besides successes. */
function diagnostics(lines) {
  return lines
    .filter((line) => line.trim() !== '' && !/^ *(ok\b|1\.\.\d|# (Subtest|time|No coverage|{)|TAP version)/.test(line))
    .join('\n');
}
