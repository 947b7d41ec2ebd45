/** What else goes on at a desk: callbacks, breathers, agents who walk off, a queue that is full, agents who go home. */
import t from 'tap';
import { plainDesk } from '../../../src/core/feature/desk.js';
import { id, type QueueId, type TenantId } from '../../../src/core/ids.js';
import type { Queue } from '../../../src/core/tenant.js';
import { startRedis } from '../../../src/lab/redis.js';
import type { Assumptions } from '../../../src/simulator/assumptions.js';
import { occupancyOf } from '../../../src/simulator/floor.js';
import { type Played, type SimulatedDay, simulate } from '../../../src/simulator/simulate.js';
import { memoryStore, redisStore } from '../../../src/simulator/stores.js';
import { summarize } from '../../../src/simulator/summary.js';
import { callbackRules, missedRules, prompt, queue } from '../../support/tenants.js';
import { plainAgent, plainDay, plainTenant, siteOf } from './desk.js';

t.setTimeout(240_000);

const crew = (count: number) => Array.from({ length: count }, (_, index) => plainAgent(index));
const tenantOf = (name: string, change: Partial<Queue> = {}) =>
  plainTenant(name, { queue: queue({ id: id<QueueId>(name), wrapUpMs: 10_000, maxWaitMs: 1_800_000, ringMs: 20_000, ...change }) });
const office = { curve: 'office', handlingSeconds: 180, patienceSeconds: 240, answerSeconds: 4, promptSeconds: 6 } as const;
const play = (day: SimulatedDay) => simulate(day, memoryStore());
const sheets = ({ floor }: Played) => [...floor.sheets.values()];
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

t.test('who would rather be called back keeps his place, is called by an agent, and leaves the line to others', async (t) => {
  const site = siteOf([tenantOf('a', { callback: callbackRules({ retryMs: 300_000 }), keys: { 1: { do: 'callback' } } })], crew(8));
  const day = (assume: Partial<Assumptions>) => play(plainDay(site, { ...office, calls: 1_400, ...assume }));
  const [none, some, deaf] = [await day({ callbackPercent: 0 }), await day({ callbackPercent: 50 }), await day({ reachPercent: 0 })];
  t.equal(none.tally.all.promised, 0);
  const { all, outcomes } = some.tally;
  t.ok(all.promised > 50, `${all.promised} promised`);
  t.ok(all.reached > 0.9 * all.promised, `${all.reached} reached`);
  t.equal(all.reached + all.unreached + (outcomes.get('to be called back') ?? 0), all.promised, 'nobody is forgotten');
  t.equal(all.queued, all.answered + all.abandoned + all.promised);
  t.equal(sum(sheets(some).map(({ calls }) => calls)), all.answered + all.reached, 'a call in vain is none');
  const served = all.answered + all.reached;
  t.ok(served > none.tally.all.answered, `${served} talked to an agent, ${none.tally.all.answered} where nobody is called back`);
  t.equal(deaf.tally.all.reached, 0);
  t.ok(deaf.tally.all.unreached > 50, 'three tries in vain');
});

t.test('callers who are told of a wait beyond their patience, and heed it, do not wait for nothing', async (t) => {
  const span = { upToMs: 60_000, prompt: prompt('soon') };
  const announce = { firstMs: 20_000, everyMs: 60_000, position: undefined, messages: [], hints: [] };
  const site = siteOf([tenantOf('a', { announce: { ...announce, wait: { spans: [span], beyond: prompt('later') } } })], crew(8));
  const waited = async (heedPercent: number) => {
    const { tally } = await play(plainDay(site, { ...office, calls: 1_600, heedPercent }));
    return { gaveUp: tally.all.abandoned, queueS: sum(tally.slots.map(({ queueMs }) => queueMs / 1000)) };
  };
  const [patient, heeding] = [await waited(0), await waited(100)];
  t.ok(heeding.queueS < 0.9 * patient.queueS, `${heeding.queueS.toFixed(0)} s in the queue, ${patient.queueS.toFixed(0)} s`);
  t.ok(heeding.gaveUp > 0.8 * patient.gaveUp, `${heeding.gaveUp} gave up, ${patient.gaveUp}`);
});

