import { once } from 'node:events';
import t from 'tap';
import { systemClock } from '../../../../src/clock.js';
import * as command from '../../../../src/freeswitch/esl/command.js';
import { type ConnectionOptions, EslConnection, type Timings } from '../../../../src/freeswitch/esl/connection.js';
import { EslError, type EslErrorCode } from '../../../../src/freeswitch/esl/errors.js';
import { silent } from '../../../../src/ports/log.js';
import { event, freeswitch, listen, type Peer, reply, response } from './peer.js';

interface World {
  readonly connection: EslConnection;
  readonly events: string[];
  readonly downs: { readonly code: EslErrorCode; readonly retryMs: number }[];
  readonly lags: number[];
  /** Resolves at the next time that it comes up or goes down. */
  readonly next: (what: 'up' | 'down' | 'event') => Promise<void>;
}

type Test = { teardown(end: () => unknown): void };

const quick: Partial<Timings> = { handshakeMs: 150, replyMs: 150, quietMs: 100, firstRetryMs: 20, slowestRetryMs: 40, refusedRetryMs: 200 };

function connectTo(t: Test, port: number, options: Partial<ConnectionOptions> = {}): World {
  const connection = new EslConnection({
    host: '127.0.0.1',
    port,
    password: 'secret',
    events: ['CHANNEL_PARK', 'BACKGROUND_JOB'],
    clock: systemClock,
    log: silent,
    timings: quick,
    random: () => 0.5,
    ...options,
  });
  const waiting: { what: string; resolve: () => void }[] = [];
  const happened = (what: string) => {
    for (const one of waiting.filter((one) => one.what === what)) {
      waiting.splice(waiting.indexOf(one), 1);
      one.resolve();
    }
  };
  const world: World = {
    connection,
    events: [],
    downs: [],
    lags: [],
    next: (what) => new Promise((resolve) => waiting.push({ what, resolve })),
  };
  connection.start({
    up: () => happened('up'),
    down: (error, retryMs) => {
      world.downs.push({ code: error.code, retryMs });
      happened('down');
    },
    event: (one) => {
      world.events.push(one.name);
      happened('event');
    },
    lag: (ms) => world.lags.push(ms),
  });
  t.teardown(() => connection.close());
  return world;
}

async function serve(t: Test, ...[behaviour]: Parameters<typeof listen>): Promise<Peer> {
  const peer = await listen(behaviour);
  t.teardown(() => peer.close());
  return peer;
}

/** The code with which a promise is rejected. */
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof EslError ? error.code : String(error)),
  );

t.test('replies find their commands, in order, however many are under way', async (t) => {
  const peer = await serve(
    t,
    freeswitch((line) => (line.startsWith('api') ? response(`${line.split(' ')[2]}\n`) : reply('+OK'))),
  );
  const { connection, next } = connectTo(t, peer.port);
  await next('up');
  t.match(peer.received(), 'event json CHANNEL_PARK BACKGROUND_JOB\n\n');
  const legs = Array.from({ length: 500 }, (_, i) => `leg-${i}`);
  const replies = await Promise.all(legs.map((leg) => connection.send(command.uuidExists(leg))));
  t.same(
    replies,
    legs.map((text) => ({ ok: true, text })),
  );
});

t.test('-ERR and -USAGE are replies, not errors', async (t) => {
  const peer = await serve(
    t,
    freeswitch((line) => (line.startsWith('api echo') ? response('-USAGE: no\n') : reply('-ERR invalid session id [x]'))),
  );
  const { connection, next } = connectTo(t, peer.port);
  await next('up');
  t.same(await connection.send(command.execute('x', 'answer', '' as never, 'id')), { ok: false, text: '-ERR invalid session id [x]' });
  t.same(await connection.send(command.ping()), { ok: false, text: '-USAGE: no' });
});

t.test('a background job has its result under our id, jobs of others are ignored', async (t) => {
  const peer = await serve(
    t,
    freeswitch((line) => {
      const job = /Job-UUID: (.*)/.exec(line)?.[1] ?? '';
      const result = (id: string, body: string) => event('BACKGROUND_JOB', { 'Job-UUID': id, _body: body });
      return `${result('of-another', '-ERR X\n')}${reply(`+OK Job-UUID: ${job}`)}${result(job, '+OK leg-1\n')}`;
    }),
  );
  const { connection, next, events } = connectTo(t, peer.port);
  await next('up');
  t.same(await connection.background(originate('job-1')), { ok: true, text: '+OK leg-1' });
  t.same(events, [], 'results are not events');
});

