/** A wire that can be cut: stands between the daemon and what it connects to. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class TcpProxy {
  /** Port on loopback that it leads to. */
  target = 0;
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #refusing = false;
  #deaf = false;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#join(socket));
  }

  static async open(): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server);
  }

  /** Every connection breaks, and new ones are closed at once. */
  cut(): void {
    this.#refusing = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Connections stay, and nothing passes any more. */
  deaf(): void {
    this.#deaf = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** New connections pass again; those that were deaf are gone. */
  mend(): void {
    this.#refusing = false;
    this.#deaf = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(socket: Socket): void {
    if (this.#refusing) {
      socket.destroy();
      return;
    }
    const other = connect(this.target, '127.0.0.1');
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (data) => {
        if (!this.#deaf) to.write(data);
      });
      // Either end takes the other with it; an error is followed by `close`.
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
