/** One slip, one problem, at the line where it is. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type DeskFile, desk, deskText, ENV, edit, problemsOf, wav } from './support.js';

type Case = readonly [file: DeskFile, from: string, to: string, ...problems: string[]];

/** What each slip must say, word for word. */
const CASES: Readonly<Record<string, Case>> = {
  // Names that stand twice.
  'a number twice in one tenant': [
    'cabinet',
    '"+33199001002"',
    '"+33199001001"',
    'tenants/cabinet.yaml:4:27 numbers[1]: the number +33199001001 is already at tenants/cabinet.yaml:4: each may stand once',
  ],
  'a number of two tenants': [
    'notaire',
    '+33199001003',
    '+33199001002',
    'tenants/notaire.yaml:5:5 numbers[0]: the number +33199001002 is already at tenants/cabinet.yaml:4: a number belongs to one tenant',
  ],
  'two tenants with one id': [
    'notaire',
    'id: notaire',
    'id: cabinet',
    'tenants/notaire.yaml:1:5 id: the tenant cabinet is already at tenants/cabinet.yaml:1: each needs an id of its own',
  ],
  'two agents with one id': [
    'telephony',
    'id: bob',
    'id: alice',
    'telephony.yaml:16:9 agents[1].id: the agent alice is already at telephony.yaml:10: each may stand once',
  ],
  'two pools with one name': [
    'telephony',
    '- night',
    '- reception',
    'telephony.yaml:7:5 pools[1]: the pool reception is already at telephony.yaml:6: each may stand once',
    'telephony.yaml:18:11 agents[1].pool: there is no pool night. Known: reception',
    'tenants/notaire.yaml:9:9 queue.pool: there is no pool night. Known: reception',
  ],
  'two nodes with one event socket': [
    'telephony',
    '    trunk: carrier',
    '    trunk: carrier\n  - { id: pbx2, password: { env: ESL_PASSWORD } }',
    'telephony.yaml:5:5 nodes[1]: the event socket at 127.0.0.1:8021 is already at telephony.yaml:2: each may stand once',
    'telephony.yaml:15:14 agents[0].device.phone: must say which node it belongs to: pbx1, pbx2',
    'telephony.yaml:20:13 agents[1].device: must say which node it belongs to: pbx1, pbx2',
  ],
  'a key twice': [
    'cabinet',
    'name: Cabinet d',
    'id: other\nname: Cabinet d',
    'tenants/cabinet.yaml:2:1 this key is already set above: each may stand once',
  ],

  // Skills, rings and shares.
  'a share that promises more than it allows': [
    'notaire',
    'pool: night',
    'pool: night\nshare: { guaranteePercent: 60, capPercent: 50 }',
    'tenants/notaire.yaml:10:28 share.guaranteePercent: is above capPercent (50): a tenant cannot be promised what it may not have',
  ],
  'a wait for an agent whom nobody remembers, and that outlasts the queue': [
    'notaire',
    'pool: night',
    'pool: night\n  stickyWaitSeconds: 300',
    'tenants/notaire.yaml:10:22 queue.stickyWaitSeconds: has no effect: with stickyMinutes 0 no agent is remembered',
    'tenants/notaire.yaml:10:22 queue.stickyWaitSeconds: must be less than the longest wait (maxWaitSeconds), which is 300',
  ],
  'a ring that is never reached': [
    'notaire',
    'pool: night',
    'pool: night\n  rings: [{ afterSeconds: 300, addPools: [reception] }]',
    'tenants/notaire.yaml:10:27 queue.rings[0].afterSeconds: is never reached: the longest wait (maxWaitSeconds) is 300',
  ],
  'rings out of order, with an unknown pool and one that is there already': [
    'notaire',
    'pool: night',
    'pool: night\n  rings: [{ afterSeconds: 20, addPools: [nigth] }, { afterSeconds: 20, addPools: [night] }]',
    'tenants/notaire.yaml:10:42 queue.rings[0].addPools[0]: there is no pool nigth. Did you mean "night"? Known: reception, night',
    'tenants/notaire.yaml:10:68 queue.rings[1].afterSeconds: must be more than 20: rings follow each other',
    'tenants/notaire.yaml:10:83 queue.rings[1].addPools[0]: the pool night is already at tenants/notaire.yaml:9: each may stand once',
  ],
  'a ring that asks for what was not asked for': [
    'notaire',
    'pool: night',
    'pool: night\n  rings: [{ afterSeconds: 20, requires: { english: 10 }, drop: [english] }]',
    'tenants/notaire.yaml:10:52 queue.rings[0].requires.english: must be lower than before, as a ring only relaxes: english is not required by then',
  ],
  'a key that asks for a skill that nobody has': [
    'notaire',
    'pool: night',
    'pool: night\nflow: { open: { queue: { class: emergency, requires: { englsh: 1 } } } }',
    'tenants/notaire.yaml:10:64 flow.open.queue.requires.englsh: there is no skill englsh. Did you mean "english"? Known: english',
  ],
  'a key that asks for what nobody in the pool has': [
    'notaire',
    'pool: night',
    'pool: night\nflow: { open: { queue: { requires: { english: 1 } } } }',
    'tenants/notaire.yaml:10:36 flow.open.queue.requires: no agent has all of the required skills at once, in any ring: nobody could ever answer',
  ],

  // Names that do not exist.
  'an unknown pool of an agent': [
    'telephony',
    'pool: night',
    'pool: nigth',
    'telephony.yaml:18:11 agents[1].pool: there is no pool nigth. Did you mean "night"? Known: reception, night',
  ],
  'an unknown pool of a queue': [
    'notaire',
    'pool: night',
    'pool: day',
    'tenants/notaire.yaml:9:9 queue.pool: there is no pool day. Known: reception, night',
  ],
  'an agent without a pool': [
    'telephony',
    '    pool: night\n',
    '',
    'telephony.yaml:16:5 agents[1].pool: is missing: name a pool, or several as pools',
  ],
  'an unknown pool among several': [
    'telephony',
    'pool: night',
    'pools: [night, nigth, night]',
    'telephony.yaml:18:20 agents[1].pools[1]: there is no pool nigth. Did you mean "night"? Known: reception, night',
    'telephony.yaml:18:27 agents[1].pools[2]: the pool night is already at telephony.yaml:18: each may stand once',
  ],
  'a remote agent whose number may not be dialled': [
    'telephony',
    'device: { uri: "sip:bob@192.0.2.10:5060" }',
    'device: { number: "+33612345678" }\nremoteAgents: { allowedPrefixes: ["+337"] }',
    'telephony.yaml:19:23 agents[1].device.number: +33612345678 begins with none of remoteAgents.allowedPrefixes (+337): add its prefix there',
  ],
  'an unknown node': [
    'telephony',
    '{ user: "1001"',
    '{ node: pbx2, user: "1001"',
    'telephony.yaml:14:22 agents[0].device.phone.node: there is no node pbx2. Did you mean "pbx1"? Known: pbx1',
  ],
  'an unknown menu in a key': [
    'cabinet',
    '3: { menu: sub }',
    '3: { menu: subb }',
    'tenants/cabinet.yaml:24:18 menus.main.keys.3.menu: there is no menu subb. Did you mean "sub"? Known: main, sub',
  ],
  'an unknown menu in the flow': [
    'cabinet',
    'open: { menu: main }',
    'open: { play: "Bonjour.", then: { menu: accueil } }',
    'tenants/cabinet.yaml:17:43 flow.open.then.menu: there is no menu accueil. Known: main, sub',
  ],
  'a skill of an agent that is not declared': [
    'telephony',
    'skills: { english: 60 }',
    'skills: { english: 60, german: 10 }',
    'telephony.yaml:15:28 agents[0].skills.german: there is no skill german. Add it to skills at the top of telephony.yaml',
  ],
  'a skill of a queue that is not declared': [
    'cabinet',
    '{ english: 50 }',
    '{ german: 50 }',
    'tenants/cabinet.yaml:34:23 queue.requires.german: there is no skill german. Known: english',
  ],
  'a skill that no agent has': [
    'telephony',
    '    skills: { english: 60 }',
    '',
    'tenants/cabinet.yaml:34:24 queue.requires.english: no agent of the pool reception has the skill english at level 50 or more: nobody could ever answer',
  ],
  'a skill that no agent has well enough': [
    'cabinet',
    'english: 50',
    'english: 61',
    'tenants/cabinet.yaml:34:24 queue.requires.english: no agent of the pool reception has the skill english at level 61 or more: nobody could ever answer',
  ],
  'an unknown key': ['cabinet', '  music:', '  musik:', 'tenants/cabinet.yaml:35:3 queue.musik: is not a key here. Did you mean "music"?'],
  'an unknown key at the top': [
    'telephony',
    'pools:',
    'drainSecond: 5\npools:',
    'telephony.yaml:5:1 drainSecond: is not a key here. Did you mean "drainSeconds"?',
  ],
  'an unknown key inside an action': [
    'cabinet',
    '{ play: Désolé., then: voicemail }',
    '{ play: Désolé., than: voicemail }',
    'tenants/cabinet.yaml:36:30 queue.overflow.than: is not a key here. Did you mean "then"?',
  ],

  // Agents.
  'an agent without a device': [
    'telephony',
    '    device: { uri: "sip:bob@192.0.2.10:5060" }\n',
    '',
    'telephony.yaml:16:5 agents[1].device: is missing: an agent needs a phone to ring: device: { phone: { user, password } }, device: { uri: "sip:…" } or device: { number: "+33…" }',
  ],
  'an empty device': [
    'telephony',
    '{ uri: "sip:bob@192.0.2.10:5060" }',
    '{}',
    'telephony.yaml:19:13 agents[1].device: an agent needs a phone to ring: device: { phone: { user, password } }, device: { uri: "sip:…" } or device: { number: "+33…" }',
  ],
  'a device that is no SIP address': [
    'telephony',
    'sip:bob@192.0.2.10:5060',
    'bob@example.org',
    'telephony.yaml:19:20 agents[1].device.uri: must be a SIP address such as sip:reception@192.0.2.10:5060',
  ],
  'two agents on one phone': [
    'telephony',
    '{ uri: "sip:bob@192.0.2.10:5060" }',
    '{ phone: { user: "1001", password: { env: PHONE_PASSWORD } } }',
    'telephony.yaml:19:30 agents[1].device.phone.user: the phone 1001@pbx1 is already at telephony.yaml:14: each may stand once',
  ],

  // Secrets.
  'a secret in clear': [
    'telephony',
    '{ env: ESL_PASSWORD }',
    'ClueCon',
    'telephony.yaml:3:15 nodes[0].password: a secret is never written here in clear: use { env: NAME } or { file: path }',
  ],
  'a secret that is not set': [
    'telephony',
    '{ env: ESL_PASSWORD }',
    '{ env: NOT_SET }',
    'telephony.yaml:3:15 nodes[0].password: the environment variable NOT_SET is not set: set it where this command and the daemon start, or name a file',
  ],
  'a prefix of keys that ends in a colon': [
    'telephony',
    'pools:',
    'redis: { keyPrefix: "tcore:" }\npools:',
    'telephony.yaml:5:21 redis.keyPrefix: must be at most 32 of letters, digits, ":", "_" and "-", without ":" at its end, which is added',
  ],
  'a password in the address of Redis': [
    'telephony',
    'pools:',
    'redis: { url: "redis://:secret@cache" }\npools:',
    'telephony.yaml:5:15 redis.url: must be an address such as redis://127.0.0.1:6379, without user and password',
  ],

  // Numbers.
  'a number that is not E.164': [
    'notaire',
    '"+33199001003"',
    '"0199001003"',
    'tenants/notaire.yaml:5:5 numbers[0]: must be a number in E.164: "+", country code, number, no spaces, in quotes, e.g. "+33123456789"',
  ],
  'a number without quotes': [
    'notaire',
    '"+33199001003"',
    '+33199001003',
    'tenants/notaire.yaml:5:5 numbers[0]: must be text, not a number: put it in quotes',
  ],
  'a transfer outside the allowed prefixes': [
    'cabinet',
    '"+33199009009"',
    '"+88299009009"',
    'tenants/cabinet.yaml:23:22 menus.main.keys.2.transfer: +88299009009 begins with none of allowedPrefixes (+331): add its prefix there',
  ],
  'a transfer without a trunk': [
    'telephony',
    '    trunk: carrier\n',
    '',
    'tenants/cabinet.yaml:23:22 menus.main.keys.2.transfer: no node in telephony.yaml has a trunk, so that no number outside can be reached: set trunk there',
  ],
  'callbacks that are not set up': [
    'cabinet',
    'onNoInput: voicemail',
    'onNoInput: callback',
    'tenants/cabinet.yaml:30:16 menus.sub.onNoInput: callbacks are not set up: add callback: {} to the queue',
  ],
  'callbacks to nobody': [
    'notaire',
    '  pool: night',
    '  pool: night\n  callback: {}',
    'tenants/notaire.yaml:10:13 queue.callback: allowedPrefixes is empty, so that nobody may be called: add the beginnings of your callers’ numbers there',
  ],
  'a callback as overflow: whoever presses nothing would go round': [
    'cabinet',
    'overflow: { play: Désolé., then: voicemail }',
    'overflow: callback\n  callback: {}',
    'tenants/cabinet.yaml:36:13 queue.overflow: leads back to the queue itself: choose voicemail, hangup, a menu, a transfer or a prompt',
  ],

  // Times.
  'hours that overlap': [
    'cabinet',
    '"13:30-18:00"',
    '"12:00-18:00"',
    'tenants/cabinet.yaml:7:27 hours.monday[1]: overlaps "08:00-12:30": keep one of them or join them',
  ],
  'hours the wrong way round': [
    'cabinet',
    '"22:00-24:00"',
    '"22:00-06:00"',
    'tenants/cabinet.yaml:8:13 hours.tuesday[0]: ends before it begins: write a night as two spans, "22:00-24:00" and "00:00-06:00" on the next day',
  ],
  'an hour that is none': [
    'cabinet',
    '"22:00-24:00"',
    '"22:00-25:00"',
    'tenants/cabinet.yaml:8:13 hours.tuesday[0]: is not a time of day: hours go from 00:00 to 24:00',
  ],
  'hours in another form': [
    'cabinet',
    '"22:00-24:00"',
    '"22h-24h"',
    'tenants/cabinet.yaml:8:13 hours.tuesday[0]: must be a span such as "08:00-12:30"',
  ],
  'a date that is none': [
    'cabinet',
    '2026-12-24',
    '2026-02-30',
    'tenants/cabinet.yaml:10:5 closures[0]: 2026-02-30 is not in the calendar',
  ],
  'a closure the wrong way round': [
    'cabinet',
    'to: 2026-08-21',
    'to: 2026-07-21',
    'tenants/cabinet.yaml:11:29 closures[1].to: ends on 2026-07-21 before it begins on 2026-08-03',
  ],
  'an unknown time zone': [
    'cabinet',
    'shortName:',
    'timezone: Europe/Pariss\nshortName:',
    'tenants/cabinet.yaml:3:11 timezone: Europe/Pariss is no time zone: write its IANA name, e.g. Europe/Paris',
  ],
  'a time zone without daylight saving': [
    'cabinet',
    'shortName:',
    'timezone: "+01:00"\nshortName:',
    'tenants/cabinet.yaml:3:11 timezone: +01:00 is no time zone: write its IANA name, e.g. Europe/Paris',
  ],
  'an unknown country': [
    'cabinet',
    'country: FR',
    'country: FRA',
    'tenants/cabinet.yaml:12:22 holidays.country: FRA is no country whose holidays are known: write its two letters, e.g. FR. Did you mean "FR"?',
  ],

  // Speech and audio.
  'an unknown locale': [
    'cabinet',
    'shortName:',
    'locale: french\nshortName:',
    'tenants/cabinet.yaml:3:9 locale: french is no known locale: write language and country, e.g. fr-FR',
  ],
  'a missing audio file': [
    'cabinet',
    'open: { file: prompts/hello.wav }',
    'open: { file: prompts/bonjour.wav }',
    'tenants/cabinet.yaml:14:17 greetings.open.file: there is no file prompts/bonjour.wav',
  ],
  'an audio file outside the folder': [
    'cabinet',
    'music: prompts/hello.wav',
    'music: ../hello.wav',
    'tenants/cabinet.yaml:35:10 queue.music: must not contain ".."',
  ],
  'an empty prompt': [
    'cabinet',
    'prompt: Tapez 1 ou 2.',
    'prompt: "  "',
    'tenants/cabinet.yaml:20:13 menus.main.prompt: must not be empty: write what is to be said',
  ],
  'no prompt': [
    'cabinet',
    '    prompt: Tapez 1 ou 2.\n',
    '',
    'tenants/cabinet.yaml:19:3 menus.main.prompt: is missing: a prompt is a text to be spoken, { text: "…" } or { file: prompts/name.wav }',
  ],

  // Flow.
  'a word that is no action': [
    'cabinet',
    'onNoInput: voicemail',
    'onNoInput: goodbye',
    'tenants/cabinet.yaml:30:16 menus.sub.onNoInput: must be queue, voicemail, callback, hangup, { queue: needs }, { menu: name }, { transfer: "+33…" } or { play: prompt, then: … }',
  ],
  'a key that no phone has': [
    'cabinet',
    '"*":',
    '"A":',
    'tenants/cabinet.yaml:29:7 menus.sub.keys.A: the name must be 1 to 6 digits, or "*" or "#" in quotes',
  ],
  'a menu that comes back to itself': [
    'cabinet',
    'onNoInput: voicemail',
    'onNoInput: { menu: sub }',
    'tenants/cabinet.yaml:30:16 menus.sub.onNoInput: a caller who presses nothing goes round for ever (menu sub → menu sub): let one of these lead to voicemail, hangup or a transfer',
  ],
  'two menus that send the caller to and fro': [
    'cabinet',
    'onInvalid: hangup',
    'onInvalid: { play: Pardon., then: { menu: main } }',
    'tenants/cabinet.yaml:31:16 menus.sub.onInvalid: a caller who presses nothing goes round for ever (menu main → menu sub → menu main): let one of these lead to voicemail, hangup or a transfer',
  ],
  'an overflow back to the queue': [
    'cabinet',
    'then: voicemail }',
    'then: queue }',
    'tenants/cabinet.yaml:36:13 queue.overflow: leads back to the queue itself: choose voicemail, hangup, a menu, a transfer or a prompt',
  ],
  'an overflow back to the queue through a menu': [
    'cabinet',
    'then: voicemail }',
    'then: { menu: main } }',
    'tenants/cabinet.yaml:36:13 queue.overflow: a caller who presses nothing goes round for ever (menu main → the queue → menu main): let one of these lead to voicemail, hangup or a transfer',
  ],
  'a full queue that leads into the queue': [
    'notaire',
    'pool: night',
    'pool: night\n  maxLength: 9\n  full: queue',
    'tenants/notaire.yaml:11:9 queue.full: leads back to the queue itself: choose voicemail, hangup, a menu, a transfer or a prompt',
  ],
  'closing time that leads into the queue': [
    'notaire',
    'pool: night',
    'pool: night\n  atClosing: { play: Fermé., then: queue }',
    'tenants/notaire.yaml:10:14 queue.atClosing: leads back to the queue itself: choose voicemail, hangup, a menu, a transfer or a prompt',
  ],
  'a menu that does not exist, for a key while waiting': [
    'notaire',
    'pool: night',
    'pool: night\n  keys: { 1: { menu: main } }',
    'tenants/notaire.yaml:10:22 queue.keys.1.menu: there is no menu main. Known: there is none',
  ],
  'a key of two digits while waiting': [
    'notaire',
    'pool: night',
    'pool: night\n  keys: { 12: voicemail }',
    'tenants/notaire.yaml:10:11 queue.keys.12: the name must be one digit, or "*" or "#" in quotes',
  ],
  'an announcement that says no number': [
    'notaire',
    'pool: night',
    'pool: night\n  announce: { position: true, texts: { position: Patience. } }',
    'tenants/notaire.yaml:10:50 queue.announce.texts.position: must say where the number or key goes: write {n}',
  ],
  'announcements in a language without sentences of ours': [
    'notaire',
    'pool: night',
    'pool: night\n  keys: { "#": voicemail }\n  atClosing: voicemail\n  announce:\n    wait: true\n    texts: { soon: Bald., minutes: "{n}", message: "{key}" }\nvoicemail: { greeting: Bitte. }\nlocale: de-DE',
    'tenants/notaire.yaml:11:14 queue.atClosing: there is no ready-made sentence “closed” for de-DE: write { play: "…", then: … }',
    'tenants/notaire.yaml:13:5 queue.announce: there is no ready-made sentence “hash” for de-DE: write your own under queue.announce.texts, or set hints: false',
    'tenants/notaire.yaml:13:11 queue.announce.wait: there is no ready-made sentence “later” for de-DE: write your own under queue.announce.texts',
  ],
  'no agent, then the queue': [
    'notaire',
    'pool: night',
    'pool: night\n  noAgent: queue',
    'tenants/notaire.yaml:10:12 queue.noAgent: leads back to the queue itself: choose voicemail, hangup, a menu, a transfer or a prompt',
  ],

  // Kinds and limits.
  'text where a number belongs': [
    'cabinet',
    '  music: prompts/hello.wav',
    '  ringSeconds: long',
    'tenants/cabinet.yaml:35:16 queue.ringSeconds: must be a number, not text',
  ],
  'a number beyond its limit': [
    'cabinet',
    '  music: prompts/hello.wav',
    '  ringSeconds: 600',
    'tenants/cabinet.yaml:35:16 queue.ringSeconds: must be at most 120',
  ],
  'a list where a map belongs': [
    'notaire',
    'hours:\n  friday: ["09:00-17:00"]',
    'hours: []',
    'tenants/notaire.yaml:6:8 hours: must be a map (key: value), not a list (- item)',
  ],
  'a service level in another form': [
    'notaire',
    'queue:',
    'serviceLevel: 80 in 20\nqueue:',
    'tenants/notaire.yaml:8:15 serviceLevel: must be per cent and seconds such as "80/20": 80 % answered within 20 s',
  ],
  'something missing': ['notaire', 'hours:\n  friday: ["09:00-17:00"]\n', '', 'tenants/notaire.yaml:1:1 hours: is missing'],

  // YAML itself.
  'a slip in YAML': ['notaire', 'name: Étude Durand', 'name: "Étude Durand', 'tenants/notaire.yaml:2:20 Missing closing "quote'],
  'a tab': ['notaire', '  pool: night', '\tpool: night', 'tenants/notaire.yaml:9:1 Tabs are not allowed as indentation'],
  'an alias inside its own anchor': [
    'notaire',
    'id: notaire',
    'closures: &a [*a]\nid: notaire',
    'tenants/notaire.yaml cannot be read as YAML: an alias (*name) stands inside its own anchor (&name)',
  ],
};