t.test('a result that comes before its reply is kept', async (t) => {
  const peer = await serve(
    t,
    freeswitch(() => `${event('BACKGROUND_JOB', { 'Job-UUID': 'job-1', _body: '-ERR USER_BUSY\n' })}${reply('+OK Job-UUID: job-1')}`),
  );
  const { connection, next } = connectTo(t, peer.port);
  await next('up');
  t.same(await connection.background(originate('job-1')), { ok: false, text: '-ERR USER_BUSY' });
});

t.test('whatever ends the connection rejects all that waits, with one code, and nothing is sent again', async (t) => {
  const ends: [string, EslErrorCode, (socket: import('node:net').Socket) => string | undefined][] = [
    ['never answers', 'esl-reply-timeout', () => undefined],
    [
      'closes in the middle of a reply',
      'esl-closed-by-peer',
      (socket) => void socket.end('Content-Type: api/response\nContent-Length: 10\n\n+O'),
    ],
    ['closes in the middle of a head', 'esl-closed-by-peer', (socket) => void socket.end('Content-Type: api/resp')],
    ['resets', 'esl-socket-error', (socket) => void socket.resetAndDestroy()],
    ['says goodbye', 'esl-disconnect-notice', () => 'Content-Type: text/disconnect-notice\nContent-Length: 2\n\nby'],
    ['negative length', 'esl-length-invalid', () => 'Content-Type: api/response\nContent-Length: -1\n\n'],
    ['huge length', 'esl-body-too-large', () => 'Content-Type: api/response\nContent-Length: 99999999999\n\n'],
    ['missing length', 'esl-length-missing', () => 'Content-Type: api/response\n\n'],
    ['duplicate length', 'esl-length-duplicate', () => 'Content-Type: api/response\nContent-Length: 1\nContent-Length: 1\n\na'],
    ['a header without end', 'esl-header-too-large', () => 'X'.repeat(70_000)],
    ['rubbish', 'esl-frame-malformed', () => 'rubbish\n\n'],
    ['an event that is none', 'esl-frame-malformed', () => 'Content-Type: text/event-json\nContent-Length: 4\n\nnull'],
    ['one reply too many', 'esl-reply-unmatched', () => `${response('1')}${response('2')}${response('3')}${response('4')}`],
    ['a second greeting', 'esl-reply-unmatched', () => 'Content-Type: auth/request\n\n'],
  ];
  for (const [name, code, answer] of ends) {
    const peer = await serve(t, (socket, index) =>
      index === 0 ? freeswitch((_, own) => answer(own))(socket) : freeswitch(() => response('+OK'))(socket),
    );
    const { connection, next, downs } = connectTo(t, peer.port);
    await next('up');
    const [lost, again] = [next('down'), next('up')];
    const pending = ['a', 'b', 'c'].map((leg) => codeOf(connection.send(command.uuidExists(leg))));
    await lost;
    t.equal(downs[0]?.code, code, name);
    const codes = await Promise.all(pending);
    t.ok(
      codes.every((one) => one === code || (code === 'esl-reply-unmatched' && one === 'resolved')),
      `${name}: ${codes.join()}`,
    );
    t.equal(await codeOf(connection.send(command.ping())), 'esl-not-connected', `${name}: refused at once while down`);
    await again;
    t.same(await connection.send(command.ping()), { ok: true, text: '+OK' }, `${name}: the next socket starts afresh`);
    const sent = peer
      .received()
      .split('\n\n')
      .filter((line) => line.startsWith('api uuid_exists'));
    t.ok(sent.length <= 3, `${name}: commands were not repeated`);
    t.equal(peer.received().split('event json').length - 1, 2, `${name}: subscriptions were`);
  }
});

t.test('a background job is rejected with the connection, or when its result does not come', async (t) => {
  const peer = await serve(
    t,
    freeswitch(() => reply('+OK Job-UUID: job-1')),
  );
  const { connection, next } = connectTo(t, peer.port);
  await next('up');
  const late = { ...originate('job-1'), resultWithinMs: 50 };
  t.equal(await codeOf(connection.background(late)), 'esl-reply-timeout');
});

