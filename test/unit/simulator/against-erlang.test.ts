import t from 'tap';
import { erlangA, erlangC, type Traffic } from '../../../src/simulator/erlang.js';
import { occupancyOf } from '../../../src/simulator/floor.js';
import { simulate } from '../../../src/simulator/simulate.js';
import { memoryStore } from '../../../src/simulator/stores.js';
import type { Count } from '../../../src/simulator/tally.js';
import { plainAgent, plainDay, plainTenant, siteOf } from './desk.js';

// 65,000 calls; `npm run bench -- simulator` plays many more.
t.setTimeout(240_000);

const callsADay = 1_440;
const handlingSeconds = 180;
const targetS = 20;

/**
 * The formula is asked about the traffic that was really drawn, so that some more or longer calls than expected in a sample do not
 * count as an error of the simulator.
 */
async function play(agents: number, days: number, patienceSeconds: number | 'none') {
  const site = siteOf(
    [plainTenant('martin')],
    Array.from({ length: agents }, (_, index) => plainAgent(index)),
  );
  const day = plainDay(site, { calls: callsADay, days, handlingSeconds, patienceSeconds }, `erlang ${agents}`);
  const { tally, floor } = await simulate(day, memoryStore());
  const { callers } = day;
  const talkS = callers.reduce((sum, { talkMs }) => sum + talkMs / 1000, 0);
  const traffic: Traffic = { rate: callers.length / days / 86_400, handling: talkS / callers.length };
  return { all: tally.all, sheets: [...floor.sheets.values()], traffic };
}

/** Half of the 99 % interval of a mean of which about `alike` neighbours are the same. */
function margin({ answered, waitMs, squaredWaitS2 }: Count, alike: number): number {
  const mean = waitMs / 1000 / answered;
  return 2.58 * Math.sqrt(((squaredWaitS2 / answered - mean * mean) * alike) / answered);
}

const percent = (part: number) => `${(part * 100).toFixed(2)} %`;

for (const [agents, days] of [
  [4, 8],
  [5, 8],
  [6, 6],
  [7, 4],
  [8, 4],
] as const) {
  t.test(`Erlang C: 3 erlangs on ${agents} agents`, async (t) => {
    const { all, sheets, traffic } = await play(agents, days, 'none');
    const theory = erlangC(traffic, agents, targetS);
    t.ok(
      Math.abs(all.serviceLevel - theory.serviceLevel) < 0.01,
      `service level ${percent(all.serviceLevel)}, formula ${percent(theory.serviceLevel)}`,
    );
    // Busy periods make neighbours wait alike: W. Whitt, "Planning Queueing Simulations" (1989).
    const within = margin(all, 2 / (1 - theory.occupancy) ** 2);
    t.ok(
      Math.abs(all.asaS - theory.asa) < within,
      `ASA ${all.asaS.toFixed(2)} s, formula ${theory.asa.toFixed(2)} ± ${within.toFixed(2)} s`,
    );
    const busy = sheets.reduce((sum, sheet) => sum + occupancyOf(sheet), 0) / agents;
    t.ok(Math.abs(busy - theory.occupancy) < 0.01, `occupancy ${percent(busy)}, formula ${percent(theory.occupancy)}`);
    t.ok(all.answered >= all.queued - 20, 'everybody waits until he is answered, but for those whom midnight surprises');
  });
}

for (const [agents, patience] of [
  [2, 60],
  [3, 120],
  [4, 240],
] as const) {
  t.test(`Erlang A: 3 erlangs on ${agents} agents, patience ${patience} s`, async (t) => {
    const { all, traffic } = await play(agents, 5, patience);
    const theory = erlangA(traffic, agents, targetS, patience);
    t.ok(
      Math.abs(all.serviceLevel - theory.serviceLevel) < 0.015,
      `service level ${percent(all.serviceLevel)}, formula ${percent(theory.serviceLevel)}`,
    );
    t.ok(
      Math.abs(all.abandonment - theory.abandonment) < 0.01,
      `abandonment ${percent(all.abandonment)}, formula ${percent(theory.abandonment)}`,
    );
    t.ok(Math.abs(all.asaS / theory.asa - 1) < 0.08, `ASA ${all.asaS.toFixed(2)} s, formula ${theory.asa.toFixed(2)} s`);
    t.equal(all.queued, all.answered + all.abandoned, 'everybody is answered or gives up');
  });
}
