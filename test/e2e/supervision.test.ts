/** Listen, whisper, barge: what is heard on all three legs, who may, and what is left of it. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { readWav, samples, tone, toneLevel } from '../../src/lab/audio.js';
import { until } from '../../src/lab/child.js';
import { hears, soundSince } from './hearing.js';
import { withRedis } from './redis-keys.js';
import type { Call, IncomingCall } from './sip/call.js';
import { Phone } from './sip/phone.js';
import { backends, type PlacedCall, Site, type WrittenRecord } from './site.js';
import { desk, hertz, numbers, prompt } from './tenants.js';

t.setTimeout(240_000);

/** Of digits that nothing else here is made of by chance. */
const pin = '481516234287';
const secrets = t.testdir({ pin, phone: 'the-password-of-1900' });
const settings = {
  supervisors: [
    {
      id: 'claire',
      name: 'Claire',
      device: { phone: { user: '1900', password: { file: join(secrets, 'phone') } } },
      pin: { file: join(secrets, 'pin') },
    },
  ],
  supervision: { pinTries: 2, lockoutMinutes: 1 },
  desk: {
    codes: { listen: '*71', whisper: '*72', barge: '*73' },
    texts: { askPin: prompt('deskAsk'), wrongPin: prompt('deskOther'), locked: prompt('deskDone'), notTalking: prompt('deskOther') },
  },
};

const speak = (call: Call, frequency: number): void => call.media.say(tone(frequency, 1_000), true);
/** dB: what one says is at -14. */
const [present, absent] = [-25, -40];

/** Resolves when all of these tones, and none of the others, have been heard for a while. */
async function hearsJust(call: Call, ...wanted: readonly ('caller' | 'agent' | 'other')[]): Promise<void> {
  const heard = (who: 'caller' | 'agent' | 'other'): number => Math.round(toneLevel(call.media.heard.last(400), hertz[who]));
  const levels = () => ({ caller: heard('caller'), agent: heard('agent'), other: heard('other') });
  await until(
    `the sound of ${wanted.join(' and ')}`,
    async () =>
      Object.entries(levels()).every(([who, level]) => (wanted.some((one) => one === who) ? level > present : level < absent))
        ? true
        : undefined,
    { timeoutMs: 8_000, everyMs: 20 },
  ).catch((cause: unknown) => {
    throw new Error(`it sounds like ${JSON.stringify(levels())}`, { cause });
  });
}

/** The loudest that a tone ever was in a fifth of a second of this sound, dB. */
function loudest(pcm: Int16Array, frequency: number): number {
  const [size, step] = [samples(200), samples(40)];
  let most = Number.NEGATIVE_INFINITY;
  for (let at = 0; at + size <= pcm.length; at += step) most = Math.max(most, toneLevel(pcm.subarray(at, at + size), frequency));
  return most;
}

