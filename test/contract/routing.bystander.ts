/** Sees every verb and every offer at the desk of routing.model.ts, and knows from that alone what must hold. */
import type { Offer } from '../../src/core/call/call.js';
import { type AgentId, id, type OfferToken } from '../../src/core/ids.js';
import type { Duty, Wish } from '../../src/core/queue/duty.js';
import { meets, ringAfter, scoreOf } from '../../src/core/queue/lane.js';
import type { Assignment, EnqueueRequest, ReadyAgent, RoutingStats } from '../../src/ports/routing-store.js';
import { agentCount, type Event, plans, profiles } from './routing.events.js';
import { generations, statsView, type TwinDaemon, type Twins } from './routing.twins.js';
import { agentId, callId, missed, pool, tenantId } from './routing-store.world.js';

interface Known {
  /** Undefined: known because its agent talks. */
  readonly request: EnqueueRequest | undefined;
  by: number;
  state: 'waiting' | 'offered' | 'connected';
  offers: readonly Offer[];
  /** When it was offered to whoever has it, or is asked. */
  offeredAt: number;
}

const offerMs = 9_000;
const statsEvery = 16;

export class Bystander {
  readonly #daemons: TwinDaemon[] = [];
  readonly #alive = [true, true];
  readonly #lives = [0, 0];
  readonly #seen = new Map<string, number>();
  readonly #calls = new Map<string, Known>();
  /** What each may be to the store: one of whom only a talk was known is what he was before once he is back. */
  readonly #agents = new Map<string, readonly ReadyAgent[]>();
  /** What was last told of each who can be rung. */
  readonly #told = new Map<string, ReadyAgent>();
  /** How many calls each may have at once; who is missing is known from a talk only. */
  readonly #most = new Map<string, number>();
  readonly #history: { readonly call: string; readonly offer: Offer }[] = [];
  readonly #deadlines = new Set<number>();
  #restored = 0;
  #events = 0;
  #tickedAt = 0;

  constructor(private readonly twins: Twins) {}

  async open(): Promise<void> {
    for (const by of [0, 1]) this.#daemons[by] = await this.twins.open(`d${by}-0`);
  }

