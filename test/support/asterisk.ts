/** The real Asterisk for a test: booted from our own dialplan/asterisk, gone with the test. */
import type t from 'tap';
import { type Asterisk, type AsteriskOptions, startAsterisk } from '../../src/lab/asterisk.js';
import { fetchAsterisk, findAsterisk } from '../../src/lab/asterisk-root.js';

export type { Asterisk } from '../../src/lab/asterisk.js';

// A machine without one gets one: it is unpacked once, into the user's cache folder.
const looked = await findAsterisk(process.env);
const found = looked.program === undefined ? await fetchAsterisk(process.env, console.error) : looked;

/** For the options of a suite: `t.test('…', { skip: withoutAsterisk }, …)`. `false`, or the reason why it cannot run. */
export const withoutAsterisk: string | false = found.missing ?? false;

/** Stopped and removed at teardown. */
export async function asteriskFor(test: Pick<typeof t, 'teardown'>, options: Omit<AsteriskOptions, 'program'> = {}): Promise<Asterisk> {
  if (found.program === undefined) throw new Error(found.missing);
  const asterisk = await startAsterisk({ ...options, program: found.program });
  test.teardown(() => asterisk.stop());
  return asterisk;
}
