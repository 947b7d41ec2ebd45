/** Two call centres on one machine that differ in one thing: who queues the calls. Same switch, same configuration, same phones. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Asterisk } from '../../src/lab/asterisk.js';
import { createDaemon, type Daemon, type DaemonOptions, type LabAgent } from '../../src/lab/daemon.js';
import { type Freeswitch, type FreeswitchOptions, findFreeswitch, startFreeswitch } from '../../src/lab/freeswitch.js';
import { processStat } from '../../src/lab/process-stat.js';
import { type RedisServer, startRedis } from '../../src/lab/redis.js';
import { type Sipp, startAgent } from '../../src/lab/sipp.js';

export interface Desk<Process extends string = string> {
  readonly pbx: Freeswitch | Asterisk;
  /** Callers dial them in turn. */
  readonly numbers: readonly string[];
  readonly pids: Readonly<Record<Process, number>>;
  readonly redisUrl?: string;
  /** The daemon's page for Prometheus. */
  metrics?(): Promise<string>;
  /** What went wrong, in the words of those who know. */
  complaints?(): Promise<string>;
  /** What still goes on: channels, waiting callers, agents who are not free. `undefined`: nothing. */
  unrest(): Promise<string | undefined>;
  stop(): Promise<void>;
}

export interface Crew {
  readonly size: number;
  readonly ringMs: number;
  readonly recording?: boolean;
  /** None of them is there. */
  readonly absent?: boolean;
}

/** Two a leg. */
const rtpPorts = 4_000;

export async function bootFreeswitch(files: FreeswitchOptions['files'] = {}): Promise<Freeswitch> {
  const { binary, missing } = await findFreeswitch(process.env);
  if (binary === undefined) throw new Error(missing);
  // As many new calls as come: the measurement is to find the limit, not the setting.
  return await startFreeswitch({ binary, rtpPorts, files, settings: { tcore_sessions_per_second: '1000' } });
}

/** Phones at a fixed address, as mod_callcenter's contacts are: nobody has to ask where they registered. */
const address = (agent: number, port: number): string => `sip:agent${agent}@127.0.0.1:${port}`;

/** As SIPp: one process is all the phones. */
export async function startPhones({ ringMs }: Crew): Promise<Sipp> {
  return await startAgent({ scenario: 'agent-answers', ringMs, measured: true });
}

// The daemon: four clients, four languages, of which each agent speaks three.

export const languages = ['french', 'english', 'german', 'spanish'] as const;
const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const always = Object.fromEntries(days.map((day) => [day, ['00:00-24:00']]));

export function crewOf({ size, absent = false }: Crew, port: number): readonly LabAgent[] {
  return Array.from({ length: size }, (_, agent) => ({
    id: `agent${agent}`,
    name: `Agent ${agent}`,
    skills: Object.fromEntries(
      languages.filter((_, i) => i !== agent % languages.length).map((language, i) => [language, 40 + ((agent + i * 17) % 60)]),
    ),
    // A phone that never registers.
    phone: absent ? { user: `agent${agent}`, password: `secret-of-${agent}` } : { uri: address(agent, port) },
  }));
}

/** A client whose callers go straight into the queue, as in a dialplan of `answer` and `callcenter`. */
export function clientOf(index: number, changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    id: `client${index}`,
    name: `Client ${index}`,
    shortName: `C${index}`,
    whisper: false,
    numbers: [numberOf(index)],
    hours: always,
    // As mod_callcenter's agents: no wrap-up. Nobody gives up for us.
    queue: {
      pool: 'reception',
      requires: { [languages[index] ?? 'french']: 30 },
      wrapUpSeconds: 0,
      noAgent: 'wait',
      maxWaitSeconds: 7_200,
    },
    ...changes,
  };
}

export const numberOf = (index: number): string => `+3319900000${index}`;

