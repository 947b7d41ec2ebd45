/** What every CallbackStore does. */
import type { Test } from 'tap';
import type { PendingCallback } from '../../src/core/callback/pending.js';
import { type CallId, id, type NodeId, type TenantId } from '../../src/core/ids.js';
import type { CallbackStore } from '../../src/ports/callback-store.js';

const martin = id<TenantId>('martin');
const now = 1_700_000_000_000;

function pending(call: string, number: string, change: Partial<PendingCallback> = {}): PendingCallback {
  const times = { askedAt: now, enqueuedAt: now - 60_000, until: now + 3_600_000 };
  return { call: id<CallId>(call), tenant: martin, node: id<NodeId>('n1'), number, ...times, ...change };
}

export async function callbackStoreContract(t: Test, open: () => Promise<CallbackStore>): Promise<void> {
  await t.test('so many numbers of a tenant, each once; asking again changes nothing', async (t) => {
    const store = await open();
    const kept = { verdict: 'kept', replaced: undefined };
    t.same(await store.keep(pending('c1', '+331'), 2, now), kept);
    t.same(await store.keep(pending('c1', '+331'), 2, now), kept);
    t.same(await store.keep(pending('c2', '+332'), 2, now), kept);
    t.same(await store.keep(pending('c3', '+333'), 2, now), { verdict: 'full' });
    t.same(await store.keep(pending('c3', '+333', { tenant: id<TenantId>('other') }), 2, now), kept);
    t.same((await store.list(martin, now)).map(({ number }) => number).sort(), ['+331', '+332']);
    t.same(await store.keep(pending('c4', '+332'), 2, now), { verdict: 'kept', replaced: pending('c2', '+332') });
    t.equal(await store.check(pending('c2', '+332')), 'calledAgain');
    t.equal(await store.check(pending('c4', '+332')), undefined);
  });

  await t.test('what nobody ends ends by its time', async (t) => {
    const store = await open();
    await store.keep(pending('c1', '+331', { until: now + 1 }), 1, now);
    t.same([(await store.list(martin, now)).length, (await store.list(martin, now + 1)).length], [1, 0]);
    t.same(await store.keep(pending('c2', '+332'), 1, now), { verdict: 'full' });
    t.same(await store.keep(pending('c2', '+332'), 1, now + 1), { verdict: 'kept', replaced: undefined });
    t.same(await store.list(martin, now), [pending('c2', '+332')]);
  });

  await t.test('a withdrawal is seen once by who asks for it, and by its daemon until it has ended it', async (t) => {
    const store = await open();
    const one = pending('c1', '+331');
    await store.keep(one, 5, now);
    t.equal(await store.withdraw(martin, '+331', 'cancelled', id<CallId>('c9')), undefined, 'not that call');
    t.same(await store.withdraw(martin, '+331', 'calledAgain'), one);
    t.equal(await store.withdraw(martin, '+331', 'cancelled'), undefined);
    t.same(await store.list(martin, now), []);
    t.equal(await store.check(one), 'calledAgain');
    t.same(await store.keep(pending('c2', '+332'), 1, now), { verdict: 'kept', replaced: undefined }, 'it takes nobody’s room');
    await store.end(martin, '+331', id<CallId>('c1'));
    t.equal(await store.check(pending('c1', '+331')), undefined, 'forgotten: put back');
    t.equal((await store.list(martin, now)).length, 2);
  });

  await t.test('one call does not end another’s', async (t) => {
    const store = await open();
    await store.keep(pending('c1', '+331'), 5, now);
    await store.keep(pending('c2', '+331'), 5, now);
    await store.end(martin, '+331', id<CallId>('c1'));
    t.same(await store.list(martin, now), [pending('c2', '+331')]);
    await store.end(martin, '+331', id<CallId>('c2'));
    t.same(await store.list(martin, now), []);
  });
}
