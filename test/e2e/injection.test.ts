/**
 * What a caller, a configuration or a request may say must never be carried out. FreeSWITCH runs here with `api-expansion` on, and
 * Asterisk with the modules that run commands, which our own configurations leave out: the daemon's encoder is to hold by itself.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { tone } from '../../src/lab/audio.js';
import { hears } from './hearing.js';
import type { Headers } from './sip/endpoint.js';
import { type Backend, backends, Site } from './site.js';
import { desk, durand, hertz, martin, numbers, yaml } from './tenants.js';

t.setTimeout(240_000);

const tireless = { ...desk, queue: { ...desk.queue, wrapUpSeconds: 0 } };

const switchConf = `<configuration name="switch.conf"><settings>
  <param name="max-sessions" value="1000"/>
  <param name="sessions-per-second" value="200"/>
  <param name="rtp-start-port" value="$\${tcore_rtp_first_port}"/>
  <param name="rtp-end-port" value="$\${tcore_rtp_last_port}"/>
  <param name="loglevel" value="warning"/>
  <param name="api-expansion" value="true"/>
</settings></configuration>`;

/** What would run a command, each of them somewhere: in FreeSWITCH, Asterisk or a shell. `run` makes the canary. */
const corpus = (run: string): readonly string[] => [
  `\${system(${run})}`,
  `\\\${system(${run})}`,
  `\\\\\${system(${run})}`,
  `$\${system(${run})}`,
  `\${api(system ${run})}`,
  `\${bg_system(${run})}`,
  `Bob,api_hangup_hook=system ${run}`,
  `'Bob,api_hangup_hook=system ${run}'`,
  `Bob',api_hangup_hook='system ${run}`,
  `^^:api_hangup_hook=system ${run}:x=y`,
  `}{api_hangup_hook=system ${run}}`,
  `][api_hangup_hook=system ${run}]`,
  `x}&system(${run})`,
  `x' inline system:'${run}`,
  `x|y<z>;a=b`,
  `$(${run})`,
  `\`${run}\``,
  `x; ${run}; `,
  `x\u0000y`,
  `%0a%0aapi system ${run}%0a%0a`,
  `x\r\n \r\n api system ${run}`,
  '../../../../../../tmp/escape',
  `\${SHELL(${run})}`,
  `\${EVAL(\${SHELL(${run})})}`,
  `x,1)&System(${run})`,
  `x\r\nAction: Originate\r\nChannel: Local/1@tcore\r\nApplication: System\r\nData: ${run}\r\n\r\n`,
];
/** What may not be in a name that a phone is sent: FreeSWITCH would expand it, to Asterisk it is text but for where it would end. */
const unshown: Readonly<Record<Backend, RegExp>> = { freeswitch: /[${}[\]<>^|'\r\n]/, asterisk: /["<>\\\r\n]/ };

/** Several at a time: most of what a call does is to wait. */
async function abreast<T>(items: readonly T[], run: (item: T, index: number) => Promise<void>): Promise<void> {
  const rest = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of rest) await run(item, index);
  };
  await Promise.all([lane(), lane(), lane()]);
}

