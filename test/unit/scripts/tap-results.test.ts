import t from 'tap';

interface Results {
  passed: number;
  failed: string[];
  skipped: { name: string; reason: string }[];
  summary: string;
  line(text: string): { file: string; ok: boolean; ms: number | undefined } | undefined;
}
const { TapResults } = (await import(new URL('../../../scripts/tap-results.mjs', import.meta.url).href)) as {
  TapResults: new () => Results;
};

function read(tap: string): Results {
  const results = new TapResults();
  for (const line of tap.split('\n')) results.line(line);
  return results;
}

t.test('a test is a block without blocks in it; assertions do not count', async (t) => {
  const results = read(`# Subtest: test/a.test.ts
    # Subtest: outer
        # Subtest: inner
            ok 1 - should be equal
            ok 2 - should be equal
            1..2
        ok 1 - inner # time=1ms
        1..1
    ok 1 - outer # time=2ms
    # Subtest: beside
        ok 1 - should be equal
    ok 2 - beside # time=1ms
    1..2
ok 1 - test/a.test.ts # time=12.5ms`);
  t.equal(results.summary, '2 passed, 0 failed, 0 skipped');
});

t.test('a failure is counted once, where it happened', async (t) => {
  const results = read(`# Subtest: test/a.test.ts
    # Subtest: outer
        # Subtest: inner
            not ok 1 - should be equal
        not ok 1 - inner # time=1ms
        1..1
    not ok 1 - outer # time=2ms
    1..1
not ok 1 - test/a.test.ts # time=12.5ms`);
  t.same(results.failed, ['test/a.test.ts > outer > inner']);
  t.equal(results.passed, 0);
});

t.test('a file that crashes after its tests passed has failed', async (t) => {
  const results = read(`# Subtest: test/a.test.ts
    # Subtest: one
        ok 1 - should be equal
    ok 1 - one # time=1ms
    1..1
not ok 1 - test/a.test.ts # time=12.5ms`);
  t.equal(results.summary, '1 passed, 1 failed, 0 skipped');
});

t.test('a timeout of a file whose output is lost has failed', async (t) => {
  t.same(read('not ok 2 - timeout!').failed, ['timeout!']);
});

t.test('a timeout of a file whose failed tests are known is not counted twice', async (t) => {
  const results = read(`# Subtest: test/a.test.ts
    # Subtest: hangs
        not ok 1 - timeout!
    not ok 1 - hangs # time=3955ms
    1..1
not ok 2 - timeout!`);
  t.same(results.failed, ['test/a.test.ts > hangs']);
});

t.test('skipped tests come with their reason, and do not pass', async (t) => {
  const results = read(`# Subtest: test/a.test.ts
    ok 1 - boots # SKIP no \\# here
    ok 2 - later # TODO soon
    1..2
ok 1 - test/a.test.ts # time=12.5ms`);
  t.same(results.skipped, [
    { name: 'test/a.test.ts > boots', reason: 'no # here' },
    { name: 'test/a.test.ts > later', reason: 'to do: soon' },
  ]);
  t.equal(results.summary, '0 passed, 0 failed, 2 skipped');
});

t.test('the end of a file is told', async (t) => {
  const results = new TapResults();
  t.equal(results.line('# Subtest: test/a.test.ts'), undefined);
  t.equal(results.line('    ok 1 - fine'), undefined);
  t.same(results.line('ok 1 - test/a.test.ts # time=12.5ms'), { file: 'test/a.test.ts', ok: true, ms: 12.5 });
});
