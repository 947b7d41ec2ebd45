/** A store that stands in while the store proper is away, and what the latter must hear when it is back. */
import t from 'tap';
import { type AgentId, type CallId, id, type PoolId, type QueueId, type TenantId } from '../../../src/core/ids.js';
import { FailoverRoutingStore } from '../../../src/memory/failover.js';
import { MemoryRoutingStore } from '../../../src/memory/routing-store.js';
import {
  type Assignment,
  type EnqueueRequest,
  type ReadyAgent,
  type RoutingStoreListener,
  StoreUnavailable,
} from '../../../src/ports/routing-store.js';
import { settle } from '../../support/fake-clock.js';

const pool = id<PoolId>('reception');
const [alice, benoit] = [id<AgentId>('alice'), id<AgentId>('benoit')];
const call = id<CallId>('c1');
const request: EnqueueRequest = {
  call,
  tenant: id<TenantId>('acme'),
  queue: id<QueueId>('desk'),
  class: 2,
  enqueuedAt: 1,
  deadline: 20_001,
  rings: [{ afterMs: 0, pools: [pool], requires: {} }],
  rankBy: [],
  strategy: 'longestIdle',
  share: undefined,
  sticky: undefined,
  offerMs: 30_000,
};
const inPool = (agent: AgentId): ReadyAgent => ({ agent, pools: [pool], skills: {}, order: 0 });

/** Carries verbs out, although its replies may be lost. */
class FlakyStore extends MemoryRoutingStore {
  away = false;
  listener: RoutingStoreListener | undefined;

  override async start(listener: RoutingStoreListener): Promise<void> {
    this.listener = listener;
    await super.start({ ...listener, assigned: (assignment) => this.away || listener.assigned(assignment) });
  }

  override async enqueue(asked: Parameters<MemoryRoutingStore['enqueue']>[0]) {
    const reply = await super.enqueue(asked);
    if (this.away) throw new StoreUnavailable('the reply was lost');
    return reply;
  }
}

t.test('a talk that began and ended under the stand-in frees the agent whom the store proper had reserved', async (t) => {
  const primary = new FlakyStore({ now: () => 0 });
  const store = new FailoverRoutingStore(primary, () => new MemoryRoutingStore({ now: () => 0 }), t.error);
  const offers: Assignment[] = [];
  await store.start({ assigned: (assignment) => offers.push(assignment), ready: () => undefined, down: () => undefined });
  await settle();
  await store.agentReady(inPool(alice));

  // The store proper reserves alice, and is gone before it can say so.
  primary.away = true;
  await t.rejects(store.enqueue(request), { name: 'StoreUnavailable' });
  primary.listener?.down('no reply');
  await settle();
  await store.agentReady(inPool(benoit));
  await store.enqueue(request);
  const offer = offers.at(-1)?.offer;
  t.equal(offer?.agent, benoit);
  if (offer === undefined) return;
  await store.accept(call, offer);
  await store.release(offer, 0);

  primary.away = false;
  t.strictSame((await primary.stats()).agents.get(alice), 'offered');
  primary.listener?.ready(false);
  await settle();
  t.strictSame((await store.stats()).agents.get(alice), 'idle', 'nobody waits for his offer to expire');
});

t.test('what the store proper offers before it is told who talks rings nobody, and is given back', async (t) => {
  const primary = new FlakyStore({ now: () => 0 });
  const store = new FailoverRoutingStore(primary, () => new MemoryRoutingStore({ now: () => 0 }), t.error);
  const offers: Assignment[] = [];
  const [second, third] = [id<CallId>('c2'), id<CallId>('c3')];
  await store.start({
    assigned: (assignment) => offers.push(assignment),
    // As the engine does: who talks, then who can be rung, then who waits.
    ready: async (fresh, _, told) => {
      const talk = offers.at(-1);
      if (!fresh || talk?.call !== second) return;
      await store.restore(second, talk.offer, request.tenant, pool);
      await store.agentReady(inPool(alice));
      await store.enqueue({ ...request, call: third, enqueuedAt: 3 });
      told?.();
    },
    down: () => undefined,
  });
  await settle();
  await store.agentReady(inPool(alice));
  for (const [n, one] of [call, second, third].entries()) await store.enqueue({ ...request, call: one, enqueuedAt: n + 1 });
  await settle();
  const [first] = offers;
  t.match(first, { call, offer: { agent: alice } });
  if (first === undefined) return;
  await store.accept(call, first.offer);

  primary.listener?.down('no reply');
  await settle();
  await store.release(first.offer, 0);
  await store.agentReady(inPool(alice));
  await store.enqueue({ ...request, call: second, enqueuedAt: 2 });
  await settle();
  const offer = offers.at(-1)?.offer;
  t.match(offers, [{ call }, { call: second, offer: { agent: alice } }]);
  if (offer === undefined) return;
  await store.accept(second, offer);

  // That the first talk is over makes alice free there, who talks to the second caller.
  primary.listener?.ready(false);
  await settle();
  t.equal(offers.length, 2, 'nobody is rung for it');
  t.strictSame((await store.stats()).agents.get(alice), 'connected');
  await store.release(offer, 0);
  await settle();
  t.match(offers.at(-1), { call: third, offer: { agent: alice } });
});