/** In a header value: a line break becomes one that SIP folds. */
const inQuotes = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`;
const inUri = (text: string): string => text.replace(/[^A-Za-z0-9$(),=+.-]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

for (const { on, skip } of backends) t.test(`injection, on ${on}`, { skip }, (t) => injection(t, on));

async function injection(t: Test, on: Backend): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tcore-canary-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const canary = join(dir, 'canary');
  const run = `touch ${canary}`;
  const site = await Site.start(t, {
    on,
    tenants: [martin, tireless, durand],
    switch: { files: { 'autoload_configs/switch.conf.xml': switchConf } },
  });
  const { pid } = site.daemon;

  const unharmed = async (t: Pick<Test, 'equal' | 'ok' | 'strictSame'>): Promise<void> => {
    t.strictSame(await readdir(dir), [], 'nothing was carried out');
    t.equal(site.daemon.pid, pid);
    t.ok(site.daemon.running, 'the daemon lives');
    t.equal((await fetch(`${site.daemon.url}/health/ready`)).status, 200);
  };

  t.test('the canary sings when something is carried out', async (t) => {
    if (site.pbx.kind === 'freeswitch') await site.pbx.api(`expand echo \${system(${run})}`);
    else {
      for (const module of ['func_shell', 'func_env', 'func_evalexten', 'app_system', 'app_exec'])
        await site.pbx.cli(`module load ${module}.so`);
      await site.pbx.cli(`dialplan eval function "SHELL(${run})"`);
    }
    t.ok(existsSync(canary), 'this switch runs what it expands');
    await rm(canary);
  });

  t.test('in SIP headers, on calls that go all the way to an agent', async (t) => {
    const names = ['alice', 'benoit', 'chloe'] as const;
    const desks = await Promise.all(names.map((name) => site.signIn(name)));
    for (const phone of desks)
      phone.onRing = (leg) => {
        leg.answer();
        leg.media.say(tone(hertz.agent, 1_000), true);
      };
    await abreast(corpus(run), async (payload, i) => {
      const callerNumber = `07${String(10_000_000 + i)}`;
      const uri = `<sip:${inUri(payload)}@127.0.0.1>`;
      const headers: Headers = [
        ['User-Agent', payload],
        ['Subject', payload],
        ['P-Asserted-Identity', `${inQuotes(payload)} ${uri}`],
        ['Remote-Party-ID', `${inQuotes(payload)} ${uri};party=calling;privacy=off`],
        ['Diversion', `${inQuotes(payload)} ${uri}`],
        ['Call-Info', `<sip:x>;answer-after=0;x=${inUri(payload)}`],
        ['X-Tenant', payload],
        ['X-FS-Support', payload],
      ];
      const call = await site.dial(numbers.desk, { callerNumber, from: `${inQuotes(payload)} <sip:${callerNumber}@127.0.0.1>`, headers });
      // A line break or a NUL breaks the message itself: the switch's own parser drops it, and the daemon never sees it.
      const isSip = !/[\0\r\n]/.test(payload);
      const served = await Promise.race([hears(call, hertz.agent, { timeoutMs: isSip ? 6_000 : 1_500 }), call.ended]).catch(
        () => undefined,
      );
      if (isSip) t.type(served, 'number', `${payload} is served`);
      await call.hangUp();
    });
    const rang = desks.flatMap((phone) => phone.rang);
    t.ok(rang.length >= corpus(run).length - 5, `${rang.length} of them reached an agent`);
    for (const { callerName } of rang) t.notMatch(callerName, unshown[on], `shown to the agent: ${callerName}`);
    await site.allIdle(names);
    for (const [i, phone] of desks.entries()) await site.signOut(names[i] ?? 'alice', phone);
    await unharmed(t);
  });

  t.test('in the number that is dialled, and in the caller’s number', async (t) => {
    await abreast(corpus(run), async (payload) => {
      const dialled = await site.dial(`+33199000003${inUri(payload)}`);
      t.match(await dialled.ended, { by: 'them', status: /^(400|404|484|488)$/ }, `${payload} is nobody’s number`);
      const from = await site.dial(numbers.durand, { from: `<sip:${inUri(payload)}@127.0.0.1>` });
      const end = await Promise.race([hears(from, hertz.durandClosed).then(() => undefined), from.ended]);
      if (end === undefined) await from.hangUp();
      else t.equal(end.status, 400);
    });
    await site.quiet();
    await unharmed(t);
  });

  t.test('nobody dials our own extensions', async (t) => {
    for (const extension of ['fallback', 'handover', 'after-bridge', 'park', '*123', 'system']) {
      const call = await site.dial(extension);
      t.match(await call.ended, { by: 'them', status: 404 }, extension);
    }
  });

  t.test('in the configuration: refused at reload, each with its place', async (t) => {
    for (const payload of corpus(run)) {
      const bad = {
        ...martin,
        shortName: payload,
        numbers: [payload],
        greetings: { open: { file: payload } },
        queue: { ...martin.queue, music: payload, overflow: { transfer: payload } },
      };
      await site.daemon.writeTenant('martin', yaml(bad));
      const response = await site.daemon.api('/v1/reload', 'POST');
      const { problems } = (await response.json()) as { problems: string[] };
      t.equal(response.status, 422);
      for (const path of ['shortName', 'numbers[0]', 'greetings.open', 'queue.overflow']) {
        t.ok(
          problems.some((problem) => problem.includes(path)),
          `${path}: ${JSON.stringify(payload)}`,
        );
      }
    }
    await site.daemon.writeTenant('martin', yaml(martin));
    await unharmed(t);
  });

  t.test('in texts that are spoken: they are words and nothing else', async (t) => {
    const spoken = corpus(run).filter((payload) => !/[\r\0]/.test(payload));
    const text = spoken.join(' ').replaceAll('\n', ' ');
    await site.daemon.writeTenant('martin', yaml({ ...martin, name: text.slice(0, 90), greetings: { open: text.slice(0, 1_900) } }));
    const response = await site.daemon.api('/v1/reload', 'POST');
    t.equal(response.status, 200);
    const call = await site.dial(numbers.martin);
    await site.reaches(call, 'greeting');
    await call.media.hears((pcm) => pcm.some((sample) => Math.abs(sample) > 1_000), { windowMs: 300 });
    await call.hangUp();
    await site.quiet();
    await unharmed(t);
  });

  t.test('in requests to the API', async (t) => {
    for (const payload of corpus(run)) {
      const where = encodeURIComponent(payload);
      for (const verb of ['signin', 'signout']) {
        t.match((await site.daemon.api(`/v1/agents/${where}/${verb}`, 'POST')).status, /^4\d\d$/, payload);
      }
      t.match((await site.daemon.api(`/v1/calls?reveal=${where}`)).status, /^4\d\d$/);
      const headers = { authorization: `Bearer ${site.daemon.adminToken}${where}` };
      t.equal((await fetch(`${site.daemon.url}/v1/status`, { headers })).status, 401);
      t.match((await fetch(`${site.daemon.url}/v1/reload`, { method: 'POST', headers, body: payload })).status, /^4\d\d$/);
    }
    await unharmed(t);
  });
}
