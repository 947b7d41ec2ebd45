import t, { type Test } from 'tap';
import type { Config } from '../../src/config/config.js';
import { type Loaded, load } from '../../src/config/load.js';
import { RenderingFailed } from '../../src/media/render.js';
import { silent } from '../../src/ports/log.js';
import { createReload, type ReloadParts } from '../../src/reload.js';
import { desk, ENV } from './config/support.js';

/** A configuration that is all right, and a daemon that takes whatever it is given. */
async function world(test: Test, changes: Partial<ReloadParts> = {}) {
  const loaded = await load(desk(test), ENV);
  if (!loaded.ok) throw new Error('the desk is broken');
  const taken: Config[] = [];
  const errors: string[] = [];
  const log = { ...silent, error: (_fields: object, message: string) => void errors.push(message) };
  const reload = createReload({
    log,
    load: async () => loaded,
    render: async () => ({ made: 0, kept: 0 }),
    take: (config) => taken.push(config),
    tell: {},
    ...changes,
  });
  return { reload, taken, errors, config: loaded.config };
}

t.test('reloads that come together are done one after the other: the last one read is in force', async (t) => {
  const { config } = await world(t);
  let readSlowly: (loaded: Loaded) => void = () => undefined;
  const slow = new Promise<Loaded>((resolve) => {
    readSlowly = resolve;
  });
  const loads: (() => Promise<Loaded>)[] = [() => slow, async () => ({ ok: true, config: { ...config, logLevel: 'the second' } })];
  const { reload, taken } = await world(t, { load: async () => loads.shift()!() });
  const both = [reload(), reload()];
  await new Promise(setImmediate);
  t.equal(loads.length, 1, 'the second has not begun to read');
  readSlowly({ ok: true, config: { ...config, logLevel: 'the first' } });
  t.match(await Promise.all(both), [{ done: true, tenants: 2, numbers: 3, agents: 2 }, { done: true }]);
  t.same(
    taken.map(({ logLevel }) => logLevel),
    ['the first', 'the second'],
  );
});

t.test('problems, or a prompt that cannot be spoken: nothing is taken, nobody is told', async (t) => {
  const told: string[] = [];
  const tell = { 'somebody was not told': async () => told.push('told') };
  const problem = { file: 'x.yaml', line: 1, column: 2, path: 'queue', message: 'is missing' };
  const bad = await world(t, { tell, load: async () => ({ ok: false, problems: [problem] }) });
  t.same(await bad.reload(), { done: false, problems: ['x.yaml:1:2 queue: is missing'] });
  const mute = await world(t, { tell, render: () => Promise.reject(new RenderingFailed('espeak-ng is not installed')) });
  t.same(await mute.reload(), { done: false, problems: ['espeak-ng is not installed'] });
  t.match(mute.errors, [/old one stays in force/]);
  t.same([...bad.taken, ...mute.taken, ...told], []);
});

t.test('what fails after the swap is told as such, and keeps nothing else from being done', async (t) => {
  const told: string[] = [];
  const { reload, taken, errors } = await world(t, {
    tell: {
      'the phones were not written': () => Promise.reject(new Error('EROFS')),
      'the engine was not told': async () => told.push('engine'),
    },
  });
  t.match(await reload(), { done: true });
  t.equal(taken.length, 1);
  t.same(told, ['engine']);
  t.same(errors, ['the new configuration is in force, but the phones were not written']);
});

t.test('one that fails in an unforeseen way rejects, changes nothing, and does not block the next', async (t) => {
  const { config } = await world(t);
  const loads = [() => Promise.reject<Loaded>(new Error('disk on fire')), async (): Promise<Loaded> => ({ ok: true, config })];
  const { reload, taken } = await world(t, { load: () => loads.shift()!() });
  await t.rejects(reload(), /disk on fire/);
  t.same(taken, []);
  t.match(await reload(), { done: true });
});
