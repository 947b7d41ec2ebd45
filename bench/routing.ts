/**
 * What a routing decision costs at the client while 10, 1,000 or 10,000 calls wait: one command in flight, over TCP, with the
 * scripts of production on a redis-server of its own. 10,000 agents, 200 skills, 100 queues with three rings in 5 pools.
 */
import { createClient } from 'redis';
import { type AgentId, type CallId, id, type PoolId, type QueueId, type TenantId } from '../src/core/ids.js';
import { meets } from '../src/core/queue/lane.js';
import type { Ring, Skills } from '../src/core/queue/waiting-call.js';
import { startRedis } from '../src/lab/redis.js';
import type { Assignment, EnqueueRequest, ReadyAgent } from '../src/ports/routing-store.js';
import { RedisLink } from '../src/redis/link.js';
import { RedisRoutingStore } from '../src/redis/store.js';
import type { Benchmark, Outcome } from './benchmark.js';
import { MachineWatch } from './machine.js';

const pools = 5;
const agents = 10_000;
const skills = 200;
const queues = 100;
const backlogs = [10, 1_000, 10_000] as const;

/** The same numbers in every run (Lehmer, modulus 2^31 − 1). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

const poolOf = (index: number) => id<PoolId>(`pool-${index % pools}`);
/** Each pool has skills of its own: 40 of the 200. */
const skillOf = (pool: number, index: number) => `skill-${(pool % pools) + pools * (index % (skills / pools))}`;

/** Eight of his pool's skills. */
function agentAt(index: number, random: (below: number) => number): ReadyAgent {
  const own: Skills = Object.fromEntries(Array.from({ length: 8 }, () => [skillOf(index, random(skills / pools)), 1 + random(100)]));
  return { agent: id<AgentId>(`agent-${index}`), pools: [poolOf(index)], skills: own, order: index };
}

/** Two skills; one of them at a lower level after 20 s; none after 60 s. */
function ringsOf(queue: number): readonly [Ring, ...Ring[]] {
  const pool = [poolOf(queue)];
  const at = Math.floor(queue / pools);
  const [first, second] = [skillOf(queue, at), skillOf(queue, at + 20)];
  return [
    { afterMs: 0, pools: pool, requires: { [first]: 50, [second]: 10 } },
    { afterMs: 20_000, pools: pool, requires: { [first]: 20 } },
    { afterMs: 60_000, pools: pool, requires: {} },
  ];
}

interface Desk {
  readonly store: RedisRoutingStore;
  readonly offered: Assignment[];
  now: number;
  calls: number;
}

const start = 1_700_000_000_000;

function request(desk: Desk, queue: number, change: Partial<EnqueueRequest> = {}): EnqueueRequest {
  const enqueuedAt = change.enqueuedAt ?? desk.now;
  return {
    call: id<CallId>(`call-${++desk.calls}`),
    tenant: id<TenantId>(`tenant-${queue}`),
    queue: id<QueueId>(`queue-${queue}`),
    class: 2,
    enqueuedAt,
    deadline: enqueuedAt + 20_000,
    rings: ringsOf(queue),
    rankBy: Object.keys(ringsOf(queue)[0].requires),
    strategy: 'longestIdle',
    share: { pool: poolOf(queue), guaranteePercent: 2, capPercent: 50 },
    sticky: undefined,
    offerMs: 600_000,
    ...change,
  };
}

/** ms of each run of `command`, one in flight. */
async function timed(
  times: number,
  command: (index: number) => Promise<unknown>,
  after: (index: number) => Promise<unknown>,
): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < times; index++) {
    const before = performance.now();
    await command(index);
    taken.push(performance.now() - before);
    await after(index);
  }
  return taken;
}

function quantile(taken: readonly number[], part: number): number {
  const sorted = [...taken].sort((a, b) => a - b);
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(3));
}

interface Measured {
  readonly enqueue: number[];
  readonly ready: number[];
  readonly relax: number[];
}