for (const { on, skip } of backends)
  t.test(`supervision, ${on}`, { skip }, async (t) => {
    const site = await Site.start(t, { on, tenants: [desk], settings });
    const { phonePort: port, domain } = site.pbx;
    const account = { port, domain, user: '1900', password: 'the-password-of-1900' };
    const claire = await Phone.open();
    t.teardown(() => claire.close());
    t.equal(await claire.register(account), 200, 'a supervisor’s phone has an account');
    const alice = await site.signIn('alice');
    t.afterEach(async () => {
      await site.quiet();
      alice.forget();
      claire.forget();
    });

    async function talk(): Promise<{ readonly call: PlacedCall; readonly agent: IncomingCall; readonly id: string }> {
      const call = await site.dial(numbers.desk);
      const agent = await alice.rings();
      agent.answer();
      speak(call, hertz.caller);
      speak(agent, hertz.agent);
      await hears(call, hertz.agent);
      const { call: id } = await site.reaches(call, 'connected');
      return { call, agent, id };
    }

    const supervise = async (call: string, mode?: string): Promise<number> => {
      const headers = { authorization: `Bearer ${site.daemon.adminToken}`, ...(mode && { 'content-type': 'application/json' }) };
      const body = mode && { body: JSON.stringify({ supervisor: 'claire', mode }) };
      const answer = await fetch(`${site.daemon.url}/v1/calls/${call}/supervise`, { method: mode ? 'POST' : 'DELETE', headers, ...body });
      return answer.status;
    };

    const dialCode = async (code: string) => {
      const call = await claire.dial({ port, number: code, callerNumber: site.ownNumber(account), account });
      t.teardown(() => call.hangUp());
      return call;
    };

    const uses = async (call: PlacedCall): Promise<readonly Record<string, unknown>[]> =>
      ((await site.record(call)) as WrittenRecord & { supervised?: readonly Record<string, unknown>[] }).supervised ?? [];

    t.test('by API, in all three modes and back', async (t) => {
      const { call, agent, id } = await talk();
      const talking = performance.now();
      t.equal(await supervise(id, 'listen'), 202);
      const ear = await claire.rings();
      ear.answer();
      speak(ear, hertz.other);
      await hearsJust(ear, 'caller', 'agent');
      await hearsJust(call, 'agent');
      await hearsJust(agent, 'caller');
      t.equal(await supervise(id, 'whisper'), 202);
      await hearsJust(agent, 'caller', 'other');
      await hearsJust(ear, 'caller', 'agent');
      await hearsJust(call, 'agent');
      // His keys change nothing: 1 would let FreeSWITCH make him heard by the caller alone.
      await ear.media.dial('130');
      await hearsJust(agent, 'caller', 'other');
      await hearsJust(call, 'agent');
      t.equal(await supervise(id, 'listen'), 202);
      await hearsJust(agent, 'caller');
      await hearsJust(call, 'agent');
      const secret = soundSince(call, talking);
      t.ok(loudest(secret, hertz.other) < absent, `the caller never heard the supervisor: ${loudest(secret, hertz.other)} dB`);
      t.equal(await supervise(id, 'barge'), 202);
      await hearsJust(call, 'agent', 'other');
      await hearsJust(agent, 'caller', 'other');
      await hearsJust(ear, 'caller', 'agent');
      t.equal(await supervise(id), 200);
      t.match(await ear.ended, { by: 'them' });
      await hearsJust(call, 'agent');
      await hearsJust(agent, 'caller');
      await agent.hangUp();
      const kept = await uses(call);
      t.same(
        kept.map(({ supervisor, mode, via }) => `${supervisor} ${mode} ${via}`),
        ['claire listen api', 'claire whisper api', 'claire listen api', 'claire barge api'],
      );
      t.ok(kept.every(({ from, to }) => typeof to === 'number' && to > Number(from)));
      const { recording } = await site.record(call);
      const { channels } = readWav(await readFile(join(site.pbx.recordingsDir, recording?.file ?? 'none')));
      t.ok((channels[0]?.length ?? 0) > 0 && loudest(channels[0] ?? new Int16Array(), hertz.other) < absent, 'not on the caller’s side');
      t.ok(
        loudest(channels[1] ?? new Int16Array(), hertz.other) > present,
        'what he said to both is on the record of what the caller heard',
      );
    });

    t.test('the agent hangs up, or the caller: the supervisor is on the line with nobody', async (t) => {
      for (const who of ['agent', 'caller'] as const) {
        const { call, agent, id } = await talk();
        await supervise(id, 'barge');
        const ear = await claire.rings();
        ear.answer();
        await hearsJust(ear, 'caller', 'agent');
        await (who === 'agent' ? agent : call).hangUp();
        t.match(await ear.ended, { by: 'them' }, who);
        t.match(await uses(call), [{ mode: 'barge' }]);
        await site.quiet();
      }
    });

    t.test('by code and PIN from his own phone, in all three modes; a wrong PIN is refused and kept', async (t) => {
      const { call, agent } = await talk();
      const wrong = await dialCode('*721001');
      await hears(wrong, hertz.deskAsk);
      await wrong.media.dial('4711#');
      await hears(wrong, hertz.deskOther);
      t.match(await wrong.ended, { by: 'them' });
      const modes = [
        ['listen', '*711001', ['caller'], ['agent']],
        ['whisper', '*721001', ['caller', 'other'], ['agent']],
        ['barge', '*731001', ['caller', 'other'], ['agent', 'other']],
      ] as const;
      for (const [, code, agentHears, callerHears] of modes) {
        const ear = await dialCode(code);
        await hears(ear, hertz.deskAsk);
        await ear.media.dial(`${pin}#`);
        speak(ear, hertz.other);
        await hearsJust(ear, 'caller', 'agent');
        await hearsJust(agent, ...agentHears);
        await hearsJust(call, ...callerHears);
        await ear.hangUp();
        await until('the end of it', async () =>
          (await site.calls()).some(({ supervision }) => supervision !== undefined) ? undefined : true,
        );
        await hearsJust(agent, 'caller');
        await hearsJust(call, 'agent');
      }
      await call.hangUp();
      t.match(await uses(call), [
        { supervisor: 'claire', mode: 'whisper', via: 'phone', refused: 'wrongPin' },
        ...modes.map(([mode]) => ({ supervisor: 'claire', mode, via: 'phone' })),
      ]);
    });

    t.test('nobody talks there; then too many wrong PINs', async (t) => {
      const idle = await dialCode('*711001');
      await hears(idle, hertz.deskAsk);
      await idle.media.dial(`${pin}#`);
      await hears(idle, hertz.deskOther);
      for (const [typed, frequency] of [
        ['1234#', hertz.deskOther],
        ['1235#', hertz.deskDone],
        [`${pin}#`, hertz.deskDone],
      ] as const) {
        const call = await dialCode('*711001');
        await hears(call, hertz.deskAsk);
        await call.media.dial(typed);
        await hears(call, frequency);
        t.match(await call.ended, { by: 'them' });
      }
    });

    t.test('the daemon is killed: caller and agent talk on, the supervisor is let go', async (t) => {
      const { call, agent, id } = await talk();
      await supervise(id, 'barge');
      const ear = await claire.rings();
      ear.answer();
      speak(ear, hertz.other);
      await hearsJust(call, 'agent', 'other');
      await site.daemon.kill();
      const killed = performance.now();
      await ear.ended;
      t.ok(performance.now() - killed < 9_000, `without any daemon, after ${Math.round(performance.now() - killed)} ms`);
      await hearsJust(call, 'agent');
      await hearsJust(agent, 'caller');
      await site.daemon.start();
      await site.reaches(call, 'connected');
      await agent.hangUp();
      t.match(await uses(call), [{ mode: 'barge' }]);
      t.ok((await uses(call)).every(({ to }) => typeof to === 'number'));
    });

    t.test('the PIN is nowhere: not in a log, a record, a key or a value of Redis', async (t) => {
      const grep = async (dir: string): Promise<string> => {
        const { stdout } = await promisify(execFile)('grep', ['-rlaF', pin, dir]).catch((error: { stdout: string }) => error);
        return stdout;
      };
      t.match(await grep(secrets), /pin/, 'it would be found');
      t.equal(await grep(site.pbx.dir), '', on);
      t.equal(await grep(site.daemon.configDir), '', 'records and configuration');
      t.notMatch(site.daemon.output, pin);
      await withRedis(site.redis, async (client) => {
        for (const key of await client.keys('*')) {
          t.notMatch(key, pin);
          t.notMatch(String(await client.dump(key)), pin, key);
        }
      });
    });
  });
