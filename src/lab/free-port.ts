/** Ports for programs of tests and of the demo, which run beside other people's on one machine. */
import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** Below the blocks, and like them below Linux's ephemeral ports: no outgoing connection takes one before its program binds it. */
const SINGLES_FROM = 7_000;
const SINGLES_TO = 12_000;
/** A place has eight: its lock, a gap, then the port with those that SIPp takes besides its RTP port. */
const PLACE = 8;
const PLACES = (SINGLES_TO - SINGLES_FROM) / PLACE;
/** Each process goes its round from a place of its own. */
let next = Math.floor(Math.random() * PLACES);

/**
 * So many of the latest places stay locked, for as long as this process lives: until its program has bound a port, and while a program
 * that was killed starts again, no other lab on this machine finds it free. The lock is a socket, as that of a block.
 */
const LOCKED = 120;
const locks: Socket[] = [];

/** A port that is free on loopback for TCP and UDP alike, and given to nobody else. Never 10,080, which `fetch` refuses to call. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < PLACES; i++) {
    const place = SINGLES_FROM + PLACE * (next++ % PLACES);
    const lock = await bindUdp(place);
    if (lock === undefined) continue;
    const port = place + 2;
    if (!(await isFree(port))) {
      await closeUdp(lock);
      continue;
    }
    lock.unref();
    locks.push(lock);
    const oldest = locks.length > LOCKED ? locks.shift() : undefined;
    if (oldest !== undefined) await closeUdp(oldest);
    return port;
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
