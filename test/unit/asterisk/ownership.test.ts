import fc from 'fast-check';
import t from 'tap';
import { Ownership, ownershipTimings } from '../../../src/asterisk/ownership.js';
import { FakeClock } from '../../support/fake-clock.js';

// The property tries many orders of events.
t.setTimeout(120_000);

/** Of one command: until it is at Asterisk, and its answer's way back, ms. */
interface Latency {
  readonly there: number;
  readonly back: number;
}
const prompt: Latency = { there: 1, back: 1 };

/** A process of its own before one global variable: what happens while it stands still happens to it when it goes on. */
class Daemon {
  readonly told: string[] = [];
  readonly ownership: Ownership;
  connected = true;
  latency = prompt;
  #suspended = false;
  #missed: (() => void)[] = [];

  constructor(
    readonly name: string,
    private readonly clock: FakeClock,
    variable: { value: string },
  ) {
    this.ownership = new Ownership({
      instance: name,
      clock: {
        now: () => clock.now(),
        monotonic: () => clock.monotonic(),
        after: (ms, task) => {
          let stopped = false;
          const stop = clock.after(ms, () => this.#soon(() => !stopped && task()));
          return () => {
            stopped = true;
            stop();
          };
        },
      },
      read: () => this.#command(() => variable.value),
      write: (value) =>
        this.#command(() => {
          variable.value = value;
        }),
      gained: () => this.told.push('gained'),
      confirmed: () => undefined,
      lost: (reason, taken) => this.told.push(`lost: ${reason}${taken ? ' (taken)' : ''}`),
      unreachable: () => undefined,
    });
  }

  get held(): boolean {
    return this.ownership.held;
  }

  start(): this {
    this.ownership.start();
    return this;
  }

  suspend(): void {
    this.#suspended = true;
  }

  resume(): void {
    this.#suspended = false;
    const missed = this.#missed;
    this.#missed = [];
    for (const task of missed) this.#soon(task);
  }

  cut(): void {
    this.connected = false;
    this.ownership.stop();
  }

  mend(): void {
    if (this.connected) return;
    this.connected = true;
    this.ownership.start();
  }

  #soon(task: () => void): void {
    if (this.#suspended) this.#missed.push(task);
    else task();
  }

  async #command<T>(at: () => T): Promise<T> {
    if (!this.connected) throw new Error('no answer');
    const { there, back } = this.latency;
    // On its way it needs the process no more.
    const result = await new Promise<T>((resolve) => this.clock.after(there, () => resolve(at())));
    await new Promise<void>((resolve) => this.clock.after(back, () => this.#soon(resolve)));
    if (!this.connected) throw new Error('no answer');
    return result;
  }
}

function world() {
  const clock = new FakeClock();
  const variable = { value: '' };
  return { clock, variable, daemon: (name: string) => new Daemon(name, clock, variable).start() };
}

t.test('the times keep the promises that are written beside them', async (t) => {
  const { stillMs, freshMs, validMs, settleMs, standsMs, beatMs } = ownershipTimings;
  t.ok(freshMs + validMs <= stillMs - settleMs);
  t.ok(validMs < standsMs);
  t.ok(beatMs * 2 <= freshMs, 'a look that is late by its whole interval shuts nothing');
});

t.test('the first daemon owns an Asterisk that has just started', async (t) => {
  const { clock, variable, daemon } = world();
  const a = daemon('a');
  await clock.advance(300);
  t.same(a.told, ['gained']);
  t.ok(a.held);
  t.match(variable.value, /^a\.1\.\d+$/);
  for (let i = 0; i < 100; i++) {
    await clock.advance(50);
    t.ok(a.held) || t.bailout();
  }
});

t.test('two that start together: exactly one', async (t) => {
  const { clock, daemon } = world();
  const both = [daemon('a'), daemon('b')];
  await clock.advance(10_000);
  t.equal(both.filter(({ held }) => held).length, 1);
});

t.test('a standby waits as long as the owner lives, takes over when it is cut off, and gives the node not back', async (t) => {
  const { clock, daemon, variable } = world();
  const a = daemon('a');
  await clock.advance(1_000);
  const b = daemon('b');
  await clock.advance(30_000);
  t.same(b.told, []);
  a.cut();
  await clock.advance(1_200);
  t.same(b.told, []);
  await clock.advance(1_300);
  t.same(b.told, ['gained']);
  t.match(variable.value, /^b\.2\./, 'with the next epoch');
  a.mend();
  await clock.advance(5_000);
  t.same(a.told, ['gained', 'lost: another daemon owns the node (taken)']);
  t.strictSame([a.held, b.held], [false, true]);
});

t.test('one that leaves makes room at once', async (t) => {
  const { clock, daemon, variable } = world();
  const a = daemon('a');
  await clock.advance(1_000);
  const b = daemon('b');
  await clock.advance(1_000);
  const left = a.ownership.release();
  await clock.advance(600);
  await left;
  t.ok(b.held);
  t.match(variable.value, /^b\.2\./);
});

