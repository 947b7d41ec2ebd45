/** One whole deployment for a suite: real FreeSWITCH, real Redis, the daemon as a process, and phones in the test's hands. */
import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import type t from 'tap';
import { until } from '../../src/lab/child.js';
import { createDaemon, type Daemon, type DaemonOptions } from '../../src/lab/daemon.js';
import type { FreeswitchOptions } from '../../src/lab/freeswitch.js';
import { type Asterisk, asteriskFor, withoutAsterisk } from '../support/asterisk.js';
import { type Freeswitch, freeswitchFor, withoutFreeswitch } from '../support/freeswitch.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { outOfReach } from './out-of-reach.js';
import type { OutgoingCall } from './sip/call.js';
import { type Dial, Phone } from './sip/phone.js';
import { audio, yaml } from './tenants.js';

export { withoutFreeswitch } from '../support/freeswitch.js';

type Test = Pick<typeof t, 'teardown'>;

/** `TCORE_TEST_ON=asterisk npm test FILE`: while one works on one of them. */
const wanted = process.env['TCORE_TEST_ON'];
const unwanted = (on: string): string | false => (wanted === undefined || wanted === on ? false : `TCORE_TEST_ON is ${wanted}`);

/** The switches on which a suite runs, each with the reason why it does not run here. */
export const backends = [
  { on: 'freeswitch', skip: unwanted('freeswitch') || withoutFreeswitch },
  { on: 'asterisk', skip: unwanted('asterisk') || withoutAsterisk },
] as const;
export type Backend = (typeof backends)[number]['on'];

/** A record as it is written: see src/core/call/record.ts. */
export interface WrittenRecord {
  readonly call: string;
  readonly tenant: string;
  readonly caller: { readonly number: string; readonly name: string };
  readonly dialled: string;
  readonly opening: string;
  readonly arrivedAt: number;
  readonly enqueuedAt: number | null;
  readonly answeredAt: number | null;
  readonly endedAt: number;
  readonly agent: string | null;
  readonly offers: readonly { readonly agent: string; readonly at: number; readonly outcome: string }[];
  readonly digits: readonly string[];
  readonly recording: { readonly file: string; readonly ms: number | null; readonly bytes: number | null } | null;
  readonly message: { readonly file: string; readonly ms: number } | null;
  readonly held?: readonly { readonly at: number; readonly by: string }[];
  readonly outcome: string;
  readonly cause: string;
}

export interface CallNow {
  readonly call: string;
  readonly state: string;
  readonly caller: { readonly number: string; readonly name: string };
  readonly enqueuedAt?: number;
  readonly supervision?: { readonly supervisor: string; readonly attending: boolean };
}

export const agents = {
  alice: '1001',
  benoit: '1002',
  chloe: '1003',
  david: '1004',
  emma: '1005',
  fanny: '1006',
  gilles: '1007',
} as const;
export type AgentName = keyof typeof agents;
/** What the configuration says of them. */
export const phones = (...names: readonly AgentName[]): DaemonOptions['agents'] =>
  names.map((name) => ({ id: name, name, phone: { user: agents[name], password: password(agents[name]) } }));
const password = (user: string): string => `lab-secret-of-${user}`;

export interface PlacedCall extends OutgoingCall {
  /** Every call has a number of its own, by which its record is found. */
  readonly from: string;
}

export interface SiteOptions {
  /** Default: freeswitch. */
  readonly on?: Backend;
  readonly tenants: readonly { readonly id: string }[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly agents?: DaemonOptions['agents'];
  /** Where the trunk's calls to the outside go: a port of loopback. */
  readonly carrier?: number;
  /** SIPp's phones register on Asterisk (`AsteriskOptions`). */
  readonly contactsAsTold?: boolean;
  /** A second node, `pbx2`: a peer of the first one. */
  readonly other?: Backend;
  /** How FreeSWITCH is booted, each of them: settings, files. */
  readonly switch?: Parameters<typeof freeswitchFor>[1];
  /** Files of each Asterisk's configuration, by path below its folder. */
  readonly asteriskFiles?: Readonly<Record<string, string>>;
  /** What the daemon is told of the switch, e.g. another port to connect to. */
  readonly asSeenByDaemon?: (pbx: Freeswitch | Asterisk) => Freeswitch | Asterisk;
}

/** Calls so far, of all sites: two of them may share one archive. */
let dialled = 0;

export class Site {
  #caller: Phone | undefined;

