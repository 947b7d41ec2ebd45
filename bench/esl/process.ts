/** One client in a process of its own, so that its CPU can be told from the other side's. Told what to do over IPC. */
import { type Contestant, type ContestantName, contestant } from './contestants.js';

export type Order =
  | { readonly do: 'connect'; readonly port: number }
  /** Wait for so many events. */
  | { readonly do: 'receive'; readonly count: number }
  /** Send so many commands, so many of them without waiting for replies. */
  | { readonly do: 'commands'; readonly count: number; readonly atOnce: number }
  | { readonly do: 'close' };

export interface Report {
  readonly cpuMs: number;
  readonly wallMs: number;
  /** So that no engine can leave the reading out. */
  readonly read: number;
}

/** What a daemon looks at in an event; most are there in each. */
const headers = [
  'Event-Name',
  'Unique-ID',
  'Event-Date-Timestamp',
  'Answer-State',
  'Channel-State-Number',
  'Hangup-Cause',
  'Application',
  'Application-UUID',
  'Caller-Caller-ID-Number',
  'variable_sip_call_id',
];

let client: Contestant | undefined;
let seen = 0;
let read = 0;
let onSeen: () => void = () => undefined;

function onEvent(header: (name: string) => string | undefined): void {
  seen++;
  for (const name of headers) read += header(name)?.length ?? 0;
  onSeen();
}

async function measured(work: () => Promise<unknown>): Promise<Report> {
  const [cpu, from] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1_000, wallMs: performance.now() - from, read };
}

async function receive(count: number): Promise<void> {
  seen = 0;
  await new Promise<void>((done) => {
    onSeen = () => {
      if (seen >= count) done();
    };
    // The events may flow.
    process.send?.('receiving');
  });
  onSeen = () => undefined;
}

async function commands(count: number, atOnce: number): Promise<void> {
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < count) {
      sent++;
      await client?.command();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

async function carryOut(order: Order): Promise<Report | 'done'> {
  switch (order.do) {
    case 'connect':
      client = contestant(process.argv[2] as ContestantName);
      await client.connect(order.port, onEvent);
      return 'done';
    case 'receive':
      return await measured(() => receive(order.count));
    case 'commands':
      return await measured(() => commands(order.count, order.atOnce));
    case 'close':
      client?.close();
      return 'done';
    default:
      return order satisfies never;
  }
}

process.on('message', (order: Order) => {
  carryOut(order).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
