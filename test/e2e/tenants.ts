/** Client companies for the suites. Every prompt is a tone of its own, so that what was heard can be told by measuring. */
import { tone, writeWav } from '../../src/lab/audio.js';

/** Hz of each prompt; a tenant's own in their names. Far enough apart for 100 ms of sound to tell. */
export const hertz = {
  martinGreeting: 500,
  martinMenu: 700,
  martinInvalid: 1_300,
  martinWhisper: 900,
  martinVoicemail: 1_100,
  martinPlayed: 1_700,
  durandClosed: 600,
  durandOpen: 800,
  durandVoicemail: 1_200,
  deskWhisper: 1_500,
  music: 2_000,
  deskDone: 650,
  deskOther: 850,
  deskAsk: 1_150,
  /** What people say. */
  caller: 400,
  agent: 1_000,
  other: 1_400,
} as const;

const lengths: Partial<Record<keyof typeof hertz, number>> = { martinMenu: 1_200, music: 4_000, durandClosed: 700 };

export const prompt = (name: keyof typeof hertz): { file: string } => ({ file: `prompts/${name}.wav` });

/** The files of the prompts, for the daemon's configuration folder. */
export const audio: Readonly<Record<string, Buffer>> = Object.fromEntries(
  Object.entries(hertz).map(([name, frequency]) => [
    `prompts/${name}.wav`,
    writeWav([tone(frequency, lengths[name as keyof typeof hertz] ?? 500)]),
  ]),
);

const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
/** Whatever the time is: open all week, or never. */
export const always = Object.fromEntries(days.map((day) => [day, ['00:00-24:00']]));
export const never = {};

export const numbers = {
  /** Open: greeting, menu, queue, voicemail. */
  martin: '+33199000001',
  /** Closed: greeting, voicemail. */
  durand: '+33199000002',
  /** Open: straight into the queue, which waits when nobody is there. */
  desk: '+33199000003',
  /** Open: a spoken greeting, then the end. */
  spoken: '+33199000004',
  /** Open: a greeting, then the queue, which gives up after a few seconds. */
  hasty: '+33199000005',
  /** Rings every idle agent at once. */
  all: '+33199000006',
  /** Wants English, at first much of it. */
  english: '+33199000007',
  /** Every call is an emergency. */
  urgent: '+33199000008',
  /** Callers get the agent whom they know. */
  loyal: '+33199000009',
  /** In nobody's configuration. */
  nobody: '+33199000099',
} as const;

export const spokenText = 'Bonjour, vous êtes bien chez maître Durand, notaire à Quimper.';

// biome-ignore lint/suspicious/noThenProperty: a step of a flow, not a promise
const playedThenEnd = { play: prompt('martinPlayed'), then: 'hangup' };

const missed = { noAnswer: 3, busy: 3, rejected: 3, unreachable: 3, inARow: { times: 0 } };
const queue = { pool: 'reception', music: 'prompts/music.wav', ringSeconds: 4, wrapUpSeconds: 1, missed, noAgent: 'wait' };

export const martin = {
  id: 'martin',
  name: 'Cabinet du docteur Martin',
  shortName: 'Martin',
  whisper: prompt('martinWhisper'),
  numbers: [numbers.martin],
  hours: always,
  greetings: { open: prompt('martinGreeting') },
  flow: { open: { menu: 'accueil' } },
  menus: {
    accueil: {
      prompt: prompt('martinMenu'),
      keys: { 1: 'queue', 2: 'voicemail', 3: playedThenEnd, 42: 'hangup' },
      noInputSeconds: 1,
      interDigitMs: 600,
      retries: 1,
      invalidPrompt: prompt('martinInvalid'),
      onNoInput: 'voicemail',
      onInvalid: 'hangup',
    },
  },
  queue: { ...queue, noAgent: 'voicemail' },
  voicemail: { greeting: prompt('martinVoicemail'), maxSeconds: 20, silenceSeconds: 1 },
  recording: false,
};

export const durand = {
  id: 'durand',
  name: 'Maître Durand',
  shortName: 'Durand',
  whisper: prompt('deskWhisper'),
  numbers: [numbers.durand],
  hours: never,
  greetings: { open: prompt('durandOpen'), closed: prompt('durandClosed') },
  flow: { open: 'queue', closed: 'voicemail' },
  queue,
  voicemail: { greeting: prompt('durandVoicemail'), maxSeconds: 20, silenceSeconds: 1 },
};

export const desk = {
  id: 'desk',
  name: 'Accueil',
  shortName: 'Accueil',
  whisper: prompt('deskWhisper'),
  numbers: [numbers.desk],
  hours: always,
  queue,
  recording: true,
};

export const spoken = {
  id: 'spoken',
  name: 'Maître Durand, Quimper',
  shortName: 'Quimper',
  numbers: [numbers.spoken],
  hours: always,
  greetings: { open: spokenText },
  flow: { open: 'hangup' },
  queue,
};

export const hasty = {
  id: 'hasty',
  name: 'Pressé',
  shortName: 'Presse',
  numbers: [numbers.hasty],
  hours: always,
  greetings: { open: prompt('durandOpen') },
  queue: { ...queue, maxWaitSeconds: 5, overflow: playedThenEnd },
};

/** Like the desk, with another queue. */
const like = (id: string, number: string, changes: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>> = {}) => ({
  ...desk,
  id,
  numbers: [number],
  recording: false,
  queue: { ...queue, ...changes },
  ...more,
});
export const all = like('all', numbers.all, { strategy: 'ringAll', ringSeconds: 20 });
export const english = like('english', numbers.english, {
  requires: { english: 60 },
  rings: [{ afterSeconds: 3, requires: { english: 30 } }],
});
export const urgent = like('urgent', numbers.urgent, {}, { flow: { open: { queue: { class: 'emergency' } } } });
export const loyal = like('loyal', numbers.loyal, { stickyMinutes: 10, stickyWaitSeconds: 60 });

/** Like the desk, for one agent alone, whose name is the skill that it takes: so that scenarios with an agent each may share a site. */
export const only = (name: string, changes: Readonly<Record<string, unknown>> = {}) => ({
  ...like(`for-${name}`, numberOnlyFor(name), { requires: { [name]: 1 }, ...changes }),
  recording: true,
});
/** The same number for the same name, and another for another: of its first two letters. */
export const numberOnlyFor = (name: string): string =>
  `+3319902${[...name.slice(0, 2)].map((letter) => String(letter.charCodeAt(0) - 97).padStart(2, '0')).join('')}`;

/** YAML 1.2 holds JSON. */
export const yaml = (tenant: unknown): string => JSON.stringify(tenant, undefined, 2);