t.test('the folder without a slip has no problem', async (t) => {
  t.same(await problemsOf(desk(t)), []);
});

for (const [name, [file, from, to, ...expected]] of Object.entries(CASES)) {
  t.test(name, async (t) => {
    const dir = desk(t, edit(file, from, to));
    t.same(await problemsOf(dir), expected);
  });
}

t.test('callbacks that closing time breaks are not offered to who calls then', async (t) => {
  const written = (outsideHours: string) =>
    deskText('cabinet')
      .replace('  open: { menu: main }', '  open: { menu: main }\n  closed: callback')
      .concat(`  callback: { outsideHours: ${outsideHours} }\n`);
  t.same(await problemsOf(desk(t, { cabinet: written('carry') })), []);
  t.match(await problemsOf(desk(t, { cabinet: written('giveUp') })), [
    /flow.closed: nobody can be called back from here: .* write carry there$/,
  ]);
});

t.test('a remote agent needs a trunk, and a sentence that asks him', async (t) => {
  const remote = deskText('telephony')
    .replace('{ uri: "sip:bob@192.0.2.10:5060" }', '{ number: "+33612345678" }')
    .concat('remoteAgents: { allowedPrefixes: ["+336"] }\n');
  t.same(await problemsOf(desk(t, { telephony: remote })), []);
  const german = remote.concat('desk: { locale: de-DE }\n');
  t.match(await problemsOf(desk(t, { telephony: german })), [
    /remoteAgents.confirm: is missing: there is no ready-made sentence for de-DE/,
  ]);
  t.same(await problemsOf(desk(t, { telephony: german.replace('["+336"]', '["+336"], confirm: Drücken Sie die 1.') })), []);
  const alone = remote.replace('    trunk: carrier\n', '');
  t.match(await problemsOf(desk(t, { telephony: alone })), [/number: the node pbx1 has no trunk/, /no node in telephony.yaml has a trunk/]);
});