/** The backlog waits for agents who are not there; each decision is made and taken back, so that it stays as it is. */
async function measure(desk: Desk, crew: readonly ReadyAgent[], rounds: number): Promise<Measured> {
  const last = () => desk.offered.at(-1);
  // An agent of the crew signs in, gets the best of the calls that wait, and leaves; the call goes back to its place.
  const member = (index: number) => crew[index % crew.length] as ReadyAgent;
  const ready = await timed(
    rounds,
    (index) => desk.store.agentReady(member(index)),
    async (index) => {
      const made = last();
      await desk.store.agentGone(member(index).agent);
      if (made !== undefined && desk.offered.length > 0) await desk.store.reject(made.call, made.offer, undefined);
      desk.offered.length = 0;
    },
  );
  // A call comes; it waits with the others.
  let entered = request(desk, 0);
  const enqueue = await timed(
    rounds,
    (index) => {
      entered = request(desk, index % queues);
      return desk.store.enqueue(entered);
    },
    () => desk.store.abandon(entered.call),
  );
  // A call enters its next ring: it was put 19,999 ms back in time, and 1 ms passes.
  const relax = await timed(
    rounds,
    async () => {
      desk.now += 1;
      await desk.store.tick();
    },
    async (index) => {
      await desk.store.abandon(entered.call);
      entered = request(desk, index % queues, { enqueuedAt: desk.now - 19_999 });
      await desk.store.enqueue(entered);
    },
  );
  await desk.store.abandon(entered.call);
  return { enqueue, ready, relax: relax.slice(1) };
}

/** The other side: idle agents wait for calls, and each new call takes the best of them. */
async function offers(desk: Desk, rounds: number): Promise<number[]> {
  let entered = request(desk, 0);
  return timed(
    rounds,
    (index) => {
      entered = request(desk, index % queues);
      return desk.store.enqueue(entered);
    },
    () => desk.store.abandon(entered.call),
  );
}

export const routing: Benchmark = {
  name: 'routing',
  says: 'A routing decision while 10, 1,000 or 10,000 calls wait: 10,000 agents, 200 skills, 100 queues, 5 pools',
  measures: ['src/core', 'src/redis'],
  async run({ quick }) {
    const redis = await startRedis();
    const inspector = createClient({ url: redis.url });
    await inspector.connect();
    const desk: Desk = {
      store: new RedisRoutingStore({ link: new RedisLink({ url: redis.url }), keyPrefix: 'bench', now: () => desk.now }),
      offered: [],
      now: start,
      calls: 0,
    };
    try {
      await desk.store.start({ assigned: (made) => desk.offered.push(made), ready: () => undefined, down: () => undefined });
      return await compare(desk, inspector, quick);
    } finally {
      inspector.destroy();
      await desk.store.close();
      await redis.stop();
    }
  },
};

interface Inspector {
  info(section: string): Promise<string>;
  ping(): Promise<string>;
}

