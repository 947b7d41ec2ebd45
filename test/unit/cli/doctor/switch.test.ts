import t from 'tap';
import { checkApiExpansion, checkLimits, checkModules, checkShellStream, checkVersion } from '../../../../src/cli/doctor/switch.js';

/** Answers as FreeSWITCH 1.11.2 gave them. */
const answers = (replies: Record<string, string>) => async (command: string) => replies[command] ?? 'true';

t.test('versions', async (t) => {
  const level = async (version: string) => (await checkVersion('pbx1', async () => `${version}\n`)).level;
  t.equal(await level('1.11.2-release'), 'ok');
  t.equal(await level('1.12.0'), 'ok');
  t.equal(await level('2.0.0-dev'), 'ok');
  t.equal(await level('1.11.1'), 'warning');
  t.equal(await level('1.10.12-release'), 'warning');
  t.equal(await level('1.10.11'), 'FAIL');
  t.equal(await level('1.9.99'), 'FAIL');
  t.equal(await level('-ERR command not found'), 'warning');
});

t.test('modules: each missing one is told with what does not work', async (t) => {
  t.match(await checkModules('pbx1', answers({})), [{ level: 'ok' }]);
  const findings = await checkModules('pbx1', answers({ 'module_exists mod_sndfile': 'false', 'module_exists mod_sofia': 'false' }));
  t.match(findings, [
    { level: 'FAIL', what: /mod_sofia is not loaded: there is no SIP/, remedy: /load mod_sofia/ },
    { level: 'FAIL', what: /mod_sndfile/ },
  ]);
});

t.test('mod_shell_stream is a danger only where it is', async (t) => {
  t.match(await checkShellStream('pbx1', async () => 'true'), [{ level: 'warning' }]);
  t.same(await checkShellStream('pbx1', async () => 'false'), []);
});

t.test('limits', async (t) => {
  const check = (rate: number, sessions: number) =>
    checkLimits(
      'pbx1',
      answers({ 'fsctl sps': `+OK sessions per second: ${rate}\n`, 'fsctl max_sessions': `+OK max sessions: ${sessions}\n` }),
    );
  t.match(await check(200, 2000), [{ level: 'ok', what: /2000 sessions, 200 new/ }]);
  t.match(await check(30, 1000), [{ level: 'warning', what: /sessions-per-second is 30/ }]);
  t.match(await check(200, 100), [{ level: 'warning', what: /max-sessions is 100/ }]);
  t.equal((await check(1, 1)).length, 2);
});

t.test('api-expansion', async (t) => {
  t.equal((await checkApiExpansion('pbx1', async () => '+OK api_expansion is on \n')).level, 'warning');
  t.equal((await checkApiExpansion('pbx1', async () => '+OK api_expansion is off \n')).level, 'ok');
});
