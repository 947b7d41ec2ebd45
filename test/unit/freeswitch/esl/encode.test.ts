import fc from 'fast-check';
import t from 'tap';
import * as command from '../../../../src/freeswitch/esl/command.js';
import {
  callerNumber,
  callerText,
  configured,
  dialString,
  factValue,
  fileBelow,
  filePath,
  sipUri,
  token,
  type Wire,
  wire,
} from '../../../../src/freeswitch/esl/encode.js';

/** Each of these ran a shell command on a real FreeSWITCH, or changed a command, when it got there unchecked. */
const corpus = [
  '$' + '{system(touch /tmp/canary)}',
  '\\$' + '{system(touch /tmp/canary)}',
  '$' + '{x}',
  '$1',
  'a\n\napi system touch /tmp/canary',
  'a\nEvent-UUID: forged',
  'a\r\nb',
  'a\u0000b',
  "'Bob,api_hangup_hook=system touch /tmp/canary'",
  '^^:a=b:api_hangup_hook=system touch /tmp/canary',
  '}{api_hangup_hook=system touch /tmp/canary}',
  '[api_hangup_hook=system]',
  '<api_hangup_hook=system>',
  'a,b',
  'a|b',
  'a"b',
  'a`b',
  'a;b',
  'a@@b',
];

const refused = { code: 'esl-unsafe-value', retryable: false };

const request: command.Originate = {
  leg: 'c1-2',
  endpoint: command.endpointUri('internal', sipUri('sip:a1@127.0.0.1:7000')),
  ringSeconds: 20,
  callerName: callerText("Martin - d'Été"),
  callerNumber: callerNumber('0612345678'),
  tenant: 'acme',
  guardSeconds: 15,
};

t.test('what came from configuration or the API is refused, at every place where it could reach a command', async (t) => {
  for (const value of corpus) {
    const shown = JSON.stringify(value);
    t.throws(() => configured(value, 'a value'), refused, shown);
    t.throws(() => token(value, 'a value'), refused, shown);
    t.throws(() => filePath(`/srv/${value}.wav`), refused, shown);
    t.throws(() => fileBelow('/srv', `${value}.wav`), refused, shown);
    t.throws(() => sipUri(`sip:${value}@192.0.2.1`), refused, shown);
    // A contact has parameters, and `@@` means nothing in a dial string.
    if (!/[;]|@@/.test(value)) t.throws(() => dialString(`sofia/internal/sip:${value}@192.0.2.1`), refused, shown);
    t.throws(() => command.uuidKill(value, 'NORMAL_CLEARING'), refused, shown);
    t.throws(() => command.uuidKill('leg', value), refused, shown);
    t.throws(() => command.uuidTransfer('leg', value, 'ctx'), refused, shown);
    t.throws(() => command.execute('leg', value, wire``, 'id'), refused, shown);
    t.throws(() => command.execute('leg', 'playback', wire``, value), refused, shown);
    t.throws(() => command.globalSetvar('tcore_owner', value), refused, shown);
    t.throws(() => command.endpointTrunk('trunk', value), refused, shown);
    t.throws(() => command.endpointTrunk(value, '0123'), refused, shown);
    t.throws(() => command.sofiaContact('internal', value, 'desk'), refused, shown);
    t.throws(() => command.subscribe([value]), refused, shown);
    t.throws(() => command.originate({ ...request, tenant: value }, 'job'), refused, shown);
    t.throws(() => command.originate({ ...request, leg: value }, 'job'), refused, shown);
    t.throws(() => command.originate(request, value), refused, shown);
  }
});

t.test('an error does not repeat the value', async (t) => {
  t.throws(() => configured('secret$', 'the greeting'), { message: 'a value may not be sent to FreeSWITCH: the greeting holds U+0024' });
});

t.test('files', async (t) => {
  t.equal(filePath('/srv/pbx/été/a_1.wav'), '/srv/pbx/été/a_1.wav');
  t.equal(fileBelow('/srv/rec/', 'acme/2026-11-22/a-1.wav'), '/srv/rec/acme/2026-11-22/a-1.wav');
  for (const path of ['a.wav', '/srv/../etc/passwd', '/srv/a b.wav', '/srv/a!b.wav', '', `/${'a'.repeat(2_000)}`])
    t.throws(() => filePath(path), refused, path);
  for (const name of ['../a.wav', 'a/../../b', '/etc/passwd', 'a//b', '..', 'a b', ''])
    t.throws(() => fileBelow('/srv', name), refused, name);
});