t.test('a desk with breathers works less, and rests', async (t) => {
  const overrun = { ...office, calls: 2_400, curve: 'flat', patienceSeconds: 600, shifts: { '*': '08:00-18:00' } } as const;
  const breather = { windowMs: 3_600_000, mostPercent: 80, breatherMs: 300_000 };
  const site = siteOf([tenantOf('a')], crew(4));
  const [hard, humane] = [
    await play(plainDay(site, overrun)),
    await play(plainDay({ ...site, desk: { ...plainDesk, breather } }, overrun)),
  ];
  t.equal(sum(sheets(hard).map(({ pauseMs }) => pauseMs)), 0);
  for (const sheet of sheets(humane)) {
    t.ok(sheet.pauseMs > 1_800_000, `${(sheet.pauseMs / 60_000).toFixed(0)} min of rest`);
    const busyMs = sheet.ringMs + sheet.talkMs + sheet.wrapUpMs;
    t.ok(busyMs / sheet.signedInMs < 0.9, `${((busyMs / sheet.signedInMs) * 100).toFixed(0)} % of the time`);
  }
  for (const sheet of sheets(hard)) t.ok(occupancyOf(sheet) > 0.9, `${(occupancyOf(sheet) * 100).toFixed(0)} % without`);
});

t.test('an agent who walked off misses few calls where a row of them signs him out, and takes calls again when he is back', async (t) => {
  const missing = async (inARow: Parameters<typeof missedRules>[1]) => {
    const site = siteOf([tenantOf('a', { missed: missedRules(10_000, inARow) })], crew(6));
    const assume = { ...office, calls: 900, noAnswerPercent: 0, absencesPerHour: 1, absenceSeconds: 600, shifts: { '*': '08:00-19:00' } };
    return sheets(await play(plainDay(site, assume)));
  };
  const [naggers, signedOut, paused] = [
    await missing(undefined),
    await missing({ times: 2, follows: { pauseMs: 0, duty: 'out' } }),
    await missing({ times: 2, follows: { pauseMs: 0, duty: 'paused' } }),
  ];
  const missed = (crewSheets: typeof naggers) => sum(crewSheets.map(({ notAnswered }) => notAnswered));
  for (const other of [signedOut, paused]) {
    t.ok(missed(other) < 0.6 * missed(naggers), `${missed(other)} offers missed, ${missed(naggers)} without the rule`);
    for (const sheet of other)
      t.ok(sheet.calls > 50 && sheet.pauseMs > 600_000, `${sheet.calls} calls, ${sheet.pauseMs / 60_000} min away`);
  }
});

t.test('a full queue takes nobody more, and nobody waits for agents who have gone home', async (t) => {
  const away = { graceMs: 60_000, action: { do: 'voicemail' } } as const;
  const site = siteOf([tenantOf('a', { maxLength: 3, noAgent: away.action, agentsLeft: away })], crew(3));
  const { tally } = await play(plainDay(site, { ...office, calls: 900, patienceSeconds: 'none', shifts: { '*': '09:00-12:00' } }));
  t.ok(
    Math.max(...tally.slots.map(({ longestQueue }) => longestQueue)) <= 7,
    'three, and those for whom three phones ring, and one who has just come',
  );
  t.ok(tally.all.overflowed > 100);
  t.ok(
    [...(tally.tenants.get(id<TenantId>('a'))?.waits.keys() ?? [])].every((seconds) => seconds < 900),
    'those who wait at noon are not answered',
  );
});

t.test('Redis and its twin agree on a desk with all of that', async (t) => {
  const away = { graceMs: 60_000, action: { do: 'voicemail' } } as const;
  const announce = { firstMs: 20_000, everyMs: 45_000, position: undefined, messages: [], hints: [prompt('hint')] };
  const rich: Partial<Queue> = {
    callback: callbackRules({ retryMs: 120_000 }),
    keys: { 1: { do: 'callback' }, 2: { do: 'voicemail' } },
    announce: { ...announce, wait: { spans: [{ upToMs: 60_000, prompt: prompt('soon') }], beyond: prompt('later') } },
    missed: missedRules(10_000, { times: 2, follows: { pauseMs: 0, duty: 'out' } }),
    agentsLeft: away,
    maxLength: 6,
    boosts: { gaveUpMs: 30_000, withinMs: 3_600_000, transferredMs: 0 },
  };
  const breather = { windowMs: 3_600_000, mostPercent: 85, breatherMs: 120_000 };
  const site = {
    ...siteOf([tenantOf('a', rich), tenantOf('b', rich)], crew(3)),
    desk: { ...plainDesk, signIn: 'manual' as const, breather },
  };
  const assume = { ...office, calls: 500, heedPercent: 30, reachPercent: 60, noAnswerPercent: 2, absencesPerHour: 0.5 };
  const day = { ...plainDay(site, { ...assume, shifts: { '*': '08:00-12:00 13:00-18:30' } }), estimates: true };
  const redis = await startRedis({ socket: true });
  t.teardown(() => redis.stop());
  const about = { seed: '1', store: '', date: '2026-09-15', days: 1, calls: day.callers.length };
  const [twin, scripts] = [summarize(site, await play(day), about), summarize(site, await simulate(day, redisStore(redis.url)), about)];
  t.ok((twin.all.callbacks?.reached ?? 0) > 10 && twin.all.overflowed > 10, 'there is something to agree on');
  t.same(scripts, twin);
});
