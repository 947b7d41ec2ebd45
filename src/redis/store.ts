/** Routing in Redis: each verb is one Lua script (`commands/`), so any number of daemons share the agents safely. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Offer } from '../core/call/call.js';
import { type AgentId, type CallId, id, type OfferToken, type PoolId, type QueueId, type TenantId } from '../core/ids.js';
import type { BreatherRule } from '../core/queue/breather.js';
import { type Duty, dutyOf, dutyText, type Wish, type WishResult } from '../core/queue/duty.js';
import { demandsOf, scoreOf, skillsText } from '../core/queue/lane.js';
import type { Missed } from '../core/queue/missed.js';
import type { Outlook } from '../core/queue/wait-estimate.js';
import type { Expected } from '../core/queue/waiting-call.js';
import type { HeldBy } from '../core/queue/why.js';
import {
  type AgentStatus,
  type Assignment,
  type Enqueued,
  type EnqueueRequest,
  type ReadyAgent,
  type RestReason,
  type RoutingStats,
  type RoutingStore,
  type RoutingStoreListener,
  StoreUnavailable,
  type Talk,
} from '../ports/routing-store.js';
import { keys } from './keys.js';
import { isReply, type RedisLink, type Session } from './link.js';
import { breatherArgs, digest, missedArgs, planOf, shareText, type WhyReply, whyOf } from './plan.js';
import { type ScriptName, scripts } from './scripts.js';

export interface RedisRoutingOptions {
  readonly link: RedisLink;
  readonly keyPrefix: string;
  /** Pools that share agents; one hash tag. */
  readonly domain?: string;
  /** This process; a new one each time it starts, so that a successor is told from a repetition. */
  readonly daemon?: string;
  /** How long an agent is left alone when nobody answered his offer in time, ms. */
  readonly overduePauseMs?: number;
  /** How many agents `prepare` matches with a demand in one command: each takes up to some 10 µs. */
  readonly matchAtOnce?: number;
  /** Only for tests and the simulator; otherwise the clock of Redis counts, which all daemons share. */
  readonly now?: () => number;
}

/** What the scripts answer: see the head of each. */
interface Reply {
  readonly valid?: boolean;
  readonly signedIn?: number;
  readonly held?: HeldBy;
  readonly full?: boolean;
  readonly more?: boolean;
  readonly prepared?: number;
  readonly assigned?: readonly AssignmentReply[];
  readonly outlook?: {
    readonly position: number;
    readonly ahead: number;
    readonly idle: number;
    readonly busy: number;
    readonly paused: number;
    readonly handlingMs?: number;
    readonly leavesPerMs: number;
    readonly cap?: { readonly room: number; readonly busy: number; readonly handlingMs?: number };
    readonly held?: { readonly calls: number; readonly agents: number };
  };
  readonly agents?: Readonly<Record<string, AgentStatus>>;
  readonly due?: Readonly<Record<string, number>>;
  readonly duties?: Readonly<Record<string, string>>;
  readonly result?: WishResult;
  readonly rests?: Readonly<Record<string, RestReason>>;
  /** An empty Lua table is `{}` in JSON. */
  readonly talks?:
    | readonly { readonly call: string; readonly agent: string; readonly token: string; readonly held?: true }[]
    | Record<string, never>;
  readonly queues?: readonly { readonly queue: string; readonly length: number; readonly oldest: number }[] | Record<string, never>;
}

interface AssignmentReply {
  readonly call: string;
  readonly agent: string;
  readonly token: string;
  readonly why: WhyReply;
  readonly also?: readonly { readonly agent: string; readonly token: string }[];
}

/** Each takes some µs when it is known. */
const demandsAtOnce = 100;
/** Keeps one run of `tick` below a few ms. */
const tickLimit = 200;

export class RedisRoutingStore implements RoutingStore {
  readonly #options: RedisRoutingOptions;
  readonly #link: RedisLink;
  readonly #daemon: string;
  readonly #domainKey: string;
  readonly #channel: string;
  /**
   * The last offer that was told for a call. A repeated `enqueue` is answered with the offers that are open, and what comes in a reply
   * may be overtaken by what is published later: the engine hears of each offer once, and of no old one after a new one.
   */
  readonly #told = new Map<CallId, OfferToken>();
  #listener: RoutingStoreListener | undefined;
  #generation: string | undefined;
  #reattaching = false;

  constructor(options: RedisRoutingOptions) {
    const { link, keyPrefix, domain = 'main', daemon = randomUUID() } = options;
    this.#options = options;
    this.#link = link;
    this.#daemon = daemon;
    this.#domainKey = keys.domain(keyPrefix, domain);
    this.#channel = keys.daemonChannel(keyPrefix, domain, daemon);
    link.use({
      connecting: (session) => this.#connecting(session),
      down: (reason) => this.#listener?.down(reason),
    });
  }