t.test('a pool whose phones are on two nodes needs a way between them; two pools on two nodes are fine', async (t) => {
  const twoNodes = deskText('telephony')
    .replace('pools:', '  - { id: pbx2, host: 192.0.2.3, password: { env: ESL_PASSWORD } }\npools:')
    .replace('phone: { user', 'phone: { node: pbx1, user')
    .replace('{ uri: "sip:bob@192.0.2.10:5060" }', '{ node: pbx2, uri: "sip:bob@192.0.2.10:5060" }');
  const onePool = twoNodes.replace('pool: night', 'pool: reception');
  const secondIsPeer = (telephony: string) => telephony.replace('host: 192.0.2.3,', 'host: 192.0.2.3, peer: { host: 192.0.2.3 },');
  const bothArePeers = (telephony: string) =>
    secondIsPeer(telephony).replace('  - id: pbx1\n', '  - id: pbx1\n    peer: { host: 192.0.2.2, profile: between }\n');
  const onPbx1Already = 'the pool reception has phones on pbx1 already (telephony.yaml:15)';
  const reach = 'callers of one node reach phones of another only where both have a peer address, so set peer at';

  t.same(await problemsOf(desk(t, { telephony: twoNodes })), []);
  t.same(await problemsOf(desk(t, { telephony: onePool })), [
    `telephony.yaml:20:21 agents[1].device.node: ${onPbx1Already}: ${reach} pbx1, pbx2, or make a pool for each node`,
  ]);
  t.same(await problemsOf(desk(t, { telephony: secondIsPeer(onePool) })), [
    `telephony.yaml:20:21 agents[1].device.node: ${onPbx1Already}: ${reach} pbx1, or make a pool for each node`,
  ]);
  t.same(await problemsOf(desk(t, { telephony: bothArePeers(onePool) })), []);
  t.match(await problemsOf(desk(t, { telephony: bothArePeers(onePool).replace('192.0.2.2, profile', '192.0.2.3, profile') })), [
    /the peer address 192.0.2.3:5070 is already at/,
  ]);

  const lent = deskText('notaire').replace('pool: night', 'pool: night\n  rings: [{ afterSeconds: 20, addPools: [reception] }]');
  t.same(await problemsOf(desk(t, { telephony: twoNodes, notaire: lent })), [
    `tenants/notaire.yaml:10:42 queue.rings[0].addPools[0]: the phones of reception are on pbx1, those of night on pbx2: ${reach} pbx2, pbx1`,
  ]);
  t.same(await problemsOf(desk(t, { telephony: bothArePeers(twoNodes), notaire: lent })), []);
  t.same(await problemsOf(desk(t, { notaire: lent })), []);
});