t.test('a refused password says so and is tried slowly; the notice behind it does not hide it', async (t) => {
  const refusal = `${reply('-ERR invalid')}Content-Type: text/disconnect-notice\nContent-Length: 67\n\n${'x'.repeat(67)}`;
  const peer = await serve(t, (socket) => {
    socket.write('Content-Type: auth/request\n\n');
    socket.once('data', () => socket.end(refusal));
  });
  const { next, downs } = connectTo(t, peer.port);
  await next('down');
  t.same(downs, [{ code: 'esl-auth-refused', retryMs: 200 }]);
});

t.test('an address that the access list refuses', async (t) => {
  const peer = await serve(
    t,
    (socket) => void socket.end('Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n'),
  );
  const { next, downs } = connectTo(t, peer.port);
  await next('down');
  t.same(downs, [{ code: 'esl-access-denied', retryMs: 200 }]);
});

t.test('a refused event list', async (t) => {
  const peer = await serve(t, (socket) => {
    socket.write('Content-Type: auth/request\n\n');
    socket.on('data', (chunk: Buffer) =>
      socket.write(reply(chunk.toString().startsWith('auth') ? '+OK accepted' : '-ERR no keywords supplied')),
    );
  });
  const { next, downs } = connectTo(t, peer.port);
  await next('down');
  t.equal(downs[0]?.code, 'esl-subscription-refused');
});

t.test('a peer that greets nobody, and one that is not there', async (t) => {
  const mute = await serve(t, () => undefined);
  const first = connectTo(t, mute.port);
  await first.next('down');
  t.equal(first.downs[0]?.code, 'esl-handshake-timeout');
  const gone = await listen(() => undefined);
  await gone.close();
  const second = connectTo(t, gone.port);
  await second.next('down');
  await second.next('down');
  await second.next('down');
  t.same(
    second.downs.slice(0, 3).map(({ code, retryMs }) => [code, retryMs]),
    [
      ['esl-connect-failed', 20],
      ['esl-connect-failed', 40],
      ['esl-connect-failed', 40],
    ],
    'tries come slower and slower, up to a cap',
  );
});

t.test('waits are spread at random', async (t) => {
  const gone = await listen(() => undefined);
  await gone.close();
  for (const [random, retryMs] of [
    [0, 10],
    [0.999, 30],
  ] as const) {
    const { next, downs } = connectTo(t, gone.port, { random: () => random });
    await next('down');
    t.equal(downs[0]?.retryMs, retryMs);
  }
});

t.test('a peer that sends its bytes one by one is found out, without a command of ours', async (t) => {
  const peer = await serve(
    t,
    freeswitch((_, socket) => {
      const bytes = event('CHANNEL_PARK');
      let at = 0;
      const drip = setInterval(() => socket.write(bytes[at++] ?? 'x'), 15);
      socket.once('close', () => clearInterval(drip));
      return undefined;
    }),
  );
  const { next, downs, events } = connectTo(t, peer.port);
  await next('up');
  await next('down');
  t.equal(downs[0]?.code, 'esl-reply-timeout');
  t.same(events, []);
});

t.test('a quiet peer is asked whether it is alive, and stays connected when it is', async (t) => {
  const peer = await serve(
    t,
    freeswitch(() => response('alive')),
  );
  const { connection, next, downs } = connectTo(t, peer.port, { timings: { ...quick, quietMs: 10 } });
  await next('up');
  for (let pings = 0; pings < 3; pings++) await once(peer.sockets[0] as NodeJS.EventEmitter, 'data');
  t.match(peer.received(), /(api echo alive\n\n)+/);
  t.ok(connection.up);
  t.same(downs, []);
});

/** A connection to a peer that sends, at each command, one event with this stamp. */
async function stamped(t: Test, stamp: () => number) {
  const peer = await serve(
    t,
    freeswitch((_, socket) => {
      socket.write(event('CHANNEL_PARK', {}, stamp()));
      return response('alive');
    }),
  );
  const skew = { wallMs: 0, monotonicMs: 0 };
  const clock = {
    now: () => systemClock.now() + skew.wallMs,
    monotonic: () => systemClock.monotonic() + skew.monotonicMs,
    after: systemClock.after.bind(systemClock),
  };
  const made = connectTo(t, peer.port, { clock, timings: { ...quick, replyMs: 3_600_000, lagMs: 1_000 } });
  await made.next('up');
  const look = () => codeOf(made.connection.send(command.ping()));
  return { ...made, skew, look };
}

