/** The stream of events over a real socket: who hears what, what a reader gets who comes back, and who is dropped. */
import { once } from 'node:events';
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import type { Call, CallState, OfferMade } from '../../../src/core/call/call.js';
import { type AgentId, type CallId, id, type LegId, type NodeId, type OfferToken, type TenantId } from '../../../src/core/ids.js';
import { Feed } from '../../../src/http/events/feed.js';
import { createHttp } from '../../../src/http/server.js';
import type { Operations } from '../../../src/ports/operations.js';
import { FakeClock, settle } from '../../support/fake-clock.js';
import { readEvents } from '../../support/sse.js';
import { as, type Bearer, setUp, status, tokens } from './fixture.js';

function call(tenant: string, state: CallState, change: Partial<Call> = {}): Call {
  return {
    id: id<CallId>(`call-of-${tenant}`),
    leg: id<LegId>('leg'),
    node: id<NodeId>('fs1'),
    tenant: id<TenantId>(tenant),
    caller: { number: '+33612345678', name: 'Éloïse' },
    dialled: '+33123456789',
    opening: 'open',
    arrivedAt: 1000,
    state,
    timers: {},
    revision: 0,
    sequence: 0,
    enqueuedAt: undefined,
    answeredByAgentAt: undefined,
    offers: [],
    digits: [],
    recording: undefined,
    message: undefined,
    transferredTo: undefined,
    ended: undefined,
    ...change,
  };
}

const waiting: CallState = { at: 'waiting' };
const talking = (agent: string): CallState => ({
  at: 'connected',
  leg: id<LegId>('other'),
  offer: { agent: id<AgentId>(agent), token: id<OfferToken>('t1') },
});
const offer = (agent: string, outcome: OfferMade['outcome']): OfferMade => ({ agent: id<AgentId>(agent), at: 5, outcome });

async function serve(t: Test, overrides: Partial<Operations> = {}, now = { tokens }) {
  const parts = setUp(overrides, now);
  const http = createHttp({ ...parts, host: '127.0.0.1', port: 0 });
  const { port } = await http.start();
  t.teardown(() => http.close());
  const url = `http://127.0.0.1:${port}/v1/events`;
  const open = async (who: Bearer, last?: string) => {
    const reader = await readEvents(t, url, { ...as(who), ...(last === undefined ? {} : { 'last-event-id': last }) });
    return { reader, first: await reader.next() };
  };
  return { ...parts, http, port, url, open };
}

t.test('a call’s life: states and offers with ids that grow, the caller masked', async (t) => {
  const { feed, open } = await serve(t);
  const { reader, first } = await open('admin');
  t.equal(reader.headers.get('content-type'), 'text/event-stream');
  t.match(first, { type: 'ready', data: { resumed: false } });
  const [arrived, offered] = [call('martin', waiting), call('martin', waiting, { offers: [offer('alice', 'pending')] })];
  const taken = call('martin', talking('alice'), { offers: [offer('alice', 'answered')] });
  const over = { ...taken, state: { at: 'ended' } as const, ended: { at: 9, outcome: 'answered' as const, cause: 'NORMAL_CLEARING' } };
  feed.callChanged(undefined, arrived);
  feed.callChanged(arrived, { ...arrived, revision: 1 });
  feed.callChanged(arrived, offered);
  feed.callChanged(offered, taken);
  feed.callChanged(taken, over);
  const told = [await reader.next(), await reader.next(), await reader.next(), await reader.next(), await reader.next()];
  t.match(told, [
    { type: 'call', data: { call: 'call-of-martin', state: 'waiting', caller: { number: '**********78' } } },
    { type: 'offer', data: { agent: 'alice', outcome: 'pending' } },
    { type: 'call', data: { state: 'connected', agent: 'alice' } },
    { type: 'offer', data: { agent: 'alice', outcome: 'answered' } },
    { type: 'call', data: { state: 'ended', outcome: 'answered' } },
  ]);
  t.notMatch(JSON.stringify(told), /Éloïse|612345678/);
  const numbers = told.map((event) => Number(event?.id?.split('-')[1]));
  t.same(numbers, [1, 2, 3, 4, 5]);
});