t.test('a number outside is dialled by the caller’s node: each node of the pool needs a trunk', async (t) => {
  const number = deskText('telephony')
    .replace('  - id: pbx1\n', '  - id: pbx1\n    peer: { host: 192.0.2.2 }\n')
    .replace('pools:', '  - { id: pbx2, host: 192.0.2.3, peer: { host: 192.0.2.3 }, trunk: out, password: { env: ESL_PASSWORD } }\npools:')
    .replace('phone: { user', 'phone: { node: pbx1, user')
    .replace('pool: night', 'pool: reception')
    .replace('{ uri: "sip:bob@192.0.2.10:5060" }', '{ node: pbx2, number: "+33612345678" }')
    .concat('remoteAgents: { allowedPrefixes: ["+336"] }\n');
  t.same(await problemsOf(desk(t, { telephony: number })), []);
  const [before, after] = number.split('    trunk: carrier\n');
  t.match(await problemsOf(desk(t, { telephony: `${before}${after}` })), [
    /agents\[1\].device.number: the node pbx1 has no trunk, and callers on it share this agent's pool/,
  ]);
});

t.test('a secret that many name and that is missing is told once', async (t) => {
  const bob = '{ phone: { user: "1002", password: { env: PHONE_PASSWORD } } }';
  const dir = desk(t, edit('telephony', '{ uri: "sip:bob@192.0.2.10:5060" }', bob));
  t.same(await problemsOf(dir, { ESL_PASSWORD: 'x' }), [
    'telephony.yaml:14:40 agents[0].device.phone.password: the environment variable PHONE_PASSWORD is not set: set it where this command and the daemon start, or name a file (named in 2 places)',
  ]);
});

