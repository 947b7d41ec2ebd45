/** Ports for programs of tests and of the demo, which run beside other people's on one machine. */
import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** Below the blocks, and like them below Linux's ephemeral ports: no outgoing connection takes one before its program binds it. */
const SINGLES_FROM = 7_000;
/** From here on comes 10,080, which is one of those that `fetch` and browsers refuse to call. */
const SINGLES_TO = 10_080;
/** SIPp takes the ports that follow its RTP port as well. */
const STEP = 4;
const COUNT = (SINGLES_TO - SINGLES_FROM) / STEP;
/** Each process goes its round from a place of its own, so that a program that is restarted finds its port again. */
let next = Math.floor(Math.random() * COUNT);

/** A port that is free on loopback for TCP and UDP alike; no other is given out within the three after it. Another process could take it before you do: use it soon. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < COUNT; i++) {
    const port = SINGLES_FROM + STEP * (next++ % COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port between ${SINGLES_FROM} and ${SINGLES_TO}`);
}

async function isFree(port: number): Promise<boolean> {
  const socket = await bindUdp(port);
  if (socket === undefined) return false;
  await closeUdp(socket);
  const server = createServer();
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, LOOPBACK, () => resolve(true));
  });
  if (listening) await new Promise((resolve) => server.close(resolve));
  return listening;
}

/** Consecutive UDP ports that no other lab on this machine uses until `release`. */
export interface PortBlock {
  readonly first: number;
  readonly last: number;
  release(): Promise<void>;
}

/** Linux's ephemeral ports begin at 32,768. */
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
