/**
 * Calls, callbacks, agents and what they ask for, supervisors, crashes and outages in any order: nobody is asked twice at once, and when everyone has gone nothing is left.
 * FUZZ_RUNS=2000 for a long run; FUZZ_SEED to repeat one. CI has one seed, so that a change is judged by itself and not by luck:
 * run it by hand, or nightly, for others.
 */
import fc from 'fast-check';
import t from 'tap';
import type { SupervisionMode } from '../../../src/core/call/supervised.js';
import { type Desk, plainDesk } from '../../../src/core/feature/desk.js';
import {
  type AgentId,
  type CallId,
  type DeviceId,
  id,
  type LegId,
  type NodeId,
  type QueueId,
  type SupervisorId,
  type TenantId,
} from '../../../src/core/ids.js';
import type { Wish } from '../../../src/core/queue/duty.js';
import type { Site } from '../../../src/core/site.js';
import type { Tenant } from '../../../src/core/tenant.js';
import type { OriginateRequest } from '../../../src/ports/pbx.js';
import { StoreUnavailable } from '../../../src/ports/routing-store.js';
import { settle } from '../../support/fake-clock.js';
import type { FakeLeg } from '../../support/fake-switch.js';
import { callbackRules, prompt, queue, tenant } from '../../support/tenants.js';
import { desk, deviceOf, siteOf, World } from './world.js';

const agents = ['ann', 'bob', 'eve'].map((name) => id<AgentId>(name));
const lines = ['+33123456701', '+33123456702', '+33123456703', '+33123456704', '+33123456709'];
const { schedule } = desk();
/** One straight to the queue, one through greeting and menu, one that rings all, one that calls back, on one pool; nobody has the fifth number. */
const back = id<TenantId>('back');
const callback = callbackRules({ capPercent: 100, tries: 2, retryMs: 20_000, maxAgeMs: 200_000 });
const tenantsWith = (callbacks: Partial<Tenant['queue']>): readonly Tenant[] => [
  desk({ queue: queue({ maxWaitMs: 60_000, noAgent: { do: 'voicemail' } }) }),
  tenant({ id: id<TenantId>('durand'), schedule, numbers: [lines[1] ?? ''] }),
  desk({ id: id<TenantId>('leroy'), numbers: [lines[2] ?? ''], queue: queue({ id: id<QueueId>('leroy'), strategy: 'ringAll' }) }),
  desk({
    id: back,
    numbers: [lines[3] ?? ''],
    queue: queue({ id: id<QueueId>('back'), ...callbacks }),
    flow: { ...desk().flow, open: { do: 'callback' } },
  }),
];

const claire = id<SupervisorId>('claire');
const herPhone = { id: id<DeviceId>('phone-claire'), node: id<NodeId>('n1'), kind: 'phone', user: '1900' } as const;
const codes: Desk['codes'] = new Map([
  ['*11', 'signIn'],
  ['*12', 'signOut'],
  ['*13', 'pause'],
  ['*14', 'ready'],
  ['*15', 'extendWrapUp'],
  ['*71', 'listen'],
  ['*73', 'barge'],
]);
const texts = new Proxy({}, { get: (_, name) => prompt(String(name)) }) as NonNullable<Desk['texts']>;
const wishes: readonly Wish[] = [
  { do: 'signIn' },
  { do: 'signOut' },
  { do: 'pause', reason: undefined },
  { do: 'ready' },
  { do: 'extendWrapUp', ms: 20_000, mostMs: 60_000 },
];
const modes: readonly SupervisionMode[] = ['listen', 'whisper', 'barge'];

/** A reload may take an agent away, or callbacks. */
function siteWith(present: readonly AgentId[], callbacks: Partial<Tenant['queue']> = { callback }): Site {
  const supervisor = { id: claire, name: 'Claire', device: herPhone, pools: undefined, tenants: undefined };
  return { ...siteOf(tenantsWith(callbacks), present), desk: { ...plainDesk, codes, texts }, supervisors: new Map([[claire, supervisor]]) };
}