/** As it is installed: `npm run bench` builds it first. */
const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The daemon and its Redis beside a switch. */
export async function startDaemonOn(
  pbx: DaemonOptions['pbx'],
  agents: readonly LabAgent[],
  clients: readonly Readonly<Record<string, unknown>>[],
  more: Pick<DaemonOptions, 'audio' | 'settings'> = {},
): Promise<{ readonly daemon: Daemon; readonly redis: RedisServer; stop(): Promise<void> }> {
  // As docs/install.md wants it.
  const redis = await startRedis({ aof: true });
  const daemon = await createDaemon({
    pbx,
    program,
    redisUrl: redis.url,
    agents,
    tenants: Object.fromEntries(clients.map((client) => [String(client['id']), JSON.stringify(client)])),
    ...more,
    settings: { skills: [...languages], ...more.settings },
  });
  const stop = async (): Promise<void> => {
    await daemon.stop();
    await redis.stop();
  };
  try {
    await daemon.start();
    await scheduleAs(pbx.pid, [daemon.pid, redis.pid]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { daemon, redis, stop };
}

/** As docs/install.md has systemd start them: a FreeSWITCH that may makes itself real-time, and what is not waits for all of its threads. */
async function scheduleAs(pbx: number, pids: readonly number[]): Promise<void> {
  if ((await processStat(pbx))?.realTime !== true) return;
  await Promise.all(pids.map((pid) => promisify(execFile)('chrt', ['--all-tasks', '--rr', '--pid', '2', String(pid)])));
}

export interface DaemonDesk extends Desk {
  readonly daemon: Daemon;
}

export async function startDaemonDesk(crew: Crew, phones: Sipp): Promise<DaemonDesk> {
  return await deskOn(await bootFreeswitch(), crew, phones);
}

/** The switch is stopped with the desk, or if there will be none. */
export async function deskOn(pbx: Freeswitch | Asterisk, crew: Crew, phones: Sipp): Promise<DaemonDesk> {
  try {
    const clients = languages.map((_, index) => clientOf(index, { recording: crew.recording === true }));
    const { daemon, redis, stop } = await startDaemonOn(pbx, crewOf(crew, phones.port), clients);
    return {
      pbx,
      daemon,
      complaints: () => complaintsOf(daemon),
      redisUrl: redis.url,
      metrics: async () => await (await daemon.api('/metrics')).text(),
      numbers: languages.map((_, index) => numberOf(index)),
      pids: { [pbx.kind]: pbx.pid, daemon: daemon.pid, redis: redis.pid },
      unrest: () => unrestOf(pbx, () => busyAgents(daemon)),
      stop: async () => {
        await stop();
        await pbx.stop();
      },
    };
  } catch (error) {
    await pbx.stop();
    throw error;
  }
}

/** What the daemon logged that was not in order, the latest. */
export const warningsOf = ({ output }: Daemon): readonly string[] =>
  output
    .split('\n')
    .filter((line) => /"level":"(warn|error|fatal)"/.test(line))
    .slice(-30);

/** What went wrong, in the words of the daemon: how calls and offers ended, and its warnings. */
export async function complaintsOf(daemon: Daemon): Promise<string> {
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const record of await daemon.records()) {
    count(`${record['outcome']} (${record['cause']})`);
    for (const offer of record['offers'] as readonly { outcome: string }[]) count(`offer ${offer.outcome}`);
  }
  return [[...counts].map(([what, times]) => `${times} × ${what}`).join(', '), ...warningsOf(daemon)].join('\n');
}

export async function unrestOf(pbx: Freeswitch | Asterisk, busy: () => Promise<readonly string[]>): Promise<string | undefined> {
  const [channels, agents] = [await pbx.channels(), await busy()];
  if (channels.length + agents.length === 0) return undefined;
  return `${channels.length} channels; ${agents.length} agents: ${agents.slice(0, 10).join(', ')}`;
}

export async function busyAgents(daemon: Daemon): Promise<readonly string[]> {
  const { agents = [] } = (await (await daemon.api('/v1/agents')).json()) as { agents?: { agent: string; status: string }[] };
  return agents.filter(({ status }) => status !== 'idle' && status !== 'unreachable').map(({ agent, status }) => `${agent} ${status}`);
}

// mod_callcenter, with the same agents in one queue

export async function startCallcenterDesk(crew: Crew, phones: Sipp): Promise<Desk<'freeswitch'>> {
  const agents = Array.from({ length: crew.size }, (_, agent) => address(agent, phones.port));
  const pbx = await bootFreeswitch({
    'autoload_configs/callcenter.conf.xml': callcenterConf(agents, crew.absent === true),
    'autoload_configs/modules.conf.xml': modulesConf,
    '../dialplan/freeswitch/telephony-core.xml': callcenterDialplan(crew.recording === true),
  });
  return {
    pbx,
    numbers: languages.map((_, index) => numberOf(index)),
    pids: { freeswitch: pbx.pid },
    unrest: () =>
      unrestOf(pbx, async () => {
        // Who gave up stays in the list for a minute.
        const members = (await pbx.api('callcenter_config queue list members support@default')).split('\n');
        const agents = (await pbx.api('callcenter_config agent list')).split('\n');
        return [
          ...members.filter((line) => /\|(Waiting|Trying|Serving)(\||$)/.test(line)),
          ...agents.filter((line) => /\|(In a queue call|Receiving|Reserved)\|/.test(line)),
        ];
      }),
    stop: () => pbx.stop(),
  };
}

/** The hold music alone: nobody queues, nobody is told. */
export async function startMusicDesk(): Promise<Desk<'freeswitch'>> {
  const pbx = await bootFreeswitch({ '../dialplan/freeswitch/telephony-core.xml': dialplanOf('', 'playback', 'local_stream://moh') });
  return {
    pbx,
    numbers: [numberOf(0)],
    pids: { freeswitch: pbx.pid },
    unrest: () => unrestOf(pbx, async () => []),
    stop: () => pbx.stop(),
  };
}

/** Ours, and the peer that is measured. */
const modulesConf = `<configuration name="modules.conf">
  <modules>
    ${['mod_console', 'mod_logfile', 'mod_commands', 'mod_dptools', 'mod_dialplan_xml', 'mod_sndfile', 'mod_tone_stream', 'mod_local_stream', 'mod_sofia', 'mod_callcenter', 'mod_event_socket'].map((name) => `<load module="${name}"/>`).join('\n    ')}
  </modules>
</configuration>
`;

/** Its database lies in memory, like everything of the laboratory. */
function callcenterConf(contacts: readonly string[], absent: boolean): string {
  const agents = contacts.map(
    (contact, i) =>
      `<agent name="a${i}@default" type="callback" contact="sofia/internal/${contact}" status="${absent ? 'Logged Out' : 'Available'}" max-no-answer="3" wrap-up-time="0" reject-delay-time="10" busy-delay-time="60"/>`,
  );
  const tiers = contacts.map((_, i) => `<tier agent="a${i}@default" queue="support@default" level="1" position="1"/>`);
  return `<configuration name="callcenter.conf">
  <settings><param name="dbname" value="$\${db_dir}/callcenter.db"/></settings>
  <queues>
    <queue name="support@default">
      <param name="strategy" value="longest-idle-agent"/>
      <param name="moh-sound" value="local_stream://moh"/>
      <param name="time-base-score" value="system"/>
      <param name="max-wait-time" value="0"/>
      <param name="max-wait-time-with-no-agent" value="0"/>
      <param name="tier-rules-apply" value="false"/>
      <param name="discard-abandoned-after" value="60"/>
    </queue>
  </queues>
  <agents>
    ${agents.join('\n    ')}
  </agents>
  <tiers>
    ${tiers.join('\n    ')}
  </tiers>
</configuration>
`;
}

/** Both legs apart, as the daemon records: caller left, agent right. */
const record = `<action application="set" data="RECORD_STEREO=true"/>
        <action application="record_session" data="$\${recordings_dir}/\${uuid}.wav"/>`;

export const callcenterDialplan = (recording: boolean): string => dialplanOf(recording ? record : '', 'callcenter', 'support@default');

const dialplanOf = (before: string, application: string, data: string): string => `<include>
  <context name="$\${tcore_context}">
    <extension name="all">
      <condition field="destination_number" expression="^\\+?\\d+$">
        <action application="answer"/>
        ${before}
        <action application="${application}" data="${data}"/>
        <action application="hangup"/>
      </condition>
    </extension>
  </context>
</include>
`;