t.test('neither a clock that is set nor clocks that drift apart end the connection', async (t) => {
  let behindMs = 0;
  const { skew, look, downs } = await stamped(t, () => Date.now() + skew.monotonicMs - behindMs);
  t.equal(await look(), 'resolved');
  skew.wallMs = 3_600_000;
  t.equal(await look(), 'resolved');
  for (let minute = 0; minute < 30; minute++) {
    skew.monotonicMs += 60_000;
    behindMs += 400;
    t.equal(await look(), 'resolved');
  }
  t.same(downs, []);
});

t.test('whoever stood still for longer than a minute does not take old events for quick ones', async (t) => {
  let behindMs = 0;
  const { skew, look, downs } = await stamped(t, () => Date.now() + skew.monotonicMs - behindMs);
  t.equal(await look(), 'resolved');
  skew.monotonicMs += 300_000;
  behindMs += 300_000;
  t.equal(await look(), 'esl-lagging');
  t.match(downs, [{ code: 'esl-lagging' }]);
});

t.test('events that come later and later end the connection, a constant difference of clocks does not', async (t) => {
  const hour = 3_600_000;
  const peer = await serve(
    t,
    freeswitch((_, socket) => {
      socket.write(event('CHANNEL_PARK', {}, Date.now() - hour));
      socket.write(event('CHANNEL_PARK', {}, Date.now() - hour - 500));
      return event('CHANNEL_PARK', {}, Date.now() - hour - 2_000);
    }),
  );
  const { connection, next, downs, events, lags } = connectTo(t, peer.port, { timings: { ...quick, lagMs: 1_000 } });
  await next('up');
  t.equal(await codeOf(connection.send(command.ping())), 'esl-lagging');
  t.same(
    downs.map(({ code }) => code),
    ['esl-lagging'],
  );
  t.same(events, ['CHANNEL_PARK', 'CHANNEL_PARK']);
  t.ok(
    lags.every((ms) => ms >= hour && ms < hour + 3_000),
    lags.join(),
  );
});

t.test('unknown kinds of frames, and a listener that throws, disturb nothing', async (t) => {
  const peer = await serve(
    t,
    freeswitch(
      () => `Content-Type: log/data\nContent-Length: 3\n\nlogContent-Type: text/new\n\n${event('CHANNEL_PARK')}${response('+OK')}`,
    ),
  );
  const connection = new EslConnection({
    host: '127.0.0.1',
    port: peer.port,
    password: 'x',
    events: ['CHANNEL_PARK'],
    clock: systemClock,
    log: silent,
  });
  t.teardown(() => connection.close());
  await new Promise<void>((up) =>
    connection.start({
      up,
      event: () => {
        throw new Error('a fault of ours');
      },
    }),
  );
  t.ok((await connection.send(command.ping())).ok);
});

t.test('too many commands are refused, not kept', async (t) => {
  const peer = await serve(
    t,
    freeswitch(() => undefined),
  );
  const { connection, next } = connectTo(t, peer.port, { timings: { ...quick, mostPending: 2 } });
  await next('up');
  const codes = ['a', 'b', 'c'].map((leg) => codeOf(connection.send(command.uuidExists(leg))));
  t.equal(await codes[2], 'esl-overloaded');
  t.same(await Promise.all(codes.slice(0, 2)), ['esl-reply-timeout', 'esl-reply-timeout']);
});

t.test('close ends what waits, and nothing comes back', async (t) => {
  const peer = await serve(
    t,
    freeswitch(() => undefined),
  );
  const { connection, next, downs } = connectTo(t, peer.port);
  await next('up');
  const pending = codeOf(connection.send(command.ping()));
  await connection.close();
  t.equal(await pending, 'esl-closed');
  t.equal(await codeOf(connection.send(command.ping())), 'esl-not-connected');
  t.same(downs, []);
  t.equal(peer.sockets.length, 1);
});

function originate(job: string): command.BackgroundCommand {
  return command.originate(
    {
      leg: 'leg-1',
      endpoint: command.endpointTrunk('carrier', '+33123456789'),
      ringSeconds: 20,
      callerName: '' as never,
      callerNumber: '' as never,
      tenant: 'acme',
      guardSeconds: 15,
    },
    job,
  );
}