const kinds = [
  ['call', 8],
  ['pass', 8],
  ['pick up', 10],
  ['busy', 2],
  ['hang up', 5],
  ['vanish', 1],
  ['key', 6],
  ['message', 1],
  ['refer', 1],
  ['phone', 2],
  ['crash', 2],
  ['cut the PBX', 1],
  ['PBX back', 2],
  ['cut the store', 1],
  ['lose replies', 1],
  ['store back', 2],
  ['store back empty', 1],
  ['refuse', 2],
  ['reload', 1],
  ['asks to be called back', 3],
  ['goes on', 8],
  ['wish', 2],
  ['code', 2],
  ['supervise', 3],
  ['leave', 1],
  ['withdraw', 1],
] as const;
type Kind = (typeof kinds)[number][0];
const happening = fc.record({
  kind: fc.oneof(...kinds.map(([kind, weight]) => ({ weight, arbitrary: fc.constant<Kind>(kind) }))),
  pick: fc.nat(50),
  ms: fc.oneof(fc.nat(2_000), fc.nat(20_000)),
  /** Whether the next thing happens before this one has had its effect. */
  hasty: fc.boolean(),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** A leg that a call has besides its agent's: of a supervisor, or of the caller who is called back. */
const besides = ({ to, tenant: of }: OriginateRequest) =>
  (to.kind === 'phone' && to.id === herPhone.id) || (to.kind === 'number' && of === 'back');

/** A store that is away refuses. */
async function mayBeAway(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof StoreUnavailable)) throw error;
  });
}

class Fuzz {
  readonly callers = new Set<LegId>();
  readonly reached = new Set<string>();
  /** Callers of whom a daemon has known for long enough to save them. */
  readonly served = new Set<LegId>();
  /** Whether a daemon died, and whether the store was away, in this run: together they may cost a record. */
  crashed = false;
  cut = false;

  constructor(readonly world: World) {
    world.switch.registered.add(herPhone.id);
    world.pins = async () => 'right';
    world.switch.watch = () => this.watch();
  }

  /** What holds at every moment on the PBX. */
  watch(): void {
    // A hang-up that the PBX refused is repeated; until then the leg is one too many.
    const legs = [...this.world.switch.legs.values()].filter(({ doomed }) => !doomed);
    for (const agent of agents) {
      const own = this.world.switch.rung(deviceOf(agent)).filter(({ doomed }) => !doomed);
      const bridged = own.filter((leg) => leg.bridgedTo !== undefined).length;
      if (bridged > 1) throw new Error(`${agent} is in two talks`);
      if (own.length > 1 && !(this.crashed || this.cut)) throw new Error(`${agent} is rung twice: ${own.map(({ leg }) => leg)}`);
    }
    for (const caller of this.callers) {
      const asked = legs.filter(({ leg, request }) => request !== undefined && leg.startsWith(`${caller}-`) && !besides(request));
      const ringsAll = asked.every(({ request }) => request?.tenant === 'leroy');
      const two = ringsAll ? asked.filter(({ bridgedTo }) => bridgedTo !== undefined) : asked;
      if (two.length > 1) throw new Error(`${caller} has two: ${asked.map(({ leg }) => leg)}`);
    }
  }

  async happen({ kind, pick, ms, hasty }: Happening): Promise<void> {
    await this.#happen(kind, pick, ms);
    if (hasty) return;
    await settle();
    for (const call of this.world.engine.calls()) {
      this.reached.add(call.state.at);
      // Who is called back is on another leg by now; his call has the name of the first.
      this.served.add(id<LegId>(call.id));
      if (call.supervision?.phase === 'attending') this.reached.add('attending');
    }
  }