t.test('a broken entry is told, and the other problems of both files with it', async (t) => {
  const telephony = deskText('telephony')
    .replace('{ uri: "sip:bob@192.0.2.10:5060" }', '{ uri: bob }')
    .replace('{ env: ESL_PASSWORD }', 'ClueCon');
  const cabinet = deskText('cabinet').replace('pool: reception', 'pool: recepton').replace('hello.wav }', 'bonjour.wav }');
  const notaire = deskText('notaire')
    .replace('Étude\n', '"É${system(id)}"\n')
    .replace('+33199001003', '+33199001001')
    .replace('pool: night', 'pool: nights');
  const shortName = 'must be letters, digits, spaces, ".", "-" and ’ only, as it is shown on phones (write ’ for an apostrophe)';
  t.same(await problemsOf(desk(t, { telephony, cabinet, notaire })), [
    'telephony.yaml:3:15 nodes[0].password: a secret is never written here in clear: use { env: NAME } or { file: path }',
    'telephony.yaml:19:20 agents[1].device.uri: must be a SIP address such as sip:reception@192.0.2.10:5060',
    'tenants/cabinet.yaml:14:17 greetings.open.file: there is no file prompts/bonjour.wav',
    'tenants/cabinet.yaml:33:9 queue.pool: there is no pool recepton. Did you mean "reception"? Known: reception, night',
    `tenants/notaire.yaml:3:12 shortName: ${shortName}`,
    'tenants/notaire.yaml:5:5 numbers[0]: the number +33199001001 is already at tenants/cabinet.yaml:4: a number belongs to one tenant',
    'tenants/notaire.yaml:9:9 queue.pool: there is no pool nights. Did you mean "night"? Known: reception, night',
  ]);
});