  async start(listener: RoutingStoreListener): Promise<void> {
    this.#listener = listener;
    await this.#link.start();
  }

  async close(): Promise<void> {
    this.#listener = undefined;
    await this.#link.close();
  }

  async agentReady({ agent, pools, skills, order, manual, ownCall, maxCalls = 1 }: ReadyAgent): Promise<void> {
    const profile = [pools.join(' '), skillsText(skills, ' '), String(order)];
    await this.#verb('agent-ready', agent, ...profile, flag(manual, 'manual'), flag(ownCall, '1'), String(maxCalls));
  }

  async agentGone(agent: AgentId): Promise<void> {
    await this.#verb('agent-gone', agent);
  }

  async wish(agent: AgentId, wish: Wish, manual: boolean): Promise<WishResult> {
    const more = wish.do === 'extendWrapUp' ? [wish.ms, wish.mostMs].map(String) : wish.do === 'pause' ? [wish.reason ?? ''] : [];
    return (await this.#verb('wish', agent, wish.do, flag(manual, 'manual'), ...more)).result ?? 'already';
  }

  async duties(): Promise<ReadonlyMap<AgentId, Duty>> {
    const { duties = {} } = await this.#verb('duties');
    return new Map(Object.entries(duties).map(([agent, text]) => [id<AgentId>(agent), dutyOf(text)]));
  }

  async restoreDuties(duties: ReadonlyMap<AgentId, Duty>): Promise<void> {
    if (duties.size === 0) return;
    await this.#verb('restore-duties', JSON.stringify(Object.fromEntries([...duties].map(([agent, duty]) => [agent, dutyText(duty)]))));
  }

  async prepare(expected: readonly Expected[]): Promise<void> {
    const all = expected.flatMap(({ strategy, rings }) => rings.flatMap((ring) => demandsOf(strategy, ring)));
    const demands = [...new Set(all)];
    const { matchAtOnce = 50 } = this.#options;
    while (demands.length > 0) {
      const { prepared = 0 } = await this.#verb('prepare', String(matchAtOnce), ...demands.slice(0, demandsAtOnce));
      demands.splice(0, prepared);
    }
  }

  async enqueue(request: EnqueueRequest): Promise<Enqueued> {
    const { call, enqueuedAt, offerMs, tenant, atMost } = request;
    const times = [enqueuedAt, scoreOf(request), offerMs].map(String);
    const reply = await this.#verb('enqueue', call, ...times, tenant, shareText(request), planOf(request), String(atMost ?? ''));
    const { signedIn = 0, full = false, held } = reply;
    return { signedIn, full, ...(held && { held }) };
  }

  async abandon(call: CallId, offer?: Offer): Promise<void> {
    await this.#verb('abandon', call, offer?.agent ?? '', offer?.token ?? '');
    // An old offer is nothing to the call: those that are open are not told again.
    if (offer === undefined || this.#told.get(call) === offer.token) this.#told.delete(call);
  }

  async gaveUp(tenant: TenantId, caller: string, at: number, keepMs: number): Promise<void> {
    await this.#verb('gave-up', digest(tenant, caller), String(at), String(keepMs));
  }

  async accept(call: CallId, offer: Offer): Promise<boolean> {
    const { valid = false } = await this.#verb('accept', call, offer.agent, offer.token);
    if (valid) this.#told.delete(call);
    return valid;
  }

  async reject(call: CallId, offer: Offer, missed: Missed | undefined): Promise<boolean> {
    return (await this.#verb('reject', call, offer.agent, offer.token, ...missedArgs(missed))).valid ?? false;
  }

  async release(offer: Offer, wrapUpMs: number | undefined, breather?: BreatherRule): Promise<boolean> {
    return (await this.#verb('release', offer.agent, offer.token, String(wrapUpMs ?? ''), ...breatherArgs(breather))).valid ?? false;
  }

  async restore(call: CallId, offer: Offer, tenant: TenantId, pool: PoolId, callback = false): Promise<void> {
    await this.#verb('restore', call, offer.agent, offer.token, tenant, pool, callback ? '1' : '');
  }

  async tick(): Promise<void> {
    // Both at once: they run in this order, and at the same instant.
    const relaxed = this.#untilDone('relax', String(tickLimit));
    await Promise.all([relaxed, this.#untilDone('tick', String(this.#options.overduePauseMs ?? 5_000), String(tickLimit))]);
  }

  async outlook(call: CallId): Promise<Outlook | undefined> {
    const { outlook } = await this.#verb('outlook', call);
    if (outlook === undefined) return undefined;
    const { idle, busy, paused, ...rest } = outlook;
    return { ...rest, agents: { idle, busy, paused }, handlingMs: outlook.handlingMs };
  }

  async stats(): Promise<RoutingStats> {
    const { agents = {}, due = {}, rests = {}, queues = [] } = await this.#verb('stats');
    const waiting = new Map<QueueId, { length: number; oldest: number | undefined }>();
    for (const lane of Array.isArray(queues) ? queues : []) {
      const known = waiting.get(id<QueueId>(lane.queue));
      waiting.set(id<QueueId>(lane.queue), {
        length: (known?.length ?? 0) + lane.length,
        oldest: Math.min(known?.oldest ?? Number.POSITIVE_INFINITY, lane.oldest),
      });
    }
    const byAgent = <T>(of: Readonly<Record<string, T>>) => new Map(Object.entries(of).map(([agent, one]) => [id<AgentId>(agent), one]));
    return { queues: waiting, agents: byAgent(agents), until: byAgent(due), rests: byAgent(rests) };
  }

  async talks(): Promise<readonly Talk[]> {
    const { talks } = await this.#verb('talks');
    const all = Array.isArray(talks) ? talks : [];
    return all.map(({ call, held = false, ...offer }) => ({ call: id<CallId>(call), offer: offerOf(offer), held }));
  }

  async #untilDone(name: 'relax' | 'tick', ...args: readonly string[]): Promise<void> {
    let reply: Reply;
    do {
      reply = await this.#verb(name, ...args);
    } while (reply.more);
  }

  async #verb(name: ScriptName, ...args: readonly string[]): Promise<Reply> {
    const now = this.#options.now === undefined ? '' : String(this.#options.now());
    try {
      const text = await this.#link.run(scripts[name], [this.#domainKey], [this.#generation ?? '', this.#daemon, now, ...args]);
      const reply = JSON.parse(String(text)) as Reply;
      for (const assignment of reply.assigned ?? []) this.#assigned(assignment);
      return reply;
    } catch (error) {
      if (!isReply(error, 'NOGEN')) throw error;
      this.#reattach();
      throw new StoreUnavailable('the routing domain was lost', { cause: error });
    }
  }

  async #connecting(session: Session): Promise<() => void> {
    await session.send('SUBSCRIBE', (client) => client.subscribe(this.#channel, (message) => this.#heard(message)));
    const attached = (await session.run(scripts.attach, [this.#domainKey], [freshGeneration()])) as string;
    return () => this.#attached(attached);
  }

  /** Redis lost its data while we stayed connected (FLUSHALL, a failover behind a proxy). */
  #reattach(): void {
    if (this.#reattaching) return;
    this.#reattaching = true;
    this.#link
      .run(scripts.attach, [this.#domainKey], [freshGeneration()])
      .then((attached) => this.#attached(attached as string))
      .catch((error: unknown) => {
        // Away: the reconnection attaches. Any other refusal comes back with the next verb, which tries again.
        if (!(error instanceof StoreUnavailable)) this.#listener?.down(String(error));
      })
      .finally(() => {
        this.#reattaching = false;
      });
  }

  #attached(text: string): void {
    const { generation, created } = JSON.parse(text) as { readonly generation: string; readonly created: boolean };
    const fresh = created || (this.#generation !== undefined && this.#generation !== generation);
    this.#generation = generation;
    this.#listener?.ready(fresh);
  }

  #heard(message: string): void {
    this.#assigned(JSON.parse(message) as AssignmentReply);
  }

  #assigned({ call, agent, token, why, also }: AssignmentReply): void {
    const callId = id<CallId>(call);
    const offer = offerOf({ agent, token });
    if (!isNewer(offer.token, this.#told.get(callId))) return;
    const others = also?.map(offerOf);
    this.#told.set(callId, others?.at(-1)?.token ?? offer.token);
    const assignment: Assignment = { call: callId, offer, why: whyOf(why), ...(others === undefined ? {} : { also: others }) };
    this.#listener?.assigned(assignment);
  }
}

const offerOf = ({ agent, token }: { readonly agent: string; readonly token: string }): Offer => ({
  agent: id<AgentId>(agent),
  token: id<OfferToken>(token),
});

const flag = (on: boolean | undefined, name: string) => (on === true ? name : '');
/** Tokens of one generation are numbered. */
function isNewer(token: OfferToken, told: OfferToken | undefined): boolean {
  const [generation, number] = token.split('-');
  const [before, last] = told?.split('-') ?? [];
  return generation !== before || Number(number) > Number(last);
}

/** Short, because it begins every token; random, because two daemons may propose one at once. */
const freshGeneration = () => randomBytes(6).toString('hex');
