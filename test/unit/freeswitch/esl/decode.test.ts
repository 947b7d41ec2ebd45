import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import t from 'tap';
import { decodePercent, type EslEvent, eventOf } from '../../../../src/freeswitch/esl/decode.js';
import { EslError } from '../../../../src/freeswitch/esl/errors.js';
import { parse, trace } from './traces.js';

const eventsOf = (name: string): EslEvent[] =>
  parse(trace(name).chunks)
    .map(eventOf)
    .filter((event) => event !== undefined);
const json = (body: string) => eventOf({ type: 'text/event-json', headers: new Map(), body: Buffer.from(body) });
const plain = (body: string) => eventOf({ type: 'text/event-plain', headers: new Map(), body: Buffer.from(body) });

t.test("a caller's name and User-Agent with quotes, accents, an emoji and a broken % arrive as they were sent", async (t) => {
  for (const format of ['json', 'plain']) {
    const park = eventsOf(`call-ivr-bridge-record-${format}`).find((event) => event.name === 'CHANNEL_PARK');
    t.equal(park?.get('Caller-Caller-ID-Name'), `Éloïse \\"%zz\\" 100% ☎ d'Été`, format);
    t.equal(park?.get('variable_sip_user_agent'), 'Phone/1.0 😀 %E0%A4%A', format);
    t.equal(park?.get('variable_sip_h_X-Odd'), 'a: b: c', format);
    t.match(park?.get('variable_switch_r_sdp'), /^v=0\r\no=u 5/, format);
    t.equal(park?.get('No-Such-Header'), undefined, format);
  }
});

t.test('a value that is searched for equals the one in the parsed event', async (t) => {
  for (const format of ['json', 'plain']) {
    const events = eventsOf(`call-ivr-bridge-record-${format}`);
    t.ok(events.length > 50, `${events.length} events in ${format}`);
    for (const event of events) {
      const wrong = Object.entries(event.all()).filter(([name, value]) => event.get(name) !== value);
      t.same(wrong, [], `${format} ${event.name}`);
    }
  }
});

t.test('the result of a background job', async (t) => {
  const failed = eventsOf('inbound-commands').find((event) => event.name === 'BACKGROUND_JOB');
  t.equal(failed?.get('Job-UUID'), 'job-fixed-1');
  t.match(failed?.body(), /^-ERR [A-Z_]+\n$/);
  for (const format of ['json', 'plain']) {
    const done = eventsOf(`call-ivr-bridge-record-${format}`).find((event) => event.name === 'BACKGROUND_JOB');
    t.match(done?.body(), /^\+OK aaaaaaaa-0000-4000-8000-00000000000\d\n$/, format);
  }
});

t.test('any JSON that FreeSWITCH could print', async (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('a","Event-Name":"FORGED', '\\', '\\"', '"', ',"X":"', '{"X":"y"}', '\u2028', '\u0000'),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), (values) => {
      const event = json(JSON.stringify({ 'Event-Name': 'TEST', ...Object.fromEntries(values.map((value, i) => [`h${i}`, value])) }));
      return event?.name === 'TEST' && values.every((value, i) => event.get(`h${i}`) === value);
    }),
    { numRuns: 2_000 },
  );
  t.equal(json('{"a":"x","Event-Name":"TEST","n":12,"list":["X","b"],"X":"y"}')?.get('X'), 'y');
  t.equal(json('{"Event-Name":"TEST","n":12}')?.get('n'), '12');
  t.equal(json('{"Event-Name":"TEST","list":["a"]}')?.get('list'), undefined);
});

t.test('a body that is no event', async (t) => {
  for (const body of ['', '{', 'Event-Name: X', '[]', '{}', '{"Event-Name":"X"', '{"Event-Name"}']) {
    t.throws(() => json(body), new EslError('esl-frame-malformed', 'an event is not a JSON object').constructor, JSON.stringify(body));
  }
  t.throws(() => plain('nothing'), EslError);
});

t.test('percent-decoding never throws, and keeps what means nothing', async (t) => {
  t.equal(decodePercent('%C3%89lo%c3%afse'), 'Éloïse');
  t.equal(decodePercent('100%'), '100%');
  t.equal(decodePercent('%E0%A4%A'), '%E0%A4%A');
  t.equal(decodePercent('%zz%20%'), '%zz %');
  t.equal(decodePercent('%ED%A0%80%C0%80'), '%ED%A0%80%C0%80', 'a surrogate half and an overlong zero');
  t.equal(decodePercent('%F0%9F%98%80'), '😀');
  const odd = fc.array(fc.oneof(fc.constantFrom('%', '%C3', '%89', '%F0', 'A', 'é', '%2', '%00'), fc.string()), { maxLength: 30 });
  fc.assert(fc.property(odd, (parts) => typeof decodePercent(parts.join('')) === 'string'));
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => decodePercent(encodeURIComponent(text)) === text));
});

t.test('who keeps a value does not keep the event', async (t) => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const others = 'x'.repeat(12_000);
  for (const [kind, read] of [
    ['json', (id: string) => json(`{"Event-Name":"CHANNEL_PARK","Unique-ID":"${id}","Others":"${others}"}`)],
    ['plain', (id: string) => plain(`Event-Name: CHANNEL_PARK\nUnique-ID: ${id}\nOthers: ${others}\n\n`)],
  ] as const) {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const kept = Array.from({ length: 1_000 }, (_, i) =>
      read(`0d5d9b40-aa14-4d83-a76d-6b4cb365${String(i).padStart(4, '0')}`)?.get('Unique-ID'),
    );
    collectGarbage();
    const bytes = (process.memoryUsage().heapUsed - before) / kept.length;
    t.ok(bytes < 1_000, `${kind}: ${Math.round(bytes)} bytes each`);
  }
});