  private constructor(
    readonly pbx: Freeswitch | Asterisk,
    readonly other: Freeswitch | Asterisk | undefined,
    readonly redis: RedisServer,
    readonly daemon: Daemon,
    /** Where each agent's phone registers, unless at `pbx`. */
    private readonly homes: ReadonlyMap<string, Freeswitch | Asterisk>,
    private readonly test: Test,
    private readonly mend: () => void = () => undefined,
  ) {}

  static async start(test: Test, options: SiteOptions): Promise<Site> {
    const [first, second] = ['127.0.0.2', '127.0.0.3'] as const;
    const { other: on } = options;
    const [pbx, other] = await Promise.all([
      startSwitch(test, on === undefined ? options : { ...options, peer: { host: first, from: [second] } }),
      on === undefined ? undefined : startSwitch(test, { ...options, on, peer: { host: second, from: [first] } }),
    ]);
    const redis = await startRedis({ aof: true });
    test.teardown(() => redis.stop());
    const daemon = await startDaemon(test, options, redis, options.asSeenByDaemon?.(pbx) ?? pbx, other);
    if (other !== undefined) await allUp(daemon);
    return new Site(pbx, other, redis, daemon, homesOf(options, other), test);
  }

  /**
   * Two nodes, and a daemon for each, with one Redis and one pool: each site is a node with its daemon, whose callers dial in there.
   * Neither daemon reaches the other's node, until `reachOther`.
   */
  static async startTwo(test: Test, options: SiteOptions & Required<Pick<SiteOptions, 'on' | 'other'>>): Promise<readonly [Site, Site]> {
    const [first, second] = ['127.0.0.2', '127.0.0.3'] as const;
    const [pbx1, pbx2] = await Promise.all([
      startSwitch(test, { ...options, peer: { host: first, from: [second] } }),
      startSwitch(test, { ...options, on: options.other, peer: { host: second, from: [first] } }),
    ]);
    const redis = await startRedis({ aof: true });
    test.teardown(() => redis.stop());
    const [far1, far2] = [await outOfReach(test, pbx1), await outOfReach(test, pbx2)];
    const [one, two] = await Promise.all([
      startDaemon(test, options, redis, pbx1, far2.seen),
      startDaemon(test, options, redis, far1.seen, pbx2),
    ]);
    const homes = homesOf(options, pbx2, pbx1);
    return [new Site(pbx1, pbx2, redis, one, homes, test, far2.mend), new Site(pbx2, pbx1, redis, two, homes, test, far1.mend)];
  }

  /** From now on this daemon reaches the other's node too: it stands by for it. */
  async reachOther(): Promise<void> {
    this.mend();
    const standsBy = async (): Promise<true | undefined> => {
      const { nodes } = (await (await this.daemon.api('/v1/status')).json()) as { nodes: readonly { reason?: string }[] };
      return nodes.some(({ reason }) => reason?.includes('another daemon')) ? true : undefined;
    };
    // It tries again every 7.5 s at least.
    await until('it stands by', standsBy, { timeoutMs: 15_000 });
  }

  /** For what only this switch has. */
  get freeswitch(): Freeswitch {
    if (this.pbx.kind !== 'freeswitch') throw new Error('this site is on Asterisk');
    return this.pbx;
  }

  /** Dials in over the trunk. */
  async dial(number: string, how: Partial<Dial> = {}): Promise<PlacedCall> {
    this.#caller ??= await this.#phone();
    const callerNumber = how.callerNumber ?? `06${String(10_000_000 + ++dialled)}`;
    const call = await this.#caller.dial({ port: this.pbx.trunkPort, number, ...how, callerNumber });
    // A test that fails leaves no caller behind for the next one.
    this.test.teardown(() => call.hangUp());
    return Object.assign(call, { from: callerNumber });
  }

  /** Opens the agent's phone, registers it and waits until he is idle. */
  async signIn(name: AgentName): Promise<Phone> {
    const phone = await this.signInWhileBusy(name);
    await this.agentIs(name, 'idle');
    return phone;
  }

