import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { beginRecording, completeRecordings } from '../../../src/asterisk/files.js';
import { id, type NodeId } from '../../../src/core/ids.js';
import { readWav } from '../../../src/lab/audio.js';
import { FakeClock } from '../../support/fake-clock.js';

/** One second of stereo. */
const audio = Buffer.alloc(32_000);
const node = id<NodeId>('pbx1');

async function world(test: Pick<typeof t, 'teardown'>) {
  const folder = await mkdtemp(join(tmpdir(), 'tcore-files-'));
  test.teardown(() => rm(folder, { recursive: true, force: true }));
  const clock = new FakeClock();
  const left = async (name: string, secondsAgo: number): Promise<string> => {
    const raw = join(folder, `${name}.raw`);
    await beginRecording(raw);
    await writeFile(raw, audio, { flag: 'a' });
    const at = Date.now() / 1_000 - secondsAgo;
    await utimes(raw, at, at);
    return raw;
  };
  const complete = async (inUse: readonly string[] = []) => {
    const done = completeRecordings(folder, node, new Set(inUse), clock);
    let over = false;
    void done.finally(() => {
      over = true;
    });
    while (!over) {
      await clock.advance(500);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return done;
  };
  return { folder, left, complete };
}

t.test('what nobody writes to any more becomes a file that plays', async (t) => {
  const { folder, left, complete } = await world(t);
  await left('durand/2026-11-22/pbx1-1763805600.1.wav', 60);
  t.same(await complete(), ['durand/2026-11-22/pbx1-1763805600.1.wav']);
  t.same(await readdir(join(folder, 'durand/2026-11-22')), ['pbx1-1763805600.1.wav']);
  const { channels } = readWav(await readFile(join(folder, 'durand/2026-11-22/pbx1-1763805600.1.wav')));
  t.same(
    channels.map(({ length }) => length),
    [8_000, 8_000],
  );
  t.same(await complete(), [], 'once');
});

t.test('what Asterisk writes, and what was written just now, is left alone', async (t) => {
  const { folder, left, complete } = await world(t);
  const talking = await left('a/pbx1-1763805600.2.wav', 60);
  await left('a/pbx1-1763805600.3.wav', 0);
  await mkdir(join(folder, 'a/empty'));
  t.same(await complete([talking]), []);
  t.same((await readdir(join(folder, 'a'))).sort(), ['empty', 'pbx1-1763805600.2.wav.raw', 'pbx1-1763805600.3.wav.raw']);
});

t.test('those of other nodes, which may write to them, are left alone in a folder of both', async (t) => {
  const { left, complete } = await world(t);
  for (const other of ['pbx2', 'pbx1-2', 'pbx']) await left(`a/${other}-1763805600.1.wav`, 60);
  await left('a/2b7e1516-28ae-d2a6-abf7-158809cf4f3c.wav', 60);
  await left('a/pbx1-1763805600.7.wav', 60);
  t.same(await complete(), ['a/pbx1-1763805600.7.wav']);
});

t.test('a folder that is not there has none', async (t) => {
  t.same(await completeRecordings('/nowhere/at/all', node, new Set(), new FakeClock()), []);
});
