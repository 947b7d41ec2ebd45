import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { concat, decodeUlaw, encodeUlaw, isTone, loudness, silence, tone, toneDuration } from '../../../src/lab/audio.js';
import { Heard } from '../../../src/lab/heard.js';
import { RtpEndpoint } from '../../../src/lab/rtp-endpoint.js';
import { buildRtp, parseRtp } from '../../../src/lab/rtp-packet.js';

/** Whole periods, so that packets join without a click. */
const sound = tone(500, 20);

t.test('a packet reads as it was built', async (t) => {
  const packet = { payloadType: 96, marker: true, sequence: 65_535, timestamp: 4_294_967_295, ssrc: 7, payload: Buffer.from('abcd') };
  t.same(parseRtp(buildRtp(packet)), packet);
  for (const rubbish of ['', 'OPTIONS sip:a SIP/2.0']) t.equal(parseRtp(Buffer.from(rubbish)), undefined);
});

t.test('extensions, contributors and padding are skipped', async (t) => {
  const plain = buildRtp({ payloadType: 0, marker: false, sequence: 1, timestamp: 2, ssrc: 3, payload: Buffer.alloc(0) });
  plain.writeUInt8(0x80 | 0x20 | 0x10 | 1, 0);
  const rest = Buffer.from([0, 0, 0, 9, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 55, 56, 0, 0, 3]);
  t.same(parseRtp(Buffer.concat([plain, rest]))?.payload, Buffer.from([55, 56]));
});

t.test('lost packets become silence, late ones find their place', async (t) => {
  const heard = new Heard();
  for (const [i, at] of [0, 20, 60, 40, 100].entries()) heard.add(sound, { ssrc: 1, timestamp: 1_000 + at * 8 }, at + i);
  t.equal(heard.ms, 120);
  t.equal(loudness(heard.pcm(80, 100)), Number.NEGATIVE_INFINITY);
  t.equal(toneDuration(heard.pcm(0, 80), 500, 80), 80);
});

t.test('a new stream starts where the clock says, whatever its timestamps', async (t) => {
  const heard = new Heard();
  heard.add(sound, { ssrc: 1, timestamp: 0xffff_ff60 }, 1_000);
  heard.add(sound, { ssrc: 1, timestamp: 0 }, 1_020);
  t.equal(heard.ms, 40, 'timestamps wrap');
  heard.add(sound, { ssrc: 2, timestamp: 77 }, 1_500);
  t.equal(heard.ms, 520);
  heard.add(sound, { ssrc: 2, timestamp: 77 + 160 }, 1_520);
  heard.add(sound, { ssrc: 2, timestamp: 900_000 }, 2_000);
  t.equal(heard.ms, 1_020);
});

/** Two endpoints that talk to each other through a relay, which speaks first: both wait to be spoken to. */
async function talking(t: Test, dtmfPayloadType = 96): Promise<[RtpEndpoint, RtpEndpoint]> {
  const [a, b] = [await RtpEndpoint.open({ dtmfPayloadType }), await RtpEndpoint.open()];
  const relay = createSocket('udp4');
  relay.bind(0, '127.0.0.1');
  await once(relay, 'listening');
  t.teardown(async () => {
    await a.close();
    await b.close();
    relay.close();
  });
  relay.on('message', (packet, from) => relay.send(packet, from.port === a.port ? b.port : a.port, '127.0.0.1'));
  const opener = buildRtp({ payloadType: 0, marker: true, sequence: 1, timestamp: 1, ssrc: 1, payload: Buffer.alloc(160, 0xff) });
  for (const { port } of [a, b]) relay.send(opener, port, '127.0.0.1');
  return [a, b];
}

t.test('what one says the other hears, in real time', async (t) => {
  const [a, b] = await talking(t);
  a.say(tone(440, 500), true);
  b.say(concat(tone(1_000, 300), silence(100)));
  await b.hears((pcm) => isTone(pcm, 440));
  await a.hears((pcm) => isTone(pcm, 1_000));
  const [from, packets] = [performance.now(), b.packetsReceived];
  await b.hears(() => performance.now() - from > 1_000);
  t.ok(Math.abs(b.packetsReceived - packets - 50) <= 3, 'fifty packets a second');
  t.equal(toneDuration(b.heard.last(800), 440), 800, 'a loop has no gaps');
  t.equal(loudness(a.heard.last(200)), loudness(decodeUlaw(encodeUlaw(silence(200)))), 'what is said once is followed by silence');
  t.ok(Math.abs(toneDuration(a.heard.pcm(), 1_000, 20) - 300) <= 40);
});

t.test('digits arrive once each and in order, whatever the payload type', async (t) => {
  for (const payloadType of [96, 101]) {
    const [a, b] = await talking(t, payloadType);
    await a.hears((pcm) => pcm.length > 0, { windowMs: 20 });
    await a.dial('1123*#0');
    if (b.digits.length < 7) await once(b, 'digit');
    t.equal(b.digits, '1123*#0');
    t.equal(a.digits, '');
  }
});

t.test('nobody to dial to, no such key, nothing heard', async (t) => {
  const alone = await RtpEndpoint.open();
  await t.rejects(alone.dial('1'), /nothing was heard yet/);
  await t.rejects(
    alone.hears(() => true, { timeoutMs: 20 }),
    /not heard in 20 ms/,
  );
  await alone.close();
  await alone.close();
  const [a] = await talking(t);
  await a.hears(() => true, { windowMs: 20 });
  await t.rejects(a.dial('x'), /no telephone key/);
});
