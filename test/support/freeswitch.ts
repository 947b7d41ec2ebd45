/** The real FreeSWITCH for a test: booted from our own configuration, gone with the test. */
import type t from 'tap';
import { type Freeswitch, type FreeswitchOptions, findFreeswitch, startFreeswitch } from '../../src/lab/freeswitch.js';

export type { Freeswitch } from '../../src/lab/freeswitch.js';

const found = await findFreeswitch(process.env);

/** For the options of a suite: `t.test('…', { skip: withoutFreeswitch }, …)`. `false`, or the reason why it cannot run. */
export const withoutFreeswitch: string | false = found.missing ?? false;

/** Stopped and removed at teardown. */
export async function freeswitchFor(
  test: Pick<typeof t, 'teardown'>,
  options: Omit<FreeswitchOptions, 'binary'> = {},
): Promise<Freeswitch> {
  if (found.binary === undefined) throw new Error(found.missing);
  const freeswitch = await startFreeswitch({ ...options, binary: found.binary });
  test.teardown(() => freeswitch.stop());
  return freeswitch;
}