  async #happen(kind: Kind, pick: number, ms: number): Promise<void> {
    const { world } = this;
    const legs = [...world.switch.legs.values()];
    const one = (fits: (leg: FakeLeg) => boolean): FakeLeg | undefined => {
      const fitting = legs.filter(fits);
      return fitting[pick % Math.max(1, fitting.length)];
    };
    const on = (leg: FakeLeg | undefined, act: (leg: LegId) => void): void => {
      if (leg !== undefined) act(leg.leg);
    };
    const outbound = ({ request }: FakeLeg) => request !== undefined;
    switch (kind) {
      case 'call':
        this.callers.add(world.switch.call(lines[pick % 10 === 9 ? 4 : pick % 4] ?? ''));
        return;
      case 'pass':
        return world.pass(ms);
      case 'pick up':
        return on(
          one((leg) => outbound(leg) && !leg.answered),
          (leg) => world.switch.pickUp(leg),
        );
      case 'busy':
        return on(
          one((leg) => outbound(leg) && !leg.answered),
          (leg) => world.switch.hangUp(leg, 'USER_BUSY'),
        );
      case 'hang up':
        return on(
          one(() => true),
          (leg) => world.switch.hangUp(leg),
        );
      case 'vanish':
        return on(
          one(() => true),
          (leg) => world.switch.vanish(leg),
        );
      case 'key':
        return on(
          one((leg) => !outbound(leg) && leg.hands === 'ours'),
          (leg) => world.switch.press(leg, ['1', '2', '3', '3', '9'][pick % 5] ?? '1'),
        );
      case 'message':
        return on(
          one((leg) => leg.message !== undefined),
          (leg) => world.switch.endMessage(leg, pick * 100),
        );
      case 'refer':
        return on(
          one((leg) => !outbound(leg) && leg.bridgedTo !== undefined),
          (leg) => world.switch.refer(leg, pick % 2 === 0 ? '+33612121212' : 'reception'),
        );
      case 'phone':
        return world.switch.register(deviceOf(agents[pick % 3] ?? agents[0]!), pick % 2 === 0);
      case 'refuse':
        return world.switch.refuse(['bridge', 'adopt', 'play', 'originate', 'hangup', 'take', 'answer', 'takeMessage'][pick % 8] ?? 'play');
      case 'reload':
        world.site = siteWith(pick % 2 === 0 ? agents : agents.slice(1), pick % 3 === 0 ? {} : { callback });
        return world.engine.reconfigured();
      case 'asks to be called back': {
        const caller = world.switch.call(lines[3] ?? '');
        this.callers.add(caller);
        await world.pass(200);
        if (world.switch.legs.has(caller)) world.switch.press(caller, '1');
        return world.pass(3_000);
      }
      case 'goes on': {
        // What by chance alone seldom comes about: whoever is rung answers, and confirms.
        on(
          one((leg) => outbound(leg) && !leg.answered),
          (leg) => world.switch.pickUp(leg),
        );
        await world.pass(2_000);
        for (const { leg, request, answered } of [...world.switch.legs.values()])
          if (request?.to.kind === 'number' && answered && world.switch.legs.has(leg)) world.switch.press(leg, '1');
        return;
      }
      case 'wish': {
        const agent = [...world.site.agents.values()][pick % world.site.agents.size];
        const wish = wishes[ms % wishes.length];
        if (agent !== undefined && wish !== undefined) await mayBeAway(world.engine.wish(agent, wish));
        return;
      }
      case 'code': {
        const code = [...codes.keys()][ms % codes.size] ?? '*11';
        const leg = world.switch.dialCode(pick % 4 === 3 ? herPhone.user : (agents[pick % 3] ?? ''), code);
        await settle();
        if (world.switch.legs.get(leg)?.collecting !== undefined) world.switch.press(leg, pick % 2 === 0 ? '1#' : `${agents[0]}#`);
        return;
      }
      case 'supervise':
      case 'leave': {
        const calls = world.engine.calls();
        const call = calls[pick % Math.max(1, calls.length)]?.id ?? id<CallId>('none');
        if (kind === 'leave') world.engine.supervision.leave(call);
        else world.engine.supervision.attend({ call, supervisor: claire, mode: modes[ms % modes.length] ?? 'listen', via: 'api' });
        return;
      }
      case 'withdraw': {
        const number = '+33612345678';
        // By an operator here, or by a call at another daemon.
        if (pick % 2 === 0) await mayBeAway(world.engine.callbacks.withdraw(back, number, 'cancelled'));
        else await world.stored.callbacks.withdraw(back, number, 'calledAgain');
        return;
      }
      default:
        return this.#fail(kind, ms);
    }
  }

  async #fail(kind: Kind, ms: number): Promise<void> {
    const { world } = this;
    const { pbx, link } = world.daemon;
    switch (kind) {
      case 'crash': {
        this.crashed = true;
        const { state } = link;
        world.kill();
        // No process is there sooner. (At one and the same instant ids would be given twice: `countAnew`.)
        await world.pass(Math.max(ms, 100));
        await world.boot();
        // A store that is away stays away for the daemon that comes next.
        if (state !== 'up') world.daemon.link.down(state === 'losing replies' ? state : 'down');
        return;
      }
      case 'cut the PBX':
        this.cut = true;
        if (pbx.up) pbx.disconnect();
        return;
      case 'PBX back':
        if (!pbx.up) pbx.connect();
        return;
      case 'cut the store':
      case 'lose replies':
        this.cut = true;
        if (link.state === 'up') link.down(kind === 'lose replies' ? 'losing replies' : 'down');
        return;
      case 'store back':
        if (link.state !== 'up') link.up();
        return;
      case 'store back empty':
        this.cut = true;
        if (link.state === 'up') link.down();
        world.stored.empty();
        link.up(true);
        return;
      default:
        throw new Error(`unknown: ${kind}`);
    }
  }

  /** All faults end, everyone hangs up, and time passes. */
  async end(): Promise<void> {
    const { world } = this;
    world.switch.mend();
    const { pbx, link } = world.daemon;
    if (link.state !== 'up') link.up();
    if (!pbx.up) pbx.connect();
    // Without rules a promise is kept for a day.
    world.site = siteWith([...world.site.agents.keys()]);
    await world.engine.reconfigured();
    await world.pass(10_000);
    for (const agent of world.site.agents.values())
      for (const wish of [wishes[0], wishes[3]]) if (wish) await world.engine.wish(agent, wish);
    for (const { leg, request } of [...world.switch.legs.values()])
      if (world.switch.legs.has(leg) && (this.callers.has(leg) || request?.to.kind === 'number')) world.switch.hangUp(leg);
    await world.pass(300_000);
    const left = world.leftovers();
    if (left.length > 0) throw new Error(left.join('; ').slice(0, 1_500));
    if (world.switch.legs.size > 0) throw new Error(`on the PBX: ${[...world.switch.legs.keys()]}`);
    for (const agent of world.site.agents.keys()) {
      const wanted = world.switch.registered.has(deviceOf(agent)) ? 'idle' : 'signed out';
      if (world.status(agent) !== wanted) throw new Error(`${agent} is ${world.status(agent)} and not ${wanted}`);
    }
    for (const leg of this.served) {
      if (world.record(leg) === undefined && !(this.crashed && this.cut)) throw new Error(`no record of ${leg}`);
    }
    const calls = world.stored.history.records.map(({ call }) => call);
    if (calls.some((call) => !world.switch.taken.has(id<LegId>(call)))) throw new Error('a record of a call that was never taken');
  }
}

// It counts events, not seconds: a busy machine is no fault.
t.setTimeout(180_000);

t.test('whatever happens', { timeout: 170_000 }, async (t) => {
  const reached = new Map<string, number>();
  const seed = process.env['FUZZ_SEED'] ?? (process.env['CI'] === undefined ? undefined : '20261122');
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 10, maxLength: 60, size: 'max' }), async (happenings) => {
      const world = new World(siteWith(agents));
      await world.boot();
      const fuzz = new Fuzz(world);
      for (const next of happenings) await fuzz.happen(next);
      await fuzz.end();
      for (const state of fuzz.reached) reached.set(state, (reached.get(state) ?? 0) + 1);
    }),
    {
      numRuns: Number(process.env['FUZZ_RUNS'] ?? 150),
      ...(seed === undefined ? {} : { seed: Number(seed) }),
      interruptAfterTimeLimit: 600_000,
    },
  );
  const states = ['greeting', 'menu', 'waiting', 'offered', 'connected', 'transferring', 'voicemail'];
  for (const state of [...states, 'arranging', 'callback', 'callingBack', 'attending']) {
    t.ok(reached.has(state), `${state} was reached in ${reached.get(state)} runs`);
  }
});
