/** Tells a call as it goes, from what the daemon logs and records. */
import { z } from 'zod';

const moved = z.object({
  time: z.coerce.date(),
  msg: z.literal('call moved'),
  call: z.string(),
  tenant: z.string(),
  from: z.string(),
  to: z.string(),
  agent: z.string().optional(),
  menu: z.string().optional(),
});
const taken = z.object({ time: z.coerce.date(), msg: z.literal('call taken'), call: z.string(), tenant: z.string(), opening: z.string() });

/** What the demo calls people by. */
export interface Cast {
  /** Tenant id → name. */
  readonly tenants: Readonly<Record<string, string>>;
  /** Agent id → name and phone. */
  readonly agents: Readonly<Record<string, string>>;
}

export class Narrator {
  readonly #say: (line: string) => void;
  readonly #cast: Cast;
  #rest = '';
  readonly #began = new Map<string, Date>();
  /** How many calls it has told to their end. */
  told = 0;

  constructor(say: (line: string) => void, cast: Cast) {
    this.#say = say;
    this.#cast = cast;
  }

  /** What the daemon wrote, in any portions. */
  hear(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    let entry: unknown;
    try {
      entry = JSON.parse(line);
    } catch {
      return; // not a log line: a program of Node's own words
    }
    const begun = taken.safeParse(entry);
    if (begun.success) {
      const { time, call, tenant, opening } = begun.data;
      this.#began.set(call, time);
      this.#tell(time, call, `answered in the name of ${this.#cast.tenants[tenant] ?? tenant} (${opening})`);
      return;
    }
    const step = moved.safeParse(entry);
    if (!step.success) return;
    this.#tell(step.data.time, step.data.call, this.#sentence(step.data));
    if (step.data.to === 'ended') this.told++;
  }

  #sentence({ from, to, agent, menu }: z.infer<typeof moved>): string {
    const who = agent === undefined ? 'an agent' : (this.#cast.agents[agent] ?? agent);
    switch (to) {
      case 'greeting':
        return 'hears the greeting';
      case 'menu':
        return `hears the menu “${menu ?? ''}”`;
      case 'playing':
        return 'hears an announcement';
      case 'waiting':
        return from === 'offered' ? 'keeps his place in the queue' : 'waits in the queue, with music';
      case 'offered':
        return `rings ${who}`;
      case 'connected':
        return `talks to ${who}, who first heard on whose behalf to answer`;
      case 'voicemail':
        return 'is asked to leave a message';
      case 'transferring':
        return 'is put through outside';
      case 'ending':
        return 'is hung up by the daemon';
      case 'ended':
        return 'the call is over';
      default:
        return to;
    }
  }

  /** `at`: lines come a tenth of a second late. */
  #tell(at: Date, call: string, what: string): void {
    const since = (at.getTime() - (this.#began.get(call) ?? at).getTime()) / 1_000;
    this.#say(`   ${call.slice(0, 8)}  +${since.toFixed(1).padStart(4)} s  ${what}`);
  }
}
