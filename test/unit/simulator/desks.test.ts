/** What must come out of any sound simulation, whatever the numbers. */
import t from 'tap';
import { id, type PoolId, type QueueId } from '../../../src/core/ids.js';
import type { Skills } from '../../../src/core/queue/waiting-call.js';
import { shiftsOf } from '../../../src/simulator/shifts.js';
import { simulate } from '../../../src/simulator/simulate.js';
import { memoryStore } from '../../../src/simulator/stores.js';
import { queue } from '../../support/tenants.js';
import { plainAgent, plainDay, plainTenant, siteOf } from './desk.js';

t.setTimeout(60_000);

const patient = { calls: 2_400, handlingSeconds: 180, patienceSeconds: 'none' } as const;
const tenantOf = (name: string, requires: Skills = {}, pool = 'reception') =>
  plainTenant(name, {
    queue: queue({
      id: id<QueueId>(name),
      pool: id<PoolId>(pool),
      rings: [{ afterMs: 0, pools: [id<PoolId>(pool)], requires }],
      wrapUpMs: 0,
      maxWaitMs: 7_200_000,
      ringMs: 20_000,
    }),
  });
const crew = (count: number, skills: (index: number) => Skills = () => ({}), pool: (index: number) => string = () => 'reception') =>
  Array.from({ length: count }, (_, index) => plainAgent(index, skills(index), pool(index)));

t.test('one pool serves two tenants better than each with half of it', async (t) => {
  const side = (index: number) => (index % 2 === 0 ? 'left' : 'right');
  const together = siteOf([tenantOf('a'), tenantOf('b')], crew(8));
  const apart = siteOf([tenantOf('a', {}, 'left'), tenantOf('b', {}, 'right')], crew(8, undefined, side));
  const [one, two] = [await simulate(plainDay(together, patient), memoryStore()), await simulate(plainDay(apart, patient), memoryStore())];
  t.equal(one.tally.all.queued, two.tally.all.queued, 'the same callers');
  t.ok(one.tally.all.asaS < two.tally.all.asaS, `${one.tally.all.asaS.toFixed(1)} s against ${two.tally.all.asaS.toFixed(1)} s`);
});

t.test('agents who learn a skill help those who ask for it, and the desk as a whole', async (t) => {
  const waits: number[] = [];
  for (const speakers of [2, 4, 8]) {
    const site = siteOf(
      [tenantOf('any'), tenantOf('english', { english: 50 })],
      crew(8, (index) => (index < speakers ? { english: 80 } : {})),
    );
    const { tally, floor } = await simulate(plainDay(site, { ...patient, tenants: { english: { calls: 500 } } }), memoryStore());
    waits.push(tally.tenants.get(id('english'))?.asaS ?? 0);
    for (const [agent, { tenants }] of floor.sheets)
      if (Number(agent.slice(-3)) >= speakers) t.notOk(tenants.has(id('english')), `${agent} speaks no English`);
  }
  t.ok((waits[0] ?? 0) > (waits[1] ?? 0) && (waits[1] ?? 0) > (waits[2] ?? 0), waits.map((wait) => wait.toFixed(1)).join(' > '));
});

t.test('one more agent never makes the day worse, and luck stays the same', async (t) => {
  let before = Number.POSITIVE_INFINITY;
  for (const agents of [5, 6, 7, 8]) {
    const { tally } = await simulate(plainDay(siteOf([tenantOf('a')], crew(agents)), patient), memoryStore());
    t.ok(tally.all.asaS < before, `${agents} agents: ${tally.all.asaS.toFixed(1)} s`);
    before = tally.all.asaS;
  }
});

