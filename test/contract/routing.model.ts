/**
 * Random days at a desk that two daemons serve and die at, between any two commands. The store in memory, which keeps no indexes and
 * looks at everything, is asked first; a bystander who sees every verb and every offer checks what must always hold. The store
 * under test gets the same verbs without waiting for replies, so that a million events fit into a test: its answers, offers, tokens
 * and reasons must be those of the store in memory, one by one.
 */
import * as fc from 'fast-check';
import type { Test } from 'tap';
import { Bystander } from './routing.bystander.js';
import { type Event, event } from './routing.events.js';
import { type Tested, Twins } from './routing.twins.js';

async function play(script: readonly Event[], tested: Tested | undefined, count: (events: number) => void): Promise<void> {
  const twins = new Twins(tested);
  const bystander = new Bystander(twins);
  await bystander.open();
  for (const step of script) await bystander.play(step);
  await bystander.drain();
  await twins.settle();
  if (twins.calls > 0) throw new Error(`${twins.calls} calls are left in memory`);
  const left = (await tested?.leftovers()) ?? [];
  if (left.length > 0) throw new Error(`left: ${left.join()}`);
  count(script.length);
}

/** `runs` scripts of up to `length` events. */
export async function routingModel(
  t: Pick<Test, 'pass' | 'comment'>,
  newTested: (() => Promise<Tested>) | undefined,
  { runs, length = 2_000, shrinks = true }: { readonly runs: number; readonly length?: number; readonly shrinks?: boolean },
): Promise<void> {
  let events = 0;
  const seed = process.env['TCORE_FUZZ_SEED'];
  const started = performance.now();
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: length, size: 'max' }), async (script) => {
      const tested = await newTested?.();
      try {
        await play(script, tested, (played) => {
          events += played;
        });
      } finally {
        await tested?.close();
      }
    }),
    { numRuns: runs, endOnFailure: !shrinks, ...(seed === undefined ? {} : { seed: Number(seed) }) },
  );
  const seconds = (performance.now() - started) / 1_000;
  t.pass(`${events} events`);
  t.comment(`${events} events in ${seconds.toFixed(1)} s, ${Math.round(events / seconds)} a second`);
}
