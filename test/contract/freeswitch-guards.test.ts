/** A guard that fires just as its caller is fetched: FreeSWITCH sends all that are due in one go, each half second. */
import t from 'tap';
import type { LegId } from '../../src/core/ids.js';
import { until } from '../../src/lab/child.js';
import { withoutFreeswitch } from '../support/freeswitch.js';
import { freeswitchWorld } from './freeswitch.world.js';

const callers = 20;
/** When they are fetched, seen from that moment, ms: one after the other takes some 20. */
const offsets = [-20, -15, -10, -5, 0, 5];
/**
 * Of them all so many may still be carried off: whose guard was just being carried out, which nothing can call back. (Without a guard of
 * ours first it is a third.) The engine looks for them again: test/unit/engine/takeover.test.ts.
 */
const mostCarriedOff = 2;
/** How often FreeSWITCH looks for what is due, ms (switch_scheduler.c). */
const lookMs = 500;

t.test('callers whose guards fire as they are fetched are not carried off', { skip: withoutFreeswitch, timeout: 60_000 }, async (t) => {
  const { pbx, events, call, freeswitch } = await freeswitchWorld(t);
  const legs: LegId[] = [];
  for (let n = 0; n < callers; n++) {
    await call({ ms: 60_000 });
    const { leg } = (await events.next('arrival')).arrival;
    await pbx.take(leg);
    await pbx.answer(leg);
    await events.next('answered', leg);
    await pbx.music(leg, undefined);
    legs.push(leg);
  }
  const inFallback = async () => (await pbx.legs()).filter(({ leg, role }) => legs.includes(leg) && role === 'other').map(({ leg }) => leg);
  /** As that of a daemon that has died, due with the next second. */
  const guard = async (leg: LegId) => {
    await freeswitch.api(`sched_del ${leg}`);
    await freeswitch.api(`sched_api +1 ${leg} uuid_transfer ${leg} fallback XML ${freeswitch.context}`);
  };
  const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const [first] = legs;
  if (first === undefined) throw new Error('nobody called');

  const carriedOff: string[] = [];
  for (const offset of offsets) {
    await guard(first);
    await until('its guard', async () => ((await inFallback()).includes(first) ? true : undefined), { everyMs: 2 });
    let fires = Date.now();
    t.ok(await pbx.adopt(first));
    for (const leg of legs) await guard(leg);
    const due = Math.floor(Date.now() / 1_000 + 1) * 1_000;
    while (fires < due) fires += lookMs;
    await after(fires + offset - Date.now());
    t.same(new Set(await Promise.all(legs.map((leg) => pbx.adopt(leg)))), new Set([true]));
    // By then whatever was due has fired.
    await after(lookMs);
    for (const leg of await inFallback()) {
      carriedOff.push(`${leg}, fetched ${offset} ms after the guards fired`);
      t.ok(await pbx.adopt(leg), 'fetched again');
    }
  }
  t.ok(carriedOff.length <= mostCarriedOff, `of ${legs.length * offsets.length}: ${carriedOff.join('; ')}`);
  // The guards did fire: of whoever is not fetched.
  for (const leg of legs) await guard(leg);
  await until('the guards', async () => ((await inFallback()).length === callers ? true : undefined));
});