t.test('nor does it ring who made a call of his own meanwhile', async (t) => {
  const primary = new FlakyStore({ now: () => 0 });
  const store = new FailoverRoutingStore(primary, () => new MemoryRoutingStore({ now: () => 0 }), t.error);
  const offers: Assignment[] = [];
  const onOwnCall = (ownCall: boolean) => store.agentReady({ ...inPool(alice), ownCall });
  let knows = false;
  await store.start({
    assigned: (assignment) => offers.push(assignment),
    ready: async (_, __, told) => {
      // First the talks.
      await settle();
      if (knows) await onOwnCall(true);
      told?.();
    },
    down: () => undefined,
  });
  await settle();
  await store.agentReady(inPool(alice));
  const second = id<CallId>('c2');
  for (const [n, one] of [call, second].entries()) await store.enqueue({ ...request, call: one, enqueuedAt: n + 1 });
  await settle();
  const [first] = offers;
  if (first === undefined) throw new Error('nobody was offered');
  await store.accept(call, first.offer);

  primary.listener?.down('no reply');
  await settle();
  await store.release(first.offer, 0);
  await onOwnCall(true);
  knows = true;
  primary.listener?.ready(false);
  await settle();
  await settle();
  await settle();
  t.equal(offers.length, 1);
  t.strictSame((await store.stats()).agents.get(alice), 'ownCall');
  await onOwnCall(false);
  await settle();
  t.match(offers.at(-1), { call: second, offer: { agent: alice } });
});

t.test('something owed that the store proper refuses keeps it from nothing', async (t) => {
  const primary = new FlakyStore({ now: () => 0 });
  const faults: unknown[] = [];
  const store = new FailoverRoutingStore(
    primary,
    () => new MemoryRoutingStore({ now: () => 0 }),
    (error) => faults.push(error),
  );
  const ready: (string | undefined)[] = [];
  await store.start({ assigned: () => undefined, ready: (_, because) => ready.push(because), down: () => undefined });
  await settle();
  primary.listener?.down('gone');
  await settle();
  await store.abandon(call);
  await store.gaveUp(request.tenant, '0612345678', 1, 1_000);
  const [refusal, heard] = [new Error('refused'), [] as string[]];
  primary.abandon = () => Promise.reject(refusal);
  primary.gaveUp = async (_, caller) => {
    heard.push(caller);
  };
  primary.listener?.ready(false);
  await settle();
  t.strictSame(faults, [refusal]);
  t.strictSame(heard, ['0612345678'], 'what was owed besides is paid');
  t.strictSame(ready, [undefined, 'gone', undefined], 'and the store proper serves');
});

t.test('what an agent asks for under the stand-in holds there and then, and the store proper hears of it', async (t) => {
  const primary = new FlakyStore({ now: () => 0 });
  const store = new FailoverRoutingStore(primary, () => new MemoryRoutingStore({ now: () => 0 }), t.error);
  await store.start({ assigned: () => undefined, ready: () => undefined, down: () => undefined });
  await settle();
  await store.agentReady(inPool(alice));
  primary.listener?.down('gone');
  await settle();
  await store.restoreDuties(new Map([[benoit, { state: 'out' }]]));
  for (const agent of [alice, benoit]) await store.agentReady(inPool(agent));
  t.equal(await store.wish(alice, { do: 'pause', reason: 'lunch' }, false), 'done');
  t.strictSame([...(await store.stats()).agents], [[alice, 'paused']], 'what was known before holds here too');
  t.equal(await store.wish(benoit, { do: 'signIn' }, false), 'done');

  primary.listener?.ready(false);
  await settle();
  t.strictSame((await store.stats()).agents.get(alice), 'paused');
  t.strictSame((await store.duties()).get(benoit), undefined, 'who was never signed out there need not be signed in');
});