  /** The same while callers wait, who get him at once. */
  async signInWhileBusy(name: AgentName): Promise<Phone> {
    const phone = await this.#phone();
    const status = await phone.register(this.account(name));
    if (status !== 200) throw new Error(`${name} was refused with ${status}`);
    return phone;
  }

  async signOut(name: AgentName, phone: Phone): Promise<void> {
    await phone.register(this.account(name), 0);
    await this.agentIs(name, 'unreachable');
    phone.close();
  }

  /** The agent dials something on his desk phone. */
  async dialFrom(name: AgentName, phone: Phone, number: string): Promise<OutgoingCall> {
    const account = this.account(name);
    const call = await phone.dial({ port: account.port, number, callerNumber: this.ownNumber(account), account });
    this.test.teardown(() => call.hangUp());
    return call;
  }

  /** As what a phone dials. On FreeSWITCH that means nothing: identity is the password. Asterisk asks for the password of whom it names. */
  ownNumber({ user }: { readonly user: string }): string {
    return this.pbx.kind === 'asterisk' ? user : '9999';
  }

  account(name: AgentName) {
    const { phonePort: port, domain } = this.homes.get(name) ?? this.pbx;
    return { port, domain, user: agents[name], password: password(agents[name]) };
  }

  async agentIs(name: string, status: string, timeoutMs = 10_000): Promise<void> {
    let last: string | undefined;
    await until(
      `${name} ${status}`,
      async () => {
        last = (await this.agentStates())[name];
        return last === status ? true : undefined;
      },
      { timeoutMs },
    ).catch((cause: unknown) => {
      throw new Error(`${name} is ${last}, not ${status}`, { cause });
    });
  }

  async allIdle(names: readonly string[]): Promise<void> {
    await until('idle agents', async () => {
      const states = await this.agentStates();
      return names.every((name) => states[name] === 'idle') ? true : undefined;
    });
  }

