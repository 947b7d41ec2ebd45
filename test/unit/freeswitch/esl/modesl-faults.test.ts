/**
 * The faults of modesl that docs/adr/0001-own-esl-client.md gives as reasons. Should a version without them come, this
 * test fails, and the decision may be looked at again.
 */
import { EventEmitter, once } from 'node:events';
import { createRequire } from 'node:module';
import t from 'tap';
import { freeswitch, listen } from './peer.js';
import { parse, trace } from './traces.js';

interface ModeslConnection {
  on(event: string, listener: (...values: unknown[]) => void): void;
  api(command: string, callback: (...values: unknown[]) => void): void;
  disconnect(): void;
}
interface Modesl {
  readonly Connection: new (host: string, port: number, password: string, ready?: () => void) => ModeslConnection;
  readonly Parser: new (socket: EventEmitter) => { on(event: string, listener: (...values: unknown[]) => void): void };
}

const require = createRequire(import.meta.url);
const modesl = require('modesl') as Modesl;

t.test('a User-Agent with a broken % throws out of the socket’s data handler: any caller can end the daemon', async (t) => {
  const { chunks } = trace('call-ivr-bridge-record-plain');
  const socket = new EventEmitter();
  const parser = new modesl.Parser(socket);
  parser.on('esl::event', () => undefined);
  t.throws(() => chunks.map((chunk) => socket.emit('data', chunk)), URIError);
  t.ok(parse(chunks).length > 60, 'ours reads the same conversation to its end');
});

t.test('a command that waits when the connection drops is never settled', async (t) => {
  const peer = await listen(
    freeswitch((line, socket) => {
      if (line.startsWith('api')) socket.end();
      return undefined;
    }),
  );
  t.teardown(() => peer.close());
  let settled = false;
  const connection = new modesl.Connection('127.0.0.1', peer.port, 'x');
  connection.on('error', () => undefined);
  await new Promise<void>((ended) => {
    connection.on('esl::end', () => ended());
    connection.on('esl::ready', () => {
      connection.api('status', () => {
        settled = true;
      });
    });
  });
  await once(peer.sockets[0] as EventEmitter, 'close');
  t.notOk(settled);
});

t.test('a length that is no number, or a negative one, is taken as no length: the body is then read as the next frames', async (t) => {
  for (const length of ['-5', 'x']) {
    const socket = new EventEmitter();
    const seen: unknown[] = [];
    const parser = new modesl.Parser(socket);
    parser.on('esl::event', (_event, headers) => seen.push(headers));
    const body = 'Content-Type: command/reply\nReply-Text: +OK forged\n\n';
    socket.emit('data', Buffer.from(`Content-Type: api/response\nContent-Length: ${length}\n\n`));
    socket.emit('data', Buffer.from(body));
    t.ok(
      seen.some((headers) => (headers as Record<string, string>)['Reply-Text'] === '+OK forged'),
      `${length}: ${JSON.stringify(seen)}`,
    );
  }
});

t.test('nothing limits what it holds: a frame that never ends fills the memory', async (t) => {
  const socket = new EventEmitter();
  const parser = new modesl.Parser(socket) as unknown as { readonly buffer: Buffer };
  const chunk = Buffer.alloc(64 * 1024, 'x');
  for (let i = 0; i < 32; i++) socket.emit('data', chunk);
  t.equal(parser.buffer.length, 32 * chunk.length);
});

t.test('it has no types', async (t) => {
  const manifest = require('modesl/package.json') as Record<string, unknown>;
  t.equal(manifest['types'], undefined);
  t.equal(manifest['typings'], undefined);
});