t.test('a slip inside a section hides nothing else in it', async (t) => {
  const telephony = deskText('telephony')
    .replace('- night', '- Night')
    .replace('name: Alice Moreau\n    pool: reception', 'name: Alice $\n    pool: receptions');
  const cabinet = deskText('cabinet')
    .replace('["22:00-24:00"]', '["22-24", "10:00-09:00"]')
    .replace('onNoInput: voicemail', 'retries: many\n    onNoInput: { menu: sub }')
    .replace('  music:', '  ringSeconds: 1\n  music:')
    .replace('then: voicemail', 'then: queue');
  t.same(await problemsOf(desk(t, { telephony, cabinet, notaire: deskText('notaire').replace('night', 'nights') })), [
    'telephony.yaml:7:5 pools[1]: must be small letters a-z, digits and "-" only, at most 63, e.g. cabinet-martin',
    'telephony.yaml:11:11 agents[0].name: must be letters, digits, spaces, ".", "-" and ’ only, as it is shown on phones (write ’ for an apostrophe)',
    'telephony.yaml:12:11 agents[0].pool: there is no pool receptions. Did you mean "reception"? Known: reception',
    'telephony.yaml:18:11 agents[1].pool: there is no pool night. Known: reception',
    'tenants/cabinet.yaml:8:13 hours.tuesday[0]: must be a span such as "08:00-12:30"',
    'tenants/cabinet.yaml:8:22 hours.tuesday[1]: ends before it begins: write a night as two spans, "10:00-24:00" and "00:00-09:00" on the next day',
    'tenants/cabinet.yaml:30:14 menus.sub.retries: must be a number, not text',
    'tenants/cabinet.yaml:31:16 menus.sub.onNoInput: a caller who presses nothing goes round for ever (menu sub → menu sub): let one of these lead to voicemail, hangup or a transfer',
    'tenants/cabinet.yaml:35:24 queue.requires.english: no agent of the pool reception has the skill english at level 50 or more: nobody could ever answer',
    'tenants/cabinet.yaml:36:16 queue.ringSeconds: must be at least 3',
    'tenants/cabinet.yaml:38:13 queue.overflow: leads back to the queue itself: choose voicemail, hangup, a menu, a transfer or a prompt',
    'tenants/notaire.yaml:9:9 queue.pool: there is no pool nights. Known: reception',
  ]);
});