  /** What the API says of him. */
  async agent(name: string): Promise<Readonly<Record<string, unknown>>> {
    return (await this.#json(`/v1/agents/${name}`)) as Record<string, unknown>;
  }

  async agentStates(): Promise<Readonly<Record<string, string>>> {
    const { agents: list } = (await this.#json('/v1/agents')) as { agents?: { agent: string; status: string }[] };
    return Object.fromEntries((list ?? []).map(({ agent, status }) => [agent, status]));
  }

  async calls(): Promise<readonly CallNow[]> {
    return ((await this.#json('/v1/calls?reveal=true')) as { calls: CallNow[] }).calls;
  }

  /** Waits until the daemon has the call in that state, and the caller is answered: he may be queued sooner. */
  async reaches(call: PlacedCall, state: string, timeoutMs = 10_000): Promise<CallNow> {
    let last = 'unknown';
    return await until(
      `call ${state}`,
      async () => {
        const found = (await this.calls()).find(({ caller }) => caller.number === call.from);
        last = found?.state ?? 'unknown';
        if (last === 'waiting' && call.answeredAt === undefined) last = 'waiting to be answered';
        return last === state ? found : undefined;
      },
      { timeoutMs, everyMs: 10 },
    ).catch((cause: unknown) => {
      throw new Error(`the call is ${last}, not ${state}`, { cause });
    });
  }

  /** Waits until the caller's guard is the daemon's own, of 7 to 8 s; before, it is the dialplan's of 4 to 5 s. Asterisk has one only. */
  async guarded({ call }: CallNow): Promise<void> {
    const { pbx } = this;
    if (pbx.kind !== 'freeswitch') return;
    const ours = async () => (await pbx.api('show tasks')).split('\n').some((task) => task.includes('sched_api') && task.includes(call));
    await until('a guard of the daemon', async () => ((await ours()) ? true : undefined));
  }

  async records(): Promise<readonly WrittenRecord[]> {
    return (await this.daemon.records()) as unknown as readonly WrittenRecord[];
  }

  async recordsOf(call: PlacedCall): Promise<readonly WrittenRecord[]> {
    return (await this.records()).filter(({ caller }) => caller.number === call.from);
  }

  /** The call's record, as soon as there is one. That there is no second one is for `quiet` to wait and the test to assert. */
  async record(call: PlacedCall, timeoutMs = 10_000): Promise<WrittenRecord> {
    return await until(`a record of the call from ${call.from}`, async () => (await this.recordsOf(call))[0], { timeoutMs });
  }

  /** Ids of the channels that there are now. */
  async channels(): Promise<readonly string[]> {
    return [...(await this.pbx.channels()), ...((await this.other?.channels()) ?? [])];
  }

  /** Waits until nothing goes on any more: no channel, no call, every agent idle or away (or `resting`, for who has missed a call). */
  async quiet(timeoutMs = 12_000, { resting = false } = {}): Promise<void> {
    const still = ['idle', 'signedOut', 'unreachable', ...(resting ? ['paused'] : [])];
    let rest: unknown;
    await until(
      'silence',
      async () => {
        const [channels, calls, states] = [await this.channels(), await this.calls(), await this.agentStates()];
        const busy = Object.entries(states).filter(([, state]) => !still.includes(state));
        rest = { channels, calls, busy };
        return channels.length + calls.length + busy.length === 0 ? true : undefined;
      },
      { timeoutMs, everyMs: 50 },
    ).catch((cause: unknown) => {
      throw new Error(`still there: ${inspect(rest, { depth: 5 })}`, { cause });
    });
  }

  async #json(path: string): Promise<unknown> {
    const response = await this.daemon.api(path);
    return response.ok ? await response.json() : { agents: [], calls: [] };
  }

  async #phone(): Promise<Phone> {
    const phone = await Phone.open();
    this.test.teardown(() => phone.close());
    return phone;
  }
}

async function startDaemon(
  test: Test,
  options: SiteOptions,
  redis: RedisServer,
  pbx: Freeswitch | Asterisk,
  other?: Freeswitch | Asterisk,
): Promise<Daemon> {
  const daemon = await createDaemon({
    pbx,
    ...(other === undefined ? {} : { others: [other] }),
    redisUrl: redis.url,
    agents: options.agents ?? phones('alice', 'benoit', 'chloe'),
    tenants: Object.fromEntries(options.tenants.map((tenant) => [tenant.id, yaml(tenant)])),
    audio,
    ...(options.settings === undefined ? {} : { settings: options.settings }),
  });
  test.teardown(() => daemon.stop());
  await daemon.start();
  return daemon;
}

const homesOf = ({ agents: all = [] }: SiteOptions, pbx2?: Freeswitch | Asterisk, pbx1?: Freeswitch | Asterisk) =>
  new Map(
    all.flatMap(({ id, node }) => {
      const home = node === 'pbx2' ? pbx2 : pbx1;
      return home === undefined ? [] : [[id, home] as const];
    }),
  );

/** The daemon is ready with the first of its nodes. */
async function allUp(daemon: Daemon): Promise<void> {
  await until('both nodes', async () => {
    const { nodes } = (await (await daemon.api('/v1/status')).json()) as { nodes: readonly { up: boolean }[] };
    return nodes.every(({ up }) => up) ? true : undefined;
  });
}

async function startSwitch(
  test: Test,
  {
    on,
    carrier,
    switch: own,
    peer,
    contactsAsTold = false,
    asteriskFiles: files = {},
  }: Pick<SiteOptions, 'on' | 'carrier' | 'switch' | 'contactsAsTold' | 'asteriskFiles'> & Pick<FreeswitchOptions, 'peer'>,
): Promise<Freeswitch | Asterisk> {
  const peering = peer === undefined ? {} : { peer };
  if (on === 'asterisk') {
    const trunks = await readFile(new URL('../../dialplan/asterisk/trunks.conf', import.meta.url), 'utf8');
    const dialled = trunks.replace(/^;contact = .*$/m, `contact = sip:127.0.0.1:${carrier}`);
    return await asteriskFor(test, {
      ...peering,
      contactsAsTold,
      files: { ...files, ...(carrier === undefined ? {} : { 'trunks.conf': dialled }) },
    });
  }
  if (carrier === undefined) return await freeswitchFor(test, { ...own, ...peering });
  const gateway = `<include>
  <gateway name="carrier">
    <param name="proxy" value="127.0.0.1:${carrier}"/>
    <param name="register" value="false"/>
    <param name="caller-id-in-from" value="true"/>
  </gateway>
</include>`;
  return await freeswitchFor(test, { ...own, ...peering, files: { ...own?.files, 'gateways/carrier.xml': gateway } });
}