  async play(event: Event): Promise<void> {
    const before = this.#offered();
    await this.#act(event);
    await this.#check(before);
    if (++this.#events % statsEvery !== 0) return;
    await this.twins.ask('stats', this.#any(), (store) => store.stats(), statsView);
    await this.twins.ask(
      'duties',
      this.#any(),
      (store) => store.duties(),
      (duties) => [...duties].sort(),
    );
  }

  #offered(): ReadonlySet<string> {
    return new Set([...this.#calls].filter(([, { state }]) => state === 'offered').map(([call]) => call));
  }

  /** Whoever may speak: a dead daemon says nothing. */
  #any(by = 0): TwinDaemon {
    return this.#daemons[this.#alive[by] === true || this.#alive[1 - by] !== true ? by : 1 - by]!;
  }

  async #act(event: Event): Promise<void> {
    if (!this.#alive.includes(true) && event.do !== 'return') return;
    switch (event.do) {
      case 'ready':
        return this.#ready(event.by, event.agent, event.profile, event.ownCall);
      case 'gone':
        this.#told.delete(`a${event.agent}`);
        await this.twins.ask('gone', this.#any(event.by), (store) => store.agentGone(agentId(`a${event.agent}`)));
        return;
      case 'prepare':
        await this.twins.ask('prepare', this.#any(event.by), (store) => store.prepare([plans[event.plan]!]));
        return;
      case 'wish':
        return this.#wish(event.by, event.agent, event.wish);
      case 'enqueue':
        return this.#arrives(event);
      case 'abandon': {
        const known = this.#calls.get(`c${event.call}`);
        if (known?.state !== 'connected') this.#calls.delete(`c${event.call}`);
        await this.twins.ask('abandon', this.#any(event.by), (store) => store.abandon(callId(`c${event.call}`)));
        return;
      }
      case 'tick':
        return this.#tick(event.by, event.ms);
      case 'restore': {
        const call = `c${event.call}`;
        if (this.#alive[event.by] === false || (this.#calls.get(call)?.by ?? event.by) !== event.by) return;
        const offer = { agent: agentId(`a${event.agent}`), token: id<OfferToken>(`restored-${++this.#restored}`) };
        return this.#restore(call, event.by, offer);
      }
      case 'late': {
        const chosen = this.#history[this.#history.length - 1 - (event.offer % Math.max(1, this.#history.length))];
        return chosen && this.#answer(event.answer, chosen.call, chosen.offer, event.ms, 0);
      }
      case 'crash':
        if (this.#alive[event.by] === false || this.#lives[event.by]! + 2 >= generations) return;
        this.#alive[event.by] = false;
        await this.twins.die(this.#daemons[event.by]!);
        return event.at === 'once' ? this.#comesBack(event.by, event.belief) : undefined;
      case 'return':
        return this.#alive[event.by] === false ? this.#comesBack(event.by, event.belief) : undefined;
      default: {
        const known = this.#calls.get(`c${event.call}`);
        const offer = known?.offers[event.which % Math.max(1, known.offers.length)];
        if (known === undefined || offer === undefined || this.#alive[known.by] === false) return;
        return this.#answer(event.do, `c${event.call}`, offer, event.ms, event.which);
      }
    }
  }

  async #ready(by: number, number: number, profile: number, ownCall = false): Promise<void> {
    const agent: ReadyAgent = { agent: agentId(`a${number}`), order: number, ownCall, ...profiles[profile]! };
    this.#told.set(agent.agent, agent);
    if ((await this.#any().oracle.duties()).get(agent.agent)?.state !== 'out') this.#most.set(agent.agent, profiles[profile]!.maxCalls);
    await this.twins.ask('ready', this.#any(by), (store) => store.agentReady(agent));
    // One who is busy or wants no calls may be taken for what he was until he is back.
    const sure = (await this.#any().oracle.stats()).agents.get(agent.agent) === 'idle';
    this.#agents.set(agent.agent, sure ? [agent] : [...(this.#agents.get(agent.agent) ?? []), agent]);
  }

  async #wish(by: number, agent: number, wish: Wish): Promise<void> {
    const result = await this.twins.ask('wish', this.#any(by), (store) => store.wish(agentId(`a${agent}`), wish, false));
    const told = this.#told.get(`a${agent}`);
    if (wish.do === 'signIn' && result === 'done' && told !== undefined) this.#most.set(told.agent, told.maxCalls ?? 1);
  }

  async #arrives({ by, call: number, plan, class: callClass }: Extract<Event, { do: 'enqueue' }>): Promise<void> {
    const call = `c${number}`;
    const known = this.#calls.get(call);
    // A call belongs to the daemon that took it; only when that one is dead another may take it over.
    if (this.#alive[by] === false || (known !== undefined && known.by !== by && this.#alive[known.by] === true)) return;
    if (known?.request !== undefined) return this.#enqueue(by, known.request);
    const enqueuedAt = ++this.twins.now;
    let deadline = enqueuedAt + (plan % 2 === 0 ? 20_000 : 5_000);
    while (this.#deadlines.has(deadline)) deadline++;
    this.#deadlines.add(deadline);
    return this.#enqueue(by, { ...plans[plan]!, call: callId(call), class: callClass, enqueuedAt, deadline, offerMs });
  }

  async #enqueue(by: number, request: EnqueueRequest): Promise<void> {
    const known = this.#calls.get(request.call);
    if (known?.state !== 'offered' || known.by !== by || this.#isNew(by, known))
      this.#calls.set(request.call, { request, by, state: 'waiting', offers: [], offeredAt: 0 });
    await this.twins.ask(
      'enqueue',
      this.#daemons[by]!,
      (store) => store.enqueue(request),
      ({ signedIn }) => signedIn > 0,
    );
  }

  /** The daemon that has the call now is not the one that was told of its offers. */
  #isNew(by: number, { offers }: Known): boolean {
    return !this.#daemons[by]!.heard.some(({ offer, also = [] }) => [offer, ...also].some(({ token }) => token === offers[0]?.token));
  }

  async #tick(by: number, ms: number): Promise<void> {
    this.twins.now += ms;
    this.#tickedAt = this.twins.now;
    for (const known of this.#calls.values()) {
      if (known.state === 'offered' && known.offeredAt + offerMs <= this.twins.now) Object.assign(known, { state: 'waiting', offers: [] });
    }
    await this.twins.ask('tick', this.#any(by), (store) => store.tick());
  }

  async #restore(call: string, by: number, offer: Offer): Promise<void> {
    const known = this.#calls.get(call);
    const stats = await this.#any().oracle.stats();
    const before = this.#agents.get(offer.agent) ?? [];
    if (!stats.agents.has(offer.agent)) {
      this.#agents.set(offer.agent, [...before, { agent: offer.agent, pools: [pool], skills: {}, order: 0 }]);
      this.#most.delete(offer.agent);
    }
    // What he cannot have besides: first the offer, then the oldest talk.
    const others = this.#callsOf(offer.agent).filter(([other]) => other !== call);
    const age = ({ state, offeredAt }: Known) => (state === 'offered' ? 0 : offeredAt);
    others.sort(([a, one], [b, two]) => age(one) - age(two) || (a < b ? -1 : 1));
    for (const [other, theirs] of others.slice(0, Math.max(0, others.length + 1 - this.#mostOf(offer.agent)))) {
      if (theirs.state === 'connected') this.#calls.delete(other);
      else this.#turnedDown(other, theirs, offer.agent);
    }
    const his = known?.offers.some(({ agent }) => agent === offer.agent) === true;
    const offeredAt = his ? known.offeredAt : this.twins.now;
    this.#calls.set(call, { request: known?.request, by, state: 'connected', offers: [offer], offeredAt });
    this.#history.push({ call, offer });
    const { tenant = tenantId('plain'), callback } = known?.request ?? {};
    await this.twins.ask('restore', this.#daemons[by]!, (store) =>
      store.restore(callId(call), offer, tenant, pool, callback !== undefined),
    );
  }

  #callsOf(agent: string): [string, Known][] {
    return [...this.#calls].filter(([, { offers }]) => offers.some((offer) => offer.agent === agent));
  }

  #mostOf(agent: string): number {
    return this.#most.get(agent) ?? Number.POSITIVE_INFINITY;
  }

  #turnedDown(call: string, known: Known, agent: string): void {
    const left = known.offers.filter((other) => other.agent !== agent);
    if (left.length > 0) known.offers = left;
    else if (known.request === undefined) this.#calls.delete(call);
    else Object.assign(known, { state: 'waiting', offers: [] });
  }

  /** Right while it is the call's present offer, without any effect afterwards. */
  async #answer(answer: Extract<Event, { do: 'late' }>['answer'], call: string, offer: Offer, ms: number, which: number): Promise<void> {
    const known = this.#calls.get(call);
    const current = known?.offers.some(({ token }) => token === offer.token) === true;
    const sure = known === undefined || this.#alive[known.by] === true;
    const daemon = known !== undefined && sure ? this.#daemons[known.by]! : this.#any();
    const name = callId(call);
    let found: boolean | undefined;
    if (answer === 'accept') {
      if (current) Object.assign(known, { state: 'connected', offers: [offer] });
      found = await this.twins.ask(answer, daemon, (store) => store.accept(name, offer));
    } else if (answer === 'reject') {
      if (current) this.#turnedDown(call, known, offer.agent);
      const follows = ms === 0 && which === 0 ? undefined : missed(ms, which < 2 ? undefined : { times: 2, follows: { pauseMs: 20_000 } });
      found = await this.twins.ask(answer, daemon, (store) => store.reject(name, offer, follows));
    } else if (answer === 'release') {
      if (current) this.#calls.delete(call);
      found = await this.twins.ask(answer, daemon, (store) => store.release(offer, ms));
    } else {
      if (current && known.state !== 'connected') this.#calls.delete(call);
      await this.twins.ask(answer, daemon, (store) => store.abandon(name, offer));
    }
    if (found !== undefined && sure && found !== current) throw new Error(`${answer} of ${call} by ${offer.agent}: ${found}`);
  }

  /** A successor takes over what the dead daemon had saved. `belief` says of which calls the last verb's reply was not seen. */
  async #comesBack(by: number, belief: number): Promise<void> {
    this.#daemons[by] = await this.twins.open(`d${by}-${++this.#lives[by]!}`);
    this.#alive[by] = true;
    const mine = [...this.#calls].filter(([, known]) => known.by === by).reverse();
    for (const [index, [call, saved]] of mine.entries()) {
      const known = this.#calls.get(call);
      // Its agent was given to another talk meanwhile.
      if (known === undefined) continue;
      const { request } = known;
      const [offer] = saved.offers;
      const unseen = (belief + index) % 4 === 0;
      if (offer !== undefined && (request === undefined || unseen === (known.state === 'offered'))) await this.#restore(call, by, offer);
      else if (known.state === 'waiting' && unseen) {
        this.#calls.delete(call);
        await this.twins.ask('abandon', this.#daemons[by]!, (store) => store.abandon(callId(call)));
      } else if (request !== undefined) await this.#enqueue(by, request);
      this.#hear();
    }
  }

  /** Offers since the last time: each to the daemon that has the call, for a call that waits, to agents who have no other offer, and fewer calls than they may have. */
  #hear(): readonly Assignment[] {
    const made: Assignment[] = [];
    for (const [by, { name, heard }] of this.#daemons.entries()) {
      for (const assignment of heard.slice(this.#seen.get(name) ?? 0)) {
        const { call, offer, also = [] } = assignment;
        const known = this.#calls.get(call);
        if (known?.state !== 'waiting' || known.by !== by) throw new Error(`${call} was offered to ${name}: ${JSON.stringify(known)}`);
        const offers = [offer, ...also];
        for (const { agent } of offers) {
          const others = this.#callsOf(agent).filter(([, { by: owner }]) => this.#alive[owner]);
          const twice = others.find(([, { state }]) => state === 'offered');
          if (twice) throw new Error(`${agent} is offered ${twice[0]} and ${call}`);
          // What is known from a talk only may be one: nobody is offered anything as long as that is all.
          if (others.length >= (this.#most.get(agent) ?? 1))
            throw new Error(`${agent} has ${others.map(([other]) => other).join()} and is offered ${call}`);
        }
        if (new Set(offers.map(({ agent }) => agent)).size < offers.length) throw new Error(`${call}: one agent twice`);
        Object.assign(known, { state: 'offered', offers, offeredAt: this.twins.now });
        this.#history.push(...offers.map((one) => ({ call, offer: one })));
        made.push(assignment);
      }
      this.#seen.set(name, heard.length);
    }
    return made;
  }

  async #check(offeredBefore: ReadonlySet<string>): Promise<void> {
    const made = this.#hear();
    const stats = await this.#any().oracle.stats();
    const duties = await this.#any().oracle.duties();
    const busy = new Map<string, string>();
    for (const [call, { state, offers, by }] of this.#calls) {
      for (const { agent } of this.#alive[by] ? offers : []) {
        const status = stats.agents.get(agent);
        // Whoever talks may be offered one more.
        const also = state === 'connected' && status === 'offered' && this.#callsOf(agent).some(([, other]) => other.state === 'offered');
        if (status !== state && !also && !(status === 'offered' && this.#alive.includes(false)))
          throw new Error(`${agent} has ${call} and is ${status}`);
        busy.set(agent, call);
      }
    }
    const waiting = [...this.#calls.values()].filter(({ state, by }) => state === 'waiting' && this.#alive[by]);
    for (const assignment of made) this.#checkOffer(assignment, made, waiting, offeredBefore, stats);
    const standBy = [...stats.agents.keys()].filter(
      (agent) => stats.agents.get(agent) === 'idle' || this.#talksWithRoom(agent, stats, duties),
    );
    for (const { request } of waiting) if (request !== undefined) this.#checkIdle(request, standBy);
    // What a dead daemon left is known for sure again when its successor is there.
    if (this.#alive.includes(false)) return;
    for (const [agent, status] of stats.agents)
      if ((status === 'offered' || status === 'connected') && !busy.has(agent)) throw new Error(`${agent} is ${status} with no call`);
    const queued = [...stats.queues.values()].reduce((sum, { length }) => sum + length, 0);
    if (queued !== waiting.length) throw new Error(`${queued} calls wait in the store, not ${waiting.length}`);
  }

  #checkOffer(
    { call, offer, also = [], why }: Assignment,
    made: readonly Assignment[],
    waiting: readonly Known[],
    offeredBefore: ReadonlySet<string>,
    stats: RoutingStats,
  ): void {
    const { request } = this.#calls.get(call)!;
    if (request === undefined) throw new Error(`${call} has no place`);
    for (const { agent } of [offer, ...also])
      if (!this.#mayTake(agent, request, why.ring)) throw new Error(`${agent} may not take ${call} in ring ${why.ring}`);
    const overtaken = waiting.find(
      ({ request: other }) =>
        other !== undefined &&
        !offeredBefore.has(other.call) &&
        other.rings === request.rings &&
        !this.#waitsForOwn(other) &&
        ringAfter(other.rings, this.twins.now - other.enqueuedAt) === why.ring &&
        scoreOf(other) < scoreOf(request),
    );
    if (overtaken !== undefined) throw new Error(`${call} overtook ${overtaken.request?.call} in its lane`);
    const { share, callback } = request;
    // What a dead daemon's calls keep busy cannot be seen from here.
    if (request.class === 0 || this.#alive.includes(false)) return;
    const pools = request.rings[why.ring]!.pools;
    // Who belongs to another pool of his call's ring besides is not shared out there.
    const otherwise = (agent: string, ring = pools) =>
      ring.some((one) => one !== share?.pool && this.#agents.get(agent)?.some((own) => own.pools.includes(one)));
    // Given in the same moment, and no cap holds for them.
    const beyond = made.flatMap((one) => {
      const theirs = this.#calls.get(one.call)?.request;
      const free = (agent: string) => theirs?.class === 0 || otherwise(agent, theirs?.rings[one.why.ring]?.pools);
      return [one.offer, ...(one.also ?? [])].filter(({ agent }) => free(agent));
    }).length;
    const within = (of: (request: EnqueueRequest) => boolean, capPercent: number, where: ReadyAgent['pools'][number]) => {
      const inPool = (agent: string, how: 'some' | 'every') =>
        (this.#agents.get(agent) ?? [])[how](({ pools: own }) => own.includes(where));
      const agents = [...this.#calls.values()].flatMap((known) => (known.request && of(known.request) ? known.offers : []));
      const members = [...stats.agents.keys()].filter((agent) => inPool(agent, 'some')).length;
      return agents.filter(({ agent }) => inPool(agent, 'every')).length - beyond <= Math.ceil((members * capPercent) / 100);
    };
    const shared = share !== undefined && ![offer, ...also].some(({ agent }) => otherwise(agent));
    if (shared && !within(({ tenant }) => tenant === request.tenant, share.capPercent, share.pool))
      throw new Error(`${request.tenant} is above its cap`);
    if (callback !== undefined && !pools.some((one) => within((other) => other.callback !== undefined, callback.capPercent, one)))
      throw new Error('more callbacks than their cap');
  }

  #mayTake(agent: string, { rings }: EnqueueRequest, ring: number, how: 'some' | 'every' = 'some'): boolean {
    const { pools: wanted, requires } = rings[ring]!;
    const able = ({ pools, skills }: ReadyAgent) => wanted.some((one) => pools.includes(one)) && meets(skills, requires);
    return this.#agents.get(agent)?.[how](able) ?? false;
  }

  #waitsForOwn({ sticky, enqueuedAt }: EnqueueRequest): boolean {
    return enqueuedAt + (sticky?.waitMs ?? 0) > this.#tickedAt;
  }

  /** Nobody idles while a call waits that he may take. A ring relaxes only, so the one at the last tick is the least that holds now. */
  #checkIdle(request: EnqueueRequest, standBy: readonly string[]): void {
    if (request.share !== undefined || request.callback !== undefined || (request.sticky?.waitMs ?? 0) > 0) return;
    const ring = ringAfter(request.rings, this.#tickedAt - request.enqueuedAt);
    for (const agent of standBy)
      if (this.#mayTake(agent, request, ring, 'every')) throw new Error(`${agent} might take ${request.call}, which waits`);
  }

  /** Surely: he may have one more call, and nothing keeps it away. */
  #talksWithRoom(agent: AgentId, { agents, until }: RoutingStats, duties: ReadonlyMap<AgentId, Duty>): boolean {
    const [told, duty] = [this.#told.get(agent), duties.get(agent)];
    if (agents.get(agent) !== 'connected' || until.has(agent) || told === undefined || told.ownCall === true) return false;
    const wants = duty === undefined || (duty.state === 'in' && duty.pause === undefined);
    return wants && !this.#alive.includes(false) && this.#callsOf(agent).length < (this.#most.get(agent) ?? 1);
  }

  /** Everybody comes back, agents who may take anything sign in, and every call is answered: nothing is stuck. */
  async drain(): Promise<void> {
    for (const by of [0, 1]) if (this.#alive[by] === false) await this.#comesBack(by, 1);
    for (let agent = 0; agent < agentCount; agent++) {
      for (const step of [
        () => this.#ready(0, agent, profiles.length - 1),
        () => this.#wish(0, agent, { do: 'signIn' }),
        () => this.#wish(0, agent, { do: 'ready' }),
      ]) {
        const before = this.#offered();
        await step();
        await this.#check(before);
      }
    }
    for (let round = 0; this.#calls.size > 0; round++) {
      if (round > 60) throw new Error(`stuck: ${JSON.stringify([...this.#calls])}`);
      for (const [call, { state, offers }] of [...this.#calls]) {
        if (state === 'offered') await this.#answer('accept', call, offers[0]!, 0, 0);
        if (state !== 'waiting' && this.#calls.has(call)) await this.#answer('release', call, this.#calls.get(call)!.offers[0]!, 0, 0);
      }
      this.#hear();
      await this.#tick(round % 2, 5_000);
      this.#hear();
    }
    for (let round = 0; round < 6; round++) await this.#tick(0, 5_000);
    const { agents } = await this.twins.ask('stats', this.#any(), (store) => store.stats(), statsView);
    const stuck = [...agents].filter(([, status]) => status !== 'idle');
    if (stuck.length > 0) throw new Error(`stuck: ${stuck.join('; ')}`);
    for (let agent = 0; agent < agentCount; agent++)
      await this.twins.ask('gone', this.#any(), (store) => store.agentGone(agentId(`a${agent}`)));
    const end = await this.twins.ask('stats', this.#any(), (store) => store.stats(), statsView);
    if (end.agents.size > 0) throw new Error(`signed in for ever: ${[...end.agents.keys()].join()}`);
  }
}