t.test('a region that has no holidays of its own: those that have are named', async (t) => {
  const [problem] = await problemsOf(desk(t, edit('cabinet', 'region: "67"', 'region: IDF')));
  t.match(problem, /^tenants\/cabinet\.yaml:12:34 holidays\.region: IDF is no region of FR .*"57" \(Département Moselle\)/);
  const [none] = await problemsOf(desk(t, edit('cabinet', 'country: FR, region: "67"', 'country: CN, region: X')));
  t.match(none, /X is no region of CN with holidays of its own; known: there is none/);
});

t.test('a locale that no voice speaks', async (t) => {
  const [greeting, problem] = await problemsOf(desk(t, edit('notaire', 'queue:', 'locale: th-TH\nqueue:')));
  t.equal(
    problem,
    'tenants/notaire.yaml:8:9 locale: there is no voice for th-TH: name one in telephony.yaml under voice.voices, or give every prompt as a file',
  );
  t.equal(greeting, 'tenants/notaire.yaml:1:1 voicemail.greeting: is missing: there is no ready-made sentence for th-TH');
});

t.test('secrets: empty, with a line break, in a file that is not there', async (t) => {
  const of = (value: string) => problemsOf(desk(t), { ...ENV, ESL_PASSWORD: value });
  t.same(await of(''), ['telephony.yaml:3:15 nodes[0].password: the environment variable ESL_PASSWORD is empty']);
  t.same(await of('x\n\napi system id'), [
    'telephony.yaml:3:15 nodes[0].password: the environment variable ESL_PASSWORD holds a line break or another control character',
  ]);
  const [missing] = await problemsOf(desk(t, edit('telephony', '{ env: ESL_PASSWORD }', '{ file: no.secret }')));
  t.equal(missing, 'telephony.yaml:3:15 nodes[0].password: the file no.secret cannot be read (ENOENT)');
});

t.test('audio that a switch cannot play as it is', async (t) => {
  const of = async (hello: Buffer | undefined) => (await problemsOf(desk(t, {}, hello)))[0];
  const how = 'convert it with: sox IN -r 8000 -c 1 -b 16 OUT.wav';
  const at = 'tenants/cabinet.yaml:14:17 greetings.open.file: prompts/hello.wav';
  t.equal(await of(wav({ rate: 16_000, channels: 2 })), undefined);
  t.equal(await of(Buffer.from('ID3 not a wav file at all')), `${at} is not a WAV file: ${how}`);
  t.equal(await of(Buffer.alloc(0)), `${at} is not a WAV file: ${how}`);
  t.equal(await of(wav({ rate: 44_100 })), `${at} has a rate of 44100 Hz instead of 8000 or 16000: ${how}`);
  t.equal(await of(wav({ tag: 7, bits: 8 })), `${at} is not 16-bit PCM: ${how}`);
  t.equal(await of(wav({ channels: 6 })), `${at} has 6 channels: ${how}`);
  t.equal(await of(wav({ samples: 0 })), `${at} holds no sound`);
  t.equal(await of(wav({ data: 'junk' })), `${at} is a damaged WAV file: ${how}`);
  t.equal(await of(wav().subarray(0, 40)), `${at} is a damaged WAV file: ${how}`);
});

t.test('what could run a command on the switch is refused in every field that reaches it', async (t) => {
  const corpus = [
    '${system(id)}',
    '\\${system(id)}',
    'x\n\napi system id',
    "'Bob,api_hangup_hook=system id'",
    '^^:a:b',
    '}{a=b',
    'a|b',
    '<a>',
    '[a]',
    '"a"',
    'a\u0000b',
    'a,b',
    '../x',
    '`id`',
    'a;b',
  ];
  const fields: readonly (readonly [DeskFile, string, (text: string) => string])[] = [
    ['cabinet', 'shortName: Cabinet', (text) => `shortName: ${text}`],
    ['cabinet', 'id: cabinet', (text) => `id: ${text}`],
    ['cabinet', 'music: prompts/hello.wav', (text) => `music: ${text}`],
    ['cabinet', '"+33199009009"', (text) => text],
    ['notaire', '"+33199001003"', (text) => text],
    ['telephony', 'id: pbx1', (text) => `id: ${text}`],
    ['telephony', 'trunk: carrier', (text) => `trunk: ${text}`],
    ['telephony', 'trunk: carrier', (text) => `trunk: carrier\n    context: ${text}`],
    ['telephony', 'trunk: carrier', (text) => `trunk: carrier\n    profile: ${text}`],
    ['telephony', 'trunk: carrier', (text) => `trunk: carrier\n    domain: ${text}`],
    ['telephony', 'trunk: carrier', (text) => `trunk: carrier\n    recordingsDir: ${text}`],
    ['telephony', 'id: alice', (text) => `id: ${text}`],
    ['telephony', 'name: Alice Moreau', (text) => `name: ${text}`],
    ['telephony', '"1001"', (text) => text],
    ['telephony', '"sip:bob@192.0.2.10:5060"', (text) => text],
  ];
  for (const [file, from, to] of fields) {
    for (const evil of corpus) {
      const text = deskText(file).replace(from, () => to(JSON.stringify(evil)));
      const problems = await problemsOf(desk(t, { [file]: text }));
      t.ok(problems.length > 0, `${file} ${to(JSON.stringify(evil))}`);
    }
  }
});

