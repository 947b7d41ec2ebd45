/** A websocket of ours that closes must not take Asterisk's ARI along (asterisk/asterisk#2170), whatever its phones do meanwhile. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { type AsteriskOptions, connectAsterisk } from '../../src/asterisk/connect.js';
import { systemClock } from '../../src/clock.js';
import { type DeviceId, id, type NodeId } from '../../src/core/ids.js';
import type { Device } from '../../src/core/site.js';
import type { Clock } from '../../src/ports/clock.js';
import { silent } from '../../src/ports/log.js';
import { unmeasured } from '../../src/ports/metrics.js';
import { Phone } from '../e2e/sip/phone.js';
import { type Asterisk, asteriskFor, withoutAsterisk } from '../support/asterisk.js';
import { EventLog } from './pbx.contract.js';

const node = id<NodeId>('n1');
const desk: Device = { id: id<DeviceId>('desk'), node, kind: 'phone', user: '1001' };
const rounds = 25;

t.test('phones that come and go while daemons do: each daemon gets the node', { skip: withoutAsterisk, timeout: 120_000 }, async (t) => {
  const asterisk = await asteriskFor(t);
  const { host, ariPort, user, password } = asterisk;
  await asterisk.allowPhones({ 1001: 'secret-1' });
  let busy = true;
  t.teardown(() => {
    busy = false;
  });
  let changes = 0;
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const change = async (state: string) => {
    const url = `http://${host}:${ariPort}/ari/deviceStates/Stasis:any?deviceState=${state}`;
    const { ok } = await fetch(url, { method: 'PUT', headers: { authorization }, signal: AbortSignal.timeout(5_000) });
    if (ok) changes++;
  };
  const others = (async () => {
    while (busy) for (const state of ['INUSE', 'NOT_INUSE']) await change(state);
  })();
  const phone = await Phone.open();
  t.teardown(() => phone.close());
  let registrations = 0;
  const registering = (async () => {
    const account = { port: asterisk.phonePort, domain: asterisk.domain, user: '1001', password: 'secret-1' };
    while (busy) for (const expires of [60, 0]) if ((await phone.register(account, expires)) === 200) registrations++;
  })();

  for (let round = 0; round < rounds; round++) {
    const pbx = daemonOf(asterisk);
    t.teardown(() => pbx.close());
    const events = new EventLog();
    pbx.start(events.add);
    await events.next('up');
    await pbx.reachableDevices();
    await events.next('device');
    await pbx.close();
  }
  busy = false;
  await Promise.all([others, registering]);
  t.ok(changes > rounds, `${changes} changes of another device`);
  t.ok(registrations > rounds, `${registrations} of ours`);
});

t.test('a daemon that is closed while its websocket opens does nothing more', { skip: withoutAsterisk, timeout: 60_000 }, async (t) => {
  const asterisk = await asteriskFor(t);
  const timers = new Set<object>();
  const counted: Clock = {
    ...systemClock,
    after(ms, task) {
      const timer = {};
      timers.add(timer);
      const stop = systemClock.after(ms, () => {
        timers.delete(timer);
        task();
      });
      return () => {
        timers.delete(timer);
        stop();
      };
    },
  };
  const held = await holdsWebsockets(t, asterisk.ariPort);
  const pbx = daemonOf(asterisk, { port: held.port, clock: counted });
  pbx.start(() => undefined);
  const websocket = await held.first;
  await pbx.close();
  await once(websocket.destroy(), 'close');
  // Longer than it waits between two looks at the node.
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.equal(timers.size, 0);
});

function daemonOf({ host, ariPort, amiPort, user, password, context, recordingsDir }: Asterisk, other: Partial<AsteriskOptions> = {}) {
  return connectAsterisk({
    ...{ id: node, host, port: ariPort, amiPort, user, password, context, recordingsDir },
    ...{ trunk: undefined, devices: () => [desk], clock: systemClock, log: silent, metrics: unmeasured },
    ...other,
  });
}

/** A way to ARI on which everything passes but websockets: those are not answered. */
async function holdsWebsockets(t: Test, ariPort: number): Promise<{ readonly port: number; readonly first: Promise<Socket> }> {
  let found: (socket: Socket) => void;
  const first = new Promise<Socket>((resolve) => {
    found = resolve;
  });
  const server = createServer((near) => {
    near.on('error', () => undefined);
    near.once('data', (asked: Buffer) => {
      if (asked.includes('Upgrade: websocket')) return found(near);
      const far = connect(ariPort, '127.0.0.1');
      far.on('error', () => near.destroy());
      far.write(asked);
      near.pipe(far).pipe(near);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { port: (server.address() as AddressInfo).port, first };
}