async function compare(desk: Desk, inspector: Inspector, quick: boolean): Promise<Outcome> {
  const random = numbers(7);
  const all = Array.from({ length: agents }, (_, index) => agentAt(index, random));
  // Ten of each pool come and go; the others are signed in and talk, as in a desk that has a backlog.
  const crew = all.slice(0, 10 * pools);
  // As the daemon does when it starts.
  await desk.store.prepare(Array.from({ length: queues }, (_, queue) => ({ strategy: 'longestIdle' as const, rings: ringsOf(queue) })));
  for (const agent of all.slice(crew.length)) await desk.store.agentReady(agent);
  const watch = await MachineWatch.start();
  const first = await offers(desk, queues);
  const idle = await offers(desk, quick ? 500 : 3_000);
  for (const [index, { agent, pools: own }] of all.slice(crew.length).entries()) {
    const offer = { agent, token: `busy-${index}` } as Assignment['offer'];
    await desk.store.restore(id<CallId>(`talk-${index}`), offer, id<TenantId>(`talker-${index % 50}`), own[0] ?? poolOf(0));
  }
  desk.offered.length = 0;

  const rows: (string | number)[][] = [['call, 9,950 agents idle', 0, ...spread(idle)]];
  const merged = new Map<number, Measured>();
  const memory = async () => Number(/used_memory:(\d+)/.exec(await inspector.info('memory'))?.[1]);
  const cpu = async () =>
    (/used_cpu_(?:user|sys):([\d.]+)[\s\S]*used_cpu_(?:user|sys):([\d.]+)/.exec(await inspector.info('cpu')) ?? []).slice(1, 3).map(Number);
  const pings: number[] = [];
  let cpuMs = 0;
  let decisions = 0;
  let decisionMs = 0;
  let bytes = 0;
  // Interleaved, so that a slow second of the machine falls on all of them.
  for (let round = 0; round < (quick ? 2 : 5); round++) {
    for (const waiting of backlogs) {
      const empty = await memory();
      const calls = Array.from({ length: waiting }, (_, index) =>
        request(desk, index % queues, { enqueuedAt: desk.now - (index % 15_000) }),
      );
      for (const call of calls) await desk.store.enqueue(call);
      if (waiting === 10_000) bytes = Math.round(((await memory()) - empty) / waiting);
      pings.push(
        ...(await timed(
          quick ? 400 : 1_500,
          () => inspector.ping(),
          () => Promise.resolve(),
        )),
      );
      const before = await cpu();
      const measured = await measure(desk, crew, quick ? 400 : 1_500);
      const after = await cpu();
      cpuMs += after.reduce((sum, value, index) => sum + (value - (before[index] ?? 0)) * 1000, 0);
      const known = merged.get(waiting) ?? { enqueue: [], ready: [], relax: [] };
      for (const verb of ['enqueue', 'ready', 'relax'] as const) known[verb].push(...measured[verb]);
      merged.set(waiting, known);
      // Each of the three is followed by what takes it back: about 2.3 commands a decision.
      decisions += measured.enqueue.length + measured.ready.length + measured.relax.length;
      decisionMs += [...measured.enqueue, ...measured.ready].reduce((sum, value) => sum + value, 0);
      for (const { call } of calls) await desk.store.abandon(call);
    }
  }
  const { noise } = await watch.stop();
  rows.push(['PING', 'any', ...spread(pings)]);
  const p99 = new Map<number, number>();
  for (const [waiting, verbs] of merged) {
    for (const [verb, taken] of Object.entries(verbs)) rows.push([verb, waiting, ...spread(taken)]);
    p99.set(waiting, quantile([...verbs.enqueue, ...verbs.ready, ...verbs.relax], 0.99));
    rows.push(['all decisions', waiting, ...spread([...verbs.enqueue, ...verbs.ready, ...verbs.relax])]);
  }
  const [few = 0, many = 0] = [p99.get(10), p99.get(10_000)];
  const timedOnes = [...merged.values()].reduce((sum, { enqueue, ready }) => sum + enqueue.length + ready.length, 0);
  return {
    keys: { decision_p99_ms_10: few, decision_p99_ms_10000: many, decisions_s: Math.round((timedOnes / decisionMs) * 1000) },
    columns: ['decision', 'waiting', 'p50 ms', 'p99 ms'],
    rows,
    verdicts: [`p99 of all decisions with 10,000 waiting is ${(many / few).toFixed(2)} × that with 10.`],
    noise,
    notes: [
      `${queues * 3} lanes; an agent matches a queue of his pool with probability ${share(all, 0)} in its first ring, ${share(all, 1)} in its second, 1 in its third.`,
      `Redis: ${(cpuMs / decisions).toFixed(2)} ms of CPU a decision with what takes it back; ${bytes} bytes a waiting call.`,
      'PING is the floor: what this machine and the client take for an empty command, between the others.',
      'One command in flight, over TCP, from the process that measures; every tenant has a guarantee and a cap.',
      `The first call of a queue, for which agents were matched ahead: p50 ${quantile(first, 0.5)}, max ${quantile(first, 1)} ms.`,
      '`relax` is a whole tick (two commands), in which one call enters its next ring.',
    ],
  };
}

const spread = (taken: readonly number[]) => [quantile(taken, 0.5), quantile(taken, 0.99)];

function share(all: readonly ReadyAgent[], ring: number): string {
  let pairs = 0;
  let matching = 0;
  for (const { skills: own, pools: mine } of all.slice(0, 1_000)) {
    for (let queue = 0; queue < queues; queue++) {
      if (mine[0] !== poolOf(queue)) continue;
      pairs++;
      if (meets(own, ringsOf(queue)[ring]?.requires ?? {})) matching++;
    }
  }
  return (matching / pairs).toFixed(3);
}
