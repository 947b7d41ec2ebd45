/** The other side of the clients: says what FreeSWITCH says, from a recorded conversation, as far away as is wanted. */
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { FrameParser } from '../../src/freeswitch/esl/parser.js';

const recorded = new URL('../../test/fixtures/esl-traces/call-ivr-bridge-record-json.jsonl', import.meta.url);

export interface RecordedEvent {
  readonly name: string;
  /** With its frame, as FreeSWITCH sent it. */
  readonly bytes: Buffer;
}

export function recordedEvents(): readonly RecordedEvent[] {
  const found: RecordedEvent[] = [];
  const parser = new FrameParser();
  for (const line of readFileSync(recorded, 'utf8').trim().split('\n')) {
    const { dir, data } = JSON.parse(line) as { dir: string; data: string };
    if (dir !== 'fs->client') continue;
    parser.push(Buffer.from(data, 'base64'), ({ type, body }) => {
      const name = /"Event-Name":\s*"(\w+)"/.exec(body?.toString('latin1') ?? '')?.[1];
      if (type !== 'text/event-json' || body === undefined || name === undefined) return;
      const head = Buffer.from(`Content-Length: ${body.length}\nContent-Type: ${type}\n\n`);
      found.push({ name, bytes: Buffer.concat([head, body]) });
    });
  }
  return found;
}

const reply = 'Content-Type: command/reply\nReply-Text: +OK accepted\n\n';
const statusText = `UP 0 years, 0 days, 6 hours\nFreeSWITCH is ready\n${'x'.repeat(300)}\n`;
const status = `Content-Type: api/response\nContent-Length: ${statusText.length}\n\n${statusText}`;

export class Peer {
  /** How long after a command its reply leaves, ms. */
  roundTripMs = 0;
  readonly #server = createServer((socket) => this.#greet(socket));
  readonly #late: { readonly at: number; readonly send: () => void }[] = [];
  #socket: Socket | undefined;

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Each event in a write of its own, as the switch does, and as fast as they are read. */
  async send(events: readonly RecordedEvent[], count: number): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) throw new Error('nobody is connected');
    for (let i = 0; i < count; i++) {
      const event = events[i % events.length];
      if (event === undefined) throw new Error('there is no event to send');
      if (!socket.write(event.bytes)) await new Promise((resolve) => socket.once('drain', resolve));
    }
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }

  #greet(socket: Socket): void {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const commands = received.split('\n\n');
      received = commands.pop() ?? '';
      // As FreeSWITCH, which passes over empty lines.
      const asked = commands.filter((command) => command.trim() !== '');
      const answers = asked.map((command) => (command.trimStart().startsWith('api ') ? status : reply)).join('');
      if (answers !== '') this.#afterRoundTrip(() => socket.write(answers));
    });
    socket.write('Content-Type: auth/request\n\n');
  }

  /** Not a timer, which would be up to a millisecond late: this process has nothing else to do meanwhile. */
  #afterRoundTrip(send: () => void): void {
    if (this.roundTripMs === 0) {
      send();
      return;
    }
    this.#late.push({ at: performance.now() + this.roundTripMs, send });
    if (this.#late.length === 1) setImmediate(() => this.#sendDue());
  }

  #sendDue(): void {
    const now = performance.now();
    while (this.#late[0] !== undefined && this.#late[0].at <= now) this.#late.shift()?.send();
    if (this.#late.length > 0) setImmediate(() => this.#sendDue());
  }
}