t.test('shifts: who is not there takes no calls, and the last talk is finished', async (t) => {
  const site = siteOf([tenantOf('a')], crew(2));
  const day = plainDay(site, {
    ...patient,
    calls: 600,
    patienceSeconds: 60,
    shifts: { 'agent-000': '09:00-10:00 11:00-12:00', '*': '22:00-23:00' },
  });
  t.same(
    shiftsOf(site, day.assumptions, 'UTC').map(({ agent, from, to }) => [agent, new Date(from).getUTCHours(), (to - from) / 3_600_000]),
    [
      ['agent-000', 9, 1],
      ['agent-000', 11, 1],
      ['agent-001', 22, 1],
    ],
  );
  const { tally, floor } = await simulate(day, memoryStore());
  const answered = tally.slots.map(({ answered: count }, slot) => (count > 0 ? slot / 2 : undefined)).filter((hour) => hour !== undefined);
  t.ok(
    answered.every((hour) => (hour >= 8.5 && hour < 12) || (hour >= 21.5 && hour < 23)),
    `answered at ${answered}`,
  );
  const first = floor.sheets.get(id('agent-000'));
  t.ok((first?.signedInMs ?? 0) >= 7_200_000 && (first?.signedInMs ?? 0) < 8_500_000, 'two hours, and overtime');
});

t.test('ring all: all phones ring, one agent has the call, the others are free again', async (t) => {
  const all = tenantOf('a');
  const site = siteOf([{ ...all, queue: { ...all.queue, strategy: 'ringAll' } }], crew(6));
  for (const make of [() => site, () => siteOf([all], crew(6))]) {
    const { tally, floor } = await simulate(plainDay(make(), { ...patient, calls: 600, answerSeconds: 4 }), memoryStore());
    t.equal(tally.all.answered, tally.all.queued);
    const sheets = [...floor.sheets.values()];
    t.equal(
      sheets.reduce((sum, { calls }) => sum + calls, 0),
      tally.all.queued,
    );
    const rangS = sheets.reduce((sum, { ringMs }) => sum + ringMs / 1000, 0) / tally.all.queued;
    t.ok(make() === site ? rangS > 8 : rangS < 5, `phones ring ${rangS.toFixed(1)} s a call`);
  }
});

t.test('several calls at once: more are answered in time, and nobody works more than he is there', async (t) => {
  const one = siteOf([tenantOf('a')], crew(3));
  const many = { ...one, agents: new Map([...one.agents].map(([name, agent]) => [name, { ...agent, maxCalls: 3 }])) };
  const play = (site: typeof one) => simulate(plainDay(site, { ...patient, calls: 1_500, patienceSeconds: 60 }), memoryStore());
  const [plain, several] = [await play(one), await play(many)];
  t.ok(
    several.tally.all.answered > plain.tally.all.answered,
    `${several.tally.all.answered} of ${several.tally.all.queued}, not ${plain.tally.all.answered}`,
  );
  for (const { signedInMs, ringMs, talkMs, wrapUpMs, pauseMs } of several.floor.sheets.values())
    t.ok(
      ringMs + talkMs + wrapUpMs + pauseMs <= signedInMs,
      `${(ringMs + talkMs + wrapUpMs + pauseMs) / 1_000} s of ${signedInMs / 1_000}`,
    );
});

t.test('half hours add up to the day', async (t) => {
  const { tally, floor } = await simulate(plainDay(siteOf([tenantOf('a')], crew(6)), { ...patient, patienceSeconds: 60 }), memoryStore());
  const sum = (of: (slot: (typeof tally.slots)[number]) => number) => tally.slots.reduce((all, slot) => all + of(slot), 0);
  t.equal(
    sum(({ queued }) => queued),
    tally.all.queued,
  );
  t.equal(
    sum(({ answered, abandoned }) => answered + abandoned),
    tally.all.queued,
  );
  const busyMs = [...floor.sheets.values()].reduce((all, sheet) => all + sheet.talkMs + sheet.ringMs + sheet.wrapUpMs, 0);
  t.equal(Math.round(sum((slot) => slot.busyMs)), Math.round(busyMs));
});
