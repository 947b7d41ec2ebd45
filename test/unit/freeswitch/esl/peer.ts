/** The other end of an event socket, on a real TCP port, doing what a test tells it to. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

export interface Peer {
  readonly port: number;
  /** Sockets that were accepted so far. */
  readonly sockets: readonly Socket[];
  /** Everything that was received, on all sockets. */
  readonly received: () => string;
  close(): Promise<void>;
}

/** `serve` gets each new socket and its index. */
export async function listen(serve: (socket: Socket, index: number) => void): Promise<Peer> {
  const sockets: Socket[] = [];
  let received = '';
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
    });
    // Resets are expected: the client destroys its socket.
    socket.on('error', (error) => socket.destroy(error.cause instanceof Error ? error.cause : undefined));
    serve(socket, sockets.length - 1);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP port');
  return {
    port: address.port,
    sockets,
    received: () => received,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers each command with what `answer` says; `undefined`: nothing. The greeting and `auth` are answered as FreeSWITCH does. */
export function freeswitch(answer: (command: string, socket: Socket) => string | undefined) {
  return (socket: Socket): void => {
    socket.write('Content-Type: auth/request\n\n');
    let held = '';
    socket.on('data', (chunk: Buffer) => {
      // As FreeSWITCH, which passes over empty lines.
      held = (held + chunk.toString()).replace(/^\n+/, '');
      for (let end = held.indexOf('\n\n'); end >= 0; end = held.indexOf('\n\n')) {
        const command = held.slice(0, end);
        held = held.slice(end + 2).replace(/^\n+/, '');
        const text = command.startsWith('auth ')
          ? reply('+OK accepted')
          : command.startsWith('event ')
            ? reply('+OK listening')
            : answer(command, socket);
        if (text !== undefined) socket.write(text);
      }
    });
  };
}

export const reply = (text: string): string => `Content-Type: command/reply\nReply-Text: ${text}\n\n`;
export const response = (text: string): string => `Content-Type: api/response\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`;

/** `at`: ms since the epoch. */
export function event(name: string, headers: Readonly<Record<string, string>> = {}, at = Date.now()): string {
  const body = JSON.stringify({ 'Event-Name': name, 'Event-Date-Timestamp': String(Math.round(at * 1_000)), ...headers });
  return `Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-json\n\n${body}`;
}
