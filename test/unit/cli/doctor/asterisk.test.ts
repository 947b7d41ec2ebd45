import t from 'tap';
import { checkVersion } from '../../../../src/cli/doctor/asterisk.js';

t.test('versions', async (t) => {
  const level = (version: string) => checkVersion('pbx1', { system: { version } }).level;
  t.equal(level('22.10.1'), 'ok');
  t.equal(level('22.10.1~dfsg+~cs6.15.60671435-1'), 'ok', 'as Debian writes it');
  t.equal(level('22.11.0'), 'ok');
  t.equal(level('20.20.1'), 'ok');
  t.equal(level('23.0.0'), 'ok');
  t.equal(level('22.10.0'), 'warning');
  t.equal(level('22.9.3'), 'warning');
  t.equal(level('20.20.0'), 'warning');
  t.equal(level('21.12.4'), 'warning', 'a branch that is not mended any more');
  t.equal(level('18.26.1'), 'FAIL');
  t.equal(level('GIT-master-1a2b3c'), 'warning');
  t.equal(checkVersion('pbx1', undefined).level, 'warning');
});