t.test('a caller is never refused for a name, and the name stays readable', async (t) => {
  t.equal(callerText("d'Été"), 'd’Été');
  t.equal(callerText(`Éloïse \\"%zz\\" 100% ☎ d'Été`), 'Éloïse /”%zz/” 100% ☎ d’Été');
  t.equal(callerText('  a\r\n\u202eb  '), 'a b');
  t.equal(callerText('😀'.repeat(100), 10), '😀'.repeat(10));
  t.equal(callerNumber('+33 1 23-45<script>'), '+33123-45script');
  const hostile = fc
    .array(fc.oneof(fc.constantFrom(...corpus), fc.string({ unit: 'binary' })), { maxLength: 5 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(hostile, (text) => {
      const safe = callerText(text);
      configured(safe, 'the encoded name');
      configured(callerNumber(text), 'the encoded number');
      return [...safe].length <= 80;
    }),
    { numRuns: 3_000 },
  );
});

t.test('a fact comes back as it was', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.constantFrom(...corpus)), (text) => {
      const value = factValue(text);
      return /^[\w.~%-]*$/.test(value) && decodeURIComponent(value) === text;
    }),
  );
});

t.test('what FreeSWITCH gives as a contact is dialled only when it is plain', async (t) => {
  const contact = 'sofia/internal/sip:a1@192.0.2.1:5060;transport=udp;fs_nat=yes;fs_path=sip%3Aa1%40192.0.2.1%3A5060';
  t.equal(dialString(contact), contact);
  t.throws(() => dialString('error/user_not_registered'), refused);
});

t.test('commands as they go over the wire', async (t) => {
  t.equal(
    command.originate(request, 'job-1').text,
    "bgapi originate {origination_uuid=c1-2,originate_timeout=20,ignore_early_media=true,api_on_answer='sched_hangup +15 c1-2 NORMAL_CLEARING',origination_caller_id_number='0612345678'," +
      "origination_caller_id_name='Martin - d’Été',sip_h_X-Tenant=acme}sofia/internal/sip:a1@127.0.0.1:7000 " +
      'park inline\nJob-UUID: job-1\n\n',
  );
  t.equal(
    command.execute('c1', 'playback', wire`local_stream://moh`, 'c1:4').text,
    'sendmsg c1\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: local_stream://moh\nEvent-UUID: c1:4\n\n',
  );
  t.equal(
    command.execute('c1', 'answer', wire``, 'a').text,
    'sendmsg c1\ncall-command: execute\nexecute-app-name: answer\nEvent-UUID: a\n\n',
  );
  t.equal(command.subscribe(['DTMF', 'CUSTOM', 'sofia::register']).text, 'event json DTMF CUSTOM sofia::register\n\n');
  t.equal(command.filter({ header: 'Application-UUID', value: '/^tcore:/' }).text, 'filter Application-UUID /^tcore:/\n\n');
  t.throws(() => command.filter({ header: 'Event-Name', value: 'A\n\nexit' }), refused, 'a line break in a filter');
  t.equal(
    command.schedGuard('c1', 8, { to: 'fallback', context: 'public' }).text,
    'api sched_api +8 c1 uuid_transfer c1 fallback XML public\n\n',
  );
  t.equal(command.schedDel(12).text, 'api sched_del 12\n\n');
  t.equal(command.globalSetvar('tcore_owner', 'a.2', 'b.1').text, 'api global_setvar tcore_owner=a.2=b.1\n\n');
  t.equal(command.uuidSetvars('c1', { a: '1' as Wire, b: factValue('x;y=z') }).text, 'api uuid_setvar_multi c1 a=1;b=x%3By%3Dz\n\n');
  t.throws(() => command.uuidSetvars('c1', { a: 'x;y=z' as Wire }), refused, 'a list separator in a value');
  t.throws(() => command.auth('two\nlines'), refused);
  t.equal(command.auth("any thing $ but ' lines").text, "auth any thing $ but ' lines\n\n");
  t.equal(command.uuidKill('c1', 'NORMAL_CLEARING').verb, 'uuid_kill');
});

t.test('whatever ids are given, a command stays one command', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (leg, file) => {
      try {
        const { text } = command.uuidRecord(leg, filePath(`/${file}`));
        return text.indexOf('\n') === text.length - 2 && !/[$'"{}]/.test(text);
      } catch (error) {
        return (error as { code?: string }).code === 'esl-unsafe-value';
      }
    }),
    { numRuns: 2_000 },
  );
});