t.test('who was suspended opens his gate only after others must have seen that he lives', async (t) => {
  const { clock, daemon } = world();
  const a = daemon('a');
  await clock.advance(1_000);
  a.suspend();
  await clock.advance(1_000);
  t.notOk(a.held, 'the gate shuts by itself');
  a.resume();
  await clock.advance(500);
  t.notOk(a.held);
  await clock.advance(700);
  t.ok(a.held);
  t.same(a.told, ['gained'], 'nothing was lost');
});

t.test('however late its answers are, a daemon that stood still finds its gate open again', async (t) => {
  for (let ms = 0; ms <= ownershipTimings.settleMs; ms += 10) {
    for (const back of [0, ms / 2, ms]) {
      const { clock, daemon } = world();
      const a = daemon('a');
      await clock.advance(1_000);
      a.latency = { there: ms - back, back };
      await clock.advance(3_000);
      a.suspend();
      await clock.advance(1_200);
      t.notOk(a.held, `${ms} ms: shut`);
      a.resume();
      await clock.advance(3_000);
      let open = 0;
      for (let passed = 0; passed < 3_000; passed += 10) {
        await clock.advance(10);
        if (a.held) open++;
      }
      // From 150 ms on it shuts for a moment at each look: what is to be sent waits for it.
      t.ok(ms < 150 ? open === 300 : open > 150, `${ms} ms, ${back} of them on the way back: open ${open} of 300 times`);
      t.same(a.told, ['gained']);
    }
  }
});

t.test('resumed for one look just as a standby gives it up: never both', async (t) => {
  for (let ms = 0; ms <= 3_000; ms += 20) {
    const { clock, daemon } = world();
    const a = daemon('a');
    await clock.advance(1_000);
    const b = daemon('b');
    await clock.advance(1_000);
    a.suspend();
    await clock.advance(ms);
    a.resume();
    for (let passed = 0; passed < 4_000; passed += 10) {
      await clock.advance(10);
      if (a.held && b.held) t.fail(`both after ${ms} and ${passed} ms`);
    }
    t.equal([a, b].filter(({ held }) => held).length, 1) || t.bailout();
  }
});

t.test('a late write of the one before is written over', async (t) => {
  const { clock, daemon, variable } = world();
  const a = daemon('a');
  await clock.advance(1_000);
  const b = daemon('b');
  await clock.advance(1_000);
  a.cut();
  await clock.advance(4_000);
  t.ok(b.held);
  variable.value = 'a.1.77';
  await clock.advance(700);
  t.match(variable.value, /^b\.2\./);
  t.same(b.told, ['gained']);
  t.ok(b.held);
});

t.test('beats that do not arrive count for nothing', async (t) => {
  const { clock, daemon } = world();
  const a = daemon('a');
  await clock.advance(1_000);
  const b = daemon('b');
  await clock.advance(1_000);
  a.latency = { there: 2_000, back: 0 };
  for (let passed = 0; passed < 8_000; passed += 20) {
    await clock.advance(20);
    t.notOk(a.held && b.held) || t.bailout();
  }
  t.ok(b.held);
});

t.test('Asterisk restarts and forgets its owner, who takes it again', async (t) => {
  const { clock, daemon, variable } = world();
  const a = daemon('a');
  await clock.advance(1_000);
  a.cut();
  variable.value = '';
  a.mend();
  await clock.advance(1_000);
  t.ok(a.held);
  t.same(a.told, ['gained', 'lost: Asterisk has restarted: nobody owns the node', 'gained']);
});

t.test('whatever is late, cut, suspended and mended: never two gates open at once, and one in the end', async () => {
  const step = fc.record({
    who: fc.nat(2),
    what: fc.constantFrom('cut', 'mend', 'suspend', 'resume', 'slow', 'prompt'),
    there: fc.integer({ min: 0, max: 900 }),
    back: fc.integer({ min: 0, max: 900 }),
    ms: fc.integer({ min: 10, max: 2_500 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { clock, daemon } = world();
      const all = [daemon('a')];
      await clock.advance(1_000);
      all.push(daemon('b'), daemon('c'));
      for (const { who, what, there, back, ms } of steps) {
        const one = all[who] as Daemon;
        if (what === 'slow') one.latency = { there, back };
        else if (what === 'prompt') one.latency = prompt;
        else one[what]();
        for (let passed = 0; passed < ms; passed += 20) {
          await clock.advance(20);
          if (all.filter(({ held }) => held).length > 1) return false;
        }
      }
      for (const one of all) {
        one.latency = prompt;
        one.resume();
        one.mend();
      }
      await clock.advance(6_000);
      return all.filter(({ held }) => held).length === 1;
    }),
    { numRuns: 150 },
  );
});
