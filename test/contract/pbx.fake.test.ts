/** The fake PBX of the engine's tests keeps to the same contract as the real ones. */
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock.js';
import { type DeviceId, id, type LegId } from '../../src/core/ids.js';
import type { Device } from '../../src/core/site.js';
import type { Clock } from '../../src/ports/clock.js';
import { FakePbx } from '../support/fake-pbx.js';
import { FakeSwitch } from '../support/fake-switch.js';
import { type Caller, EventLog, type PbxWorld, type PhoneKind, pbxContract } from './pbx.contract.js';

const number = '0123456789';

// The suite waits for prompts of real length.
t.setTimeout(120_000);

async function fakeWorld(t: Test): Promise<PbxWorld> {
  const pending = new Set<() => void>();
  t.teardown(() => {
    for (const cancel of pending) cancel();
  });
  const clock: Clock = {
    ...systemClock,
    after(ms, task) {
      const cancel = systemClock.after(ms, task);
      pending.add(cancel);
      return cancel;
    },
  };
  const fake = new FakeSwitch(clock);
  fake.lengthOf = (file) => (file.startsWith('/sounds/') ? Number(/\d+/.exec(file)?.[0]) : undefined);
  const pbx = new FakePbx(fake);
  const events = new EventLog();
  const hangUpAfter = new Map<LegId, number>();
  const ending = (leg: LegId, ms: number, cause?: string) => clock.after(ms, () => fake.legs.has(leg) && fake.hangUp(leg, cause));

  const phone = (kind: PhoneKind): Device => {
    const own = { id: id<DeviceId>(kind), node: fake.node };
    if (kind === 'answers' || kind === 'not registered') return { ...own, kind: 'phone', user: kind };
    return { ...own, kind: 'uri', uri: `sip:${kind}` };
  };
  fake.registered.add(phone('answers').id);
  fake.rang = ({ leg, request }) => {
    const kind = request !== undefined && 'id' in request.to ? (request.to.id as string as PhoneKind) : 'not there';
    if (kind === 'busy') ending(leg, 20, 'USER_BUSY');
    else if (kind === 'not there') ending(leg, 20, 'NORMAL_TEMPORARY_FAILURE');
    else if (kind === 'answers' || kind === 'hangs up') clock.after(50, () => fake.legs.has(leg) && fake.pickUp(leg));
    if (kind === 'hangs up') ending(leg, 550);
  };

  pbx.start((event) => {
    if (event.type === 'answered') ending(event.leg, hangUpAfter.get(event.leg) ?? 5_000);
    events.add(event);
  });
  return {
    pbx,
    events,
    number,
    phone,
    codeUser: '1002',
    dialCode: async (dialled) => {
      fake.dialCode('1002', dialled);
    },
    ringMs: 300,
    sound: (ms) => `/sounds/${ms}.wav`,
    async call({ ms = 5_000, name = '', caller = '0600000000' } = {}): Promise<Caller> {
      const leg = fake.call(number, { number: caller, name });
      hangUpAfter.set(leg, ms);
      const own = fake.leg(leg);
      own.speaking = false;
      return {
        press: async (keys) => {
          for (const key of keys) {
            fake.press(leg, key);
            if (key === '#' && own.message !== undefined) fake.endMessage(leg, 400);
          }
        },
        talk: (on) => {
          own.speaking = on;
        },
      };
    },
  };
}

pbxContract('the fake', fakeWorld);
