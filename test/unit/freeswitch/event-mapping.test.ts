import t from 'tap';
import { type EslEvent, eventOf } from '../../../src/freeswitch/esl/decode.js';
import { read, type Sighting } from '../../../src/freeswitch/event-mapping.js';
import { parse, trace } from './esl/traces.js';

function event(name: string, headers: Readonly<Record<string, string>> = {}): EslEvent {
  const body = Buffer.from(JSON.stringify({ 'Event-Name': name, 'Unique-ID': 'leg-1', ...headers }));
  const made = eventOf({ type: 'text/event-json', headers: new Map(), body });
  if (made === undefined) throw new Error('no event');
  return made;
}

const nothing = { saw: 'nothing' };

const sees = (name: string, headers: Readonly<Record<string, string>>): Sighting | undefined => read(event(name, headers));

t.test('a recorded call', async (t) => {
  for (const format of ['json', 'plain']) {
    const sightings = parse(trace(`call-ivr-bridge-record-${format}`).chunks)
      .map(eventOf)
      .filter((one) => one !== undefined)
      // The recorded dialplan was older than ours: it did not say why it parks.
      .map(
        (one) =>
          ({ ...one, name: one.name, get: (header: string) => (header === 'variable_tcore_entry' ? 'call' : one.get(header)) }) as EslEvent,
      )
      .map(read)
      .filter((one) => one !== undefined && one.saw !== 'nothing')
      .filter((one) => one !== undefined);
    const kinds = [...new Set(sightings.map((one) => one.saw))].sort();
    t.same(kinds, ['bridged', 'created', 'digit', 'hungup', 'parked', 'recorded'], format);
    const parked = sightings.find((one) => one.saw === 'parked');
    t.match(parked, {
      entry: 'call',
      dialled: '4000',
      taken: false,
      originated: false,
      caller: { number: '0612345678', name: `Éloïse \\"%zz\\" 100% ☎ d'Été` },
    });
    t.same(
      sightings.filter((one) => one.saw === 'digit').map((one) => one.saw === 'digit' && one.digit),
      ['1', '2', '#'],
    );
    const recorded = sightings.find((one) => one.saw === 'recorded');
    t.match(recorded, { path: /^\/srv\/pbx\/fs\/rec\/\w+\.wav$/ });
    t.ok(recorded?.saw === 'recorded' && recorded.ms > 1_000 && recorded.bytes > 44, JSON.stringify(recorded));
    t.equal(sightings.filter((one) => one.saw === 'bridged').length, 1);
  }
});

t.test('why a leg is parked', async (t) => {
  const park = (headers: Readonly<Record<string, string>>) => sees('CHANNEL_PARK', headers);
  t.same(park({}), nothing, 'not by our dialplan');
  t.same(park({ variable_tcore_entry: 'phone' }), nothing, 'a desk phone dials: not ours yet');
  t.same(park({ variable_tcore_entry: 'constructor' }), nothing);
  t.match(park({ variable_tcore_entry: 'call', variable_tcore_call: 'leg-1' }), { taken: true });
  t.match(park({ variable_tcore_entry: 'handover', variable_tcore_dialled: '0123456789', 'Caller-Destination-Number': 'handover' }), {
    entry: 'handover',
    dialled: '0123456789',
  });
  t.match(park({ variable_tcore_entry: 'after-bridge', variable_tcore_return: 'true' }), { entry: 'after-bridge', returning: true });
  t.match(park({ variable_tcore_entry: 'refer', 'Caller-Destination-Number': '0987' }), { entry: 'refer', target: '0987' });
  t.match(park({ variable_tcore_leg: 'ours' }), { entry: undefined, originated: true });
});

t.test('applications', async (t) => {
  const done = (headers: Readonly<Record<string, string>>) => sees('CHANNEL_EXECUTE_COMPLETE', headers);
  t.same(done({ 'Application-UUID': '5b1a0e9c-0000-4000-8000-000000000000', Application: 'playback' }), nothing, 'the dialplan’s own');
  t.match(done({ 'Application-UUID': 'tcore:play:c1:7', 'Application-Response': 'FILE PLAYED' }), {
    saw: 'played',
    play: 'c1:7',
    failed: false,
  });
  t.match(done({ 'Application-UUID': 'tcore:play:c1:7', 'Application-Response': 'FILE NOT FOUND' }), { failed: true });
  t.match(done({ 'Application-UUID': 'tcore:answer', 'Answer-State': 'answered' }), { saw: 'answered' });
  t.same(done({ 'Application-UUID': 'tcore:answer', 'Answer-State': 'ringing' }), nothing, 'it could not be answered');
  t.same(done({ 'Application-UUID': 'tcore:play:p1', 'Answer-State': 'hangup' }), nothing, 'cut short by the hang-up that follows');
  t.match(done({ 'Application-UUID': 'tcore:music:1', 'Application-Response': 'FILE PLAYED' }), { saw: 'music-ended', music: '1' });
  t.match(done({ 'Application-UUID': 'tcore:music:1', 'Application-Response': 'FILE NOT FOUND' }), { saw: 'music-failed' });
  const broken = { 'Application-UUID': 'tcore:music:1', 'Application-Response': 'PLAYBACK ERROR' };
  t.match(done({ ...broken, 'Channel-State-Number': '4' }), { saw: 'music-failed' });
  t.same(done({ ...broken, 'Channel-State-Number': '8' }), nothing, 'a bridge took the caller out of it');
});

