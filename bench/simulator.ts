/**
 * How fast a day of calls is played, on both stores, and how far the result is from Erlang's formulas: ten tenants and 100 agents with
 * wrap-up and phones that ring; then one plain queue at eight staffing levels.
 */
import { id, type PoolId, type QueueId } from '../src/core/ids.js';
import { startRedis } from '../src/lab/redis.js';
import { erlangA, erlangC, type Forecast } from '../src/simulator/erlang.js';
import { simulate } from '../src/simulator/simulate.js';
import { memoryStore, redisStore } from '../src/simulator/stores.js';
import { queue } from '../test/support/tenants.js';
import { plainAgent, plainDay, plainTenant, siteOf } from '../test/unit/simulator/desk.js';
import type { Benchmark } from './benchmark.js';

/** 100 agents at about 80 per cent, for so many hours from midnight. */
function busyDay(days: number, hours: number) {
  const tenants = Array.from({ length: 10 }, (_, index) =>
    plainTenant(`tenant-${index}`, {
      queue: queue({ id: id<QueueId>(`queue-${index}`), pool: id<PoolId>('reception'), maxWaitMs: 600_000 }),
    }),
  );
  const agents = Array.from({ length: 100 }, (_, index) => plainAgent(index));
  const curve = Array.from({ length: 24 }, (_, hour) => (hour < hours ? 1 : 0));
  const calls = {
    calls: (40_000 * hours) / 24,
    curve,
    days,
    handlingSeconds: 150,
    patienceSeconds: 180,
    answerSeconds: 4,
    whisperSeconds: 1.5,
    noAnswerPercent: 1,
  };
  return plainDay(siteOf(tenants, agents), calls);
}

interface Speed {
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly cpuMs: number;
}

async function speed(play: (day: ReturnType<typeof busyDay>) => Promise<unknown>, days: number, hours: number): Promise<Speed> {
  const day = busyDay(days, hours);
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  await play(day);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const calls = day.callers.length;
  return { calls, callsPerSecond: Math.round(calls / seconds), cpuMs: (user + system) / 1000 / calls };
}

interface Comparison {
  readonly row: readonly (string | number)[];
  /** How far the simulated service level is from the formula, in points of a hundred. */
  readonly points: number;
}

/** Three erlangs; the formula is asked about the traffic that was drawn. */
async function against(agents: number, patienceSeconds: number | 'none', days: number): Promise<Comparison> {
  const site = siteOf(
    [plainTenant('one')],
    Array.from({ length: agents }, (_, index) => plainAgent(index)),
  );
  const day = plainDay(site, { calls: 1_440, days, handlingSeconds: 180, patienceSeconds }, `bench ${agents}`);
  const { tally } = await simulate(day, memoryStore());
  const talkS = day.callers.reduce((sum, { talkMs }) => sum + talkMs / 1000, 0);
  const traffic = { rate: day.callers.length / days / 86_400, handling: talkS / day.callers.length };
  const theory: Forecast = patienceSeconds === 'none' ? erlangC(traffic, agents, 20) : erlangA(traffic, agents, 20, patienceSeconds);
  const { serviceLevel, asaS, abandonment } = tally.all;
  const points = (serviceLevel - theory.serviceLevel) * 100;
  const pair = (found: number, expected: number) => `${(found * 100).toFixed(2)} / ${(expected * 100).toFixed(2)} %`;
  const row = [
    `${agents} agents, ${patienceSeconds === 'none' ? 'Erlang C' : `Erlang A, ${patienceSeconds} s`}`,
    day.callers.length,
    pair(serviceLevel, theory.serviceLevel),
    points.toFixed(2),
    `${asaS.toFixed(1)} / ${theory.asa.toFixed(1)} s`,
    pair(abandonment, theory.abandonment),
  ];
  return { row, points: Math.abs(points) };
}

/**
 * Agents, patience, days of 1,440 calls. Neighbours wait alike while a desk is busy, the more the busier it is: a sample must be large
 * before its luck is small against one point (4 agents: 430,000 calls for a third of a point; W. Whitt, "Planning Queueing Simulations").
 */
const desks = [
  [4, 'none', 300],
  [5, 'none', 150],
  [6, 'none', 80],
  [7, 'none', 60],
  [8, 'none', 60],
  [2, 60, 40],
  [3, 120, 40],
  [4, 240, 40],
] as const;

export const simulator: Benchmark = {
  name: 'simulator',
  says: 'Calls a second that the simulator plays, on both stores, and its distance from Erlang C and Erlang A',
  measures: ['src/core', 'src/memory', 'src/redis', 'src/simulator'],
  async run({ quick }) {
    const memory = await speed((day) => simulate(day, memoryStore()), quick ? 1 : 25, 24);
    const redis = await startRedis({ socket: true });
    const onRedis = await speed((day) => simulate(day, redisStore(redis.url)), quick ? 1 : 5, quick ? 6 : 24).finally(() => redis.stop());
    const compared: Comparison[] = [];
    for (const [agents, patience, days] of desks) compared.push(await against(agents, patience, quick ? days / 5 : days));
    const worst = Math.max(...compared.slice(0, 5).map(({ points }) => points));
    const told = (name: string, { calls, callsPerSecond, cpuMs }: Speed) =>
      `${name}: ${calls} calls, ${callsPerSecond} a second, ${cpuMs.toFixed(3)} ms of Node’s CPU a call; a million in ${(1e6 / callsPerSecond / 60).toFixed(1)} min.`;
    return {
      keys: {
        calls_s_memory: memory.callsPerSecond,
        calls_s_redis: onRedis.callsPerSecond,
        erlang_c_worst_points: Number(worst.toFixed(2)),
      },
      columns: ['3 erlangs on', 'calls', 'service level in 20 s / formula', 'points', 'ASA / formula', 'gave up / formula'],
      rows: compared.map(({ row }) => row),
      notes: [
        told('The twin in memory', memory),
        told('The Lua scripts on a Redis of its own, commands pipelined', onRedis),
        'Speed: 10 tenants, 100 agents at four fifths of their time, each call with greeting, queue, ringing, whisper, talk and wrap-up.',
      ],
    };
  },
};
