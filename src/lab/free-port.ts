/** Ports for programs of tests and of the demo, which run beside other people's on one machine. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** A port that is free on loopback for TCP and UDP alike. Somebody else could take it before you do: use it at once. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, LOOPBACK);
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const socket = await bindUdp(port);
    if (socket !== undefined) await closeUdp(socket);
    await new Promise((resolve) => server.close(resolve));
    if (socket !== undefined) return port;
  }
}

/** Consecutive UDP ports that no other lab on this machine uses until `release`. */
export interface PortBlock {
  readonly first: number;
  readonly last: number;
  release(): Promise<void>;
}

/** Below Linux's ephemeral ports (32,768 and up), so that no outgoing connection lands in a block. */
const BLOCKS_FROM = 12_000;
const BLOCKS_TO = 32_000;

/**
 * Reserves `count` UDP ports from an even one on, as RTP wants. The lock is a socket on the port below the block, which
 * the kernel takes back when this process dies, however it dies.
 */
export async function reservePorts(count: number): Promise<PortBlock> {
  const size = count + 2;
  const blocks = Math.floor((BLOCKS_TO - BLOCKS_FROM) / size);
  const start = Math.floor(Math.random() * blocks);
  for (let i = 0; i < blocks; i++) {
    const lockPort = BLOCKS_FROM + ((start + i) % blocks) * size + 1;
    const lock = await bindUdp(lockPort);
    if (lock === undefined) continue;
    lock.unref();
    return { first: lockPort + 1, last: lockPort + count, release: () => closeUdp(lock) };
  }
  throw new Error(`No block of ${count} free UDP ports between ${BLOCKS_FROM} and ${BLOCKS_TO}`);
}

async function bindUdp(port: number): Promise<Socket | undefined> {
  const socket = createSocket('udp4');
  return await new Promise((resolve) => {
    socket.once('error', () => resolve(undefined));
    socket.bind(port, LOOPBACK, () => resolve(socket));
  });
}

async function closeUdp(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}