t.test('a message is what was said before the silence that ended it', async (t) => {
  const message = (headers: Readonly<Record<string, string>>) =>
    sees('CHANNEL_EXECUTE_COMPLETE', {
      Application: 'record',
      'Application-Data': '/srv/rec/acme/m.wav 120 200 3',
      variable_tcore_message: 'c1:9',
      ...headers,
    });
  t.same(message({ variable_record_ms: '8000' }), { saw: 'message', leg: 'leg-1', play: 'c1:9', path: '/srv/rec/acme/m.wav', ms: 8_000 });
  t.match(message({ variable_record_ms: '8000', variable_silence_hits_exhausted: 'true' }), { ms: 8_000 });
  t.match(message({ variable_record_ms: '3200', variable_silence_hits_exhausted: 'true' }), { ms: 0 }, 'nothing but silence');
  t.match(message({ variable_record_ms: '300' }), { ms: 0 }, 'too short to be one');
  t.match(message({}), { ms: 0 }, 'no file');
  t.same(sees('CHANNEL_EXECUTE_COMPLETE', { Application: 'record' }), nothing, 'the dialplan’s own');
});

t.test('recordings, hang-ups, bridges', async (t) => {
  t.match(sees('RECORD_STOP', { 'Record-File-Path': '/r/a.wav', variable_record_ms: '1500', variable_record_file_size: '48044' }), {
    ms: 1_500,
    bytes: 48_044,
  });
  t.match(sees('RECORD_STOP', { 'Record-File-Path': '/r/a.wav', 'Record-Completion-Cause': 'empty-file', variable_record_ms: '1500' }), {
    ms: 0,
    bytes: 0,
  });
  t.match(
    sees('CHANNEL_HANGUP_COMPLETE', { 'Hangup-Cause': 'USER_BUSY', variable_tcore_leg: 'ours', 'Caller-Channel-Answered-Time': '0' }),
    {
      cause: 'USER_BUSY',
      originated: true,
      answered: false,
      ours: true,
    },
  );
  t.match(sees('CHANNEL_HANGUP_COMPLETE', {}), { cause: 'NORMAL_UNSPECIFIED', ours: false });
  t.match(sees('CHANNEL_BRIDGE', { 'Bridge-A-Unique-ID': 'a', 'Bridge-B-Unique-ID': 'b' }), { leg: 'a', other: 'b' });
  t.equal(sees('CHANNEL_BRIDGE', {}), undefined, 'with nobody');
});

t.test('phones', async (t) => {
  t.same(read(event('CUSTOM', { 'Event-Subclass': 'sofia::register', 'from-user': '1001' })), {
    saw: 'phone',
    user: '1001',
    registered: true,
  });
  t.same(read(event('CUSTOM', { 'Event-Subclass': 'sofia::expire', user: '1001' })), { saw: 'phone', user: '1001', registered: false });
  t.equal(read(event('CUSTOM', { 'Event-Subclass': 'sofia::gateway_state', user: '1001' })), undefined);
  t.equal(read(event('CUSTOM', { 'Event-Subclass': 'sofia::expire' })), undefined);
  t.equal(read(event('CHANNEL_UNKNOWN')), undefined);
});

t.test('what cannot be understood is kept apart from what is not ours', async (t) => {
  t.same(sees('CHANNEL_CREATE', { 'Call-Direction': 'inbound' }), nothing);
  t.match(sees('CHANNEL_CREATE', { 'Call-Direction': 'outbound' }), { saw: 'created', leg: 'leg-1' });
  t.equal(sees('DTMF', {}), undefined, 'no digit');
  t.equal(sees('RECORD_STOP', {}), undefined, 'no file');
  t.equal(sees('CHANNEL_EXECUTE_COMPLETE', { 'Application-UUID': 'tcore:something' }), undefined, 'an id that we never gave');
  const body = Buffer.from('{"Event-Name":"CHANNEL_PARK"}');
  const legless = eventOf({ type: 'text/event-json', headers: new Map(), body });
  t.equal(legless && read(legless), undefined, 'no leg');
});
