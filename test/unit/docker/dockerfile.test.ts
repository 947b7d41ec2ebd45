/** No container engine runs where this is tested: the Dockerfile is held to its grammar and to what we promise of it. */
import { access, readFile } from 'node:fs/promises';
import { ValidationSeverity, validate } from 'dockerfile-utils';
import t from 'tap';

const text = await readFile('docker/Dockerfile', 'utf8');

/** `[instruction, rest]`, continuation lines joined, comments left out. */
const instructions = text
  .replace(/^\s*#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line): [string, string] => [line.split(/\s/, 1)[0] ?? '', line.replace(/^\S+\s+/, '')]);
const lastStage = instructions.slice(instructions.findLastIndex(([name]) => name === 'FROM'));
const rest = (name: string) => lastStage.filter(([instruction]) => instruction === name).map(([, arguments_]) => arguments_);

t.test('the linter finds nothing', async (t) => {
  const problems = validate(text, { deprecatedMaintainer: ValidationSeverity.ERROR, instructionWorkdirRelative: ValidationSeverity.ERROR });
  t.same(
    problems.map(({ range, message }) => `line ${range.start.line + 1}: ${message}`),
    [],
  );
});

t.test('the linter finds what is wrong', async (t) => {
  t.not(validate('FROM node\nCOPPY a b\n').length, 0);
});

t.test('base images have a version', async (t) => {
  for (const [name, image] of instructions) if (name === 'FROM') t.match(image, /^node:20-bookworm-slim( AS \w+)?$/);
});

t.test('runs as another user than root, set after the last command that needs root', async (t) => {
  t.same(rest('USER'), ['node']);
  const after = lastStage.slice(lastStage.findIndex(([name]) => name === 'USER'));
  t.notOk(after.some(([name]) => name === 'RUN' || name === 'COPY'));
});

t.test('asks the daemon for its health, and hands signals to it', async (t) => {
  t.match(rest('HEALTHCHECK'), [/CMD \["node", "-e", ".*fetch\(/]);
  t.match(rest('ENV'), [/\/health\/live/]);
  for (const instruction of ['ENTRYPOINT', 'CMD']) t.type(JSON.parse(rest(instruction)[0] ?? ''), Array);
});

t.test('has what speaks prompts, and no development packages', async (t) => {
  t.match(rest('RUN').join(), 'apt-get install -y --no-install-recommends espeak-ng sox');
  t.match(text, 'npm prune --omit=dev');
});

t.test('every file that is copied exists and is let through by .dockerignore', async (t) => {
  const let_through = (await readFile('docker/Dockerfile.dockerignore', 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const copies = instructions.filter(([name, sources]) => name === 'COPY' && !sources.includes('--from='));
  for (const [, sources] of copies) {
    for (const source of sources.split(/\s+/).slice(0, -1)) {
      await t.resolves(access(source), `${source} exists`);
      t.ok(let_through.includes(source), `${source} is let through`);
    }
  }
  t.ok(copies.length >= 4);
});