t.test('files that are no configuration', async (t) => {
  const dir = desk(t);
  const file = join(dir, 'tenants/notaire.yaml');
  const problemAfter = async (content: string | Buffer) => {
    writeFileSync(file, content);
    return (await problemsOf(dir))[0];
  };
  t.equal(
    await problemAfter('#'.repeat(1_048_577)),
    'tenants/notaire.yaml is larger than 1024 KiB: a configuration file is a few kilobytes',
  );
  t.equal(await problemAfter(Buffer.from([0xff, 0xfe, 0x00])), 'tenants/notaire.yaml cannot be read: it is not UTF-8 text');
  t.equal(await problemAfter(''), 'tenants/notaire.yaml:1:1 id: is missing');
  t.equal(await problemAfter('just text'), 'tenants/notaire.yaml:1:1 must be a map (key: value), not text');
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join()}]`),
  ];
  t.equal(
    await problemAfter(bomb.join('\n')),
    'tenants/notaire.yaml cannot be read as YAML: too many aliases (*name): write the values out',
  );
  t.match(await problemAfter('['.repeat(100_000)), /^tenants\/notaire\.yaml.* it is nested too deeply$/);
  t.match(await problemAfter('__proto__: { polluted: true }\n'), /__proto__|is missing/);
  t.equal(Reflect.get({}, 'polluted'), undefined);
  chmodSync(file, 0);
  if (process.getuid?.() !== 0) t.match((await problemsOf(dir))[0], /permission denied/);
});

t.test('folders that are no configuration', async (t) => {
  t.same(await problemsOf(t.testdir({})), [
    'telephony.yaml cannot be read: there is no such file',
    'tenants there is no such folder: it holds one YAML file a tenant',
  ]);
  const dir = t.testdir({ 'telephony.yaml': deskText('telephony'), tenants: { 'a.yml': '', '.b.yaml': '', 'c.yaml~': '' } });
  t.same(await problemsOf(dir), ['tenants/a.yml is not read: rename it to end in .yaml']);
  const empty = t.testdir({ 'telephony.yaml': deskText('telephony'), tenants: {} });
  t.same(await problemsOf(empty), ['tenants holds no tenant: add one file a tenant, NAME.yaml']);
});

t.test('tokens of the API: scopes that belong to the role, names that exist, secrets that are secret', async (t) => {
  const env = {
    ...ENV,
    ADMIN: 'a-token-of-the-admin',
    LEAD: 'a-token-of-the-lead',
    SHORT: 'a-token-of-15-c',
    SPACE: 'a token with spaces',
  };
  const of = (http: string) => problemsOf(desk(t, edit('telephony', 'pools:', `http:\n  ${http}\npools:`)), env);
  const token = (text: string) => of(`tokens: [{ ${text} }]`);
  t.match(await token('id: a, role: boss, token: { env: LEAD }'), [/http\.tokens\[0\]\.role: must be admin, supervisor, agent or tenant$/]);
  t.match(await token('id: a, role: agent, token: { env: LEAD }'), [
    /http\.tokens\[0\]\.agent: is missing: a token of the role agent says whose/,
  ]);
  t.match(await token('id: a, role: tenant, token: { env: LEAD }'), [/http\.tokens\[0\]\.tenants: is missing/]);
  t.match(await token('id: a, role: admin, agent: alice, token: { env: LEAD }'), [/agent: does not belong to a token of the role admin$/]);
  t.match(await token('id: a, role: tenant, tenants: [notair], token: { env: LEAD }'), [
    /tenants\[0\]: there is no tenant notair\. Did you mean "notaire"\?/,
  ]);
  t.match(await token('id: a, role: agent, agent: alicia, token: { env: LEAD }'), [
    /\.agent: there is no agent alicia\. Did you mean "alice"\?/,
  ]);
  t.match(await token('id: a, role: supervisor, pools: [nihgt], token: { env: LEAD }'), [/pools\[0\]: there is no pool nihgt\./]);
  t.match(await token('id: a, role: admin, token: { env: SHORT }'), [/\.token: is shorter than 16 characters and could be guessed/]);
  t.match(await token('id: a, role: admin, token: { env: SPACE }'), [/\.token: holds a space/]);
  t.match(await of('adminToken: { env: ADMIN }\n  tokens: [{ id: admin, role: admin, token: { env: LEAD } }]'), [
    /is the name of http\.adminToken/,
  ]);
  const twins = await of('adminToken: { env: ADMIN }\n  tokens: [{ id: a, role: admin, token: { env: ADMIN } }]');
  t.match(twins, [/is the same token as at telephony\.yaml:6: each needs one of its own$/]);
  t.notMatch(twins.join(), 'a-token-of-the-admin');
});
