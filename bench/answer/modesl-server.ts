/** What many build today: modesl as the other side of the outbound `socket`, one connection a call. A process of its own. */
import { createRequire } from 'node:module';

interface Connection {
  on(event: string, listener: (...values: unknown[]) => void): void;
  execute(application: string, argument: string, done?: () => void): void;
}
interface Modesl {
  readonly Server: new (
    options: { readonly host: string; readonly port: number; readonly myevents: boolean },
    ready: () => void,
  ) => { on(event: 'connection::ready', listener: (connection: Connection) => void): void };
}

const [port, file = ''] = process.argv.slice(2);
const { Server } = createRequire(import.meta.url)('modesl') as Modesl;

/** Its sockets throw when the other side is gone first (ADR-0001): the server must outlive that to be measured at all. */
process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') throw error;
});

const server = new Server({ host: '127.0.0.1', port: Number(port), myevents: true }, () => console.log('listening'));
server.on('connection::ready', (connection) => {
  connection.on('error', () => undefined);
  connection.execute('answer', '', () => {
    connection.execute('playback', file, () => connection.execute('hangup', ''));
  });
});