t.test('each hears of what he may see, and of nothing else', async (t) => {
  const { feed, open } = await serve(t);
  const hear = async (who: Bearer) => {
    const { reader } = await open(who);
    return async () => {
      const told: string[] = [];
      for (let event = await reader.next(); event?.data['call'] !== 'call-of-nobody'; event = await reader.next()) {
        if (event === undefined) throw new Error('the stream ended');
        told.push(`${event.type} ${event.data['call']} ${event.data['state'] ?? event.data['outcome']}`);
        if (event.data['outcome'] === 'withdrawn') break;
      }
      return told;
    };
  };
  const listeners = {
    admin: await hear('admin'),
    durand: await hear('durand'),
    bob: await hear('bob'),
    night: await hear('nightSupervisor'),
  };
  feed.callChanged(undefined, call('martin', waiting));
  feed.callChanged(undefined, call('durand', waiting));
  feed.callChanged(call('durand', waiting), call('durand', talking('bob')));
  feed.callChanged(call('durand', talking('bob')), call('durand', { at: 'ending', outcome: 'answered' }));
  // One that all of them hear, as the end.
  feed.callChanged(call('durand', waiting), call('durand', waiting, { offers: [offer('bob', 'withdrawn')] }));
  const durands = [
    'call call-of-durand waiting',
    'call call-of-durand connected',
    'call call-of-durand ending',
    'offer call-of-durand withdrawn',
  ];
  t.same(await listeners.admin(), ['call call-of-martin waiting', ...durands]);
  t.same(await listeners.durand(), durands);
  t.same(await listeners.night(), durands);
  t.same(await listeners.bob(), durands.slice(1), 'while he has it, and that he has it no more');
});

t.test('with ring all, each whose phone rings hears of the call, and that another took it', async (t) => {
  const { feed, open } = await serve(t);
  const { reader } = await open('bob');
  const [first, second] = [talking('alice'), talking('bob')] as Extract<CallState, { at: 'connected' }>[];
  const also = [{ offer: second!.offer, leg: second!.leg }];
  const ringing: CallState = { at: 'offered', offer: first!.offer, leg: first!.leg, phase: 'ringing', play: undefined, also };
  feed.callChanged(call('martin', waiting), call('martin', ringing));
  feed.callChanged(call('martin', ringing), call('martin', first!));
  t.match(await reader.next(), { data: { state: 'offered', agent: 'alice', agents: ['alice', 'bob'] } });
  t.match(await reader.next(), { data: { state: 'connected', agents: ['alice'] } });
});

t.test('who comes back hears what he missed, once and in order', async (t) => {
  const { feed, open } = await serve(t);
  const { reader, first } = await open('martin');
  feed.callChanged(undefined, call('martin', waiting));
  const heard = await reader.next();
  reader.close();
  feed.callChanged(undefined, call('durand', waiting));
  feed.callChanged(undefined, call('martin', { at: 'greeting', play: 'p' as never }));
  const again = await open('martin', heard?.id);
  t.match(again.first, { type: 'ready', id: heard?.id, data: { resumed: true } });
  feed.callChanged(undefined, call('martin', talking('alice')));
  t.match([await again.reader.next(), await again.reader.next()], [{ data: { state: 'greeting' } }, { data: { state: 'connected' } }]);
  const fromTheStart = await open('martin', first?.id);
  t.match([fromTheStart.first, await fromTheStart.reader.next()], [{ data: { resumed: true } }, { data: { state: 'waiting' } }]);
  for (const unknown of ['zzz-1', `${first?.id}9999`, 'nonsense', '-']) {
    t.match((await open('martin', unknown)).first, { data: { resumed: false } }, unknown);
  }
});

t.test('the ring forgets the oldest, and says so', async (t) => {
  const feed = new Feed({ clock: new FakeClock(), capacity: 4 });
  const start = feed.lastId;
  t.same(feed.since(start), []);
  for (let n = 0; n < 4; n++) feed.callChanged(undefined, call('martin', waiting));
  t.equal(feed.since(start)?.length, 4);
  feed.callLeft(call('martin', waiting));
  t.equal(feed.since(start), undefined);
  t.match(feed.since(start.replace(/\d+$/, '4')), [{ happening: { data: { left: true } } }]);
  const successor = new Feed({ clock: new FakeClock(Date.UTC(2025, 2, 3, 12)), capacity: 4 });
  t.equal(successor.since(start), undefined, 'a restart is another stream');
});

