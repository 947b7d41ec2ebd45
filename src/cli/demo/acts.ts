/** The demo's calls, one after the other: each shows one thing. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readWav, tone, toneLevel } from '../../lab/audio.js';
import { type Caller, placeCall } from '../../lab/caller.js';
import { until } from '../../lab/child.js';
import { agentHertz, callerHertz, type Desk } from './desk.js';
import { type DemoTenant, demoTenant } from './tenants.js';

export type CallRecord = Readonly<Record<string, unknown>>;

interface Act {
  readonly title: string;
  readonly tenant: DemoTenant;
  readonly caller: string;
  readonly callerName: string;
  /** Leads the call to its end. */
  readonly play: (caller: Caller, reaches: (state: string, ms?: number) => Promise<void>) => Promise<void>;
  readonly before?: (desk: Desk) => Promise<void>;
}

const acts: readonly Act[] = [
  {
    title: 'a patient chooses 1 in the menu and talks to a receptionist',
    tenant: 'cabinet-martin',
    caller: '+33639980001',
    callerName: "Éloïse d'Été",
    async play(caller, reaches) {
      await reaches('menu', 20_000);
      await caller.media.dial('1');
      await reaches('connected', 20_000);
    },
  },
  {
    title: 'a client of the lawyer is put through at once, and recorded',
    tenant: 'maitre-durand',
    caller: '+33639980002',
    callerName: 'Paul Petit',
    async play(_caller, reaches) {
      await reaches('connected', 40_000);
    },
  },
  {
    title: 'a patient chooses 2 and leaves a message',
    tenant: 'cabinet-martin',
    caller: '+33639980003',
    callerName: 'Jeanne Roux',
    async play(caller, reaches) {
      await reaches('menu', 20_000);
      await caller.media.dial('2');
      await reaches('voicemail', 10_000);
      await leaveMessage(caller);
    },
  },
  {
    title: 'the lawyer has closed (the configuration is reloaded): another greeting, and a message',
    tenant: 'maitre-durand',
    caller: '+33639980004',
    callerName: 'Luc Noir',
    async before(desk) {
      await desk.daemon.writeTenant('maitre-durand', (await demoTenant('maitre-durand', 'closed')).content);
      await desk.daemon.api('/v1/reload', 'POST');
    },
    async play(caller, reaches) {
      await reaches('voicemail', 30_000);
      await leaveMessage(caller);
    },
  },
];

/** Skips the greeting by a key, speaks for a while (the one thing here that is waited for by the clock), ends with #. */
async function leaveMessage(caller: Caller): Promise<void> {
  await caller.media.dial('*');
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await caller.media.dial('#');
}

/** Plays all of them; returns the records of the calls. */
export async function playActs(desk: Desk, say: (line: string) => void): Promise<readonly CallRecord[]> {
  for (const [index, act] of acts.entries()) {
    const { name, number } = await demoTenant(act.tenant, 'open');
    await act.before?.(desk);
    say('');
    say(`${index + 1}. ${act.title}`);
    say(`   ${act.callerName} (${act.caller}) calls ${name} (${number})`);
    const caller = await placeCall({
      port: desk.pbx.trunkPort,
      number,
      caller: act.caller,
      callerName: act.callerName,
      timeoutMs: 120_000,
    });
    try {
      caller.media.say(tone(callerHertz, 1_000), true);
      await act.play(caller, (state, ms) => reaches(desk, act.tenant, state, ms));
      const { ok, unexpected } = await caller.finished;
      if (!ok) throw new Error(`the call did not end as it should:\n${unexpected}`);
      const records = await until('the call’s record', async () => {
        const written = await desk.daemon.records();
        return written.length > index ? written : undefined;
      });
      await tellRecord(desk, records[index] ?? {}, say);
    } finally {
      await caller.close();
    }
  }
  return desk.daemon.records();
}

/** Asks the daemon where the tenant's call is, as an operator would. */
async function reaches(desk: Desk, tenant: string, state: string, timeoutMs = 10_000): Promise<void> {
  await until(
    `a call of ${tenant} in the state ${state}`,
    async () => {
      const { calls } = (await (await desk.daemon.api('/v1/calls')).json()) as {
        readonly calls: readonly { tenant: string; state: string }[];
      };
      return calls.some((call) => call.tenant === tenant && call.state === state) ? true : undefined;
    },
    { timeoutMs, everyMs: 100 },
  );
}

async function tellRecord(desk: Desk, record: CallRecord, say: (line: string) => void): Promise<void> {
  const digits = record['digits'] as readonly string[];
  if (digits.length > 0) say(`   keys pressed: ${digits.join(', ')}`);
  const { recording, message } = record as {
    readonly recording: { file: string } | null;
    readonly message: { file: string; ms: number } | null;
  };
  if (recording !== null) say(await describeRecording(join(desk.pbx.recordingsDir, recording.file)));
  if (message !== null)
    say(`   message of ${(message.ms / 1_000).toFixed(1)} s in ${join(desk.pbx.recordingsDir, message.file)} (until the demo ends)`);
}

/** What is on each channel, measured: the caller hums at one pitch, agents at another. */
async function describeRecording(file: string): Promise<string> {
  const { channels } = readWav(await readFile(file));
  const level = (channel: number, hertz: number): string => `${toneLevel(channels[channel] ?? new Int16Array(), hertz).toFixed(0)} dB`;
  return [
    `   recording ${file} (until the demo ends)`,
    `     left:  caller ${level(0, callerHertz)}, agent ${level(0, agentHertz)}`,
    `     right: caller ${level(1, callerHertz)}, agent ${level(1, agentHertz)}`,
  ].join('\n');
}
