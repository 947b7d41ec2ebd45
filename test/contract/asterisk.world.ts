/** A real Asterisk with SIPp's callers and desk phones around it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type AsteriskOptions, type AsteriskPbx, connectAsterisk } from '../../src/asterisk/connect.js';
import { systemClock } from '../../src/clock.js';
import { type DeviceId, id, type NodeId } from '../../src/core/ids.js';
import type { Device } from '../../src/core/site.js';
import { silence, tone, writeWav } from '../../src/lab/audio.js';
import { freePort } from '../../src/lab/free-port.js';
import { RtpEndpoint } from '../../src/lab/rtp-endpoint.js';
import { type AgentOptions, register, type Sipp, startAgent, startCallers } from '../../src/lab/sipp.js';
import { silent } from '../../src/ports/log.js';
import { unmeasured } from '../../src/ports/metrics.js';
import { Phone } from '../e2e/sip/phone.js';
import { type Asterisk, asteriskFor } from '../support/asterisk.js';
import { type Caller, EventLog, type PbxWorld, type PhoneKind } from './pbx.contract.js';

const node = id<NodeId>('n1');
const number = '0123456789';

export interface AsteriskWorld extends PbxWorld {
  readonly asterisk: Asterisk;
  readonly pbx: AsteriskPbx;
  /** Another daemon's adapter for the same node, not started. */
  another(options?: Partial<AsteriskOptions>): AsteriskPbx;
  /** What the callers hear and say, in the order in which they called. */
  readonly ears: readonly RtpEndpoint[];
}

export async function asteriskWorld(t: Test): Promise<AsteriskWorld> {
  const asterisk = await asteriskFor(t);
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
  await asterisk.allowPhones({ 1001: 'secret-1', 1002: 'secret-2' });
  const registered = await register({
    port: asterisk.phonePort,
    domain: '127.0.0.1',
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
  const connect = (options: Partial<AsteriskOptions> = {}): AsteriskPbx => {
    const { host, ariPort: port, amiPort, user, password, recordingsDir } = asterisk;
    const where = { id: node, host, port, amiPort, user, password, context: 'tcore', recordingsDir, trunk: undefined };
    const around = { devices: () => kinds.map(phone), clock: systemClock, log: silent, metrics: unmeasured };
    const pbx = connectAsterisk({ ...where, ...around, ...options });
    t.teardown(() => pbx.close());
    return pbx;
  };

  const pbx = connect();
  const events = new EventLog();
  pbx.start(events.add);
  await events.next('up');

  const sounds = join(asterisk.dir, 'prompts');
  mkdirSync(sounds);
  return {
    asterisk,
    pbx,
    events,
    number,
    another: connect,
    ears,
    phone,
    codeUser: '1002',
    async dialCode(dialled) {
      const desk = await Phone.open();
      t.teardown(() => desk.close());
      const account = { user: '1002', password: 'secret-2' };
      await desk.dial({ port: asterisk.phonePort, number: dialled, callerNumber: '1002', account });
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
      const sipp = await startCallers({ scenario: 'caller-hears-and-hangs-up', port: asterisk.trunkPort, calls: [call] });
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
