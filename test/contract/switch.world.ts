/** A real switch, whichever it is, with SIPp's callers and desk phones around it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { systemClock } from '../../src/clock.js';
import { type DeviceId, id, type NodeId } from '../../src/core/ids.js';
import type { Device } from '../../src/core/site.js';
import type { Asterisk } from '../../src/lab/asterisk.js';
import { silence, tone, writeWav } from '../../src/lab/audio.js';
import { freePort } from '../../src/lab/free-port.js';
import type { Freeswitch } from '../../src/lab/freeswitch.js';
import { RtpEndpoint } from '../../src/lab/rtp-endpoint.js';
import { type AgentOptions, register, type Sipp, startAgent, startCallers } from '../../src/lab/sipp.js';
import type { Clock } from '../../src/ports/clock.js';
import { type Log, silent } from '../../src/ports/log.js';
import { type Metrics, unmeasured } from '../../src/ports/metrics.js';
import type { Pbx } from '../../src/ports/pbx.js';
import { Phone } from '../e2e/sip/phone.js';
import { type Caller, EventLog, type PbxWorld, type PhoneKind } from './pbx.contract.js';

const node = id<NodeId>('n1');
const number = '0123456789';

/** What every adapter is given besides the way to its switch. */
export interface Around {
  readonly id: NodeId;
  readonly context: string;
  readonly recordingsDir: string;
  readonly trunk: undefined;
  readonly devices: () => readonly Device[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface SwitchWorld extends PbxWorld {
  /** Another daemon's adapter for the same node, not started: by another way or with another password, where they are named. */
  another(way?: { readonly port?: number; readonly password?: string }): Pbx;
  /** What the callers hear and say, in the order in which they called. */
  readonly ears: readonly RtpEndpoint[];
}

/** `codeCaller`: whom the phone that dials a code names as its caller. */
export async function switchWorld(
  t: Test,
  lab: Freeswitch | Asterisk,
  {
    connect,
    codeCaller,
  }: { connect(around: Around, way: { readonly port?: number; readonly password?: string }): Pbx; codeCaller: string },
): Promise<SwitchWorld> {
  const running: Sipp[] = [];
  const ears: RtpEndpoint[] = [];
  t.teardown(async () => {
    await Promise.all(running.map((sipp) => sipp.kill()));
    await Promise.all(ears.map((ear) => ear.close()));
  });
  const agent = async (options: AgentOptions): Promise<number> => {
    const sipp = await startAgent(options);
    running.push(sipp);
    return sipp.port;
  };

  const answers = await agent({ scenario: 'agent-answers', ringMs: 50 });
  const ports: Readonly<Record<PhoneKind, number>> = {
    answers,
    'hangs up': await agent({ scenario: 'agent-hangs-up', ringMs: 50, talkMs: 1_500 }),
    busy: await agent({ scenario: 'agent-busy-486' }),
    'never answers': await agent({ scenario: 'agent-never-answers' }),
    'not registered': 0,
    'not there': await freePort(),
  };
  await lab.allowPhones({ 1001: 'secret-1', 1002: 'secret-2' });
  const registered = await register({
    port: lab.phonePort,
    domain: lab.domain,
    phones: [{ user: '1001', password: 'secret-1', phonePort: answers }],
  });
  if (!registered.ok) throw new Error(`the phone did not register: ${registered.unexpected}`);

  const phone = (kind: PhoneKind): Device => {
    const own = id<DeviceId>(kind.replaceAll(' ', '-'));
    if (kind === 'answers') return { id: own, node, kind: 'phone', user: '1001' };
    if (kind === 'not registered') return { id: own, node, kind: 'phone', user: '1002' };
    return { id: own, node, kind: 'uri', uri: `sip:agent@127.0.0.1:${ports[kind]}` };
  };
  const kinds = Object.keys(ports) as PhoneKind[];
  const { context, recordingsDir } = lab;
  const around = { devices: () => kinds.map(phone), clock: systemClock, log: silent, metrics: unmeasured };
  const another: SwitchWorld['another'] = (way = {}) => {
    const made = connect({ id: node, context, recordingsDir, trunk: undefined, ...around }, way);
    t.teardown(() => made.close());
    return made;
  };

  const pbx = another();
  const events = new EventLog();
  pbx.start(events.add);
  await events.next('up');

  const sounds = join(lab.dir, 'prompts');
  mkdirSync(sounds);
  return {
    pbx,
    events,
    number,
    another,
    ears,
    phone,
    codeUser: '1002',
    async dialCode(dialled) {
      const desk = await Phone.open();
      t.teardown(() => desk.close());
      const account = { user: '1002', password: 'secret-2' };
      await desk.dial({ port: lab.phonePort, number: dialled, callerNumber: codeCaller, account });
    },
    ringMs: 2_000,
    sound(ms) {
      const file = join(sounds, `${ms}.wav`);
      writeFileSync(file, writeWav([ms > 0 ? tone(700, ms) : silence(1)]));
      return file;
    },
    async call({ ms = 5_000, name = '', caller = '0600000000' } = {}): Promise<Caller> {
      const ear = await RtpEndpoint.open();
      ears.push(ear);
      const call = { number, caller, callerName: name, rtpPort: ear.port, ms };
      const sipp = await startCallers({ scenario: 'caller-hears-and-hangs-up', port: lab.trunkPort, calls: [call] });
      running.push(sipp);
      return {
        async press(keys) {
          await ear.hears(() => true, { windowMs: 20 });
          await ear.dial(keys);
        },
        talk(on) {
          if (on) ear.say(tone(300, 1_000), true);
          else ear.quiet();
        },
      };
    },
  };
}
