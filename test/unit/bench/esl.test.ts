/** Each client of the benchmark connects to its other side, gets every event and every reply. */
import t from 'tap';
import { contestant, contestantNames } from '../../../bench/esl/contestants.js';
import { Peer, recordedEvents } from '../../../bench/esl/peer.js';

t.test('the recorded call', async (t) => {
  const events = recordedEvents();
  t.equal(events.length, 63);
  t.ok(events.some(({ name, bytes }) => name === 'CHANNEL_BRIDGE' && bytes.length > 8_000));
});

for (const name of contestantNames) {
  t.test(name, async (t) => {
    const peer = new Peer();
    const port = await peer.listen();
    const client = contestant(name);
    t.teardown(() => {
      client.close();
      peer.close();
    });
    const legs: (string | undefined)[] = [];
    let all: () => void = () => undefined;
    const seen = new Promise<void>((resolve) => {
      all = resolve;
    });
    await client.connect(port, (header) => {
      legs.push(header('Unique-ID'));
      if (legs.length === 5) all();
    });
    const bridges = recordedEvents().filter((event) => event.name === 'CHANNEL_BRIDGE');
    await peer.send(bridges, 5);
    await seen;
    t.ok(
      legs.every((leg) => leg !== undefined && leg === legs[0]),
      'each names its leg',
    );
    peer.roundTripMs = 5;
    const from = performance.now();
    await client.command();
    t.ok(performance.now() - from >= 5, 'a reply takes the round trip');
  });
}