t.test('agents and queues: what differs is told, soon after a call moved or within two seconds', async (t) => {
  let now = status;
  const { feed, open, clock } = await serve(t, { status: async () => now });
  const desk = (await open('deskSupervisor')).reader;
  const bob = (await open('bob')).reader;
  await clock.advance(0);
  const alice = status.agents![0]!;
  now = { ...status, agents: [{ ...alice, status: 'connected' }], queues: [] };
  await clock.advance(1_999);
  feed.callChanged(undefined, call('durand', talking('bob')));
  await clock.advance(1);
  t.match(await desk.next(), { type: 'agent', data: { agent: 'alice', status: 'connected', at: clock.now() } });
  t.match(await desk.next(), { type: 'queue', data: { queue: 'martin', tenant: 'martin', length: 0 } });
  now = status;
  feed.callChanged(undefined, call('durand', waiting));
  await clock.advance(200);
  t.match(await desk.next(), { type: 'agent', data: { agent: 'alice', status: 'idle' } });
  t.match(await bob.next(), { type: 'call', data: { state: 'connected' } });
  now = { ...status, agents: undefined, queues: undefined };
  await clock.advance(4_000);
  now = { ...status, queues: [{ ...status.queues![0]!, length: 7 }] };
  await clock.advance(2_000);
  t.match(await desk.next(), { type: 'queue', data: { length: 1 } });
  t.match(await desk.next(), { type: 'queue', data: { length: 7 } }, 'Redis was away meanwhile');
});

t.test('nobody listens: Redis is not asked', async (t) => {
  let asked = 0;
  const ask = async () => {
    asked++;
    return status;
  };
  const { feed, open, clock } = await serve(t, { status: ask });
  feed.callChanged(undefined, call('martin', waiting));
  await clock.advance(60_000);
  t.equal(asked, 0);
  const { reader } = await open('admin');
  await clock.advance(2_000);
  t.ok(asked >= 2);
  reader.close();
  while (clock.pending > 1) await settle();
  await clock.advance(10_000);
  const before = asked;
  await clock.advance(60_000);
  t.equal(asked, before);
});

t.test('a heartbeat every 15 s; a token that a reload withdraws ends the stream', async (t) => {
  const now = { tokens };
  const { open, clock, feed, logged } = await serve(t, {}, now);
  const { reader } = await open('martin');
  await clock.advance(15_000);
  await clock.advance(15_000);
  feed.callChanged(undefined, call('martin', waiting));
  await reader.next();
  t.equal(reader.heartbeats, 2);
  now.tokens = tokens.slice(0, 1);
  feed.callChanged(undefined, call('martin', talking('alice')));
  t.match(await reader.next(), { type: 'bye', data: { reason: 'The token is not valid any more.' } });
  t.equal(await reader.next(), undefined);
  t.match(logged.at(-1), { fields: { by: 'crm-martin', reason: 'The token is not valid any more.' }, message: 'event stream ended' });
});

t.test('a reader who reads nothing is dropped, and holds nobody up', async (t) => {
  const { feed, open, port, logged } = await serve(t);
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: ${as('admin').authorization}\r\n\r\n`);
  const { reader } = await open('martin');
  const dropped = () => logged.some(({ fields }) => fields['reason'] === 'read too slowly');
  let sent = 0;
  while (!dropped() && sent < 200_000) {
    for (let n = 0; n < 500; n++) feed.callChanged(undefined, call('durand', waiting));
    sent += 500;
    await settle();
  }
  t.ok(dropped(), `after ${sent} events`);
  feed.callChanged(undefined, call('martin', waiting));
  t.match(await reader.next(), { data: { tenant: 'martin' } });
});

t.test('the daemon leaves: everybody is told, and no connection is left', async (t) => {
  const { http, open } = await serve(t);
  const { reader } = await open('bob');
  await http.close();
  t.match(await reader.next(), { type: 'bye', data: { reason: 'The daemon leaves.' } });
  t.equal(await reader.next(), undefined);
});

t.test('without a token there is no stream, and no more than 200 of them at once', async (t) => {
  const { url, open } = await serve(t);
  t.equal((await readEvents(t, url, {})).status, 401);
  for (let n = 0; n < 200; n++) await open('alice');
  const refused = await readEvents(t, url, as('alice'));
  t.equal(refused.status, 503);
});
